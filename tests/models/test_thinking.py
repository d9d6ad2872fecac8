"""Chat templates as public model families build them: what is asked, that thoughts are off or taken off, and what is taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Document, Domain, Example, Question
from proctor.core.storage.cache import Cache
from proctor.models.base.base import find
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation.generate import generate
from proctor.models.prompts import prompts, thinking
from proctor.models.prompts.thinking import answer_start
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from tests import tiny
from tests.scripted import scripted

EACH = "{% for m in messages %}"
END = "{% endfor %}{% if add_generation_prompt %}"
TURNS = EACH + "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n" + END + "<|im_start|>assistant\n"
HARMONY = (
    "<|start|>system<|message|>Reasoning: {{ reasoning_effort or 'medium' }}. Use <|channel|> for each message.<|end|>"
    + EACH
    + "<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>"
    + END
    + "<|start|>assistant{% endif %}"
)


class Family(NamedTuple):
    """A template, what a prompt must come to, and what is done about thinking."""

    template: str
    prompt: str
    says: str = "none"
    lead: str = ""
    """Before the completion of a training example."""
    frame: str = ""
    """What the tokenizer puts around each text."""


FAMILIES = {
    "ChatML": Family(TURNS + "{% endif %}", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"),
    "Llama 3": Family(
        "{{ bos_token }}<|head|>system\n{{ strftime_now('%d %b %Y') }}<|eot|>"
        + EACH
        + "<|head|>{{ m.role }}\n\n{{ m.content }}<|eot|>"
        + END
        + "<|head|>assistant\n\n{% endif %}",
        "<s><|head|>system\n01 Jan 2025<|eot|><|head|>user\n\nHi<|eot|><|head|>assistant\n\n",
        frame="<s> $A",
    ),
    "Mistral": Family(
        "{{ bos_token }}"
        + EACH
        + "{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %}{{ m.content }}{{ eos_token }}{% endif %}"
        + "{% endfor %}",
        "<s>[INST] Hi [/INST]",
        frame="<s> $A </s>",
    ),
    "Gemma": Family(
        "{{ bos_token }}" + EACH + "<turn>{{ m.role }}\n{{ m.content }}</turn>\n" + END + "<turn>model\n{% endif %}",
        "<s><turn>user\nHi</turn>\n<turn>model\n",
        frame="<s> $A",
    ),
    "Phi, whose tokenizer alone adds <s>": Family(
        EACH + "<|{{ m.role }}|>\n{{ m.content }}<|end|>\n" + END + "<|assistant|>\n{% endif %}",
        "<s><|user|>\nHi<|end|>\n<|assistant|>\n",
        frame="<s> $A",
    ),
    "one that closes the user's turn with the end token": Family(EACH + "{{ m.content }}{{ eos_token }}{% endfor %}", "Hi"),
    "Qwen 3": Family(
        TURNS + "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        "off (enable_thinking = false)",
    ),
    "Granite, which thinks where it is told to": Family(
        "{% if thinking %}Write your thoughts in <think> first.\n{% endif %}" + TURNS + "{% endif %}",
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        "off (thinking = false)",
    ),
    "one with an effort that may be none": Family(
        "{% if reasoning_effort != 'none' %}[THINK] first.\n{% endif %}" + TURNS + "{% endif %}",
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        "off (reasoning_effort = none)",
    ),
    "DeepSeek R1": Family(
        "{{ bos_token }}" + EACH + "<User>{{ m.content.split('</think>')[-1] }}" + END + "<Assistant><think>\n{% endif %}",
        "<s><User>Hi<Assistant><think>\n",
        "up to 1024 tokens before an answer, taken off",
        "\n</think>\n\n",
        frame="<s> $A",
    ),
    "harmony": Family(
        HARMONY,
        "<|start|>system<|message|>Reasoning: low. Use <|channel|> for each message.<|end|>"
        "<|start|>user<|message|>Hi<|end|><|start|>assistant",
        "up to 1024 tokens before an answer, taken off (reasoning_effort = low)",
        "<|channel|>final<|message|>",
    ),
    "one that mentions thinking and cannot do without": Family(
        "{# thinking comes as [THINK] #}" + TURNS + "{% endif %}",
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        "up to 1024 tokens before an answer, taken off",
    ),
}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_prompt_is_what_the_family_reads_and_a_completion_has_no_thought(family: Family) -> None:
    tokenizer = tiny.tokenizer(template=family.template, frame=family.frame)
    ids = prompts.as_tokens(tokenizer, "Hi")
    assert tokenizer.decode(ids) == family.prompt
    assert ids.count(tokenizer.bos_token_id) == bool(family.frame)
    assert thinking.manner(tokenizer).says == family.says
    assert tokenizer.decode(prompts.completion_tokens(tokenizer, "Turin")) == f"{family.lead}Turin</s>"


@pytest.mark.parametrize("frame", ["$A", "<s> $A", "<s> $A </s>"])
def test_without_a_template_a_prompt_begins_as_the_tokenizer_begins_and_stays_open(frame: str) -> None:
    tokenizer = tiny.tokenizer(frame=frame)
    assert tokenizer.decode(prompts.as_tokens(tokenizer, "Answer:")) == ("<s>" if "<s>" in frame else "") + "Answer:"


SAID = [
    ("<think>\nTwo.\n</think>\n\nTurin", "Turin"),
    ("\n<think></think>Turin", "Turin"),
    ("[THINK]Two.[/THINK]Turin", "Turin"),
    ("\u25c1think\u25b7Two\u25c1/think\u25b7Turin", "Turin"),
    ("<reasoning>Two <b></reasoning> Turin", "Turin"),
    ("<|channel>thought\nTwo<channel|>Turin", "Turin"),
    ("<|channel|>analysis<|message|>Two.<|end|><|start|>assistant<|channel|>final<|message|>Turin", "Turin"),
    ("<|channel|>final <|constrain|>json<|message|>Turin", "Turin"),
    ("Turin, I think", "Turin, I think"),
    ("I <think> so </think> Turin", "I <think> so </think> Turin"),
    ("<think>Two, no, three", None),
    ("<|channel|>analysis<|message|>Two", None),
]


@pytest.mark.parametrize(("said", "answer"), SAID)
def test_a_thought_is_no_part_of_an_answer(said: str, answer: str | None) -> None:
    start = answer_start(said, opened=False)
    assert (None if start is None else said[start:].strip()) == answer


@given(st.text(), st.text())
def test_what_follows_a_thought_is_kept_whole(thought: str, answer: str) -> None:
    said = "<think>" + thought.replace("</", "") + "</think>"
    assert answer_start(said + answer, opened=False) in (len(said), said.find("</") + len("</think>"))


def test_a_thought_that_the_prompt_has_begun_goes_on() -> None:
    assert answer_start("Two and two", opened=True) is None
    assert answer_start("Two</think>Four", opened=True) == len("Two</think>")
    assert thinking.is_open("<Assistant><think>\n")
    assert not thinking.is_open("<Assistant><think>\n\n</think>\n\n")


@pytest.fixture
def hear(tmp_path: Path) -> Any:
    """What is heard of a model with a family's template that says a text, with room for 4 tokens and a thought of 30."""
    base = find(str(tiny.causal_lm(tmp_path / "base")), Cache(tmp_path / "cache"))

    def heard(
        family: str, *said: str, thought: int = 30, added: tuple[str, ...] = ("<think>", "</think>", "<|channel|>", "<|message|>")
    ):
        tokenizer = tiny.tokenizer(template=FAMILIES[family].template, added=added)
        tokenizer.padding_side = "left"
        asked = [prompts.as_tokens(tokenizer, "Hi " * (place + 1)) for place in range(len(said))]
        return generate(scripted(base.load("cpu"), tokenizer, *said), tokenizer, asked, 4, thought=thought)

    return heard


