"""JSON pointers point to what RFC 6901 says, and to nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.reading.pointers import Pointer, find

RFC = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}
NAMES = st.text(st.sampled_from("ab/~01 \u00e9"), max_size=4)
DATA = st.recursive(st.none() | st.integers() | NAMES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner))


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        *(("", RFC), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3)),
        *(("/g|h", 4), ("/i\\j", 5), ('/k"l', 6), ("/ ", 7), ("/m~0n", 8)),
    ],
)
def test_the_examples_of_the_rfc(pointer: str, found: Any) -> None:
    assert Pointer().wrong(pointer) == ""
    assert find(RFC, pointer) == found


@pytest.mark.parametrize(
    "pointer", ["/none", "/foo/2", "/foo/-", "/foo/-1", "/foo/00", "/foo/0/0", "/foo/bar", "//", "/foo/\u0661"]
)
def test_what_is_not_there_is_not_found(pointer: str) -> None:
    with pytest.raises(LookupError):
        find(RFC, pointer)


@pytest.mark.parametrize("value", ["foo", "/a~2", "/a~", "#/foo", 3, None])
def test_what_is_no_pointer_is_refused(value: object) -> None:
    assert "JSON pointer" in Pointer().wrong(value)


def paths(data: Any) -> list[tuple[tuple[str, ...], Any]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [((), data), *(((str(name), *rest), found) for name, one in inside for rest, found in paths(one))]


@given(DATA)
def test_everything_is_found_by_its_pointer(data: Any) -> None:
    for names, found in paths(data):
        pointer = "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names)
        assert Pointer().wrong(pointer) == ""
        assert find(data, pointer) is found


@given(DATA, st.text(st.sampled_from("/ab~01-"), max_size=8))
def test_it_finds_what_the_library_of_that_name_finds(data: Any, pointer: str) -> None:
    library = pytest.importorskip("jsonpointer")
    try:
        theirs = library.JsonPointer(pointer).resolve(data)
    except library.JsonPointerException:
        theirs = LookupError
    else:
        if isinstance(theirs, library.EndOfList):
            theirs = LookupError
    if Pointer().wrong(pointer):
        assert theirs is LookupError or "~" in pointer
        return
    try:
        ours = find(data, pointer)
    except LookupError:
        ours = LookupError
    assert ours == theirs or isinstance(data, str) or _in_a_text(data, pointer)


def _in_a_text(data: Any, pointer: str) -> bool:
    """The library also points to the letters of texts."""
    parts = pointer.split("/")
    return any(isinstance(_or_none(data, "/".join(parts[:end])), str) for end in range(1, len(parts)))


def _or_none(data: Any, pointer: str) -> Any:
    try:
        return find(data, pointer)
    except LookupError:
        return None
