"""Code of the project as a system: imported, recognised, asked, and read, with every way to fail said."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable as Function
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from proctor.core.project_code import project_code
from proctor.core.schema import Answer, Document, Domain, Example, InputError, Question
from proctor.core.storage.cache import Cache
from proctor.evals.testing.checks import candidate_checks
from proctor.models.candidates.callable import Callable
from proctor.models.candidates.external import Setup
from proctor.models.runtime import Runtime
from proctor.models.systems import Calls, System

NAMES = ("Kelvo", "Marla", "Toru", "Zenna", "Quist")
DOMAIN = Domain(
    tuple(Document(f"N{place}", f"The {name} is covered for {place + 1} years.", name) for place, name in enumerate(NAMES)),
    tuple(Example(f"Cover of the {name}?", f"{place + 1} years") for place, name in enumerate(NAMES)),
)
QUESTIONS = [
    Question(f"q{place}", f"How long is the {name} covered?", (f"{place + 1} years",), (f"N{place}",))
    for place, name in enumerate(NAMES)
]
ECHO = "def bot(question):\n    return question\n"
NUMBER = count()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project, whose modules are forgotten afterwards."""
    before = (list(sys.path), set(sys.modules))
    (tmp_path / "project").mkdir()
    yield tmp_path / "project"
    sys.path[:] = before[0]
    for name in set(sys.modules) - before[1]:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


Make = Function[..., Callable]


@pytest.fixture
def make(root: Path) -> Make:
    def made(code: str, *, name: str = "bot", cache: str = "cache", **row: Any) -> Callable:
        module = row.pop("module", "") or f"bot_{next(NUMBER)}"
        (root / f"{module}.py").write_text(code, encoding="utf-8")
        stand = Runtime(Cache(root.parent / cache))
        return Callable(System("bot", callable=f"{module}:{name}", **row), Setup(DOMAIN, stand, "tiny", root=root))

    return made


def texts(answers: list[Answer]) -> list[str]:
    return [answer.error or answer.text for answer in answers]


RETURNS = {
    "a text": "question",
    "a mapping with answer": "{'answer': question, 'contexts': ['x']}",
    "a mapping with result": "{'result': question}",
    "a mapping with output": "{'output': question}",
    "a mapping with text": "{'text': question}",
    "a mapping with an object": "{'answer': Message(question)}",
    "an object with content": "Message(question)",
    "an object with response": "Response(question)",
    "parts of a message": "Message([{'type': 'text', 'text': question[:3]}, {'type': 'text', 'text': question[3:]}])",
    "messages": "{'messages': [Message('a question'), Message(question)]}",
}
OBJECTS = """
class Message:
    def __init__(self, content): self.content = content
class Response:
    def __init__(self, response): self.response = response
"""


@pytest.mark.parametrize("returned", RETURNS.values(), ids=RETURNS)
def test_whatever_holds_an_answer_is_read(make: Make, returned: str) -> None:
    found = make(f"{OBJECTS}\ndef bot(question):\n    return {returned}\n").answers(QUESTIONS)
    assert texts(found) == [question.text for question in QUESTIONS]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("None", "it returned nothing; expected a text"),
        ("3", "it returned int 3; expected"),
        (
            "{'reply': 'x'}",
            "it returned a mapping with reply; expected a text, or a mapping or object with one of answer, result",
        ),
        ("{'answer': 'x', 'contexts': [3]}", "among its passages is int 3; expected a text, or something with page_content"),
        ("b'x'", "it returned bytes b'x'"),
    ],
)
def test_what_is_no_answer_is_that_question_s_failure_and_says_what_came(make: Make, returned: str, said: str) -> None:
    (answer,) = make(f"def bot(question):\n    return {returned}\n").answers(QUESTIONS[:1])
    assert said in (answer.error or "")