@pytest.mark.parametrize(
    ("family", "said", "text", "stop", "thinks"),
    [
        ("DeepSeek R1", "the 1 2</think>turin</s>", "turin", "end", True),
        ("DeepSeek R1", "the 1 2</think>turin is in the long of", "turin is in", "length", True),
        ("DeepSeek R1", "the", "", "length", True),
        ("DeepSeek R1", "the turin</s>", "", "end", True),
        ("harmony", "<|channel|>analysis<|message|>the<|channel|>final<|message|>turin</s>", "turin", "end", True),
        ("one that mentions thinking and cannot do without", "<think>the</think> turin</s>", "turin", "end", True),
        ("one that mentions thinking and cannot do without", "turin is in the long of", "turin is in", "length", False),
    ],
)
def test_a_thought_has_room_of_its_own(hear: Any, family: str, said: str, text: str, stop: str, *, thinks: bool) -> None:
    (heard,) = hear(family, said)
    assert (heard.text, heard.stop, heard.thought > 0) == (text, stop, thinks)
    assert heard.tokens - heard.thought <= 4
    assert heard.thought <= 30


def test_a_thought_where_none_was_expected_is_no_answer(hear: Any) -> None:
    (heard,) = hear("ChatML", "<think>the turin", thought=0)
    assert (heard.text, heard.stop, heard.thought) == ("", "length", heard.tokens)
    (heard,) = hear("ChatML", "<think></think>no</s>", thought=0)
    assert (heard.text, heard.stop, heard.thought) == ("no", "end", 2)


