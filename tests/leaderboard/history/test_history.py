"""The history of a metric: what is compared with what, what counts as a change, and what may not be compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor import leaderboard
from proctor.cli import main
from proctor.core import workspace
from proctor.core.schema import InputError
from proctor.evals.stats.comparison import corrected
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.history import feeds, history
from proctor.leaderboard.runs import saved as baseline
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import CONTENTS, Run, Store, read
from proctor.leaderboard.site import page
from tests.sample_run import make_run, record


def holding(run: Run, rows) -> Run:
    """The same run with other records."""
    return replace(run, records=Records.of(rows))


def run(day: int, right: int, n: int = 200, *, commit: str = "", metric: str = "accuracy.exact", **fields) -> Run:
    """A run in January whose first questions are right."""
    rows = [record(metric, f"q{i:03}", float(i < right), **fields) for i in range(n)]
    git = {"commit": (commit or f"{day:x}") * 40, "dirty": False}
    empty = Run(Path(f"run{day}"), (), {"started": f"2026-01-{day:02}T00:00:00+00:00", "git": git})
    return holding(empty, rows)


def marks(*runs: Run) -> list[str]:
    (line,) = history.history(runs).lines
    return [point.mark for point in line.points]


def test_a_sure_drop_is_worse_and_is_said_in_one_sentence():
    told = history.history([run(1, 180), run(2, 120)])
    (marked,) = told.changes
    assert (marked.point.mark, marked.before.name, marked.now.name) == ("worse", "1111111", "2222222")
    found = Series(run(2, 120).records).since(Series(run(1, 180).records))
    low, high = (f"{-100 * end:.1f}" for end in (found.difference.high, found.difference.low))
    assert marked.point.sentence == (
        f"accuracy.exact of rag (tiny) on instruments fell by 30.0 points [{low}, {high}] from 1111111 to 2222222"
    )


def test_a_sure_rise_is_better_and_where_lower_is_better_it_is_worse():
    assert marks(run(1, 120), run(2, 180)) == ["first", "better"]
    metric = {"metric": "hallucination.contradicted", "better": "lower"}
    told = history.history([run(1, 20, **metric), run(2, 90, **metric)])
    assert [marked.point.mark for marked in told.changes] == ["worse"]
    assert told.changes[0].point.sentence.endswith(", and lower is better")


def test_nothing_changed_is_tied_and_says_why():
    (line,) = history.history([run(1, 30, 40), run(2, 30, 40)]).lines
    assert (line.points[1].mark, line.points[1].change) == ("tied", 0.0)
    assert (line.points[1].sentence, line.points[1].note) == ("same answers as in 1111111", "")


def test_the_same_answers_with_fewer_seeds_say_why_the_mean_differs():
    once, thrice = run(2, 30, 40), run(1, 30, 40)
    more = [replace(row, seed=seed, value=float(row.value and seed < 1)) for row in thrice.records for seed in (0, 1, 2)]
    (line,) = history.history([holding(thrice, more), once]).lines
    assert line.points[0].value != line.points[1].value
    assert line.points[1].note == "same answers on the shared seed (3 seeds then, 1 now)"
    assert line.points[1].sentence == f"{line.points[1].note} as in 1111111"


def of_suite(taken: Run, version: str, questions: dict[str, str]) -> Run:
    """The same run of a suite with one document, in a version of its own, and these questions."""
    about = {"version": version, "questions": questions, "revised": {}, "examples": "", "revisions": "", "settings": {}}
    told = {**taken.provenance, CONTENTS: {"instruments": about | {"documents": {"d1": version}}}}
    return replace(holding(taken, [replace(row, suite_version=version) for row in taken.records]), provenance=told)


def test_a_run_of_a_suite_that_changed_is_compared_over_the_questions_that_are_the_same():
    names = [f"q{i:03}" for i in range(200)]
    asked, others = dict.fromkeys(names, "a"), {name: "a" if name < "q150" else "b" for name in names}
    (line,) = history.history([of_suite(run(1, 180), "1", asked), of_suite(run(2, 90), "2", others)]).lines
    assert (line.points[1].mark, line.points[1].n) == ("worse", 200)
    assert line.points[1].change == pytest.approx(-0.4)  # 150 right of 150, and now 90 of them
    assert line.points[1].note == "the suite changed: 150 questions the same in both"
    (line,) = history.history([of_suite(run(1, 90), "1", asked), of_suite(run(2, 90), "2", dict.fromkeys(names, "b"))]).lines
    assert (line.points[1].mark, line.points[1].sentence) == (
        "not comparable",
        "not compared with 1111111: they have no item in common",
    )


def test_a_change_that_is_surely_small_is_tied():
    assert marks(run(1, 2000, 4000), run(2, 2003, 4000)) == ["first", "tied"]


TRAINED = {"rag": {"settings": {"adapt": "lora"}}, "other": {"settings": {"adapt": "lora"}}}


def trained(*runs: Run, beside=()) -> history.TrendLine:
    """The line of a system that each run trained; ``beside`` are records of others in the last."""
    for each in runs:
        each.provenance["systems"] = TRAINED
    told = history.history([*runs[:-1], holding(runs[-1], [*runs[-1].records, *beside])])
    (line,) = [line for line in told.lines if line.system == "rag"]
    return line


def test_what_was_trained_once_is_marked_only_beyond_what_training_moves():
    slight, large = (trained(run(1, 180), run(2, right)).points[1] for right in (160, 120))
    assert marks(run(1, 180), run(2, 160)) == ["first", "worse"]
    assert (slight.mark, large.mark) == ("inconclusive", "worse")
    assert slight.change_low <= 0 <= slight.change_high
    assert slight.note == large.note == "1 training run each"
    assert slight.sentence.endswith(
        "may be run-to-run variation with a standard deviation of 4 points (assumed): repeat with --seeds 3"
    )
    assert large.sentence.endswith(
        "one training run each: more than run-to-run variation explains with a standard deviation of 4 points (assumed)"
    )


def test_what_several_seeds_show_of_training_counts_in_place_of_what_is_assumed():
    def other(*right):
        rows = [run(2, n, system="other", seed=seed).records for seed, n in enumerate(right)]
        return [row for each in rows for row in each]

    quiet = trained(run(1, 180), run(2, 160), beside=other(150, 151, 150, 151)).points[1]
    loud = trained(run(1, 180), run(2, 120), beside=other(100, 150, 200)).points[1]
    assert (quiet.mark, loud.mark) == ("worse", "inconclusive")
    assert "a standard deviation of 0.3 points (as others show in this metric)" in quiet.sentence


def test_what_too_few_items_cannot_tell_is_inconclusive():
    assert marks(run(1, 30, 40), run(2, 28, 40)) == ["first", "inconclusive"]
    (line,) = history.history([run(1, 15, 15), run(2, 0, 15)]).lines
    assert line.points[1].mark == "inconclusive"
    assert "over 15 items, fewer than the 20 that a mark takes" in line.points[1].sentence


def test_what_too_few_clusters_cannot_tell_is_inconclusive_however_many_the_items():
    def of_few_documents(one: Run) -> Run:
        return holding(one, [replace(row, cluster=f"document {place % 9}") for place, row in enumerate(one.records)])

    assert marks(run(1, 180), run(2, 60)) == ["first", "worse"]
    (line,) = history.history([of_few_documents(run(1, 180)), of_few_documents(run(2, 60))]).lines
    assert line.points[1].mark == "inconclusive"
    assert line.points[1].sentence.endswith("over 200 items in 9 clusters, fewer than the 10 that a mark takes")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"suite_version": "s2"}, "data of suite instruments: s1 before, s2 now"),
        ({"judge": "other"}, "judge of metric accuracy.exact:  before, other now"),
        ({"metric_version": "2"}, "definition of metric accuracy.exact: 1 before, 2 now"),
    ],
)
def test_another_exam_is_not_compared_and_says_so(fields, said):
    (line,) = history.history([run(1, 180), run(2, 20, **fields)]).lines
    assert line.points[1].mark == "not comparable"
    assert line.points[1].sentence == f"not compared with 1111111: {said}"
    assert (line.points[1].value, line.points[1].since, line.points[1].change) == (0.1, None, None)


def test_another_prompt_is_another_exam():
    runs = [run(1, 180), run(2, 20)]
    for each, template in zip(runs, "ab", strict=True):
        each.provenance["systems"] = {"rag": {"generation": {"prompt_template": template}}}
    (line,) = history.history(runs).lines
    assert line.points[1].mark == "not comparable"
    assert "prompt_template of system rag: a before, b now" in line.points[1].sentence


def test_the_one_before_that_is_comparable_may_be_further_back():
    told = history.history([run(1, 180), run(2, 100, suite_version="s2"), run(3, 120)])
    (line,) = told.lines
    assert [point.mark for point in line.points] == ["first", "not comparable", "worse"]
    assert line.points[2].since == told.runs[0].id


def test_runs_without_a_common_question_are_not_compared():
    late = run(2, 180)
    renamed = holding(late, [replace(row, item=f"other {row.item}") for row in late.records])
    (line,) = history.history([run(1, 180), renamed]).lines
    assert line.points[1].sentence == "not compared with 1111111: they have no item in common"


def test_a_line_begins_where_something_was_measured():
    lost = run(1, 180)
    rows = [replace(row, value=None, status="unmeasured") for row in lost.records]
    (line,) = history.history([holding(lost, rows), run(2, 180)]).lines
    assert [point.mark for point in line.points] == ["first"]


def test_what_could_not_be_measured_is_missing_and_not_zero():
    lost = run(2, 180)
    rows = [replace(row, value=None, status="unmeasured", reason="the judge was down") for row in lost.records]
    told = history.history([run(1, 180), holding(lost, rows), run(3, 120)])
    (line,) = told.lines
    assert [point.mark for point in line.points] == ["first", "inconclusive", "worse"]
    assert (line.points[1].value, line.points[1].n) == (None, 0)
    assert line.points[1].sentence == "nothing could be measured: the judge was down"
    assert line.points[2].since == told.runs[0].id


def test_what_never_applies_has_no_line():
    none = run(1, 180)
    rows = [replace(row, value=None, status="not_applicable") for row in none.records]
    assert history.history([holding(none, rows)]).lines == ()


def test_only_the_first_metrics_have_a_history():
    assert history.history([run(1, 180, metric="latency.seconds")]).lines == ()
    assert len(history.history([run(1, 180, metric="style.format_followed")]).lines) == 1


@pytest.mark.slow
@given(st.permutations(range(1, 6)))
def test_time_orders_runs_however_they_are_given(days):
    told = history.history([run(day, 30, 40) for day in days])
    assert [moment.started for moment in told.runs] == [f"2026-01-{day:02}T00:00:00Z" for day in range(1, 6)]


def test_time_is_told_in_utc():
    early, late = run(1, 30, 40), run(2, 30, 40)
    early.provenance["started"] = "2026-01-02T00:30:00+02:00"  # an hour and a half before
    late.provenance["started"] = "2026-01-02T00:00:00"
    told = history.history([late, early])
    assert [moment.started for moment in told.runs] == ["2026-01-01T22:30:00Z", "2026-01-02T00:00:00Z"]


@pytest.mark.parametrize("started", [None, "", "yesterday", 7, "0001-01-01T00:00:00+14:00"])
def test_a_run_without_a_time_has_no_place_and_is_named(started):
    lost = run(1, 30, 40)
    lost.provenance["started"] = started
    told = history.history([lost, run(2, 30, 40)])
    assert (len(told.runs), told.undated) == (1, ("run1",))


def test_later_runs_leave_what_was_said_of_earlier_ones_as_it_was():
    runs = [run(day, right) for day, right in enumerate((180, 176, 120, 121, 190), 1)]
    whole = history.history(runs).lines[0].points
    for count in range(1, 6):
        assert history.history(runs[:count]).lines[0].points == whole[:count]


def test_the_p_values_of_one_run_are_corrected_together():
    systems = {"base": 176, "rag": 172, "lora": 168, "hybrid": 160}

    def several(day, rights):
        rows = [row for name, right in rights.items() for row in run(day, right, system=name).records]
        return holding(run(day, 0), rows)

    told = history.history([several(1, dict.fromkeys(systems, 180)), several(2, systems)])
    raw = {
        name: Series(run(2, right, system=name).records).since(Series(run(1, 180, system=name).records)).p
        for name, right in systems.items()
    }
    wanted = dict(zip(raw, corrected(list(raw.values()), "bh"), strict=True))
    assert {line.system: line.points[1].p for line in told.lines} == pytest.approx(wanted)


def test_two_runs_of_one_commit_are_told_apart_by_their_time():
    told = history.history([run(1, 180, commit="a"), run(2, 120, commit="a"), run(3, 120, commit="b")])
    assert told.names == ["aaaaaaa 01-01 00:00", "aaaaaaa 01-02 00:00", "bbbbbbb"]
    (marked,) = history.history([run(1, 180, commit="a"), run(2, 120, commit="a")]).changes
    assert marked.point.sentence.endswith("from aaaaaaa (2026-01-01T00:00:00Z) to aaaaaaa (2026-01-02T00:00:00Z)")


# Where runs come from.


@pytest.fixture
def folder(tmp_path):
    make_run(tmp_path / "run")
    return tmp_path


def test_a_run_that_was_saved_is_there_once_however_often_and_under_whatever_name(folder):
    opened = read(folder / "run")
    for name in ("a", "b"):
        baseline.save(opened, folder / "saved" / f"{name}.json")
    told = history.history([opened, opened], [folder / "saved", folder / "saved" / "a.json", folder / "run"])
    assert len(told.runs) == 1
    assert {len(line.points) for line in told.lines} == {1}
    again = history.history([], [folder / "saved" / "b.json"])
    assert (again.lines, again.runs[0].id) == (told.lines, told.runs[0].id)


def test_of_a_run_that_went_on_since_it_was_saved_the_fuller_counts(folder):
    baseline.save(read(folder / "run"), folder / "saved" / "a.json")
    Store(folder / "run").add([record("style.format_followed", f"q{i}") for i in range(30)])
    for published, saved in (([read(folder / "run")], [folder / "saved"]), ([], [folder / "run", folder / "saved"])):
        assert "style.format_followed" in {line.metric for line in history.history(published, saved).lines}


def test_a_folder_of_run_folders_is_a_history_too(folder):
    make_run(folder / "other")
    assert len(history.history([], [folder]).runs) == 1


# What was told before.


@pytest.fixture
def saved(tmp_path):
    """Four runs, of which one got worse."""
    for day, right in enumerate((180, 180, 120, 125), 1):
        baseline.save(run(day, right), tmp_path / "saved" / f"{day}.json")
    return tmp_path / "saved"


def keep(_: Path) -> None:
    pass


def prune(saved: Path) -> None:
    (saved / "1.json").unlink()


def insert(saved: Path) -> None:
    late = run(9, 60)
    late.provenance["started"] = "2026-01-02T12:00:00+00:00"
    baseline.save(late, saved / "late.json")


def measure_again(saved: Path) -> None:
    baseline.save(run(2, 30), saved / "2.json")


def rename(saved: Path) -> None:
    (saved / "2.json").rename(saved / "another name.json")


@pytest.mark.slow
@pytest.mark.parametrize("change", [keep, prune, insert, measure_again, rename])
def test_what_was_told_before_is_told_again_as_if_it_had_not_been(saved, change):
    before = history.history([run(5, 185)], [saved])
    change(saved)
    for published in ([], [run(5, 185)], [run(6, 60), run(5, 185)]):
        assert history.history(published, [saved], before) == history.history(published, [saved])


def test_what_was_told_before_is_not_compared_again(saved):
    before = history.history([], [saved])
    (line,) = before.lines
    marked = replace(line, points=(*line.points[:-1], replace(line.points[-1], sentence="as told before")))
    told = history.history([run(5, 185)], [saved], replace(before, lines=(marked,)))
    assert [point.sentence for point in told.lines[0].points][3] == "as told before"
    assert told.lines[0].points[4].mark == "better"


@pytest.mark.slow
def test_a_site_tells_the_same_history_whether_or_not_it_did_before(saved, folder):
    sites = [page.publish([folder / "run"], folder / name, saved=[saved]).parent for name in ("a", "a", "b")]
    first, again, fresh = ((site / "history.json").read_bytes() for site in sites)
    assert first == again == fresh
    (sites[0] / "history.json").write_text("damaged")
    page.publish([folder / "run"], sites[0], saved=[saved])
    assert (sites[0] / "history.json").read_bytes() == fresh


def test_what_another_version_told_is_not_believed(saved):
    told = history.history([], [saved])
    text = feeds.history_json(told)
    assert feeds.history_of(text) == told
    data = json.loads(text)
    for wrong in (None, "", "[]", "{}", *(json.dumps(data | {name: 7}) for name in data)):
        assert feeds.history_of(wrong) is None


def test_what_is_no_saved_run_is_said(folder):
    (folder / "odd.json").write_text(json.dumps({"format": 7, "run": {}}))
    with pytest.raises(InputError, match=r"odd\.json: format 7 is not 3"):
        history.history([], [folder])
    with pytest.raises(InputError, match="nowhere: no run is saved there"):
        history.history([], [folder / "nowhere"])


@pytest.mark.slow
def test_publishing_tells_the_history(folder, capsys):
    early = read(folder / "run")
    early.provenance["started"] = "2025-12-31T00:00:00+00:00"
    baseline.save(early, folder / "saved" / "early.json")
    words = ["publish", str(folder / "run"), "--to", str(folder / "site"), "--history", str(folder / "saved")]
    assert main(words) == 0
    told = json.loads((folder / "site" / "history.json").read_text())
    assert [moment["started"] for moment in told["runs"]] == ["2025-12-31T00:00:00Z", "2026-01-02T03:04:05Z"]
    assert {point["mark"] for line in told["lines"] for point in line["points"]} == {"first", "tied"}
    assert main([*words, "--history", str(folder / "nowhere")]) == 4
    assert "no run is saved there" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("way", ["command", "exam"])
def test_the_saved_runs_of_the_project_are_the_history_unless_others_are_named(saved, folder, tmp_path, monkeypatch, way):
    (tmp_path / "pyproject.toml").write_text(f'[tool.proctor]\nsaved_runs = "{saved}"\n')
    monkeypatch.chdir(tmp_path)
    if way == "command":
        main(["publish", str(folder / "run"), "--to", str(folder / "site")])
    else:
        leaderboard.present(folder / "run", folder / "site", saved=workspace.current().history)
    assert len(json.loads((folder / "site" / "history.json").read_text())["runs"]) == 5


@pytest.mark.slow
def test_without_any_saved_run_a_page_tells_of_its_own(folder, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert main(["publish", str(folder / "run"), "--to", str(folder / "site")]) == 0
    assert len(json.loads((folder / "site" / "history.json").read_text())["runs"]) == 1


@pytest.mark.slow
def test_the_newest_value_is_the_one_on_the_board(folder):
    site = page.publish([folder / "run"], folder / "site").parent
    cells = json.loads((site / "leaderboard.json").read_text())["cells"]
    board = {(cell["system"], cell["metric"]): [cell[name] for name in ("value", "ci_low", "ci_high", "n")] for cell in cells}
    lines = json.loads((site / "history.json").read_text())["lines"]
    assert len(lines) == 17
    for line in lines:
        point = line["points"][-1]
        assert [point[name] for name in ("value", "ci_low", "ci_high", "n")] == board[line["system"], line["metric"]]
