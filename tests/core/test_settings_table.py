"""The reader of tables: what a dataclass declares is what a file may hold, and every problem is named with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.reading import strict_toml, strict_yaml
from proctor.core.reading.problems import Problems
from proctor.core.reading.ranges import Range
from proctor.core.reading.tables import Contradiction, SettingsTable, TextSetting
from proctor.core.schema import InputError


@dataclass(frozen=True)
class Wheel:
    name: Annotated[str, '"front"']
    size: Annotated[float, Range(1, 40, "inches")] = 28.0


@dataclass(frozen=True)
class Frame:
    material: Literal["steel", "carbon"] = "steel"
    weight: float | None = None


@dataclass(frozen=True)
class Bicycle:
    wheel: tuple[Wheel, ...]
    gears: int = 1
    bell: bool = False
    colours: tuple[str, ...] = ("red",)
    frame: Frame = Frame()
    parts: Mapping[str, Frame] = field(default_factory=dict)
    note: Any = None
    made: str = "here"

    def contradictions(self) -> Iterator[Contradiction]:
        if len(self.wheel) < self.gears:
            yield ("gears",), "more gears than wheels", "take some out"


WHEEL = '[[wheel]]\nname = "front"\n'


def read(folder: Path, text: str, name: str = "bicycle.toml") -> tuple[Bicycle | None, list[str]]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    problems = Problems()
    found = SettingsTable(file, problems, remedy="write one").read(Bicycle)
    return found, [problem.removeprefix(f"{folder}/") for problem in problems.found]


def test_what_is_right_becomes_the_dataclass_and_what_is_left_out_its_defaults(tmp_path: Path) -> None:
    text = f'colours = ["blue"]\nnote = 1979-05-27\n[frame]\nweight = 2\n[parts.bell]\nmaterial = "carbon"\n{WHEEL}size = 26.5\n'
    found, problems = read(tmp_path, text)
    assert problems == []
    assert found is not None
    assert (found.wheel, found.colours, found.frame) == ((Wheel("front", 26.5),), ("blue",), Frame(weight=2))
    assert (found.parts, found.gears, str(found.note)) == ({"bell": Frame("carbon")}, 1, "1979-05-27")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gears = 1", "bicycle.toml: wheel: missing; add a [[wheel]] with name"),
        ("wheel = []", "bicycle.toml:1: wheel: missing; add a [[wheel]] with name"),
        ("wheel = 3", "bicycle.toml:1: wheel: expected tables, each under [[wheel]], not 3"),
        ("[[wheel]]\nsize = 3", 'bicycle.toml:1: name: missing; add name = "front"'),
        (WHEEL + "size = 41", "bicycle.toml:3: wheel front: size: expected a number from 1 to 40 (inches), not 41"),
        (WHEEL + "sise = 41", "bicycle.toml:3: wheel front: sise: unknown field; did you mean 'size'? Rename or remove it"),
        ("gears = 1.5\n" + WHEEL, "bicycle.toml:1: gears: expected a whole number, not 1.5"),
        ("gears = true\n" + WHEEL, "bicycle.toml:1: gears: expected a whole number, not True"),
        ("bell = 1\n" + WHEEL, "bicycle.toml:1: bell: expected true or false, not 1"),
        (
            "colours = 'x'\n" + WHEEL,
            'bicycle.toml:1: colours: expected a list of texts, not \'x\'; write colours = ["...", "..."]',
        ),
        (
            "frame = 1\n" + WHEEL,
            "bicycle.toml:1: frame: expected a table, not 1; write [frame] on a line of its own, and its keys below",
        ),
        ("frame.material = 'tin'\n" + WHEEL, "bicycle.toml:1: frame.material: expected \"steel\" or \"carbon\", not 'tin'"),
        ("parts.a.weight = inf\n" + WHEEL, "bicycle.toml:1: parts.a.weight: expected a number, and at most 1e+12, not inf"),
        ("made = 1\n" + WHEEL, 'bicycle.toml:1: made: expected a text, not 1; write made = "..."'),
        ("made = ' '\n" + WHEEL, "bicycle.toml:1: made: expected a text, and it is empty; fill it in, or leave the line out"),
        ("gears = 2\n" + WHEEL, "bicycle.toml:1: gears: more gears than wheels; take some out"),
        ("gears = = 2", 'bicycle.toml:1: not TOML: Invalid value; texts are written in quotes: name = "..."'),
    ],
)  # fmt: skip
def test_a_problem_says_where_it_is_what_was_expected_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    assert read(tmp_path, text)[1] == [said]


def test_all_problems_are_named_and_the_defaults_stand_in_for_what_is_wrong(tmp_path: Path) -> None:
    found, problems = read(tmp_path, f"gears = 'x'\nbel = 1\n[frame]\nweight = 'y'\n{WHEEL}")
    assert found == Bicycle((Wheel("front"),))
    assert [problem.partition(": ")[0] for problem in problems] == ["bicycle.toml:1", "bicycle.toml:2", "bicycle.toml:4"]


def test_yaml_is_read_alike_and_its_remedies_are_in_yaml(tmp_path: Path) -> None:
    text = "wheel:\n- name: front\n- {size: 2}\nframe:\nparts: {1: {}, b: [1]}\nmade: 1\n7: 8\n"
    assert read(tmp_path, text, "bicycle.yaml")[1] == [
        'bicycle.yaml:3: name: missing; add name: "front"',
        "bicycle.yaml:5: parts: expected a name, not 1",
        "bicycle.yaml:5: parts.b: expected a table, not [1]; write {field: value}",
        'bicycle.yaml:6: made: expected a text, not 1; write made: "..."',
        "bicycle.yaml:7: 7: unknown field; known: wheel, gears, bell, colours, frame, parts, note, made. Rename or remove it",
    ]


def test_what_is_no_table_or_no_text_is_one_problem(tmp_path: Path) -> None:
    assert read(tmp_path, "[1]", "b.yaml")[1] == ["b.yaml: expected a table of fields, not [1]; write one"]
    (tmp_path / "c.toml").write_bytes(b"PK\x03\x04")
    problems = Problems()
    assert SettingsTable(tmp_path / "c.toml", problems, remedy="write one").read(Bicycle) is None
    assert SettingsTable(tmp_path / "none.toml", problems, remedy="write one").read(Bicycle) is None
    assert "an archive or an office file is no plain text" in str(problems.error())
    assert "none.toml: the file is missing; write one" in str(problems.error())


def test_tables_that_the_user_names_are_called_so(tmp_path: Path) -> None:
    file = tmp_path / "wheels.toml"
    file.write_text('[front]\nsize = 20\n[" back"]\n[side]\nname = "x"\n', encoding="utf-8")
    problems = Problems()
    found = SettingsTable(file, problems, remedy="").each(Wheel, TextSetting("a name", like=str.isalpha))
    assert found["front"] == Wheel("front", 20)
    with pytest.raises(InputError) as error:
        problems.check()
    assert str(error.value).splitlines() == [
        f"{file}:3: back: expected a name, not ' back'",
        f"{file}:5: side.name: unknown field; known: size. Rename or remove it",
    ]


NAMES = st.text("ab.#\"'[]= \n\\", min_size=1, max_size=4) | st.text("abc", min_size=1, max_size=2)
VALUES = st.text("x\n\"'#[]{}=\\", max_size=9) | st.integers() | st.lists(st.text("]'\"#\n,", max_size=3), max_size=3)
TREES = st.dictionaries(
    NAMES, st.recursive(VALUES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=6), max_size=4
)


def quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def toml(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The statements that write a table, each with the key that it sets or begins."""
    for name, value in table.items():
        if not isinstance(value, dict):
            yield (*above, name), f"{quoted(name)} = {quoted(value)}"
    for name, value in table.items():
        if isinstance(value, dict):
            yield (*above, name), f"[{' . '.join(map(quoted, (*above, name)))}] # = [x]"
            yield from toml(value, (*above, name))