FORMS = {
    "a function": ECHO,
    "an async function": "async def bot(question):\n    return question\n",
    "a function of a list, as its hint says": "def bot(given: list[str]) -> list[str]:\n    return list(given)\n",
    "a function of a list, as its name says": "def bot(questions):\n    return tuple(questions)\n",
    "an async function of a list": "async def bot(questions):\n    return questions\n",
    "a class": "class bot:\n    def __call__(self, question):\n        return question\n",
    "an object": "class Bot:\n    async def __call__(self, question):\n        return question\nbot = Bot()\n",
    "a function without arguments that makes one": "def bot():\n    return lambda question: question\n",
    "a function with more arguments that have defaults": "def bot(question, k=3, *more, **others):\n    return question\n",
    "what returns an awaitable": "async def inner(q):\n    return q\ndef bot(question):\n    return inner(question)\n",
}


@pytest.mark.parametrize("code", FORMS.values(), ids=FORMS)
def test_every_form_of_code_is_asked(make: Make, code: str) -> None:
    candidate = make(code)
    assert texts(candidate.answers(QUESTIONS)) == [question.text for question in QUESTIONS]
    assert all(timing.seconds > 0 and not timing.error for timing in candidate.latencies(QUESTIONS, [candidate]))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_this_name\n", "needs the module nothing_of_this_name, which is missing; install it"),
        ("raise ValueError('no key')\n", r"cannot be imported: ValueError: no key \(.*bot_.*line 1\); mend that first"),
        ("def bott(question): ...\n", "there is no bot in bot_.*did you mean 'bott'"),
        ("bot = 3\n", "it is int, which cannot be asked; name a function that takes a question"),
        ("def bot(question, k): ...\n", "it takes question, k, and is given one question"),
        ("def bot(*, question): ...\n", "it takes question, and is given one question"),
        ("import sys\nsys.exit(2)\n", "cannot be imported: SystemExit"),
    ],
)
def test_what_cannot_be_asked_is_said_before_any_work(make: Make, code: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make(code)


def test_a_module_that_there_is_not_is_named_with_the_place_where_it_was_looked_for(root: Path) -> None:
    system = System("bot", callable="app.rag:ask")
    with pytest.raises(InputError, match=f"there is no module app in {root}, nor installed"):
        Callable(system, Setup(DOMAIN, Runtime(Cache(root)), "tiny", root=root))


def test_what_cannot_be_made_is_said_when_it_is_needed(make: Make) -> None:
    candidate = make("class bot:\n    def __init__(self):\n        raise OSError('no index')\n")
    with pytest.raises(InputError, match=r"it cannot be made: OSError: no index"):
        candidate.answers(QUESTIONS)


def test_a_question_that_fails_costs_itself_alone_and_is_asked_again(make: Make, root: Path) -> None:
    code = f"""
from pathlib import Path
def bot(question):
    with Path({str(root / "asked")!r}).open("a") as file:
        file.write(question + "\\n")
    if "Toru" in question and not Path({str(root / "mended")!r}).exists():
        raise ValueError("no Toru here")
    return question
"""
    candidate = make(code)
    found = candidate.answers(QUESTIONS)
    assert [one.question for one in found if one.error] == ["q2"]
    assert "ValueError: no Toru here (" in (found[2].error or "")
    (root / "mended").touch()
    assert not any(one.error for one in candidate.answers(QUESTIONS))
    assert len((root / "asked").read_text().splitlines()) == len(QUESTIONS) + 1


def test_in_a_list_that_fails_only_the_question_that_cannot_be_answered_is_lost(make: Make) -> None:
    code = "def bot(questions):\n    if any('Toru' in one for one in questions): raise ValueError('no')\n    return questions\n"
    assert [one.question for one in make(code).answers(QUESTIONS) if one.error] == ["q2"]


def test_a_list_of_too_few_answers_is_never_taken_for_those_of_other_questions(make: Make) -> None:
    code = "def bot(questions):\n    return questions[1:] or questions\n"
    assert texts(make(code).answers(QUESTIONS)) == [question.text for question in QUESTIONS]
    (answer,) = make("def bot(questions):\n    return []\n").answers(QUESTIONS[:1])
    assert answer.error == "it was given 1 question and returned 0 answers"


THREADS = """
import threading, time
NAMES, MOST, RUNNING = set(), 0, 0
def bot(question):
    global MOST, RUNNING
    NAMES.add(threading.current_thread().name)
    RUNNING += 1
    MOST = max(MOST, RUNNING)
    time.sleep(0.02)
    RUNNING -= 1
    return question
"""


def test_code_is_called_from_the_thread_of_the_exam_one_question_at_a_time(make: Make) -> None:
    candidate = make(THREADS)
    candidate.answers(QUESTIONS)
    module = sys.modules[(candidate.system.callable or "").partition(":")[0]]
    assert ({threading.current_thread().name}, 1) == (module.NAMES, module.MOST)


def test_code_is_called_from_several_threads_where_its_row_says_so(make: Make) -> None:
    candidate = make(THREADS, calls=Calls(max_concurrency=3))
    candidate.answers(QUESTIONS)
    module = sys.modules[(candidate.system.callable or "").partition(":")[0]]
    assert 1 < module.MOST <= 3


def test_async_code_has_one_loop_and_no_more_questions_at_a_time_than_allowed(make: Make) -> None:
    code = """
import asyncio
LOOPS, MOST, RUNNING = set(), 0, 0
async def bot(question):
    global MOST, RUNNING
    LOOPS.add(id(asyncio.get_running_loop()))
    RUNNING += 1
    MOST = max(MOST, RUNNING)
    await asyncio.sleep(0.02)
    RUNNING -= 1
    return question
"""
    candidate = make(code, calls=Calls(max_concurrency=2))
    candidate.answers(QUESTIONS[:3])
    candidate.answers(QUESTIONS)
    module = sys.modules[(candidate.system.callable or "").partition(":")[0]]
    assert len(module.LOOPS) == 1
    assert module.MOST == 2


def test_async_code_that_takes_too_long_is_that_question_s_failure(make: Make) -> None:
    code = "import asyncio\nasync def bot(question):\n    await asyncio.sleep(60 * ('Toru' in question))\n    return question\n"
    found = make(code, calls=Calls(timeout=0.2)).answers(QUESTIONS)
    assert {one.question: one.error for one in found if one.error} == {"q2": "no answer within 0.2 s"}


def test_what_the_code_calls_and_does_not_reach_ends_the_asking(make: Make) -> None:
    with pytest.raises(InputError, match="5 calls in a row failed, the last with: ConnectionError: refused"):
        make("def bot(question):\n    raise ConnectionError('refused')\n").answers(QUESTIONS)


def test_an_interrupt_loses_no_answer_that_was_given(make: Make) -> None:
    code = "def bot(question):\n    if 'Toru' in question: raise KeyboardInterrupt\n    return question\n"
    candidate = make(code)
    with pytest.raises(KeyboardInterrupt):
        candidate.answers(QUESTIONS)
    assert [question.id for question in candidate.unanswered(QUESTIONS)] == ["q2", "q3", "q4"]


SOURCES = """
class Document:
    def __init__(self, content, **metadata): self.page_content, self.metadata = content, metadata
class Inner:
    def __init__(self): self.text, self.metadata, self.ref_doc_id = "changed", {}, "N2"
class Node:
    node, score = Inner(), 0.5
class Kept:
    content, meta, id, score = "The Zenna is covered for 4 years.", {"page": 1}, "9f", 0.25
"""


def test_source_documents_of_every_kind_become_contexts(make: Make) -> None:
    passages = [
        "Document('changed', source='N0')",
        "Node()",
        "Kept()",
        "(Document('x', id='N1'), 0.75)",
        "{'text': 'web', 'id': 7}",
    ]
    code = f"{SOURCES}\ndef bot(question):\n    return {{'result': 'x [N3]', 'source_documents': [{', '.join(passages)}]}}\n"
    candidate = make(code)
    (answer,) = candidate.answers(QUESTIONS[:1])
    assert [(one.document, one.score) for one in answer.contexts or ()] == [
        *[("N0", 0.0), ("N2", 0.5), ("N3", 0.25), ("N1", 0.75), ("", 0.0)]
    ]
    assert answer.citations == ("N3",)
    assert candidate.describe()["answers"]["passages"] == {"by name": 3, "by text": 1, "of no document of the suite": 1}


def test_what_it_says_it_cites_and_used_is_kept(make: Make) -> None:
    usage = "{'input_tokens': 11, 'output_tokens': 5}"
    code = (
        f"def bot(question):\n    return {{'answer': 'x [N3]', 'citations': ['N1', {{'id': 'N2'}}, 'web'], 'usage': {usage}}}\n"
    )
    (answer,) = make(code).answers(QUESTIONS[:1])
    assert (answer.citations, answer.prompt_tokens, answer.tokens, answer.contexts) == (("N1", "N2"), 11, 5, None)


RUNNABLE = """
class bot:
    def batch(self, given): ...
    def get_input_jsonschema(self): return {schema}
    def invoke(self, given): return str(given)
"""
SCHEMAS = {
    "": "'a question'",
    "'type': 'string'": "'a question'",
    "'type': 'object', 'properties': {'root': {}}": "'a question'",
    "'type': 'object', 'properties': {'question': {}, 'k': {}}": "{'question': 'a question'}",
    "'type': 'object', 'additionalProperties': True": "{'question': 'a question', 'query': 'a question', 'input': 'a question'}",
    "'type': 'object', 'properties': {'messages': {}}": "{'messages': [('user', 'a question')]}",
}


@pytest.mark.parametrize(("schema", "given"), SCHEMAS.items())
def test_a_runnable_is_given_the_question_in_the_form_of_its_own_schema(make: Make, schema: str, given: str) -> None:
    candidate = make(RUNNABLE.replace("{schema}", f"{{{schema}}}"))
    assert texts(candidate.answers([Question("q", "a question")])) == [given.strip("'")]


def test_a_runnable_whose_schema_was_guessed_wrong_is_given_the_question_as_it_is(make: Make) -> None:
    code = RUNNABLE.replace("{schema}", "{'type': 'object', 'properties': {'question': {}}}").replace("str(given)", "given + '!'")
    assert texts(make(code).answers(QUESTIONS)) == [f"{question.text}!" for question in QUESTIONS]


PICKY = """
class bot:
    def batch(self, given): ...
    def get_input_jsonschema(self): return {'type': 'object', 'properties': {'question': {}}}
    def invoke(self, given):
        if isinstance(given, dict): raise ValueError("unrecognized keys: ['question']")
        if "2" in given: raise OSError("the disk is full")
        return given
"""


def test_whatever_a_form_that_was_guessed_wrong_fails_with_the_question_is_asked_as_it_is(make: Make) -> None:
    asked = [Question("a", "Of room 1?"), Question("b", "Of room 3?")]
    assert texts(make(PICKY).answers(asked)) == ["Of room 1?", "Of room 3?"]


def test_where_the_question_as_it_is_fails_too_the_first_failure_is_told(make: Make) -> None:
    (answer,) = make(PICKY).answers([Question("a", "Of room 2?")])
    assert "unrecognized keys" in str(answer.error)


INDEX = """
class bot:
    def __init__(self): self.texts = {"N0": "Of nothing"}
    def reindex(self, documents): self.texts = {one.id: one.text for one in documents}
    def __call__(self, question):
        found = [(name, text) for name, text in self.texts.items() if text.split()[1] in question]
        return {"answer": found[0][1] if found else "unknown", "contexts": [{"id": name, "text": text} for name, text in found]}
"""


def test_code_that_can_be_given_documents_answers_from_them_and_the_first_stays_as_it_was(make: Make) -> None:
    candidate = make(INDEX)
    assert "reindexes" in candidate.abilities
    renewed = candidate.reindexed(DOMAIN)
    assert texts(renewed.answers(QUESTIONS[:1])) == ["The Kelvo is covered for 1 years."]
    assert texts(candidate.answers(QUESTIONS[:1])) == ["unknown"]
    assert renewed.version != candidate.version


def test_an_object_that_changes_itself_cannot_be_given_documents(make: Make) -> None:
    candidate = make(INDEX.replace("class bot", "class Bot") + "bot = Bot()\n")
    with pytest.raises(InputError, match=r"reindex of bot_.*:bot returned nothing; have it return another object"):
        candidate.reindexed(DOMAIN).answers(QUESTIONS[:1])


def test_its_version_hangs_on_its_code_and_on_what_that_imports_of_the_project(make: Make, root: Path) -> None:
    (root / "helpers").mkdir()
    (root / "helpers" / "__init__.py").touch()
    (root / "helpers" / "prompts.py").write_text("from . import words\nPROMPT = 'a'\n")
    (root / "helpers" / "words.py").write_text("WORDS = 1\n")
    (root / "other.py").write_text("A = 1\n")
    code = "def bot(question):\n    from helpers.prompts import PROMPT\n    return PROMPT\n"
    first = make(code, module="mybot").version
    assert make(f"# a comment\n{code}", module="mybot").version == first
    (root / "other.py").write_text("A = 2\n")
    assert make(code, module="mybot").version == first
    (root / "helpers" / "words.py").write_text("WORDS = 2\n")
    assert make(code, module="mybot").version != first
    assert make(code.replace("PROMPT\n", "PROMPT + '!'\n"), module="mybot").version != first


def test_code_of_an_installed_package_is_told_by_that_package(make: Make, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = root.parent / "installed"
    (installed / "somepackage").mkdir(parents=True)
    (installed / "somepackage" / "__init__.py").write_text("from somepackage.inner import bot\n")
    (installed / "somepackage" / "inner.py").write_text(ECHO)
    monkeypatch.syspath_prepend(installed)
    system, stand = System("bot", callable="somepackage:bot"), make(ECHO).runtime
    first = Callable(system, Setup(DOMAIN, stand, "tiny", root=root))
    assert texts(first.answers(QUESTIONS[:1])) == [QUESTIONS[0].text]
    assert project_code("somepackage", root) == ""
    assert first._code != ""


def test_a_version_that_is_declared_stands_for_the_code(make: Make) -> None:
    first = make(ECHO, module="declared", version="1").version
    assert make(f"{ECHO}\nX = 1\n", module="declared", version="1").version == first
    assert make(ECHO, module="declared", version="2").version != first


HERE: dict[str, Path] = {}


@pytest.fixture
def here(root: Path) -> None:
    HERE["root"] = root


def checked(code: str) -> Function[[], Callable]:
    def candidate() -> Callable:
        root, number = HERE["root"], next(NUMBER)
        module = f"checked_{abs(hash(code))}"
        (root / f"{module}.py").write_text(code, encoding="utf-8")
        stand = Runtime(Cache(root.parent / f"cache{number}"))
        return Callable(System("bot", callable=f"{module}:bot"), Setup(DOMAIN, stand, "tiny", root=root))

    return candidate


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("check", candidate_checks(checked(INDEX), QUESTIONS, DOMAIN, others=[checked(INDEX + "X = 1\n")]))
def test_code_of_a_project_holds_what_a_system_must(check: Function[[], None]) -> None:
    check()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "check", candidate_checks(checked("async def bot(questions):\n    return questions\n"), QUESTIONS, DOMAIN)
)
def test_async_code_of_lists_holds_what_a_system_must(check: Function[[], None]) -> None:
    check()


def test_a_repeat_asks_again(make: Make) -> None:
    candidate = make("TIMES = []\ndef bot(question):\n    TIMES.append(question)\n    return str(len(TIMES))\n")
    assert texts(candidate.answers(QUESTIONS[:1])) == ["1"]
    assert texts(replace(candidate, seed=1).answers(QUESTIONS[:1])) == ["2"]
    assert texts(candidate.answers(QUESTIONS[:1])) == ["1"]
