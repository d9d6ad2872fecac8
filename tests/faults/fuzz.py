"""Inputs that are damaged: each must be read unharmed, or be refused with its name and a remedy.

Some 1,200 changes, the same for a seed, of every input that a user writes (`tests.faults.samples`). A process of its own reads
them one after the other, with bounded memory; one that takes too long is ended and counts as a hang.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from tests import waiting
from tests.faults.samples import SAMPLES, Sample, read

Outcome: TypeAlias = Literal["accepted", "refused", "unclear", "traceback", "hang", "wrongly accepted", "wrongly refused"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "refused", "unclear", "traceback", "hang", "wrongly accepted", "wrongly refused")
GOOD = ("accepted", "refused")
LIMIT = 10.0
"""Seconds of processor time that an input may take."""
PATIENCE = 60.0
"""Seconds after which an input that takes no processor time waits for what never comes; a start takes some, too."""
MEMORY = 6 * 2**30
"""Bytes of address space that reading may take, libraries and all."""
LONGEST = 12_000
"""Letters of an error message: one line for each of some problems, and no copy of the input."""
ROOT = Path(__file__).resolve().parents[2]


class Change(NamedTuple):
    """An input after it was changed."""

    sample: int
    """Place in `SAMPLES`."""
    how: str
    raw: bytes
    special: str = ""
    """A kind of file to make in its place."""
    expect: Literal["", "accepted", "refused"] = ""
    """What must come of it, where that is known."""


class Told(NamedTuple):
    """What came of a change."""

    change: Change
    outcome: Outcome
    said: str


# What is changed.


def changes(seed: int = 0, share: float = 0.35) -> Iterator[Change]:
    """Changes of all samples: every kind of damage to each, and a share of the changes of single fields, drawn by the seed."""
    for place, sample in enumerate(SAMPLES):
        text, rng = sample.files[sample.target], random.Random(f"{seed} {place}")  # noqa: S311 # no secret
        made = [*_bytes(text, rng, 14), *_whole(sample, text)]
        made += (field for field in _fields(sample, text) if rng.random() < share)
        yield from (Change(place, *change) for change in made)


Made: TypeAlias = tuple[str, bytes, str, Literal["", "accepted", "refused"]]


def _bytes(text: str, rng: random.Random, numbers: int) -> Iterator[Made]:
    """Damage that knows nothing of the format."""
    raw, lines = text.encode(), text.splitlines(keepends=True)
    for number in range(numbers):
        at = rng.randrange(len(raw))
        kind = number % 7
        if kind == 0:
            yield "cut", raw[:at], "", ""
        elif kind == 1:
            yield "flip", raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(7))]) + raw[at + 1 :], "", ""
        elif kind == 2:
            one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
            swapped = list(lines)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            yield "swap lines", "".join(swapped).encode(), "", ""
        elif kind == 3:
            gone = rng.randrange(len(lines))
            yield "leave out a line", "".join(lines[:gone] + lines[gone + 1 :]).encode(), "", ""
        elif kind == 4:
            odd = rng.choice(["\u2028", "\u202e", "\ufeff", "\u0301" * 2000, "\U0001f469\u200d\U0001f680", "\ufffe", "\x1b[31m"])
            middle = rng.randrange(len(text))
            yield "odd letters", (text[:middle] + odd + text[middle:]).encode(), "", ""
        elif kind == 5:
            yield "not UTF-8", raw[:at] + b"\xff\xc3" + raw[at:], "", "refused"
        else:
            yield "long run", raw[:at] + rng.choice([b" ", b"#", b"[", b"a", b"9", b"-", b"\t"]) * 200_000 + raw[at:], "", ""


def _whole(sample: Sample, text: str) -> Iterator[Made]:
    """Another file altogether, or one that other programs write."""
    raw, data = text.encode(), Path(sample.target).suffix in (".toml", ".yaml", ".json", ".jsonl", ".csv")
    whole: Literal["", "refused"] = "refused" if data and sample.target != "tasks/odd.jsonl" else ""  # a list of items is one
    yield "BOM", b"\xef\xbb\xbf" + raw, "", "accepted" if sample.target != "tasks/odd.jsonl" else ""
    yield "CRLF", raw.replace(b"\n", b"\r\n"), "", "accepted"
    yield "UTF-16", text.encode("utf-16"), "", "refused"
    yield "NUL", raw[:9] + b"\0" + raw[9:], "", "refused"
    yield "empty", b"", "", "" if not data or sample.target in MAY_BE_EMPTY else "refused"
    yield "blank", b" \n\n", "", ""
    for opened in (b"[", b"{", b'{"a":', b"a: ", b"- ", b"a.", b"<div>"):
        yield f"nested {opened.decode()}", opened * 30_000, "", whole
    yield "wide list", b"[" + b"0," * 100_000 + b"0]", "", whole
    yield "many digits", b"9" * 100_000, "", "refused" if data else ""
    yield (
        "heading",
        b"# " + b"a #" * 40_000 + b"b",
        "",
        "refused" if data and Path(sample.target).suffix not in (".toml", ".yaml") else "",
    )
    yield "blanks", b"#" + b" " * 200_000 + b"x\n" + b"x" + b" " * 200_000 + b"x", "", ""
    yield "open tags", b"<!doctype html>" + b"<!--" * 50_000, "", ""
    if sample.target.endswith(".yaml"):
        layers = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
        yield "aliases", f"a0: &a0 [x, x]\n{layers}{text}".encode(), "", "refused"
        merged = "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 10))
        yield "merged aliases", f"a0: &a0 {{x: x}}\n{merged}{text}".encode(), "", "refused"
        yield "alias of itself", f"{text}more: &more [*more]\n".encode(), "", "refused"
    if sample.target.endswith("format.json"):
        for what, schema in _schemas().items():
            yield what, json.dumps(schema).encode(), "", "refused"
    if sample.target == "suite.toml":
        for pattern, expect in PATTERNS.items():
            changed = re.sub("pattern = .*", lambda _, p=pattern: f"pattern = '{p}'", text)  # type: ignore[misc]
            yield f"pattern {pattern}", changed.encode(), "", expect
    for special in ("fifo", "zero", "folder", "socket", "dangling", "endless"):
        yield special, b"", special, "" if special == "folder" and not data else "refused"


MAY_BE_EMPTY = (
    *(
        "suite.toml",
        "train.jsonl",
        "revisions.jsonl",
        "human_labels.jsonl",
        "tasks/odd.yaml",
        "tasks/odd.jsonl",
        "pyproject.toml",
    ),
)
PATTERNS: Mapping[str, Literal["", "refused"]] = {
    **dict.fromkeys((r"(?:\w+[ ,.]*)+", r"(a|a)*b", r"(.*)*;", r"(\d+)*\.", r"((\w|\s)+)+!", r"(x+x+)+y"), ""),
    **dict.fromkeys(("(?:.*?,){25}x", "(a", "*", "(?<a"), "refused"),
}
"""Those that Python's own engine would take years for, and those that are of no use to anybody."""