@given(TREES, st.lists(st.sampled_from(["", "# [a] = 'b'", "\t"]), max_size=3))
def test_the_line_of_every_key_of_toml_is_found(tree: dict[str, Any], between: list[str]) -> None:
    text, expected = "", {}
    for key, statement in toml(tree):
        text += "".join(f"{line}\n" for line in between)
        expected[key] = text.count("\n") + 1
        text += f"{statement}\n"
    assert strict_toml.parsed(text) == tree
    assert strict_toml.lines(text) == expected


def test_lines_are_found_past_texts_and_lists_over_several_lines_and_in_arrays_of_tables() -> None:
    text = (
        'a = """\n[x]\nb = 1 \\""""\nc.d = [\n "]", # ]\n \'[\',\n]\n[[r]]\ne = \'\'\'\n[y]\'\'\'\n[[r]]\n[r.s]\nf = 1\n[[r.t]]\n'
    )
    assert strict_toml.lines(text) == {
        ("a",): 1,
        ("c",): 4,
        ("c", "d"): 4,
        ("r",): 8,
        ("r", 0): 8,
        ("r", 0, "e"): 9,
        ("r", 1): 11,
        ("r", 1, "s"): 12,
        ("r", 1, "s", "f"): 13,
        ("r", 1, "t"): 14,
        ("r", 1, "t", 0): 14,
    }


def test_the_line_of_every_key_of_yaml_is_found() -> None:
    found = strict_yaml.lines("a:\n  b: 1\n  c:\n  - x\n  - {d: 2,\n     e: 3}\n")
    assert found == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", 0): 4,
        ("a", "c", 1): 5,
        ("a", "c", 1, "d"): 5,
        ("a", "c", 1, "e"): 6,
    }


@given(st.binary(max_size=120), st.sampled_from(["any.toml", "any.yaml"]))
def test_whatever_a_file_holds_is_read_or_said(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    file = tmp_path_factory.mktemp("any") / name
    file.write_bytes(content)
    problems = Problems()
    found = SettingsTable(file, problems, remedy="write one").read(Bicycle)
    assert (found is None) <= bool(problems.found)
