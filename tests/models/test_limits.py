"""How far answers may go: counted from a suite's texts, and all that a system gets to know of them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Document, Domain, Example, InputError, Question, RevisedQuestion, Revision, Style, Suite
from proctor.models.base.base import BaseModel
from proctor.models.generation.limits import LEAST, Limits, limits

SHORT = Question("q", "How long?", ("3 years",))
SUITE = Suite("s", "S", "1", Domain((Document("d", "text"),), (Example("How long?", "2 years"),)), (SHORT,))
LONG = "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 2
"""More letters than the least room has tokens."""


def revised(**texts: tuple[str, ...]) -> Suite:
    question = RevisedQuestion("r", "How long now?", **{"references": ("4",), **texts})  # type: ignore[arg-type]
    return replace(SUITE, revisions=(Revision("d", "new", (question,), (Example("Now?", "4"),)),))


WORDY = {
    "reference": replace(SUITE, questions=(replace(SHORT, references=("3", LONG)),)),
    "completion": replace(SUITE, domain=replace(SUITE.domain, examples=(Example("Say.", LONG),))),
    "revision's reference": revised(references=(LONG,)),
    "outdated reference": revised(outdated=(LONG,)),
    "phrase of declining": replace(SUITE, abstain=(LONG,)),
}


@pytest.mark.parametrize("suite", WORDY.values(), ids=WORDY)
def test_the_longest_right_answer_fits_with_half_as_much_again(suite: Suite, base: BaseModel) -> None:
    tokens = len(base.tokenizer()(" " + LONG.strip(), add_special_tokens=False)["input_ids"])
    found = limits(suite, base)
    assert found.longest == tokens > LEAST
    assert found.tokens == -(-tokens * 3 // 2)
    assert str(found) == f"answers may take up to {found.tokens} tokens; longest reference {tokens}"


def test_short_answers_have_room_for_some_words(base: BaseModel) -> None:
    assert limits(SUITE, base).tokens == LEAST
    assert limits(replace(SUITE, questions=()), base).tokens == LEAST


def test_half_of_the_models_room_is_left_for_the_prompt(base: BaseModel) -> None:
    endless = replace(SUITE, questions=(replace(SHORT, references=(LONG * 50,)),))
    assert limits(endless, base).tokens == base.context_length // 2 < limits(endless, base).longest


def test_the_house_format_counts(base: BaseModel) -> None:
    told = replace(SUITE, questions=(replace(SHORT, references=(LONG,)),))
    bare = limits(told, base).longest
    pattern = replace(told, style=Style(pattern=r"The answer is: (?P<answer>.+)\. Yours, the desk\."))
    shown = replace(pattern, domain=replace(told.domain, examples=(Example("Q?", "The answer is: 2. Yours, the desk."),)))
    schema = replace(told, style=Style(schema={"properties": {"value": {}, "source": {}}}, answer="value"))
    assert limits(schema, base).longest > bare + 10
    assert limits(pattern, base).longest > limits(shown, base).longest > bare + 10


def test_a_house_format_that_puts_nothing_around_an_answer_takes_no_room(base: BaseModel) -> None:
    style = Style(pattern=r"(?P<answer>(?:OUT|IN) - \w+ - \w+ - (?:\d+ (?:hr?|min|d)|NR|NG)|VOID)")
    examples = tuple(
        Example(prompt, said) for prompt, said in (("Log this.", "OUT - Sartis - Maldin - 18 h"), ("And this.", "VOID"))
    )
    domain = replace(SUITE.domain, examples=examples)
    plain, framed = (limits(replace(SUITE, domain=domain, style=each), base).longest for each in (None, style))
    assert framed == plain


@pytest.mark.parametrize(
    ("texts", "ends"),
    [(("one\n", "two"), "line"), (("one\ntwo",), "blank line"), (("one\ntwo", "one\n \ntwo"), "question")],
)
def test_answers_end_where_no_reference_goes_on(texts: tuple[str, ...], ends: str, base: BaseModel) -> None:
    assert limits(replace(SUITE, questions=(replace(SHORT, references=texts),)), base).ends == ends


@given(st.lists(st.text(alphabet="ab \n", max_size=12), max_size=4))
def test_no_reference_is_cut_at_the_end_that_was_chosen(texts: list[str]) -> None:
    from proctor.models.generation.endings import ended
    from proctor.models.generation.limits import _ends

    for text in texts:
        assert ended(text.strip(), _ends(texts)) is None


def test_a_system_gets_numbers_and_flags() -> None:
    assert {field.name: field.type for field in fields(Limits)} == {"tokens": "int", "ends": "Ends", "longest": "int"}


def test_what_was_counted_is_not_counted_again(base: BaseModel, monkeypatch: Any) -> None:
    first = limits(SUITE, base)
    monkeypatch.setattr("proctor.models.generation.limits._count", lambda *_: pytest.fail("counted again"))
    assert limits(SUITE, base) == first


def test_padding_and_truncation_of_a_tokenizers_file_do_not_count(base: BaseModel) -> None:
    from tokenizers import Tokenizer

    file = base.folder / "tokenizer.json"
    whole = file.read_text(encoding="utf-8")
    known = limits(WORDY["reference"], base)
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=300)
    try:
        tokenizer.save(str(file))
        assert limits(WORDY["reference"], base) == known
    finally:
        file.write_text(whole, encoding="utf-8")


@pytest.mark.slow
def test_counting_loads_no_heavy_library() -> None:
    code = (
        "import sys, tempfile; from pathlib import Path; from proctor.core.storage.cache import Cache;"
        "from proctor.models.base import base; from proctor.models.generation import limits;"
        "from proctor.suites.loading.load import load; known = base.find(str(base.EMBEDDED), Cache(Path(tempfile.mkdtemp())));"
        "limits.limits(load('instruments'), known);"
        "sys.exit(', '.join({'torch', 'transformers'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_tokenizer_that_is_none_is_refused(base: BaseModel, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("version https://example.org/spec", encoding="utf-8")
    with pytest.raises(InputError, match="its tokenizer cannot be read"):
        limits(SUITE, replace(base, folder=tmp_path))


def test_the_same_without_a_file_of_the_tokenizers_library(base: BaseModel, monkeypatch: Any) -> None:
    from proctor.models.generation import limits as module

    texts = [LONG, "", "3 years"]
    expected = list(module._count(base, texts))
    monkeypatch.setattr(type(base.folder), "is_file", lambda path: path.name != "tokenizer.json")
    assert list(module._count(base, texts)) == expected
