"""What becomes of records on the board: means, gaps, ties, seeds, and the files that say so."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from proctor.cli import main
from proctor.core.schema import Record
from proctor.evals.stats.intervals import HEAVY, interval
from proctor.leaderboard.board.board import Board, board
from proctor.leaderboard.board.cells import Result, bounds, from_the_best
from proctor.leaderboard.board.sections import sections
from proctor.leaderboard.board.summary import verdict
from proctor.leaderboard.board.terminal import as_text
from proctor.leaderboard.formatting import figure
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run, Store, read
from proctor.leaderboard.site import export
from proctor.leaderboard.site.notebook import as_html
from tests.sample_run import Sample, make_run, record

NARROW = "\u00a0"


def board_of(*records: Record, provenance: dict | None = None) -> Board:
    return board([Run(Path("run"), Records.of(records), provenance or {})])


def only(*records: Record) -> Result:
    (cell,) = board_of(*records).cells
    return cell


def answered(system: str, right: int, of: int = 40, **changes) -> list[Record]:
    return [record("accuracy.exact", f"q{i}", float(i < right), system=system, **changes) for i in range(of)]


def marks(*records: Record) -> dict[str, str]:
    named = {"best": "best", "tied": "tied", "behind": "behind", "not_ranked": "not ranked"}
    return {
        cell.system: next((word for mark, word in named.items() if getattr(cell, mark)), "") for cell in board_of(*records).cells
    }


def test_a_cell_is_the_mean_of_its_items_with_the_interval_of_their_clusters():
    records = [record("m", f"q{i}", float(i % 3 > 0), cluster=f"d{i // 4}") for i in range(60)]
    cell, found = only(*records), interval([r.value for r in records], [r.cluster for r in records])
    assert (cell.value, cell.ci_low, cell.ci_high) == pytest.approx((found.value, found.low, found.high), rel=1e-8)
    assert (cell.n, cell.clusters, cell.expected, cell.status, cell.method) == (60, 15, 60, "scored", "clopper-pearson")


def test_a_failed_item_counts_as_wrong():
    cell = only(record("m", "a", 1.0), record("m", "b", 0.0, status="failed", reason="out of memory"))
    assert (cell.value, cell.n, cell.failed, cell.status, cell.reason) == (0.5, 2, 1, "scored", "out of memory")


def test_an_unmeasured_item_is_no_zero_and_is_counted():
    cell = only(record("m", "a", 1.0), record("m", "b", None, status="unmeasured", reason="timeout"))
    assert (cell.value, cell.n, cell.expected, cell.unmeasured, cell.status) == (1.0, 1, 2, 1, "scored")


@pytest.mark.parametrize("status", ["unmeasured", "not_applicable"])
def test_without_any_value_the_reason_is_shown(status):
    cell = only(record("m", "a", None, status=status, reason="x"), record("m", "b", None, status=status, reason="x"))
    assert (cell.status, cell.value, cell.ci_low, cell.n, cell.reason) == (status, None, None, 0, "x")


def test_all_failed_is_failed_with_the_worst_value():
    cell = only(record("m", "a", 0.0, status="failed"), record("m", "b", 0.0, status="failed"))
    assert (cell.status, cell.value, cell.failed) == ("failed", 0.0, 2)


def test_what_does_not_apply_to_some_items_is_not_expected_of_them():
    cell = only(record("m", "a", 1.0), record("m", "b", None, status="not_applicable"))
    assert (cell.n, cell.expected, cell.not_applicable, cell.status) == (1, 1, 1, "scored")


def test_items_that_only_others_were_asked_are_missed():
    cells = {cell.system: cell for cell in board_of(*answered("rag", 10), *answered("lora", 10, of=30)).cells}
    assert (cells["lora"].n, cells["lora"].expected) == (30, 40)


def test_seeds_are_averaged_item_by_item_first():
    first = [record("m", f"q{i}", float(i < 5), seed=0) for i in range(10)]
    second = [record("m", f"q{i}", float(i < 6), seed=1) for i in range(10)]
    cell = only(*first, *second)
    assert (cell.value, cell.n, cell.seeds) == (0.55, 10, 2)
    assert cell.seed_sd == pytest.approx(0.0707106781)


def test_few_clusters_make_nobody_the_best_for_sure():
    few = [replace(r, cluster=f"c{int(r.item[1:]) % 8}") for r in [*answered("rag", 33), *answered("base", 0)]]
    assert marks(*few) == {"rag": "best", "base": "tied"}
    assert marks(*answered("rag", 33), *answered("base", 0)) == {"rag": "best", "base": "behind"}


def test_what_is_tied_for_want_of_clusters_alone_is_not_called_tied_in_words():
    few = [replace(r, cluster=f"c{int(r.item[1:]) % 8}") for r in [*answered("rag", 36), *answered("base", 0)]]
    board = board_of(*few)
    (cell,) = (cell for cell in board.cells if cell.system == "base")
    assert from_the_best(cell).startswith("too few clusters to tell it from the best (8 clusters; 10 needed): -90.0")
    assert "0.0 %~? [" in as_text(board)
    assert "0.0 %\u00a0\u2248?" in as_html(board).replace("\u00a0%", " %")
    assert "they make 8 clusters, and at least 10 of one size are needed." in said(*few)
    enough = next(cell for cell in board_of(*answered("rag", 20), *answered("base", 19)).cells if cell.system == "base")
    assert (enough.tied, enough.too_few) == (True, "")
    assert from_the_best(enough).startswith("statistically tied with the best: -2.5")


def test_many_clusters_of_which_one_outweighs_the_others_make_nobody_the_best_either():
    uneven = [replace(r, cluster=f"c{max(0, int(r.item[1:]) - 20)}") for r in [*answered("rag", 33), *answered("base", 0)]]
    assert marks(*uneven) == {"rag": "best", "base": "tied"}
    cell = board_of(*uneven).cells[0]
    assert (cell.clusters, cell.effective) == (20, pytest.approx(40**2 / (21**2 + 19)))
    assert "they make 20 clusters that weigh as 3.4, and at least 10 of one size are needed." in said(*uneven)
    assert "n 40 in 3.4 eff. clusters" in as_text(board_of(*uneven))


def test_amounts_that_a_few_values_decide_are_marked():
    values = [record("cost.tokens", f"q{i}", 9.0 if i else 900.0, unit="tokens", better="lower") for i in range(40)]
    assert [str(caution) for caution in only(*values).cautions] == [HEAVY]


def test_of_parts_of_a_whole_none_is_the_best():
    shares = [replace(r, metric="latency.prefill_share", better="lower") for r in [*answered("rag", 33), *answered("base", 0)]]
    assert marks(*shares) == {"rag": "", "base": ""}


def test_an_amount_of_zero_is_exact():
    cell = only(record("cost.train_seconds", "system", 0.0, unit="seconds", better="lower"))
    assert (cell.value, cell.ci_low, cell.ci_high, cell.method) == (0.0, 0.0, 0.0, "exact")


def test_the_best_is_marked_and_those_that_are_tied_with_it():
    found = marks(*answered("base", 2), *answered("rag", 33), *answered("lora", 34))
    assert found == {"base": "behind", "lora": "best", "rag": "tied"}


def test_pairs_are_told_apart_by_the_items_they_share():
    rag = [record("m", f"q{i}", float(i % 2), system="rag") for i in range(200)]
    lora = [replace(r, system="lora", value=r.value if i % 10 else 1.0) for i, r in enumerate(rag)]
    assert marks(*rag, *lora) == {"rag": "behind", "lora": "best"}


def test_where_lower_is_better_the_lowest_is_best():
    records = [
        record("m", f"q{i}", float(i % 10 < worse), system=f"s{worse}", better="lower") for worse in (1, 9) for i in range(50)
    ]
    assert marks(*records) == {"s1": "best", "s9": "behind"}


def test_equals_are_all_best_where_others_are_not():
    both = [*answered("rag", 20), *answered("lora", 20)]
    assert marks(*both, *answered("base", 0)) == {"rag": "best", "lora": "best", "base": "behind"}
    assert marks(*both) == {"rag": "", "lora": ""}  # nothing tells them apart: there is no best


def test_one_alone_is_not_called_best():
    assert marks(*answered("rag", 20)) == {"rag": ""}


def test_one_reading_of_a_clock_makes_nobody_the_best():
    def timed(system, *values):
        return [
            record("latency.p95", "all", value, system=system, unit="seconds", better="lower", seed=seed)
            for seed, value in enumerate(values)
        ]

    assert marks(*timed("rag", 0.2), *timed("base", 0.1)) == {"rag": "", "base": ""}
    assert marks(*timed("full", 0.2, 0.21), *timed("lora", 0.1, 0.11)) == {"full": "behind", "lora": "best"}
    counted = [replace(r, metric="cost.train_flops", unit="FLOP") for r in (*timed("rag", 2.0), *timed("base", 1.0))]
    assert marks(*counted) == {"rag": "behind", "base": "best"}
    (shown,) = board_of(*timed("rag", 0.2)).cells
    assert (bounds(shown), "n 1" in as_text(board_of(*timed("rag", 0.2)))) == ("", False)


def in_rounds(system: str, seconds: float, day: str = "") -> list[Record]:
    told = {"system": system, "unit": "seconds", "better": "lower"}
    return [
        record("latency.seconds", f"q{place}", seconds + place / 1000, cluster=f"round {place // 2}{day}", **told)
        for place in range(24)
    ]


def test_seconds_of_other_rounds_tell_nobody_apart():
    assert marks(*in_rounds("rag", 0.2), *in_rounds("lora", 0.1)) == {"rag": "behind", "lora": "best"}
    assert marks(*in_rounds("rag", 0.2), *in_rounds("lora", 0.1, " of another day")) == {"rag": "", "lora": "not ranked"}


def test_percentiles_have_the_interval_of_the_rounds_that_they_were_timed_in():
    p95 = record("latency.p95", "all", 0.221, unit="seconds", better="lower")
    cells = {cell.metric: cell for cell in board_of(*in_rounds("rag", 0.2), p95).cells}
    found = cells["latency.p95"]
    assert 0.21 < found.ci_low < found.value == 0.221 < found.ci_high == pytest.approx(0.223)
    assert (found.n, found.clusters, found.method) == (24, 12, "cluster bootstrap of the percentile")


def test_systems_that_were_asked_other_questions_are_not_ranked():
    other = [replace(r, item=f"other {r.item}") for r in answered("lora", 40)]
    assert marks(*answered("rag", 2), *other) == {"lora": "not ranked", "rag": "not ranked"}


def test_a_mean_over_a_few_easy_items_is_shown_and_not_ranked():
    rows = [*answered("rag", 60, of=96), *answered("lora", 70, of=96), *answered("lucky", 5, of=5)]
    cells = {cell.system: cell for cell in board_of(*rows).cells}
    assert (cells["lucky"].value, cells["lucky"].not_ranked) == (1.0, "measured on 5 of 96 questions")
    assert (cells["lora"].best, cells["lucky"].best, cells["lucky"].gap) == (True, False, None)
    assert "lucky is not ranked: measured on 5 of 96 questions." in said(*rows)
    assert "Not ranked: lucky in accuracy.exact: measured on 5 of 96 questions" in as_text(board_of(*rows))


def test_the_best_is_the_best_over_what_all_have():
    """A judge that fails at the hard questions of one system does not make it the best."""
    hard = [replace(r, value=None, status="unmeasured") if int(r.item[1:]) >= 35 else r for r in answered("lucky", 30)]
    found = {cell.system: cell for cell in board_of(*answered("rag", 33), *hard).cells}
    assert found["lucky"].value > found["rag"].value
    assert (found["rag"].best, found["rag"].ranked_on, found["lucky"].tied) == (True, 35, True)
    assert "ranked on the 35 questions that all ranked systems have" in said(*answered("rag", 33), *hard)


def test_an_item_counts_where_every_seed_has_it():
    whole, part = answered("lora", 30, seed=0), answered("lora", 4, of=4, seed=1)
    cells = {cell.system: cell for cell in board_of(*whole, *part, *answered("rag", 30)).cells}
    assert cells["lora"].not_ranked == "measured on 4 of 40 questions with all 2 seeds"


def test_where_many_lack_a_few_items_each_those_that_lack_most_are_not_ranked():
    def without(system: str, first: int, count: int) -> list[Record]:
        return [r for r in answered(system, 20) if not first <= int(r.item[1:]) < first + count]

    rows = [row for place in range(5) for row in without(f"s{place}", 8 * place, 5 + (place > 1))]
    cells = {cell.system: cell for cell in board_of(*rows).cells}
    assert [name for name, cell in cells.items() if cell.not_ranked] == ["s2", "s3"]
    assert cells["s2"].not_ranked == "with it, the ranked systems would have only 12 of 40 questions in common"
    assert {cell.ranked_on for cell in cells.values() if not cell.not_ranked} == {24}


def test_systems_keep_the_order_of_their_table():
    comparable = {"instruments/tiny/rag": True, "instruments/tiny/base": ["it sees less"], "other/tiny/zeta": ["elsewhere"]}
    provenance = {"systems": {"rag": {}, "base": {}}, "comparable": comparable}
    cells = board_of(*answered("base", 1), *answered("zeta", 1), *answered("rag", 1), provenance=provenance).cells
    assert [(cell.system, cell.comparable) for cell in cells] == [("rag", True), ("base", ["it sees less"]), ("zeta", None)]


def test_of_several_runs_the_last_has_the_word_and_the_others_fill_its_gaps(tmp_path):
    Store(tmp_path / "old").add([*answered("rag", 10), *answered("lora", 10)])
    Store(tmp_path / "new").add(answered("rag", 20, of=30, system_version="v2"))
    found = {cell.system: cell for cell in board([read(tmp_path / "old"), read(tmp_path / "new")]).cells}
    assert (found["rag"].n, found["lora"].n) == (30, 40)
    assert found["rag"].value == pytest.approx(20 / 30)


def test_what_a_system_could_not_be_asked_is_not_missing_of_the_others():
    tasks = [record("forgetting", name, None, system="bot", status="not_applicable", reason="no weights") for name in "ab"]
    items = [record("forgetting", f"a/{place}", 0.0, system="rag") for place in range(20)]
    found = {cell.system: (cell.expected, cell.n) for cell in board_of(*items, *tasks).cells}
    assert found == {"rag": (20, 20), "bot": (0, 0)}


def test_other_versions_of_a_suite_are_pointed_out():
    records = [*answered("rag", 10, suite_version="s2"), *answered("lora", 10, suite_version="s1")]
    (section,) = sections(board_of(*records, provenance={"suites": {"instruments": {"version": "s2"}}}))
    assert section.cautions == {"lora": ["measured on another version of the suite"]}


def test_a_caution_on_some_figures_of_several_systems_is_said_once_with_their_names():
    rows = [
        replace(one, system=system, metric=metric, unit="seconds", caution="" if system == "file" else "the machine was busy")
        for system in ("bot", "rag", "file")
        for metric in (("latency.seconds", "latency.p50") if system == "rag" else ("latency.seconds",))
        for one in answered(system, 10)
    ]
    (section,) = sections(board_of(*rows))
    assert section.cautions_in_short == [("bot and rag", "the machine was busy: latency.seconds, latency.p50")]


def test_a_caution_on_every_system_is_said_once():
    comparable = {"instruments/tiny/rag": ["a small model"], "instruments/tiny/lora": ["a small model", "it sees less"]}
    rows = [record("accuracy.exact", "q", system=system) for system in ("rag", "lora")]
    (section,) = sections(board_of(*rows, provenance={"systems": {"rag": {}, "lora": {}}, "comparable": comparable}))
    assert section.cautions_in_short == [("every system", "a small model"), ("lora", "it sees less")]


@pytest.mark.slow
def test_the_same_records_give_the_same_bytes_in_any_order(small):
    run = read(small)
    shuffled = replace(run, records=Records.joined([run.records[::-1][7:], run.records[::-1][:7]]))
    assert export.as_json(board([run])) == export.as_json(board([shuffled]))
    assert export.as_csv(board([run])) == export.as_csv(board([shuffled]))


def test_json_holds_a_cell_for_each_suite_base_model_system_and_metric(small):
    run = read(small)
    data = json.loads(export.as_json(board([run])))
    assert data["format"] == 2
    assert data["run"] == run.provenance
    keys = [(cell["suite"], cell["base_model"], cell["system"], cell["metric"]) for cell in data["cells"]]
    assert sorted(keys) == sorted({(r.suite, r.base_model, r.system, r.metric) for r in run.records})


@pytest.mark.parametrize("name", ["=1+1", "+1+1", "@x", '=cmd|" /C calc"!A0'])
def test_csv_runs_nothing(name):
    records = [replace(r, suite=name, system=name) for r in answered("rag", 3)]
    (row,) = csv.DictReader(io.StringIO(export.as_csv(board_of(*records)), newline=""))
    assert row["suite"] == row["system"] == f"'{name}"
    assert float(row["value"]) == pytest.approx(3 / 40)


def test_csv_keeps_negative_numbers_as_numbers():
    (row,) = csv.DictReader(io.StringIO(export.as_csv(board_of(record("m", "a", -0.5, unit="difference")))))
    assert row["value"] == "-0.5"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.8754, "share", "87.5 %"),
        (-0.031, "difference", "-3.1 pts"),
        (0.0131, "seconds", "13.1 ms"),
        (0.0, "seconds", "0 s"),
        (0.012, "seconds", "12 ms"),
        (0.9996, "seconds", "1 s"),
        (42e-6, "seconds", "42 \u00b5s"),
        (75.0, "seconds", "75 s"),
        (1200.0, "seconds", "20 min"),
        (2_400_000, "bytes", "2.4 MB"),
        (1.9e13, "FLOP", "19 TFLOP"),
        (999_700, "bytes", "1 MB"),
        (0.0, "FLOP", "0 FLOP"),
        (3400.0, "joules", "3.4 kJ"),
        (12.0, "joules", "12 J"),
        (1234.6, "tokens/s", "1,235 tokens/s"),
        (141.7, "tokens", "142 tokens"),
        (2.591, "tokens", "2.59 tokens"),
        (7.25, "bits", "7.25 bits"),
        (-1500.0, "", "-1.5 k"),
        (3.0, "", "3"),
    ],
)
def test_figures_are_read_with_their_units(value, unit, shown):
    assert figure(value, unit).replace(NARROW, " ") == shown


@pytest.mark.parametrize(
    ("unit", "value", "low", "high", "shown"),
    [
        ("share", 0.5, 0.41, 0.59, "41.0 to 59.0"),
        ("seconds", 0.9, 0.5, 1.3, "500 ms to 1.3 s"),
        ("seconds", 1.2, 0.5, 1.3, "500 ms to 1.3 s"),
        ("", 3.0, 2.0, 4.0, "2 to 4"),
        ("bytes", 900.0, 800.0, 1200.0, "800 B to 1.2 kB"),
    ],
)
def test_bounds_name_the_units_that_the_value_does_not(unit, value, low, high, shown):
    cell = replace(only(record("m", "a")), unit=unit, value=value, ci_low=low, ci_high=high, method="cluster t")
    assert bounds(cell).replace(NARROW, " ") == shown


def said(*records: Record) -> str:
    return verdict(sections(board_of(*records))[0]).replace(NARROW, " ")


def test_the_verdict_names_the_best_the_tied_and_the_forgetful():
    forgetful = [
        record("forgetting", f"g{i}", float(i % 4 == 0), system="lora", unit="difference", better="lower") for i in range(100)
    ]
    kept = [record("forgetting", f"g{i}", 0.0, system="rag", unit="difference", better="lower") for i in range(100)]
    text = said(*answered("base", 2), *answered("rag", 33), *answered("lora", 34), *forgetful, *kept)
    assert "lora has the highest accuracy: 85.0 %" in text
    assert "rag is statistically tied with it." in text
    assert "General ability lost: lora 25.0 points. rag lost no more than 5.0 points of general ability." in text


@pytest.mark.parametrize(
    ("records", "text"),
    [
        ([record("other", "a")], "The accuracy on the domain was not measured."),
        (answered("rag", 20), "rag answers 50.0 % (95 % CI 33.8 to 66.2) of questions exactly. There is no other"),
        ([*answered("rag", 0), *answered("base", 0)], "No system answered a question exactly."),
        (
            [*answered("rag", 38), *answered("base", 1)],
            "base is significantly behind, by 92.5 points",
        ),
        ([*answered("rag", 8, of=9), *answered("base", 0, of=9)], "The highest mean is that of rag, 88.9 % (95 % CI "),
        (
            [*answered("rag", 8, of=9), *answered("base", 0, of=9)],
            "they make 9 clusters, and at least 10 of one size are needed.",
        ),
        ([*answered("rag", 20), *answered("lora", 20)], "Both systems have the same accuracy: 50.0 %"),
        (
            [*answered("rag", 20), *answered("lora", 20)[:39]],
            "Both systems have the same accuracy on the 39 questions that all ranked systems have.",
        ),
        (
            [*answered("rag", 22), *answered("lora", 20)],
            "No system is significantly better than another: both are statistically tied.",
        ),
        ([*answered("a", 38), *answered("b", 38), *answered("c", 1)], "c is significantly behind, by"),
        ([*answered("a", 30), *answered("b", 30), *answered("c", 29), *answered("d", 0)], "c is statistically tied with them."),
    ],
)
def test_the_verdict_says_no_more_than_the_cells(records, text):
    assert text in said(*records)


def test_a_caution_is_marked_on_the_cell_and_said_below_with_its_count():
    rows = [replace(r, caution="cut off" if r.item in ("q1", "q2") else "") for r in answered("rag", 20)]
    found = board_of(*rows, *[replace(r, metric="accuracy.f1") for r in rows])
    assert [str(caution) for caution in found.cells[0].cautions] == ["cut off (2 of 40)"]
    text = as_text(found)
    assert "n 40 !" in text
    assert "Caution: rag: cut off (2 of 40): accuracy.exact, accuracy.f1" in text


def test_the_verdict_says_whose_count_a_caution_has_where_it_holds_for_several():
    def cut(name: str, right: int, last: str) -> list[Record]:
        return [replace(r, caution="cut off" if r.item < last else "") for r in answered(name, right)]

    alone, both = said(*cut("rag", 20, "q2"), *answered("lora", 19)), said(*cut("rag", 20, "q2"), *cut("lora", 19, "q3"))
    assert "Caution: the accuracy of rag may not be what it seems: cut off (" in alone
    assert re.search(
        r"Caution: the accuracy of \w+ and \w+ may not be what it seems: for (rag|lora), cut off \(\d+ of 40\)\.", both
    )


def test_two_cautions_on_one_answer_are_counted_each():
    first, second = answered("rag", 1, of=2)
    cell, *_ = board_of(replace(first, caution="cut off\nnot shown"), replace(second, caution="cut off")).cells
    assert [str(caution) for caution in cell.cautions] == ["cut off", "not shown (1 of 2)"]


def test_the_terminal_gets_every_cell_within_its_width(tmp_path):
    found = board([read(make_run(tmp_path, Sample(seeds=2)))])
    text = as_text(found)
    assert max(map(len, text.splitlines())) <= 120
    for cell in found.cells:
        assert cell.metric in text
        assert cell.value is None or figure(cell.value, cell.unit).replace(NARROW, " ") in text
    assert "6 failed 6 unmeasured" in text
    assert "Caution: hybrid: it reads passages" in text


def test_a_terminal_is_given_no_control_characters():
    records = [replace(r, suite="s\x1b]0;x\x07\n", system="\x1b[2J" + "x" * 500) for r in answered("rag", 3)]
    text = as_text(board_of(*records))
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert max(map(len, text.splitlines())) <= 125


def test_what_a_system_was_not_asked_is_left_empty():
    lines = as_text(board_of(*answered("rag", 20), *answered("lora", 20), record("accuracy.f1", "a", system="lora"))).splitlines()
    (rag,) = [line for line in lines if line.startswith("rag  ")]
    assert rag.endswith("n 40")


def test_an_empty_run_says_so():
    assert as_text(board_of()) == "Nothing was measured."


@pytest.mark.slow
def test_the_command_publishes_and_prints_where(small, tmp_path, capsys):
    assert main(["publish", str(small), "--to", str(tmp_path / "site")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "site/index.html")
    assert (tmp_path / "site/index.html").is_file()


def test_the_command_prints_the_tables(small, capsys):
    assert main(["show", str(small)]) == 0
    assert "accuracy.exact" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["publish"], ["show"], ["shout"], []])
def test_wrong_usage_ends_with_4(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 4
    assert "usage" in capsys.readouterr().err


def test_a_folder_that_is_no_run_ends_with_4(tmp_path, capsys):
    assert main(["show", str(tmp_path)]) == 4
    assert "is not a run folder" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(6))
def test_the_interval_of_a_gap_leaves_out_zero_exactly_where_a_system_is_behind(seed):
    rng = np.random.default_rng(seed)
    skill = {"base": 0.1, "rag": 0.7, "lora": 0.75, "full": 0.9}
    rows = [
        record("accuracy.exact", f"q{i:03}", float(rng.random() < right), system=system, cluster=f"d{int(i**0.8)}")
        for system, right in skill.items()
        for i in range(90)
    ]
    for cell in board_of(*rows).cells:
        if cell.gap is not None:
            assert cell.gap_low <= cell.gap <= cell.gap_high
            assert (not cell.gap_low <= 0 <= cell.gap_high) == cell.behind


def test_a_system_that_answers_next_to_nothing_is_not_the_best_where_less_is_better():
    silent = [*answered("silent", 0), *(replace(r, metric="accuracy.f1") for r in answered("silent", 1))]
    able = [*answered("rag", 30), *(replace(r, metric="accuracy.f1") for r in answered("rag", 30))]
    other = [*answered("lora", 20), *(replace(r, metric="accuracy.f1") for r in answered("lora", 20))]
    made_up = [
        replace(r, metric="hallucination.unanswerable", better="lower")
        for r in (*answered("silent", 0), *answered("rag", 2), *answered("lora", 25))
    ]
    cells = {cell.system: cell for cell in board_of(*silent, *able, *other, *made_up).cells if "unanswerable" in cell.metric}
    assert (cells["rag"].best, cells["lora"].behind, cells["silent"].best, cells["silent"].value) == (True, True, False, 0.0)
    assert cells["silent"].not_ranked == "it gets next to nothing right (F1 2.5 %), so a low value is no merit"


def test_weights_that_are_unchanged_lose_nothing_and_those_of_unknown_systems_are_not_said_to():
    lost = {"base": 0, "lora": 0, "full": 30}
    rows = [
        record("forgetting", f"g{i}", float(i < count), system=system, unit="difference", better="lower")
        for system, count in lost.items()
        for i in range(100)
    ]
    settings = {"base": "none", "lora": "lora", "full": "full"}
    known = {"systems": {name: {"settings": {"adapt": adapt}} for name, adapt in settings.items()}}
    (section,) = sections(board_of(*rows, provenance=known))
    text = verdict(section).replace(NARROW, " ")
    assert "General ability lost: full 30.0 points. lora lost no more than 5.0 points of general ability." in text
    assert "base loses none: its weights are unchanged. Training was done once" in text
    assert "unchanged" not in said(*rows)
