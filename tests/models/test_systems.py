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
