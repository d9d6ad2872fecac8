"""The run folder under everything that can happen to it: workers, kills, full disks, damage."""

from __future__ import annotations

import json
import logging
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import FORMAT, Answer, Context, InputError, Question, Record
from proctor.leaderboard.runs import contents, jsonl
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import PROVENANCE, RECORDS, Store, read
from tests.sample_run import TWO, Sample, make_run, record, records
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).parents[3]
WORKER = """
import sys
from pathlib import Path
from proctor.leaderboard.runs.store import Store
from tests.sample_run import TWO, Sample, records
wanted = [r for r in records(Sample(questions=40)) if r.system in sys.argv[2].split(",")]
store = Store(Path(sys.argv[1]))
for start in range(0, len(wanted), 7):
    store.add(wanted[start:start + 7])
"""


def worker(folder: Path, systems: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, str(folder), systems], cwd=ROOT)


def lines(folder: Path) -> list[str]:
    return (folder / RECORDS).read_text().splitlines()


@contextmanager
def disk_for(size: int) -> Iterator[None]:
    """No file may grow beyond this size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_added_is_read_again(tmp_path):
    wanted = list(records(Sample()))
    Store(tmp_path).add(wanted)
    assert set(read(tmp_path).records) == set(wanted)


def test_a_record_of_the_format_without_cautions_is_read(tmp_path):
    Store(tmp_path).add([record("m", "first")])
    row = json.loads((tmp_path / RECORDS).read_text())
    del row["caution"], row["crc"]
    (tmp_path / RECORDS).write_text(json.dumps(row | {"format": 1}) + "\n")
    assert list(read(tmp_path).records) == [record("m", "first")]


def test_a_measurement_is_written_once(tmp_path):
    for _ in range(2):
        Store(tmp_path).add([record("m", "a"), record("m", "b")])
        Store(tmp_path).add([record("m", "b"), record("m", "b")])
    assert len(lines(tmp_path)) == 2


def test_the_order_of_the_lines_does_not_matter(tmp_path):
    folder = make_run(tmp_path)
    before = read(folder)
    shuffled = lines(folder)[::-1][7:] + lines(folder)[::-1][:7]
    (folder / RECORDS).write_text("\n".join(shuffled) + "\n")
    assert read(folder) == before


def test_a_new_result_takes_the_old_ones_place(tmp_path):
    store = Store(tmp_path)
    store.add([record("m", "a", 0.0), record("m", "b", 0.0), record("other", "a", 0.5)])
    store.add([record("m", "a", 1.0)])
    assert {(r.metric, r.item): r.value for r in read(tmp_path).records} == {
        ("m", "a"): 1.0,
        ("m", "b"): 0.0,
        ("other", "a"): 0.5,
    }


def test_a_new_version_leaves_no_item_of_the_old_one(tmp_path):
    store = Store(tmp_path)
    store.add([record("m", "a"), record("m", "b"), record("other", "a")])
    store.add([record("m", "a", system_version="v2")])
    assert [(r.metric, r.item, r.system_version) for r in read(tmp_path).records] == [("m", "a", "v2"), ("other", "a", "v1")]


def test_what_a_store_wrote_itself_is_not_read_again(tmp_path, monkeypatch):
    looked_at = []
    real = jsonl.rows
    monkeypatch.setattr(jsonl, "rows", lambda file: (looked_at.append(row) or row for row in real(file)))
    store = Store(tmp_path)
    store.add(records(Sample(questions=3)))
    store.add([record("m", "a", 0.0), record("m", "b", 0.0)])
    store.add([record("m", "a", 1.0)])
    store.add([record("m", "b", system_version="v2"), record("m", "c", system_version="v2")])
    store.set_provenance({"started": "now"})
    assert looked_at == []
    Store(tmp_path).add([record("m", "d", system_version="v2")])
    assert len(looked_at) == len(lines(tmp_path)) - 1


ADDED = st.lists(
    st.tuples(st.sampled_from("mn"), st.sampled_from("abcd"), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from(["v1", "v2"])),
    max_size=4,
    unique_by=lambda one: one[:2],
)


@given(st.lists(st.tuples(ADDED, st.booleans()), max_size=6))
def test_a_store_knows_what_is_in_its_file_whoever_wrote_it(steps):
    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = Store(Path(folder)), Store(Path(folder))
        for added, is_mine in steps:
            version = added[0][3] if added else ""
            new = [record(metric, item, value, system_version=version) for metric, item, value, _ in added]
            (mine if is_mine else theirs).add(new)
            for store in (mine, theirs):
                store.check()
                if (Path(folder) / RECORDS).exists():
                    assert Records(store._known.table()).in_order() == read(Path(folder)).records


def test_two_workers_lose_nothing_and_double_nothing(tmp_path):
    workers = [worker(tmp_path, systems) for systems in ("base,rag,lora", "lora,hybrid,full_ft")]
    assert [each.wait(60) for each in workers] == [0, 0]
    assert len(lines(tmp_path)) == len(list(records(Sample(questions=40))))
    assert set(read(tmp_path).records) == set(records(Sample(questions=40)))


def test_a_store_sees_what_another_one_replaced(tmp_path):
    one, two = Store(tmp_path), Store(tmp_path)
    one.add([record("m", "a", 0.0)])
    two.add([record("m", "a", 1.0)])
    one.add([record("m", "a", 1.0), record("m", "b", 1.0)])
    assert [r.value for r in read(tmp_path).records] == [1.0, 1.0]
    assert len(lines(tmp_path)) == 2


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05])
def test_after_a_kill_the_same_work_completes_the_run(tmp_path, pause):
    doomed = worker(tmp_path, "base,rag,lora,hybrid,full_ft")
    until((tmp_path / RECORDS).exists)
    time.sleep(pause)
    doomed.send_signal(signal.SIGKILL)
    doomed.wait(PATIENCE)
    Store(tmp_path).add(list(records(Sample(questions=40))))
    assert set(read(tmp_path).records) == set(records(Sample(questions=40)))
    assert len(lines(tmp_path)) == len(read(tmp_path).records)


def test_a_torn_last_line_is_as_good_as_not_written(tmp_path):
    store = Store(tmp_path)
    store.add([record("m", "a"), record("m", "b")])
    whole = (tmp_path / RECORDS).read_bytes()
    (tmp_path / RECORDS).write_bytes(whole[:-20])
    assert [r.item for r in read(tmp_path).records] == ["a"]
    Store(tmp_path).add([record("m", "a"), record("m", "b")])
    assert (tmp_path / RECORDS).read_bytes() == whole


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path):
    store = Store(tmp_path)
    store.add([record("m", "a")])
    before = (tmp_path / RECORDS).read_bytes()
    with (
        disk_for(len(before) + 100),
        pytest.raises(InputError, match=f"cannot write to the run folder {tmp_path}: File too large"),
    ):
        store.add([record("m", "b"), record("m", "c")])
    assert (tmp_path / RECORDS).read_bytes() == before
    store.add([record("m", "b")])
    assert len(read(tmp_path).records) == 2


def test_a_run_keeps_its_start_and_every_command_that_it_took(tmp_path):
    store = Store(tmp_path)
    some, all_ = "pytest -m domain -k rag", "pytest -m domain"
    for started, command in (("early", some), ("later", all_), ("last", some)):
        store.set_provenance({"started": started, "command": command, "seeds": 1})
    assert read(tmp_path).provenance == {
        "started": "early",
        "command": "pytest -m domain -k rag\npytest -m domain",
        "seeds": 1,
    }


def test_a_full_disk_keeps_the_old_answers_and_provenance(tmp_path):
    store = Store(make_run(tmp_path))
    before = read(tmp_path)
    with disk_for(10), pytest.raises(InputError, match="File too large; allow larger files"):
        store.set_provenance({"started": "later"})
    with disk_for(10), pytest.raises(InputError, match="File too large; allow larger files"):
        store.add_answers("instruments", "tiny", "rag", 0, [(Question("q", "?"), Answer("q", "!"))])
    assert read(tmp_path) == before
    assert len(read(tmp_path).answers("instruments", "tiny", "rag", 0)) == 60
    assert not [path for path in tmp_path.rglob(".*") if path.name != ".lock"]


def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    folder = tmp_path / "run"
    nobody, everybody = 65534, os.geteuid()
    if everybody:
        tmp_path.chmod(0o500)
    else:
        os.seteuid(nobody)
    try:
        with pytest.raises(InputError, match="run: Permission denied"):
            Store(folder).add([record("m", "a")])
    finally:
        os.seteuid(everybody)
        tmp_path.chmod(0o700)


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(InputError, match="run: File exists"):
        Store(tmp_path / "run").add([record("m", "a")])


def test_answers_come_back_as_they_were(tmp_path):
    question = Question("q1", "Wie oft? ÜÖ\u2028", ("a", "b"), ("doc",), ("tag",), "c")
    answer = Answer("q1", "half a pair \ud800", (Context("doc", "text", 0.5),), ("doc",), 0.1, 5, 9, 1, None)
    Store(tmp_path).add_answers("Süite/x", "org/model", "my system", 2, [(question, answer)])
    (tmp_path / PROVENANCE).write_text("{}")
    run = read(tmp_path)
    (row,) = run.answers("Süite/x", "org/model", "my system", 2)
    assert (row.question, row.answer) == (question, answer)
    assert run.answers("Süite/x", "org/model", "my system", 3) == []


def test_answers_given_again_replace_the_old_ones(tmp_path):
    store = Store(make_run(tmp_path))
    store.add_answers("instruments", "tiny", "rag", 0, [(Question("q", "?"), Answer("q", "!"))])
    assert [row.answer.text for row in read(tmp_path).answers("instruments", "tiny", "rag", 0)] == ["!"]


def test_names_that_look_alike_keep_their_own_answers(tmp_path):
    store = Store(make_run(tmp_path))
    for name in ("A", "a", "a/", "../a", "a" * 500):
        store.add_answers(name, "tiny", "rag", 0, [(Question("q", name), Answer("q", name))])
    for name in ("A", "a", "a/", "../a", "a" * 500):
        assert [row.question.text for row in read(tmp_path).answers(name, "tiny", "rag", 0)] == [name]
    assert all(path.resolve().is_relative_to(tmp_path) for path in read(tmp_path).answer_files.values())


def test_files_of_lm_eval_are_kept_as_they_are(tmp_path):
    Store(tmp_path / "run").keep_files("instruments", "tiny", "lora", 1, "lm-eval", {"results_1.json": '{"a": NaN}\n'})
    assert (tmp_path / "run/lm-eval/instruments/tiny/lora-1/results_1.json").read_bytes() == b'{"a": NaN}\n'


def old(**changes: object) -> str:
    """A line of the format without checksums."""
    return json.dumps({**vars(record("m", "a")), "format": 2, **changes})


BROKEN = [
    ("{", "not a record"),
    ("[]", "not a record"),
    ("[" * 10**5, "not a record"),
    (old(format=99), "record format 99 is not known"),
    (old(format=FORMAT), "checksum is missing"),
    (old(status="fine"), "record status 'fine'"),
    (old(value=float("nan")), "must be finite"),
    (old(value=None), "cannot have the value None"),
    (old(colour="red"), "colour"),
    (old(item="first", cluster="first", value=0.25), "measured twice, with different results"),
]


@pytest.mark.parametrize(("line", "message"), BROKEN)
def test_a_damaged_line_is_named(tmp_path, line, message):
    Store(tmp_path).add([record("m", "first")])
    with (tmp_path / RECORDS).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=message) as raised:
        read(tmp_path)
    assert f"{RECORDS}:2" in str(raised.value)


@pytest.fixture
def log(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("proctor"), "propagate", True)
    return caplog


def mutations(data: bytes) -> dict[str, bytes]:
    """Damage of every kind, in each of the lines where that is another thing."""
    rows = data.splitlines(keepends=True)
    chance = random.Random(len(data))  # noqa: S311
    found = {"empty": b"", "{}": b"{}", "cut": data[: len(data) // 2], "without its last line": b"".join(rows[:-1])}
    for _ in range(12):
        place = chance.randrange(len(data) - 1)
        found[f"byte {place} flipped"] = data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]
    return {name: text for name, text in found.items() if text != data}


def test_a_run_whose_records_are_damaged_is_refused_until_the_exam_has_measured_them_again(tmp_path, log):
    folder = make_run(tmp_path / "run", Sample(questions=6, systems=TWO))
    whole, expected = (folder / RECORDS).read_bytes(), read(folder)
    for name, data in mutations(whole).items():
        (folder / RECORDS).write_bytes(data)
        with pytest.raises(InputError, match=r"run the (whole )?exam again with --run-dir"):
            read(folder)
        store = Store(folder)
        store.add([])
        lost = set(expected.records) - set(read_anyway(folder))
        store.add([record for record in expected.records if record not in lost])
        store.set_provenance({"seeds": 1})
        assert lost, name
        with pytest.raises(InputError, match=r"(is|are) missing.*; run the whole exam again with --run-dir"):
            read(folder)
        store.add(expected.records)
        store.set_provenance({"seeds": 1})
        assert read(folder).records == expected.records, name
    assert "records.jsonl: 1 damaged line dropped" in log.text


def test_how_many_lines_are_damaged_is_said(tmp_path):
    Store(tmp_path).add([record("m", item) for item in "abcd"])
    rows = (tmp_path / RECORDS).read_bytes().splitlines(keepends=True)
    (tmp_path / RECORDS).write_bytes(b"".join([rows[0], *(row.replace(b"1.0", b"0.0") for row in rows[1:])]))
    with pytest.raises(
        InputError, match=r"records.jsonl:2: .*checksum does not match \(and 2 other damaged lines\); run the exam again"
    ):
        read(tmp_path)


def read_anyway(folder: Path) -> Sequence[Record]:
    """The records that there are, whatever else there was."""
    (folder / contents.FILE).rename(folder / "aside")
    try:
        return read(folder).records
    finally:
        (folder / "aside").rename(folder / contents.FILE)


def test_a_newer_version_may_have_fewer_items(tmp_path):
    store = Store(tmp_path)
    store.add([record("m", item) for item in "abc"])
    store.set_provenance({"seeds": 1})
    store.add([record("m", "a", system_version="v2")])
    assert len(read(tmp_path).records) == 1


@pytest.mark.parametrize("name", [PROVENANCE, contents.FILE])
def test_a_damaged_file_about_the_run_is_refused_and_written_anew_by_the_exam(tmp_path, log, name):
    folder = make_run(tmp_path / "run", Sample(questions=3))
    whole, expected = (folder / name).read_bytes(), read(folder)
    for what, data in mutations(whole).items():
        (folder / name).write_bytes(data)
        if data.strip() == whole.strip():
            continue
        with pytest.raises(InputError, match=rf"{name} is damaged: .*; run the exam again"):
            read(folder)
        log.clear()
        store = Store(folder)
        store.set_provenance(expected.provenance)
        assert f"{name} is damaged" in log.text, what
        assert read(folder) == expected


def test_a_run_without_the_provenance_that_it_had_is_refused(tmp_path):
    folder = make_run(tmp_path / "run", Sample(questions=3))
    (folder / PROVENANCE).unlink()
    with pytest.raises(InputError, match="No such file"):
        read(folder)


def test_damaged_answers_are_refused_and_written_anew_by_the_exam(tmp_path, log):
    folder = make_run(tmp_path / "run", Sample(questions=6))
    path = folder / "answers/instruments/tiny/rag-0.jsonl"
    whole, expected = path.read_bytes(), read(folder).answers("instruments", "tiny", "rag", 0)
    rows = whole.splitlines(keepends=True)
    twice = {"a line twice": whole + rows[0], "a line less": b"".join(rows[1:])}
    for name, data in {**mutations(whole), **twice}.items():
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"rag-0\.jsonl.*; run the exam again"):
            pytest.fail(f"{name}: {len(read(folder).answers('instruments', 'tiny', 'rag', 0))} answers")
        log.clear()
        Store(folder).add_answers("instruments", "tiny", "rag", 0, [(row.question, row.answer) for row in expected])
        assert path.read_bytes() == whole
        assert len(log.messages) == 1, name
        assert log.messages[0].startswith(str(path))
        assert log.messages[0].endswith("; they are written anew")
        assert "Error(" not in log.messages[0]
    log.clear()
    Store(folder).add_answers("instruments", "tiny", "rag", 0, [(row.question, row.answer) for row in expected])
    assert log.messages == []


def test_answers_of_the_format_without_checksums_are_read(tmp_path):
    folder = make_run(tmp_path / "run", Sample(questions=6))
    path, expected = folder / "answers/instruments/tiny/rag-0.jsonl", read(folder).answers("instruments", "tiny", "rag", 0)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        del row["of"], row["crc"]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert read(folder).answers("instruments", "tiny", "rag", 0) == expected


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_damaged_provenance_is_named(tmp_path, text):
    (tmp_path / PROVENANCE).write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=PROVENANCE):
        read(tmp_path)


@pytest.mark.parametrize(
    "line", ["{}", "{", "[" * 10**5, '{"suite": 1, "base_model": "t", "system": "s", "seed": 0, "question": {}, "answer": {}}']
)
def test_a_damaged_answer_is_named(tmp_path, line):
    path = make_run(tmp_path) / "answers/instruments/tiny/rag-0.jsonl"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InputError, match=r"rag-0\.jsonl:61: not an answer"):
        read(tmp_path).answers("instruments", "tiny", "rag", 0)


def test_a_run_that_goes_on_with_some_keeps_what_was_said_of_the_others(tmp_path):
    store = Store(tmp_path)
    store.set_provenance(
        {"comparable": {"s/t/rag": ["few"], "s/t/lora": True}, "systems": {"rag": {"k": 1}, "lora": {}}, "seeds": 2}
    )
    store.set_provenance({"comparable": {"s/t/rag": True}, "systems": {"rag": {"k": 2}}})
    told = read(tmp_path).provenance
    assert told == {"comparable": {"s/t/rag": True, "s/t/lora": True}, "systems": {"rag": {"k": 2}, "lora": {}}}


def test_a_folder_that_there_is_not_is_said(tmp_path):
    with pytest.raises(InputError, match="there is no such run folder"):
        read(tmp_path / "nowhere")


def test_any_other_folder_is_not_a_run(tmp_path):
    with pytest.raises(InputError, match="is not a run folder"):
        read(tmp_path)


def test_records_that_somebody_removed_meanwhile_are_missed_once_and_the_rest_is_kept(tmp_path):
    store = Store(tmp_path)
    store.add([record("accuracy.exact", "q1")])
    (tmp_path / "records.jsonl").unlink()
    with pytest.raises(InputError, match=r"records\.jsonl was removed while the exam ran"):
        store.add([record("accuracy.exact", "q2")])
    store.add([record("accuracy.exact", "q3")])
    assert [found.item for found in read(tmp_path).records] == ["q3"]


def test_a_lock_that_an_interrupt_left_held_is_in_nobody_s_way_at_the_end_of_a_run(tmp_path, monkeypatch):
    def interrupted(lock):
        lock.acquire(timeout=0)
        raise KeyboardInterrupt

    store = Store(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("filelock.BaseFileLock.__enter__", interrupted)
        with pytest.raises(KeyboardInterrupt) as kept:  # pytest keeps it, and the lock with it, until a run's end
            store.add([record("accuracy.exact", "q1")])
    store.add([record("accuracy.exact", "q2")])
    assert [found.item for found in read(tmp_path).records] == ["q2"]
    assert kept