def test_each_of_a_batch_has_its_own_thought(hear: Any) -> None:
    both = hear("DeepSeek R1", "the</think>yes</s>", "the 1 2 3 4 5 6 7 8 9 is in the long</think>no</s>")
    assert [heard.text for heard in both] == ["yes", "no"]
    assert [heard.stop for heard in both] == ["end", "end"]
    assert both[0].tokens < both[1].tokens


def test_marks_in_many_tokens_are_seen(hear: Any) -> None:
    (heard,) = hear("DeepSeek R1", "the</think>\nyes</s>", added=())
    assert (heard.text, heard.stop) == ("yes", "end")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ raise_exception('a system message comes first') }}", "a system message comes first"),
        ("{% for m in messages %}{{ m.content.text }}{% endfor %}", "the chat template makes nothing of a question"),
    ],
)
def test_a_template_that_makes_no_prompt_fails_each_question_with_its_reason(template: str, reason: str, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    base = find(str(tiny.causal_lm(tmp_path / "base", template=template)), cache)
    asked = LocalCandidate(System("base"), base, Domain((Document("d", "turin"),)), Runtime(cache))
    assert {reason in (answer.error or "") for answer in asked.answers([Question("a", "Where?"), Question("b", "Who?")])} == {
        True
    }


@pytest.mark.slow
@pytest.mark.parametrize("family", ["Qwen 3", "DeepSeek R1", "harmony", None])
def test_what_is_taught_is_what_is_heard_and_it_ends(family: str | None, tmp_path: Path) -> None:
    """Training examples have no thoughts, whatever the template; a trained system answers as it was taught, and stops."""
    cache = Cache(tmp_path / "cache")
    template = FAMILIES[family].template if family else ""
    base = find(str(tiny.causal_lm(tmp_path / "base", template=template)), cache)
    taught = tuple(Example(prompt, said) for prompt, said in (("Where?", "turin"), ("How long?", "3 years"), ("Who?", "kestrel")))
    system = System("full", adapt="full", epochs=1, learning_rate=5e-3, batch_size=3, max_new_tokens=12)
    candidate = LocalCandidate(system, base, Domain((Document("d", "turin"),), taught * 60), Runtime(cache))
    answers = candidate.answers([Question(example.prompt, example.prompt) for example in taught])
    assert [(answer.text, answer.stop) for answer in answers] == [(example.completion, "end") for example in taught]
