"""The embedded base model: its files, its tokenizer, the text it learns from, and how it is trained."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from proctor.models.tiny.recipe import corpus, exercises, general, hints, values
from proctor.models.tiny.recipe.values import HeldOut, Source
from proctor.suites.instruments import generate
from proctor.suites.loans import generate as loans

HOME = Path(corpus.__file__).parents[1]


# What trains or runs the model loads torch: not before a test needs it, as every worker opens this file.


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.fixture(scope="module")
def batches():
    from proctor.models.tiny.recipe import batches

    return batches


@pytest.fixture(scope="module")
def report():
    from proctor.models.tiny.recipe import report

    return report


@pytest.fixture(scope="module")
def train():
    from proctor.models.tiny.recipe import train

    return train


@pytest.fixture(scope="module")
def reader(report):
    return report.Reader(HOME)


@pytest.fixture(scope="module")
def batch(batches):
    from tokenizers import Tokenizer

    return batches.Packer(Tokenizer.from_file(str(HOME / "tokenizer.json")), 0).batches(7, 0.1, 1)[0]


@cache
def training_text():
    """A few thousand documents from all stages of training."""
    rng = Source("test")
    return [corpus.document(rng, i / 3000).text for i in range(3000)]


def test_files_are_small_and_are_all_that_transformers_needs():
    files = [HOME / name for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")]
    weights = HOME / "model.safetensors"
    assert sum(path.stat().st_size for path in (*files, weights)) < 10e6


def test_weights_are_bfloat16(torch):
    from safetensors import safe_open

    with safe_open(HOME / "model.safetensors", "pt") as file:
        kinds = {file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118 - not a dict
    assert kinds == {torch.bfloat16}


def test_context_has_room_for_many_passages(reader):
    assert reader.model.config.max_position_embeddings >= 1024


@pytest.mark.parametrize("text", ["Order 4096 at 3.5 V.", "naïve 漢字 🙂 \t\x00", "Question: how?\nAnswer: 12 years", "<|eot|>"])
def test_any_text_comes_back_from_its_tokens(text, reader):
    words = reader.words
    assert words.decode(words.encode(text), skip_special_tokens=True) == text


def test_prompts_begin_with_the_begin_token(reader):
    words = reader.words
    assert words.encode("a")[0] == words.bos_token_id
    assert words("a", add_special_tokens=False)["input_ids"][0] != words.bos_token_id


def test_special_tokens_are_three(reader):
    words = reader.words
    assert len({words.pad_token_id, words.bos_token_id, words.eos_token_id}) == 3


def test_digits_are_tokens_of_their_own(reader):
    assert reader.words.tokenize("250 x17") == ["2", "5", "0", "Ġ", "x", "1", "7"]


def test_names_never_seen_are_two_tokens(reader):
    lengths = [len(reader.words.tokenize(f" {name}")) for name in generate.PRODUCTS]
    assert sum(lengths) / len(lengths) < 2.3


def test_names_of_the_domains_cannot_occur_in_training():
    """Not one by one by luck: they are on the side of the split that training never draws from."""
    names = [*generate.PRODUCTS, *generate.UNKNOWN_IN_TEST, *generate.UNKNOWN_IN_TRAINING]
    names += [name for side in ("train", "test") for kind in ("unit", "last") for name in loans.WORDING["names"][side][kind]]
    assert all(values.is_held_out(name) for name in names)


@pytest.mark.slow
def test_training_text_holds_no_name_of_the_domain():
    text = " ".join(training_text())
    assert not [name for name in generate.PRODUCTS if re.search(rf"\b{name}\b", text)]


def test_training_text_never_shows_the_house_format():
    assert not [text for text in training_text() if re.search(r"Answer: .+ \[\w+\]$", text, re.MULTILINE)]


def test_training_text_never_asks_an_item_of_the_benchmark():
    asked = {row["query"] for family in general.FAMILIES for row in corpus.benchmark(family)}
    seen = {line for text in training_text() for line in re.findall(r"Question: .*\nAnswer:", text)}
    assert not asked & seen


def test_training_text_ends_in_an_answer_to_every_question():
    questions = [text for text in training_text() if "Question:" in text]
    assert all(text.count("Question: ") == len(re.findall(r"\nAnswer: \S", text)) for text in questions)


@pytest.mark.parametrize("kind", ["read", "cite", "no-thing", "no-attribute"])
def test_answers_stand_in_the_articles_or_nowhere(kind, report):
    for case in report.cases(report.near(3), kind, 50, "answers"):
        assert (case.answer in case.prompt) == (case.answer != exercises.UNKNOWN)


def test_values_of_held_out_text_are_held_out():
    articles = exercises.reading(HeldOut(1), 3, 1, 1.0).articles
    assert all(values.is_held_out(fact.value) for article in articles for fact in article.facts)


def test_benchmark_items_have_one_right_choice():
    for family in general.FAMILIES:
        assert all(len(set(row["choices"])) == len(row["choices"]) for row in corpus.benchmark(family)), family


def test_batches_are_nearly_full(batches, batch):
    assert (batch.tokens != batches.PAD).float().mean() > 0.9


def test_documents_in_a_row_do_not_see_each_other(batch):
    starts = batch.positions[0].eq(0).nonzero().flatten()
    second = int(starts[1])
    assert batch.mask[0, 0, second, second] == 0
    assert batch.mask[0, 0, second, :second].max() < -1e30


def looks(batches, head):
    """A training document, and of each token taught to look somewhere: its own text and those of what it looks at."""
    from tokenizers import Tokenizer

    words = Tokenizer.from_file(str(HOME / "tokenizer.json"))
    document = exercises.drill(Source(1), 3, 3).document(0.1)
    encoded = batches.encode(words, document)
    texts = [words.decode([token]).strip() for token in encoded.tokens]
    return document, [(texts[x.query], [texts[key] for key in x.keys]) for x in encoded.looks if x.head == head]


def test_answers_point_at_the_value_token_by_token(batches):
    document, found = looks(batches, "point")
    said = [answer.split()[0] for answer in re.findall(r"Answer: (.+)", document.text) if answer != exercises.UNKNOWN]
    assert [keys[0] for text, keys in found if text == ":" and keys != [""]] == said


def test_unknown_points_at_the_begin_token(batches):
    document, found = looks(batches, "point")
    assert sum(keys == [""] for _, keys in found) == document.text.count("Answer: unknown") > 0


def test_values_and_answers_gather_the_name_they_belong_to(batches):
    document, found = looks(batches, "gather")
    names = {"".join(keys) for _, keys in found}
    assert names
    assert all(name in document.text for name in names)


def test_what_precedes_no_name_gets_no_hint():
    assert hints.looks(hints.Hint("gather", (0, 3), []), [(-1, 0), (0, 3)]) == []


def test_attention_astray_costs_its_missing_share(torch, train):
    attention = torch.tensor([[[1.0, 0.0], [0.25, 0.75]]])
    looks = (torch.tensor([0]), torch.tensor([1]), torch.tensor([[0.0, 1.0]]))
    assert train.astray(attention, looks) == pytest.approx(-torch.tensor(0.75 + 1e-4).log())
    assert train.astray(attention, (looks[0][:0], looks[1][:0], looks[2][:0])) == 0


def test_hints_count_characters_of_words_only():
    assert hints.find("Bal", "Balvo, the Bal and a Bal.", 10) == [(21, 24), (31, 34)]


def test_batches_depend_on_step_and_seed_alone(torch, batches, batch):
    from tokenizers import Tokenizer

    packer = batches.Packer(Tokenizer.from_file(str(HOME / "tokenizer.json")), 0)
    again = packer.batches(7, 0.1, 1)[0]
    other = packer.batches(8, 0.1, 1)[0]
    assert torch.equal(batch.tokens, again.tokens)
    assert not torch.equal(batch.tokens, other.tokens)


@pytest.fixture(scope="module")
def trainer(train):
    return train.Trainer(2048, seed=0)


def test_untrained_model_already_copies(trainer, torch):
    """The structure that it starts from continues random tokens that it saw once."""
    first = torch.randint(300, 2048, (2, 40), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        guess = trainer.model(torch.cat((first, first), 1)).logits[:, 39:-1].argmax(-1)
    assert (guess == first).float().mean() > 0.5


@pytest.mark.slow
def test_training_goes_on_exactly_from_a_checkpoint(trainer, tmp_path, batch, train):
    trainer.step([batch], 1e-3)
    trainer.save(tmp_path / "checkpoint.pt", step=1)
    other = train.Trainer(2048, seed=5)
    assert other.load(tmp_path / "checkpoint.pt") == {"step": 1}
    assert trainer.step([batch], 1e-3) == other.step([batch], 1e-3)


def test_rate_rises_holds_and_falls_to_zero(train):
    rates = [train.rate(step, step / 1000) for step in range(0, 1001, 100)]
    assert rates[0] < rates[1] == rates[3] > rates[6] > rates[9] > rates[10] == 0


def test_plans_count_steps_or_minutes(train):
    assert train.Plan(10, None, 0).progress(5, 9e9) == 0.5
    assert train.Plan(10, 2.0, 0).progress(9, 60.0) == 0.5


def test_size_is_as_the_card_says(trainer):
    from proctor.models.tiny.recipe import structure

    assert sum(weight.numel() for weight in trainer.masters) == 3_869_952
    assert len(trainer.model.model.layers) == structure.LAYERS
