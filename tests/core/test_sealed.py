"""Whatever happens to a sealed object is noticed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.storage.sealed import intact, opened, sealed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(st.text().filter(lambda name: name != "crc"), VALUES, max_size=3)


@given(OBJECTS, st.sampled_from([None, 1]), st.sampled_from([b"", b"\n", b"\r\n"]))
def test_what_was_sealed_is_an_object_with_one_field_more_and_comes_back(row: dict[str, object], indent: int, end: bytes) -> None:
    text = sealed(json.dumps(row, indent=indent).encode()) + end
    assert intact(text)
    assert opened(text) == row
    assert json.loads(text).keys() == row.keys() | {"crc"}


@given(OBJECTS, st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(row: dict[str, object], place: int, change: int) -> None:
    text = bytearray(sealed(json.dumps(row).encode()))
    text[place % len(text)] ^= change
    with pytest.raises(ValueError, match="its checksum"):
        opened(bytes(text))


@given(OBJECTS, st.integers(1))
def test_a_cut_object_is_noticed(row: dict[str, object], size: int) -> None:
    text = sealed(json.dumps(row).encode())
    with pytest.raises(ValueError, match="its checksum"):
        opened(text[: size % len(text)])


@pytest.mark.parametrize("text", [b"", b"[1]", b"1", b'"{"'])
def test_only_objects_are_sealed(text: bytes) -> None:
    with pytest.raises(ValueError, match="only a JSON object"):
        sealed(text)


@pytest.mark.parametrize("text", [b"", b"[1]", b"{", b"\xff", b"[" * 10**5])
def test_what_is_no_object_and_has_no_checksum_is_refused_where_that_is_not_needed(text: bytes) -> None:
    assert opened(b'{"a": 1}', always=False) == {"a": 1}
    with pytest.raises(ValueError):  # noqa: PT011 # each says something else
        opened(text, always=False)
