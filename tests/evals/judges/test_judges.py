from __future__ import annotations

import os
import subprocess
import sys

import pytest

from proctor.core.schema import InputError
from proctor.evals.judges.protocols import JudgeError, chats, each, load_judge


@pytest.mark.parametrize("spec", ["", "gpt", "lexical:2", "nli:", "openai:", "Lexical", "openai"])
def test_an_unknown_judge_is_refused_with_the_forms_there_are(spec: str) -> None:
    with pytest.raises(InputError, match=r"(?s)unknown judge.*lexical.*nli:MODEL.*openai:MODEL@BASE_URL"):
        load_judge(spec)


def test_each_kind_is_known_for_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert [chats(load_judge(spec)) for spec in ("lexical", "nli:some/model", "openai:gpt")] == [False, False, True]


def test_naming_a_judge_imports_nothing_heavy_and_calls_nobody() -> None:
    code = (
        "import sys; from proctor.evals.judges.protocols import load_judge\n"
        "for spec in ('lexical', 'nli:some/model', 'openai:m@http://127.0.0.1:9/v1'): load_judge(spec)\n"
        "assert not {'torch', 'transformers', 'openai', 'httpx', 'numpy', 'ragas', 'deepeval', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": "."}, timeout=300)


def test_what_cannot_be_judged_costs_only_itself() -> None:
    def halves(numbers: list[int]) -> list[int]:
        if any(number % 2 for number in numbers):
            raise JudgeError(f"odd: {numbers}")
        return [number // 2 for number in numbers]

    even, odd, last = each(halves, [4, 3, 8])  # type: ignore[arg-type]
    assert (even, last) == (2, 4)
    assert str(odd) == "odd: [3]"
    assert each(halves, []) == []  # type: ignore[arg-type]