def _schemas() -> Mapping[str, Any]:
    doubled = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)} | {"d60": {"type": "string"}}
    return {
        "schema of many parts": {"properties": {f"p{n}": {"type": "string"} for n in range(200_000)}},
        "schema of many references": {"anyOf": [{"$ref": "#/$defs/x"}] * 200_000, "$defs": {"x": {}}},
        "schema of itself": {"$ref": "#"},
        "schema doubled": {"$ref": "#/$defs/d0", "$defs": doubled},
        "schema with a slow pattern": {"type": "string", "pattern": "^(.*?,){25}x$"},
        "schema with a slow name": {"type": "object", "patternProperties": {"^(.*?,){25}x$": {"type": "string"}}},
    }


WRONG: Mapping[str, Any] = {"nested list": [[[]]], "object": {"a": {"b": 1}}, "fraction": 1.5, "true": True}
"""What is no text. Texts may be given as whole numbers, or as nothing."""
NUMBERS = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "true": True,
    "text": "0.5",
    "huge": 10**400,
}
"""What is no number that anything could be."""
UNCLEAR = {"minus one": -1, "zero": 0, "long text": "x" * 300_000, "nothing": None, "large": 10**12, "empty": ""}
"""What may be right or wrong."""


def _fields(sample: Sample, text: str) -> Iterator[Made]:
    """Every field of another type, with a number that is none, or twice."""
    suffix = Path(sample.target).suffix
    if suffix == ".json":
        yield from _of_json(sample, json.loads(text), json.dumps)
    elif suffix == ".jsonl":
        first, *rest = text.split("\n")
        yield from _of_json(sample, json.loads(first), lambda value: "\n".join([json.dumps(value), *rest]))
    elif suffix in (".toml", ".yaml"):
        yield from _of_lines(sample, text, suffix)


