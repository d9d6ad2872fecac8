"""Files that a user names: what they may be, how large, how deep, and what is said where they are not."""

from __future__ import annotations

import os
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.reading import strict_json, strict_toml, strict_yaml, user_files
from proctor.core.schema import InputError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(string.ascii_letters, max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(string.ascii_letters, min_size=1, max_size=5), inner),
    max_leaves=12,
)
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "settings"


def read(file):
    return user_files.read_text(file, 1000, remedy="write one")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "the file is missing; write one"),
        (os.mkfifo, "this is a pipe; move it away"),
        (os.mkdir, "this is a folder; move it away"),
        (lambda file: file.symlink_to("/dev/zero"), "this is a device; move it away"),
        (lambda file: file.symlink_to("nowhere"), "a link that leads nowhere; mend or remove the link"),
        (lambda file: file.symlink_to(file.name), "cannot be read (Too many levels of symbolic links); name another"),
        (lambda file: file.write_bytes(b"x" * 3000), "the file has 2.93 KiB, and at most 1,000 bytes are read; divide it"),
        (lambda file: file.write_bytes(b"a\nb\xff"), ":2: not UTF-8 text at byte 3; save it as UTF-8"),
        (lambda file: file.write_text("x", encoding="utf-16"), "(it looks like UTF-16)"),
        (lambda file: file.write_bytes(b"a\0"), "NUL byte at byte 1"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_it_is_and_what_to_do(file, make, said):
    make(file)
    with pytest.raises(InputError) as caught:
        read(file)
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)


def test_a_file_is_text_without_a_byte_order_mark_and_with_plain_line_ends(file):
    file.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\xe2\x80\xa8d")
    assert read(file) == "a\nb\nc\u2028d"


def test_a_line_separator_of_unicode_ends_no_line():
    assert list(strict_json.numbered('"a\u2028b"\n\n"\x85"')) == [(1, '"a\u2028b"'), (3, '"\x85"')]


@given(VALUES)
def test_yaml_is_read_as_it_was_written(value):
    import yaml

    assert strict_yaml.parsed(yaml.safe_dump(value)) == value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("a: 1\nb: {c: 1, c: 2}", "c: given twice", 2),
        ("a: 1\n? [x]\n: 2\nb: 1\nb: 1", "b: given twice", 5),
        (BOMB, "more than 100,000 values, counting what aliases repeat", None),
        ("a: &a [*a]", "an alias stands for what it lies in", 1),
        ("[" * 60 + "]" * 60, "nested deeper than 50 levels", 1),
        ("[" * 1500, "nested deeper than 50 levels", None),
        ("a: " + "9" * 5000, "4300 digits", None),
        ("a: 2020-13-45", "month must be in 1..12", None),
        ("a: !!python/object:os.system x", "could not determine a constructor", 1),
        ("a: [", "expected the node content", 1),
        ("a: \x1b[31m", "special characters are not allowed", None),
    ],
)
def test_yaml_that_is_none_or_too_much_is_refused(text, said, line):
    with pytest.raises(strict_yaml.YamlError, match=said) as caught:
        strict_yaml.parsed(text)
    assert line is None or caught.value.line == line
    assert ("keep one of them" in caught.value.remedy) is ("twice" in said)


def test_an_alias_that_repeats_little_is_read():
    assert strict_yaml.parsed("a: &a [1, 2]\nb: *a\nc: {<<: {d: 1}, e: 2}") == {"a": [1, 2], "b": [1, 2], "c": {"d": 1, "e": 2}}


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("a = 1\na = 2", "^a is set twice$", 2),
        ("a = 1\na = 2\n", "^a is set twice$", 2),
        ("[a]\nb.c = 1\nb.c = 2\n", "^b.c is set twice$", 3),
        ("[a]\nb = 1\n[a]\nc = 2\n", r"^\[a\] is set twice$", 3),
        ("a = {b = 1, b = 2}\n", "^b is set twice$", 1),
        ("a = 1\nb" + ".b" * 5000 + " = 1", "a key of 50 parts or more", 2),
        ("a = " + "[" * 5000, "nested too deep", None),
        ("a = " + "9" * 5000, "4300 digits", None),
        ("a = [1,\n", "Invalid value", 2),
    ],
)
def test_toml_that_is_none_or_too_much_is_refused(text, said, line):
    with pytest.raises(strict_toml.TomlError, match=said) as caught:
        strict_toml.parsed(text)
    assert line is None or caught.value.line == line


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', '{"a": Infinity}', '{"a": 1e999}', '{"a": 1, "a": 1}', "[" * 9999, "1" + "0" * 5000]
)
def test_json_without_a_plain_meaning_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        strict_json.parsed(text, finite=True)


def test_a_key_of_many_that_is_there_twice_is_found_at_once():
    many = ", ".join(f'"k{n}": 1' for n in range(50_000))
    with pytest.raises(strict_json.RepeatedKeyError, match=r"^k49999$"):
        strict_json.parsed(f'{{{many}, "k49999": 2}}')
