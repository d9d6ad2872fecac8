"""Records in columns mean what their lines say, whatever is in them, and take little room."""

from __future__ import annotations

import io
import json
import tracemalloc
from contextlib import suppress
from dataclasses import fields, replace
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import STATUSES, InputError, Record
from proctor.core.storage.sealed import sealed
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.runs import jsonl
from proctor.leaderboard.runs.columns import ColumnBuilder
from proctor.leaderboard.runs.records import MeasuredTwiceError, Records, grouped
from proctor.leaderboard.runs.store import RECORDS, Store, read
from tests.sample_run import Sample, record, records
from tests.scale_run import Scale, make_big_run

TEXTS = st.text(st.characters(), max_size=6) | st.sampled_from(
    ["a", "b", "\ud800", "\udc00x", "\x00", "\u2028", "Ü", "\U0001f9ea"]
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**200), 2**200)
OUTCOMES = st.tuples(st.sampled_from(["scored", "failed"]), NUMBERS) | st.tuples(
    st.sampled_from(["unmeasured", "not_applicable"]), st.none()
)


@st.composite
def any_record(draw):
    status, value = draw(OUTCOMES)
    texts = {field.name: draw(TEXTS) for field in fields(Record) if field.type == "str"}
    seed, better = draw(st.integers(-3, 3) | st.integers(-(2**80), 2**80)), draw(st.sampled_from(["higher", "lower"]))
    return Record(**texts, seed=seed, better=better, status=status, value=value)


def once(rows):
    return list({row.key: row for row in rows}.values())


@st.composite
def lines(draw):
    """Records and lines that say them: with escapes or without, with a checksum or of the format before, fields in any order,
    those left out that may be."""
    rows = once(draw(st.lists(any_record(), max_size=12)))
    chance, written = draw(st.randoms(use_true_random=False)), []
    for row in rows:
        sealed_ = chance.random() < 0.5
        said = vars(row) | ({} if sealed_ else {"format": 2})
        for name in ("reason", "judge"):
            if not said[name] and chance.random() < 0.5:
                del said[name]
        pairs = chance.sample(list(said.items()), len(said))
        text = json.dumps(dict(pairs), ensure_ascii=False)
        readable = text.isascii() or text.encode(errors="replace").decode() == text
        text = text if readable and chance.random() < 0.5 else json.dumps(dict(pairs))
        written.append(sealed(text.encode()).decode() if sealed_ else text)
    return rows, written


@pytest.mark.slow
@given(lines())
def test_lines_are_read_as_what_they_say(tmp_path_factory, said):
    rows, written = said
    folder = tmp_path_factory.mktemp("run")
    (folder / RECORDS).write_text("".join(f"{line}\n" for line in written), encoding="utf-8", newline="")
    expected = [replace(row, value=None if row.value is None else float(row.value)) for row in rows]
    assert list(read(folder).records) == sorted(expected, key=lambda row: row.key)


@st.composite
def lines_that_begin_alike(draw):
    """Lines of few series in any order, one of them sometimes changed after or before it was sealed."""
    series = draw(st.lists(any_record(), min_size=1, max_size=3))
    chance, written = draw(st.randoms(use_true_random=False)), []
    for status, value in draw(st.lists(OUTCOMES, max_size=8)):
        row = replace(chance.choice(series), item=chance.choice("abc"), status=status, value=value)
        said = former(vars(row)) if chance.random() < 0.3 else vars(row)
        written.append(sealed(json.dumps(said).encode()) + b"\n")
    if written and chance.random() < 0.7:
        place = chance.randrange(len(written))
        written[place] = changed(written[place], chance)
    return written


def former(said):
    """A record as format 3 has it."""
    names = {"metric": "measure", "metric_version": "measure_version"}
    return {names.get(name, name): value for name, value in said.items()} | {"format": 3}


def changed(line, chance):
    """A line with other bytes somewhere, and in half the cases with a checksum that belongs to it all the same."""
    place = chance.randrange(len(line))
    new = chance.choice([b"", b"x", b'"', b"\\", b"1", b" ", b"}", b'"item": 3, ', b'"judge": "x", ', b"NaN", b"\xff", b"true"])
    text = line[:place] + new + line[place + chance.choice([0, 1, len(new)]) :]
    body = text[: -len('"crc": "00000000"}\n')]
    resealed = b'%s"crc": "%08x"}\n' % (body, crc32(body))
    return (resealed if chance.random() < 0.5 else text).replace(b"\n", b"") + b"\n"