def _of_json(sample: Sample, whole: Any, dumped: Any) -> Iterator[Made]:
    for path, value in _walk(whole):
        bound = sample.strict and not any(part in sample.free for part in path)
        for how, wrong in _wrong(value):
            sure = how in NUMBERS if isinstance(value, int | float) else how in WRONG
            text = dumped(_with(whole, path, wrong))
            yield f"{_dotted(path)}: {how}", text.encode(), "", "refused" if bound and sure else ""
        if isinstance(path[-1], str):
            once = f"{json.dumps(path[-1])}: "
            marked = dumped(_with(whole, path, "@@@"))
            twice = marked.replace(f'{once}"@@@"', f"{once}{json.dumps(value)}, {once}{json.dumps(value)}")
            yield f"{_dotted(path)}: twice", twice.encode(), "", "refused" if sample.strict else ""
            yield f"{_dotted(path)}: renamed", marked.replace(f'{once}"@@@"', f'"zzz": {json.dumps(value)}').encode(), "", ""


def _wrong(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield from ((name, wrong) for name, wrong in WRONG.items() if name != "true")
    elif isinstance(value, int | float):
        yield from {**NUMBERS, **UNCLEAR}.items()
    elif isinstance(value, str):
        yield from {**WRONG, **{name: UNCLEAR[name] for name in ("long text", "nothing", "empty")}}.items()
    else:
        yield from ((name, WRONG[name]) for name in ("fraction", "true"))


def _walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, value
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for key, part in inner:
        yield from _walk(part, (*path, key))


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


def _dotted(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


LINE = re.compile(r"^(\s*(?:- )?)(\"[^\"]+\"|[\w.]+)( = |: )(.+)$")
TOML = {
    "NaN": "nan",
    "infinity": "inf",
    "minus infinity": "-inf",
    "nested list": "[[[]]]",
    "object": "{a = {b = 1}}",
    "nothing": '""',
}
YAML = {
    "NaN": ".nan",
    "infinity": ".inf",
    "minus infinity": "-.inf",
    "nested list": "[[[]]]",
    "object": "{a: {b: 1}}",
    "nothing": "null",
}


def _of_lines(sample: Sample, text: str, suffix: str) -> Iterator[Made]:
    lines, spelt = text.split("\n"), TOML if suffix == ".toml" else YAML
    for place, line in enumerate(lines):
        if not (found := LINE.match(line)):
            continue
        blank, key, between, value = found.groups()
        number = re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
        flag = value in ("true", "false")
        for how, wrong in {**(NUMBERS if number else WRONG), **UNCLEAR}.items():
            written = spelt.get(how) or json.dumps(wrong)
            text = "\n".join([*lines[:place], f"{blank}{key}{between}{written}", *lines[place + 1 :]])
            sure = how in (NUMBERS if number else WRONG) and not (flag and how == "true") and key not in sample.free
            yield f"{key}: {how}", text.encode(), "", "refused" if sample.strict and sure else ""
        yield f"{key}: twice", "\n".join([*lines[:place], line, *lines[place:]]).encode(), "", "" if "- " in blank else "refused"
        renamed = "\n".join([*lines[:place], f"{blank}zzz{between}{value}", *lines[place + 1 :]])
        yield f"{key}: renamed", renamed.encode(), "", "" if key.startswith('"') else "refused" if sample.strict else ""


# What came of it.


def written(change: Change, folder: Path) -> None:
    """Write the files of a change."""
    sample = SAMPLES[change.sample]
    for name, text in sample.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name != sample.target:
            path.write_text(text, encoding="utf-8")
        elif change.special:
            _special(change.special, path)
        else:
            path.write_bytes(change.raw)


def _special(kind: str, path: Path) -> None:
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        here = Path.cwd()
        os.chdir(path.parent)  # the address of a socket may not be long
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
        os.chdir(here)
    elif kind == "dangling":
        path.symlink_to("nowhere")
    else:
        path.symlink_to(path.name)


def result(change: Change, folder: Path) -> tuple[Outcome, str]:
    """Read a change in this process."""
    sample, output = SAMPLES[change.sample], io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(output):
            code = read(sample, folder)
    except BaseException:  # noqa: BLE001 # whatever it is, it is what is looked for
        return "traceback", traceback.format_exc()[-1500:]
    said = output.getvalue()
    if code == 0:
        return ("wrongly accepted", "") if change.expect == "refused" else ("accepted", "")
    if change.expect == "accepted":
        return "wrongly refused", said[:1500]
    named = any(Path(name).name in said for name in sample.files)
    clear = named and len(said) <= LONGEST and re.search(r"; |expected|: unknown field", said)
    return ("refused" if clear else "unclear"), f"{len(said)} letters: {said[:1500]}"


def _work() -> None:
    """Read what standard input names until it ends. The process is one that may be ended."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        place, how, special, expect, folder = json.loads(line)
        outcome = result(Change(place, how, b"", special, expect), Path(folder))
        answers.write(json.dumps(outcome) + "\n")
        answers.flush()


def _processor_time(process: int) -> float:
    import psutil

    try:
        times = psutil.Process(process).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


class _Worker:
    """A process that reads inputs, and is started anew when it had to be ended."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, change: Change, folder: Path) -> tuple[Outcome, str]:
        process = self.process = self.process or self._start()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([*change[:2], *change[3:], str(folder)]).encode() + b"\n")
        process.stdin.flush()
        if not self._replied(process):
            self.end()
            return "hang", ""
        said = waiting.line(process)
        if not said:
            self.end()
            return "traceback", "the process ended"
        outcome, text = json.loads(said)
        return outcome, text

    def _replied(self, process: subprocess.Popen[bytes]) -> bool:
        began, spent = time.monotonic(), _processor_time(process.pid)
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            while not ready.select(0.2):
                starting = LIMIT if spent < 1 else 0.0
                if _processor_time(process.pid) - spent > LIMIT + starting or time.monotonic() - began > PATIENCE:
                    return False
        return True

    def _start(self) -> subprocess.Popen[bytes]:
        code = "from tests.faults.fuzz import _work; _work()"
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)])}
        return subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            cwd="/",
        )

    def end(self) -> None:
        """Take the process away."""
        if self.process:
            self.process.kill()
            self.process.communicate(timeout=PATIENCE)  # closes its pipes
            self.process = None


def told(some: Iterable[Change]) -> Iterator[Told]:
    """What came of each change."""
    worker = _Worker()
    try:
        for change in some:
            folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
            try:
                written(change, folder)
                yield Told(change, *worker.ask(change, folder))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        worker.end()


def run(seed: int = 0) -> Iterator[str]:
    """A table: for every input how many changes came to what; below it all that came out badly."""
    counts: dict[str, Counter[str]] = {}
    bad = []
    for one in told(changes(seed)):
        counts.setdefault(SAMPLES[one.change.sample].name, Counter())[one.outcome] += 1
        if one.outcome not in GOOD:
            bad.append(one)
    yield f"| input | changes | {' | '.join(OUTCOMES)} |"
    yield f"|---|---|{'---|' * len(OUTCOMES)}"
    whole = sum(counts.values(), Counter())
    for name, found in [*counts.items(), ("all", whole)]:
        yield f"| {name} | {found.total()} | {' | '.join(str(found[outcome]) for outcome in OUTCOMES)} |"
    for one in bad:
        last = one.said.strip().splitlines()[-1:] if one.outcome == "traceback" else [one.said[:300]]
        yield f"{one.outcome}: {SAMPLES[one.change.sample].name}: {one.change.how}: {''.join(last)}"
