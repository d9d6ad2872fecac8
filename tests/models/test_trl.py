"""An adapter that TRL trained on the embedded model is examined as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.core.storage.cache import Cache
from proctor.models.base.base import EMBEDDED, find
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation.limits import limits
from proctor.models.prompts import prompts
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from proctor.suites.loading.load import load

STEPS = 6
QUESTIONS = 6


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # theirs
def test_an_adapter_of_trl_says_what_peft_s_own_generate_says(tmp_path: Path) -> None:
    trl = pytest.importorskip("trl", reason="TRL is not installed")
    import peft
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    suite, cache = load("instruments"), Cache(tmp_path / "cache")
    rows = [{"prompt": prompts.prompt("", one.prompt), "completion": f" {one.completion}"} for one in suite.domain.examples]
    told = trl.SFTConfig(
        str(tmp_path / "adapter"),
        max_steps=STEPS,
        learning_rate=5e-3,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
        gradient_checkpointing=False,
    )
    lora = peft.LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM")
    plain = AutoModelForCausalLM.from_pretrained(EMBEDDED, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED)
    data = Dataset.from_list(rows[:64])
    trainer = trl.SFTTrainer(plain, told, train_dataset=data, peft_config=lora, processing_class=tokenizer)
    trainer.train()
    trainer.save_model()

    base = find(str(EMBEDDED), cache)
    system = System("tuned", adapt="lora", weights=str(tmp_path / "adapter"))
    tuned = LocalCandidate(system, base, suite.domain, Runtime(cache), limits=limits(suite, base))
    theirs = peft.PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(EMBEDDED), tmp_path / "adapter").eval()

    def generated(text: str) -> str:
        ids = torch.tensor([prompts.as_tokens(base.tokenizer(), prompts.prompt("", text))])
        made = theirs.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=tuned.room)
        return str(tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)).split("\n")[0].strip()

    asked = suite.questions[:QUESTIONS]
    assert [answer.text for answer in tuned.answers(asked)] == [generated(question.text) for question in asked]