def told(rows):
    """Rows up to the first that cannot be read, as a table makes records of them."""
    columns = ColumnBuilder()
    with suppress(*jsonl.NO_RECORD):
        columns.extend(rows)
    return list(Records(columns.table()))


@given(lines_that_begin_alike())
def test_a_line_says_the_same_after_others_that_begin_like_it(written):
    alone, together = (told(rows) for rows in (map(jsonl.fields, written), jsonl.rows(io.BytesIO(b"".join(written)))))
    assert together == alone


def test_a_line_whose_beginning_was_changed_is_refused_after_others_that_begin_alike():
    first, second = (jsonl.line(vars(record("m", item))) for item in "ab")
    with pytest.raises(ValueError, match="its checksum does not match"):
        list(jsonl.rows(io.BytesIO(first + second.replace(b'"m"', b'"n"'))))


def test_what_many_lines_begin_with_is_parsed_once(monkeypatch):
    parsed, real = [], jsonl.fields
    monkeypatch.setattr(jsonl, "fields", lambda line: parsed.append(line) or real(line))
    written = [jsonl.line(vars(record(metric, f"q{place}"))) for place in range(50) for metric in ("m", "n")]
    assert len(list(jsonl.rows(io.BytesIO(b"".join(written))))) == 100
    assert parsed == written[:2]


@pytest.mark.slow
@given(st.lists(any_record(), max_size=12))
def test_what_is_added_is_read_again_and_not_written_twice(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("run")
    Store(folder).add(rows)
    before = (folder / RECORDS).read_bytes() if rows else b""
    Store(folder).add(rows)
    assert not rows or (folder / RECORDS).read_bytes() == before
    assert {row.key for row in read(folder).records} == {row.key for row in rows} if rows else not before


@pytest.mark.slow
@given(st.lists(any_record(), max_size=12), st.integers(0, 12))
def test_they_are_the_sequence_that_they_were_made_of(rows, cut):
    rows = list(Records.of(rows))
    columns = Records.of(rows)
    assert (list(columns), len(columns), list(columns[cut:])) == (rows, len(rows), rows[cut:])
    assert [columns[place] for place in range(len(rows))] == rows
    assert columns == Records.joined([columns[:cut], Records.of(rows[cut:])])
    for name in ("item", "cluster", "status", "reason", "metric", "seed"):
        assert columns.column(name).tolist() == [getattr(row, name) for row in rows]
    assert list(columns.valued()) == [row for row in rows if row.value is not None]


@pytest.mark.slow
@given(st.lists(any_record(), max_size=12), st.sampled_from([("system",), ("seed",), ("suite", "metric"), ("better", "unit")]))
def test_they_are_grouped_as_any_rows_are(rows, names):
    rows = list(Records.of(rows))
    found = grouped(Records.of(rows), *names)
    assert [(key, list(group)) for key, group in found.items()] == list(grouped(rows, *names).items())


@pytest.mark.slow
@given(st.lists(any_record(), max_size=12))
def test_codes_of_items_are_in_the_order_of_their_names(rows):
    rows = Records.of(rows)
    assert [rows[place].item for place in rows.item.argsort(kind="stable")] == sorted(row.item for row in rows)


def test_what_was_measured_of_one_system_comes_as_arrays():
    rows = list(records(Sample(questions=5, seeds=2)))
    told = Records.of(rows).of_system("instruments", "tiny", "lora", 1)
    expected = [row for row in rows if (row.system, row.seed) == ("lora", 1)]
    assert list(told) == expected
    assert told.column("metric").tolist() == [row.metric for row in expected]
    assert {name: told.column("value")[told.column("status") == name].size for name in STATUSES} == {
        name: sum(row.status == name for row in expected) for name in STATUSES
    }


def test_two_results_of_one_measurement_are_refused_where_the_second_is():
    rows = [record("m", "b"), record("m", "a"), record("m", "b"), record("m", "a", 0.5)]
    with pytest.raises(MeasuredTwiceError, match="'a'") as raised:
        Records.of(rows).in_order()
    assert raised.value.place == 3
    assert list(Records.of(rows[:3]).in_order()) == [rows[1], rows[0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"item": 5}, "item: expected a text, not 5"),
        ({"system": None}, "system: expected a text, not None"),
        ({"seed": 0.5}, "seed: expected a whole number, not 0.5"),
        ({"better": "up"}, "better: expected higher or lower, not 'up'"),
        ({"value": "1"}, "not a record"),
        ({"value": 10**400}, "int too large"),
        ({"cluster": ["a"]}, "unhashable"),
    ],
)
def test_a_field_of_another_kind_is_refused_and_named(tmp_path, changes, message):
    Store(tmp_path).add([record("m", f"q{place}") for place in range(3)])
    with (tmp_path / RECORDS).open("a") as file:
        file.write(
            json.dumps({**vars(record("m", "x")), "format": 2, **changes}) + "\n" + json.dumps(vars(record("m", "y"))) + "\n"
        )
    with pytest.raises(InputError, match=message) as raised:
        read(tmp_path)
    assert f"{RECORDS}:4: not a record: " in str(raised.value)


