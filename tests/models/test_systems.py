"""The table of systems: six by default, and every mistake in a user's own table is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.core.schema import InputError
from proctor.models.systems import TABLE, System, choose, load


def table(folder: Path, text: str) -> Path:
    path = folder / "systems.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_six_systems() -> None:
    assert {name: (system.adapt, system.retrieve) for name, system in load().items()} == {
        "base": ("none", "none"),
        "rag": ("none", "dense"),
        "prompted": ("none", "dense"),
        "full_ft": ("full", "none"),
        "lora": ("lora", "none"),
        "hybrid": ("lora", "dense"),
    }


def test_the_recipes_for_hybrids_hold_the_default_one() -> None:
    recipes = load(TABLE.with_name("recipes.toml"))
    assert recipes.items() & load().items() == {name: load()[name] for name in ("base", "rag", "lora", "hybrid")}.items()
    assert [name for name, system in recipes.items() if system.trains_with_passages] == [
        *("hybrid", "hybrid_long", "hybrid_gold", "hybrid_full", "hybrid_reader"),
    ]


def test_the_ways_to_look_up_hold_the_default_one_and_train_nothing() -> None:
    ways = load(TABLE.with_name("lookups.toml"))
    assert ways.items() & load().items() == {name: load()[name] for name in ("base", "rag")}.items()
    assert not any(system.adapts for system in ways.values())
    assert len({(system.chunk_chars, system.top_k, system.retrieve) for system in ways.values()}) == len(ways)


def test_own_table(tmp_path: Path) -> None:
    assert load(table(tmp_path, '[wide]\nretrieve = "bm25"\ntop_k = 8\n')) == {"wide": System("wide", retrieve="bm25", top_k=8)}


def test_only_a_hybrid_trains_with_passages() -> None:
    assert [name for name, system in load().items() if system.trains_with_passages] == ["hybrid"]
    assert not System("h", adapt="lora", retrieve="dense", train_with_context=False).trains_with_passages


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[a]\n[rag]\nretreive = "dense"', ["systems.toml:3: rag.retreive", "did you mean 'retrieve'?"]),
        ('[rag]\nretrieve = "faiss"', ["systems.toml:2: rag.retrieve", "'faiss'", '"bm25"']),
        ("[rag]\ntop_k = 0", ["rag.top_k: expected", "from 1 to 10,000", "not 0"]),
        ("[rag]\ntop_k = true", ["rag.top_k: expected", "whole number", "not True"]),
        ("[lora]\nlearning_rate = nan", ["lora.learning_rate", "above 0"]),
        ("[hybrid]\ngold_in_context = 1.5", ["hybrid.gold_in_context", "from 0 to 1"]),
        ('[lora]\nadapt = "lora"\nfew_shot = 2', ["lora.few_shot", "has seen its examples"]),
        (
            '[h]\nadapt = "lora"\nretrieve = "dense"\nadapter_when = "sometimes"',
            ["h.adapter_when", '"with passages" or "without passages"'],
        ),
        (
            '[h]\nadapt = "full"\nretrieve = "dense"\nadapter_when = "with passages"',
            ["h.adapter_when", "an adapter beside a retriever"],
        ),
        ('[h]\nadapt = "lora"\nadapter_when = "without passages"', ["h.adapter_when", "an adapter beside a retriever"]),
        (
            '[h]\nadapt = "lora"\nretrieve = "bm25"\nadapter_when = "without passages"\ntrain_with_context = true',
            ["h.adapter_when", "never be shown any"],
        ),
        ('[rag]\nretrieve = "dense"\nmin_score = "high"', ["rag.min_score", "a number"]),
        ("rag = 3", ["expected a table", "[rag]"]),
        ('[x]\nservice = "http://x"\nendpoint = "openai:m"', ["x.service", "one origin", "endpoint"]),
        ('[x]\nendpoint = "openai:m"\nadapt = "lora"', ["x.adapt", "not trained here"]),
        ('[x]\nweights = "w"', ["x.weights", 'adapt = "lora"']),
        ('[x]\nservice = "http://x"\nretrieve = "bm25"', ["x.retrieve", "not put together here"]),
        ("[x]\ncalls = {max_concurrency = 2}", ["x.calls", "only a system that Proctor does not build"]),
        ('[x]\nendpoint = "openai:m"\ncalls = {max_cost = 1}', ["x.calls.max_cost", "input_price"]),
        ('[x]\nendpoint = "openai:m"\nbase = "y"', ["x: base", "no external system", "y"]),
        ("", ["no systems"]),
        ("[rag]\nrank = = 3", ["systems.toml:2: not TOML"]),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(InputError) as error:
        load(table(tmp_path, text))
    assert [part for part in [*said, "systems.toml"] if part not in str(error.value)] == []


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load(table(tmp_path, "[a]\nrank = 0\n[b]\nfoo = 1\n"))
    assert len(str(error.value).splitlines()) == 2


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: the file is missing; copy systems\.toml"):
        load(tmp_path / "none.toml")


def test_choosing() -> None:
    systems = load()
    assert [system.name for system in choose(systems, [])] == list(systems)
    assert [system.name for system in choose(systems, ["rag", "base"])] == ["rag", "base"]
    with pytest.raises(InputError, match="did you mean hybrid"):
        choose(systems, ["hybird"])


def test_files_of_a_system_lie_beside_its_table(tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    text = '[file]\nanswers = "said.jsonl"\n[ours]\nadapt = "lora"\nweights = "adapter"\n[hub]\nadapt = "lora"\nweights = "o/a"'
    systems = load(table(tmp_path, text))
    assert systems["file"].answers == str(tmp_path / "said.jsonl")
    assert (systems["ours"].weights, systems["hub"].weights) == (str(tmp_path / "adapter"), "o/a")
    assert [system.kind for system in systems.values()] == ["answers", "built", "built"]
    assert not any(system.needs_examples for system in systems.values())


def test_provenance_says_of_an_external_system_what_is_set(tmp_path: Path) -> None:
    text = '[bot]\nservice = "http://x"\nversion = "3"\ncalls = {max_concurrency = 2}\n[base]'
    systems = load(table(tmp_path, text))
    assert systems["bot"].settings.keys() == {"service", "version", "calls"}
    assert systems["bot"].settings["calls"]["max_concurrency"] == 2
    assert "calls" not in systems["base"].settings
    assert systems["base"].settings["top_k"] == 3
