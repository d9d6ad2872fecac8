"""The plots of a section: true to the cells, the same bytes each time, and deaf to whatever systems are called."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.advice.scenario import Api, Prices, Situation
from proctor.leaderboard.analysis.effects import WORDS
from proctor.leaderboard.board.board import board
from proctor.leaderboard.board.cells import bounds, of_cell
from proctor.leaderboard.board.sections import BoardSection, sections
from proctor.leaderboard.formatting import SPACE
from proctor.leaderboard.output import Site
from proctor.leaderboard.plots.canvas import MOST_LABELS, WIDTH
from proctor.leaderboard.plots.labels import FONT, Box, PlotLabel, beside, spread, width
from proctor.leaderboard.plots.palette import STANDS_FOR, USUAL, looks
from proctor.leaderboard.plots.scales import around
from proctor.leaderboard.plots.spec import frontier
from proctor.leaderboard.plots.table import PLOTS, Plot, plots
from proctor.leaderboard.plots.words import named
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run, read
from proctor.leaderboard.site.page import publish
from tests.hostile import DRAWN, HOSTILE
from tests.sample_run import SKILL, Sample, make_run, record

ROOT = Path(__file__).resolve().parents[3]
SITUATION = Situation(Prices(1.0, 0.02, {"full_ft": Api(1000.0, 1000.0)}))


def drawn(run: Run, folder: Path, situation: Situation = SITUATION) -> list[tuple[BoardSection, DecisionProblem, list[Plot]]]:
    """Each section of a run with its plots."""
    return [(section, case, plots(section, case, Site(folder))) for section, case in cases(run, situation)]


def cases(run: Run, situation: Situation = SITUATION) -> list[tuple[BoardSection, DecisionProblem]]:
    """Each section of a run with what its plots go by."""
    summed = board([run], [])
    known = {(each.suite, each.base_model): each for each in summed.evidence}
    return [(each, DecisionProblem(known[each.suite, each.base_model], situation)) for each in sections(summed)]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return read(make_run(tmp_path_factory.mktemp("plotted") / "run", Sample(full=True, seeds=3)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def full(run, folder) -> tuple[BoardSection, DecisionProblem, dict[str, Plot]]:
    ((section, case, found),) = drawn(run, folder)
    return section, case, {plot.name: plot for plot in found}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory) -> dict[str, Plot]:
    """Of twenty systems."""
    skills = SKILL | {f"variant {n}": 0.3 + 0.03 * n for n in range(15)}
    made = make_run(tmp_path_factory.mktemp("crowd") / "run", Sample(full=True, questions=24, systems=skills))
    ((_, _, found),) = drawn(read(made), tmp_path_factory.mktemp("crowded"))
    return {plot.name: plot for plot in found}


@pytest.fixture(scope="module")
def odd(tmp_path_factory, hostile) -> list[Plot]:
    """Of sections and systems with hostile names, some alone and some in one section: a plot names a dozen systems at most."""
    place = tmp_path_factory.mktemp("hostile")
    together = make_run(place / "together", Sample(full=True, questions=12, systems=dict.fromkeys(HOSTILE[::4], 0.5)))
    everything = read(hostile)
    some = Records.of(record for record in everything.records if record.suite in DRAWN)
    found = [*drawn(read(together), place / "site"), *drawn(replace(everything, records=some), place / "site")]
    return [plot for _, _, section in found for plot in section]


def parsed(plot: Plot) -> ET.Element:
    return ET.fromstring(plot.svg)  # noqa: S314 # drawn a moment ago


def said(plot: Plot) -> list[str]:
    """What the drawn things say when they are pointed at."""
    return [title.text or "" for title in parsed(plot).iter("title")]


def plain(text: str) -> bool:
    return text.replace(SPACE, " ").isprintable()


def texts(plot: Plot) -> list[str]:
    return [text.text or "" for text in parsed(plot).iter("text")]


def cell(section: BoardSection, metric: str, system: str) -> str:
    """A cell as plots show it."""
    found = section.of(metric)[system]
    return f"{of_cell(found)} [{bounds(found)}]"


@pytest.mark.slow
def test_every_plot_is_drawn_where_everything_was_measured(full):
    assert list(full[2]) == list(PLOTS)


def test_where_nothing_was_measured_there_is_no_plot(run, tmp_path):
    for metrics in ((), ("accuracy.exact",), ("latency.seconds",)):
        part = replace(run, records=Records.of(record for record in run.records if record.metric in metrics))
        assert all({plot.name for plot in found} <= {"effects"} for _, _, found in drawn(part, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("keeping", "forgetting"),
        ("budget", "latency.seconds"),
        ("ageing", "updates.fresh"),
        ("data_efficiency", "data_efficiency."),
        ("context", "context."),
        ("forgetting", "general."),
    ],
)
def test_a_plot_whose_metrics_are_missing_is_left_out(run, name, missing):
    part = replace(run, records=Records.of(record for record in run.records if not record.metric.startswith(missing)))
    ((section, case),) = cases(part)
    sketches = {plot: make(section, case) for plot, make in PLOTS.items()}
    assert sketches[name] is None
    assert any(sketches.values())


@pytest.mark.slow
def beside_a_service(run: Run) -> Run:
    """With a system that is built elsewhere, of which nothing but answers is known."""
    mine = [one for one in run.records if one.system == "rag"]
    bot = (
        replace(one, system="bot")
        if one.metric.startswith("accuracy.")
        else replace(one, system="bot", status="not_applicable", value=None, reason="nobody knows")
        for one in mine
    )
    told = dict(run.provenance) | {"systems": {**(run.provenance.get("systems") or {}), "bot": {"kind": "service"}}}
    return replace(run, records=Records.of([*run.records, *bot]), provenance=told)


@pytest.mark.slow
def test_words_name_the_systems_built_elsewhere_that_are_not_shown_and_why(run, tmp_path):
    ((_, _, found),) = drawn(beside_a_service(run), tmp_path)
    told = {plot.name: plot.words.partition(" Not shown: ")[2] for plot in found if plot.name != "effects"}
    assert len(told) > 5
    assert told["keeping"] == "bot (forgetting: nobody knows)."
    assert told["budget"] == "bot (updates.fresh: nobody knows)."
    assert all(words.startswith("bot (") and words.endswith(": nobody knows).") for words in told.values()), told


def test_without_a_two_by_two_there_are_no_effects(run, tmp_path):
    part = replace(run, records=Records.of(record for record in run.records if record.system != "base"))
    ((_, _, found),) = drawn(part, tmp_path)
    assert "effects" not in [plot.name for plot in found]


def test_figures_are_those_of_the_cells(full):
    section, _, found = full
    keeping, data_efficiency, context = (
        {row[0]: row[1:] for row in found[name].rows} for name in ("keeping", "data_efficiency", "context")
    )
    for system in section.systems:
        assert keeping[system][0] == cell(section, "accuracy.exact", system)
    assert data_efficiency["lora"][:3] == tuple(
        cell(section, f"data_efficiency.{part}", "lora") for part in ("eighth", "quarter", "half")
    )
    assert data_efficiency["rag"] == ("needs none", "needs none", "needs none", cell(section, "accuracy.exact", "rag"))
    assert context["hybrid"][:3] == tuple(cell(section, f"context.{place}", "hybrid") for place in ("first", "middle", "last"))
    assert context["hybrid"][3] == cell(section, "context.budget@128", "hybrid")
    assert "lora" not in context


def test_figures_are_those_of_advice(full):
    _, case, found = full
    budget = {row[0]: row[1:] for row in found["budget"].rows[1:]}
    weighed = {each.option.name: each for each in map(case.weigh, case.options)}
    assert len(budget) == len([each for each in weighed.values() if each.cost and each.quality])
    hybrid = weighed["hybrid (retrained)"]
    assert budget["hybrid retrained"][0].startswith(f"${hybrid.cost.value:.3g} [")
    assert budget["hybrid retrained"][1].startswith(f"{100 * hybrid.quality.value:.1f}\u00a0% [")


def test_ageing_begins_with_accuracy_and_ends_with_what_is_fresh(full):
    section, _, found = full
    for row in found["ageing"].rows[1:]:
        if row[0] in section.systems:
            start, end = (section.of(metric)[row[0]] for metric in ("accuracy.exact", "updates.fresh"))
            assert row[1].startswith(of_cell(start))
            assert row[3].startswith(of_cell(end))


def test_forgetting_is_the_paired_difference_from_the_base(full):
    section, _, found = full
    rows = {row[0]: dict(zip(found["forgetting"].rows[0], row, strict=True)) for row in found["forgetting"].rows[1:]}
    for task in ("arithmetic", "colours", "opposites"):
        cells = section.of(f"general.{task}")
        lost = 100 * (cells["full_ft"].value - cells["base"].value)
        assert rows[task]["full_ft"].startswith(f"{lost:.1f}\u00a0pts")


def test_effects_are_turned_so_that_right_is_better(full):
    section, _, found = full
    rows = {(row[0], row[1]): row[2] for row in found["effects"].rows[1:]}
    for effect in section.effects:
        better = effect.value if effect.better == "higher" else -effect.value
        assert rows[effect.metric, WORDS[effect.effect]].startswith(f"{'+' if better > 0 else ''}{100 * better + 0.0:.1f}")


def test_every_point_says_its_figures(full):
    section, _, found = full
    accuracy = cell(section, "accuracy.exact", "hybrid")
    assert any(title.startswith(f"hybrid: {accuracy} answered exactly") for title in said(found["keeping"]))
    assert f"hybrid, first: {cell(section, 'context.first', 'hybrid')}" in said(found["context"])
    assert f"lora: {cell(section, 'data_efficiency.half', 'lora')} with 50 % of the examples" in said(found["data_efficiency"])
    for plot in found.values():
        assert len(said(plot)) > 3


def test_points_lie_where_their_figures_are(full):
    section, _, found = full
    places = {}
    for group in parsed(found["keeping"]).iter("g"):
        title, mark = group.find("title"), next(group.iter("use"), None)
        if title is not None and mark is not None:
            places[title.text.partition(":")[0]] = float(mark.get("x")), float(mark.get("y"))
    ranked = sorted(places, key=lambda system: -places[system][1])
    values = section.of("accuracy.exact")
    assert ranked == sorted(places, key=lambda system: values[system].value)
    lost = section.of("forgetting")
    by_kept = [lost[system].value for system in sorted(places, key=lambda system: places[system][0])]
    assert by_kept == sorted(by_kept, reverse=True)


def stale(**right: tuple[int, int]) -> tuple[BoardSection, DecisionProblem]:
    """Systems that answer so many of 90 questions, and so many of 45 once their documents have changed; lora is trained."""
    rows = [
        record(metric, f"{metric} {n}", float(n < count), system=system)
        for system, counts in right.items()
        for metric, count, of in zip(("accuracy.exact", "updates.fresh"), counts, (90, 45), strict=True)
        for n in range(of)
    ]
    rows += [record("cost.train_seconds", "system", float(system == "lora"), system=system, unit="seconds") for system in right]
    summed = board([Run(Path(), Records.of(rows), {})], [])
    (section,), (known,) = sections(summed), summed.evidence
    return section, DecisionProblem(known, SITUATION)


def test_where_looking_up_overtakes_training_is_where_the_lines_cross():
    section, case = stale(rag=(72, 36), lora=(81, 0))
    sketch = PLOTS["ageing"](section, case)
    (found,) = sketch.figures[1]
    assert (found.who.system, found.whom.system) == ("rag", "lora")
    assert found.at.value == pytest.approx(1 / 9)
    assert found.quality == pytest.approx(0.8)
    assert found.at.low < found.at.value < found.at.high
    for end, sure in ((found.at.low - 0.01, -1), (found.at.high + 0.01, 1)):
        weights = {**found.who.quality(end), **{column: -weight for column, weight in found.whom.quality(end).items()}}
        difference = case.evidence.mixed(weights)
        assert end < 0 or difference.low * sure > 0 < difference.high * sure
    assert "Without retraining, rag overtakes lora at 11.1\u00a0% [" in sketch.words


def test_where_nothing_is_overtaken_nothing_is_said_of_it():
    for section, case in (stale(rag=(85, 40), lora=(81, 0)), stale(rag=(20, 10), lora=(81, 20)), stale(lora=(81, 0))):
        sketch = PLOTS["ageing"](section, case)
        assert sketch.figures[1] == []
        assert "overtakes" not in sketch.words


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ((20, 20), "no other both answers and keeps as much as other and rag, which are at one point."),
        ((20, 19), "no other both answers and keeps as much as rag."),
    ],
)
def test_systems_at_one_point_trade_nothing_off(right, said):
    about = {"unit": "difference", "better": "lower"}
    rows = [
        row
        for system, count in zip(("rag", "other"), right, strict=True)
        for item in range(40)
        for row in (
            record("accuracy.exact", f"q{item}", float(item < count), system=system),
            record("forgetting", f"g{item}", 0.0, system=system, **about),
        )
    ]
    summed = board([Run(Path(), Records.of(rows), {})], [])
    (section,), (known,) = sections(summed), summed.evidence
    assert said in PLOTS["keeping"](section, DecisionProblem(known, SITUATION)).words


def test_words_call_ahead_only_what_is_told_apart(full):
    section, _, found = full
    cells = section.of("accuracy.exact").values()
    words = found["keeping"].words
    for one in cells:
        if one.best:
            assert f"{one.system} answered the most questions exactly, {cell(section, 'accuracy.exact', one.system)}" in words
    assert [one.system for one in cells if one.tied] == [] or "statistically tied with" in words
    assert found["data_efficiency"].words.count("catch") <= 2


def test_a_curve_over_fewer_questions_than_its_end_says_so(full):
    section, _, found = full
    cells = {metric: section.of(metric)["lora"].n for metric in ("data_efficiency.half", "accuracy.exact")}
    few, all_of_them = cells["data_efficiency.half"], cells["accuracy.exact"]
    said = f"With fewer examples {few} of the questions were asked, with all of them {all_of_them}."
    assert (said in found["data_efficiency"].words) == (cells["data_efficiency.half"] < cells["accuracy.exact"])


def test_words_name_those_that_are_near(full):
    _, case, found = full
    weighed = [each for each in map(case.weigh, case.options) if each.quality and each.cost]
    best = max(weighed, key=lambda each: each.quality.value)
    rivals = [each for each in weighed if each is not best and case.quality(best.option, each.option).value <= 0.02]
    assert ("Expected to be within 2 points of it: " in found["budget"].words) == bool(rivals)
    assert all(each.option.system in found["budget"].words for each in rivals[:5])


@pytest.mark.slow
def test_the_same_figures_give_the_same_bytes_without_matplotlib(run, folder, full, tmp_path):
    ((_, _, again),) = drawn(run, tmp_path)
    assert [plot.svg for plot in again] == [plot.svg for plot in full[2].values()]
    before = {path: path.stat().st_mtime_ns for path in (folder / "plots").iterdir()}
    drawn(run, folder)
    assert {path: path.stat().st_mtime_ns for path in (folder / "plots").iterdir()} == before
    assert len(before) == len(PLOTS)


@pytest.mark.slow
def test_publishing_what_is_published_imports_no_matplotlib(tmp_path):
    made = make_run(tmp_path / "run", Sample(full=True, questions=12))
    publish([made], tmp_path / "site")
    code = (
        "import sys; from pathlib import Path; from proctor.leaderboard.site.page import publish\n"
        f"publish([Path({str(made)!r})], Path({str(tmp_path / 'site')!r})); print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout == "False\n", done.stderr


@pytest.mark.slow
def test_other_figures_are_drawn_anew(run, folder):
    worse = replace(
        run, records=Records.of(replace(r, value=0.0) if r.metric == "context.first" and r.value else r for r in run.records)
    )
    before = {path.name for path in (folder / "plots").iterdir()}
    drawn(worse, folder)
    assert {name.split("-")[1] for name in {path.name for path in (folder / "plots").iterdir()} - before} == {"context"}


def all_of(full, crowd, odd) -> list[Plot]:
    return [*full[2].values(), *crowd.values(), *odd]


@pytest.mark.slow
def test_they_are_xml_in_the_page_s_own_colours_and_font(full, crowd, odd):
    for plot in all_of(full, crowd, odd):
        for element in parsed(plot).iter():
            for name, value in element.attrib.items():
                assert name not in ("style", "class", "font-family"), plot.name
                assert not name.startswith("on")
                assert not re.search(r"(?<!url\()#", value) or name == "href", (plot.name, name, value)
                assert not re.match(r"(rgb|black|white)", value)
        assert plot.svg.startswith("<svg viewBox=")
        assert not re.search(r"<(style|script|metadata|image|a|foreignObject)\b", plot.svg)
        assert "currentColor" in plot.svg


@pytest.mark.slow
def test_ids_are_unique_and_references_lead_somewhere(full, crowd, odd):
    everything = [element for plot in all_of(full, crowd, odd) for element in parsed(plot).iter()]
    ids = [element.get("id") for element in everything if element.get("id")]
    assert len(ids) == len(set(ids)) > 0
    for element in everything:
        for value in element.attrib.values():
            for name in re.findall(r"^#(.*)|url\(#(.*?)\)", value):
                assert "".join(name) in ids


@pytest.mark.slow
def test_hostile_names_are_only_ever_short_text(odd):
    assert {plot.name for plot in odd} >= {"keeping", "budget", "ageing", "data_efficiency"}
    for plot in odd:
        assert all(width(text) <= WIDTH for text in texts(plot))
        assert all(len(text) < 1500 and plain(text) for text in [*texts(plot), *said(plot), plot.words])
        assert all(plain(text) and len(text) < 200 for row in plot.rows for text in row)
    everything = " ".join(text for plot in odd for text in texts(plot))
    assert "$x^2$" in everything


@pytest.mark.slow
def test_names_do_not_move_what_is_drawn(tmp_path):
    """The frame, the grid and the points are where they are, whatever systems are called."""
    shapes = []
    for name in ("plain", "w" * 100_000, "\u202e$\\frac{1}{2}$<b>\n\n"):
        made = make_run(tmp_path / f"run{len(shapes)}", Sample(questions=12, systems={"base": 0.1, name: 0.1}))
        ((_, _, (plot, *_)),) = drawn(read(made), tmp_path / "site")
        root = parsed(plot)
        shapes.append([root.get("viewBox"), *(path.get("d") for path in root.iter("path"))])
    assert shapes[0] == shapes[1] == shapes[2] or [shape[0] for shape in shapes] == [shapes[0][0]] * 3


@pytest.mark.slow
def test_text_is_readable_on_a_phone(full, crowd, odd):
    for plot in all_of(full, crowd, odd):
        root = parsed(plot)
        wide = float(root.get("viewBox").split()[2])
        assert {float(text.get("font-size")) for text in root.iter("text")} == {FONT}
        assert FONT * 300 / wide >= 11


@pytest.mark.slow
def test_of_many_systems_only_some_are_named(crowd):
    assert set(crowd) == set(PLOTS)
    for plot in crowd.values():
        shown = [text for text in texts(plot) if "variant" in text or "\u2026" in text]
        assert len(shown) <= MOST_LABELS, plot.name
    assert len(crowd["keeping"].rows) == 1 + 20


def test_the_systems_that_come_with_it_look_the_same_on_every_page():
    shipped = tomllib.loads((Path(__file__).parents[3] / "models" / "systems.toml").read_text())
    assert tuple(name for name in shipped if name != "judge") == USUAL
    assert looks(["lora", "mine"])["lora"] == looks(USUAL)["lora"] != looks(["lora", "mine"])["mine"]


def test_a_system_looks_the_same_in_every_plot_and_like_no_other():
    found = looks([f"system {n}" for n in range(40)])
    assert len({(look.colour, look.marker) for look in found.values()}) == 40
    assert found["system 3"] == looks([f"system {n}" for n in range(7)])["system 3"]
    assert all(look.colour in STANDS_FOR for look in found.values())


def test_the_frontier_is_what_nothing_beats():
    assert frontier([(1, 1), (2, 3), (3, 2), (1, 3), (0, 0)]) == [1, 2]
    assert frontier([(1, 1), (1, 1)]) == [0, 1]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_every_point_is_on_the_frontier_or_beaten_by_one_that_is(points):
    best = frontier(points)
    for x, y in points:
        assert any(points[place][0] >= x and points[place][1] >= y for place in best)
    assert [points[place][1] for place in best] == sorted((points[place][1] for place in best), reverse=True)


@given(st.lists(st.floats(0, 300), max_size=20), st.floats(10, 40))
def test_labels_are_moved_apart_in_order_and_no_further_than_needed(wanted, gap):
    found = spread(wanted, 0, 300, gap)
    ranked = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    for below, above in pairwise(ranked):
        assert found[above] - found[below] >= gap - 1e-6
    if all(wanted[above] - wanted[below] >= gap for below, above in pairwise(ranked)):
        assert found == pytest.approx(wanted) or not wanted or max(wanted) > 300 - 1e-9


@given(st.lists(st.floats(-50, 350), min_size=1, max_size=12), st.floats(12, 20))
def test_heights_agree_with_isotonic_regression(wanted, gap):
    from sklearn.isotonic import IsotonicRegression

    ranked = sorted(wanted)
    slack = [height - place * gap for place, height in enumerate(ranked)]
    fitted = IsotonicRegression().fit_transform(range(len(slack)), slack)
    expected = [level + place * gap for place, level in enumerate(fitted)]
    assert spread(ranked, -1e6, 1e6, gap) == pytest.approx(expected)


def test_a_label_keeps_clear_of_others_and_of_what_is_drawn():
    points = [(50.0, 50.0), (54.0, 50.0), (58.0, 52.0)]
    marks = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    boxes = beside(points, ["one", "two", "three"], marks, Box(0, 0, 200, 200))
    for place, box in enumerate(boxes):
        assert not any(box.shared(other) for other in [*marks, *boxes[:place]])
        assert box.left >= 0
        assert box.right <= 200


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_fit_and_are_printable(name):
    assert width(PlotLabel(name).short(100)) <= 100
    assert 0 < len(named(name)) <= 40
    assert named(name).isprintable()


@given(st.text(max_size=300), st.sampled_from(["", "retrained"]), st.floats(60, 140))
def test_a_label_fits_and_keeps_its_last_word(name, after, room):
    text = PlotLabel(name, after).short(room)
    assert text.endswith(after)
    assert width(text) <= max(room, width(f"\u2026 {after}"))
    assert "\n" not in text


@given(st.text(max_size=200))
def test_a_name_is_short_and_printable(name):
    assert 0 < len(named(name)) <= 40
    assert named(name).isprintable()


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)), min_size=1))
def test_an_axis_holds_every_interval_and_little_that_cannot_be(parts):
    amounts = [Amount(middle, low, high) for low, middle, high in map(sorted, parts)]
    low, high = around(amounts, 0, 100)
    assert low < min(amount.low for amount in amounts)
    assert high > max(amount.high for amount in amounts)
    assert -7 < low < high < 107
    assert high - low >= 10


def test_positions_differ_only_by_a_paired_test():
    """Twelve questions are right with the evidence first and wrong in the middle; the intervals of both overlap."""
    rows = [
        record(f"context.{place}", f"q{n}", float(n < right), system="rag")
        for place, right in (("first", 60), ("middle", 48), ("last", 59))
        for n in range(100)
    ]
    summed = board([Run(Path(), Records.of(rows), {})], [])
    (section,), (known,) = sections(summed), summed.evidence
    words = PLOTS["context"](section, DecisionProblem(known, SITUATION)).words
    assert "first is significantly better than middle and last is significantly better than middle" in words
    assert "first is significantly better than last" not in words