def test_replacing_keeps_other_lines_as_they_were_written(tmp_path):
    store = Store(tmp_path)
    store.add([record("m", "a", 0.0)])
    other = json.dumps(vars(record("other", "a")) | {"format": 2}, separators=(",", ":")) + "\n"
    with (tmp_path / RECORDS).open("a") as file:
        file.write(other)
    store.add([record("m", "a", 1.0)])
    assert (tmp_path / RECORDS).read_text().startswith(other)
    assert [row.value for row in read(tmp_path).records] == [1.0, 1.0]


@pytest.mark.slow
def test_going_through_many_takes_little_memory(tmp_path):
    """A `Record` of its own for each of these would take some 20 MB, and a column of theirs takes 0.2."""
    count = make_big_run(tmp_path, Scale(systems=9, metrics=11, questions=500))
    tracemalloc.start()
    try:
        run = read(tmp_path)
        kept, most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert sum(1 for _ in run.records) == count
        through = tracemalloc.get_traced_memory()[1] - kept
    finally:
        tracemalloc.stop()
    assert kept < 60 * count
    assert most < 200 * count
    assert through < 10_000_000


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 2), st.floats(0, 1) | st.none(), st.sampled_from("xy")), min_size=1
    )
)
def test_a_series_says_of_items_and_seeds_what_their_records_say(rows):
    made = [record("m", item, value, seed=seed, cluster=cluster) for item, seed, value, cluster in rows]
    series = Series(Records.of(made))
    by_item: dict[str, list[float]] = {}
    for row in made:
        if row.value is not None:
            by_item.setdefault(row.item, []).append(row.value)
    assert list(series.values) == list(by_item)
    assert list(series.values.values()) == pytest.approx([sum(values) / len(values) for values in by_item.values()])
    assert series.clusters == {row.item: row.cluster for row in made}
    assert list(series.by_seed) == sorted({row.seed for row in made if row.value is not None})


def test_series_of_two_runs_are_paired_by_the_names_of_items():
    before = Series(Records.of([record("m", f"q{place}", 0.0) for place in range(20)]))
    now = Series(Records.of([record("m", f"q{place}", 1.0) for place in range(30, 9, -1)]))
    found = now.since(before)
    assert (found.n, found.mine, found.theirs, found.unpaired) == (10, 1.0, 0.0, 21)
    assert not now.same_as(before)
    assert before.same_as(Series(Records.of([record("m", "q3", 0.0), record("m", "other", 1.0)])))


@pytest.mark.parametrize(("unit", "negative"), [("seconds", False), ("difference", True), ("bits", False)])
def test_only_differences_have_intervals_that_reach_below_zero(unit, negative):
    rows = [record("m", f"q{place}", value, seed=seed, unit=unit) for place in range(9) for seed, value in enumerate((0.1, 3.0))]
    found = Series(Records.of(rows)).interval
    assert (found.low < 0, found.low == 0.0) == (negative, not negative)
    assert found.high > 3.0


def test_a_claim_against_nothing_is_compared_with_zero():
    rows = Records.of([record("m", f"q{place}", place / 10) for place in range(10)] + [record("m", "none", None)])
    zero = rows.valued().with_value(0.0)
    assert [row.value for row in zero] == [0.0] * 10
    assert Series(rows).against(Series(zero)).difference.value == pytest.approx(0.45)
