"""A hash of code changes with what is used, at any depth, and with nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.core import code, command_line
from proctor.core.code import Tree, Used, code_of
from proctor.core.storage.cache import Cache

SHOP = {
    "shop/__init__.py": "",
    "shop/till.py": """
        '''Adds up.'''

        from typing import TYPE_CHECKING

        from shop import prices
        from shop.tax import added as taxed

        if TYPE_CHECKING:
            from shop.stock import Stock

        def total(names, stock: Stock):
            '''What it comes to.'''
            from shop.rounding import rounded

            return rounded(sum(taxed(prices.of(name)) for name in names))
        """,
    "shop/prices.py": """
        ALL = {'tea': 3}
        OLD = {'tea': 2}

        def of(name):
            return ALL[name]

        def before(name):
            return OLD[name]
        """,
    "shop/tax.py": "from shop.rates import RATE\n\ndef added(price):\n    return price * RATE\n",
    "shop/rates.py": "RATE = 1.2\nprint('loaded')\n",
    "shop/rounding.py": "from shop import till\n\ndef rounded(price):\n    return round(price, 2)\n",
    "shop/stock.py": "class Stock:\n    count = 1\n",
    "shop/log.py": "def say(text):\n    print(text)\n",
}

TILL = Used("shop.till")


def tree(folder: Path, files: dict[str, str], *plumbing: str) -> Tree:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return Tree({"shop": folder / "shop"}, frozenset(plumbing))


def hashed(folder: Path, changes: dict[str, tuple[str, str]] | None = None, thing: Used = TILL) -> str:
    files = dict(SHOP)
    for name, (old, new) in (changes or {}).items():
        assert old in files[name]
        files[name] = files[name].replace(old, new)
    return tree(folder, files, "shop.log").hash([thing])


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/till.py", "sum", "max"),
        ("shop/prices.py", "'tea': 3", "'tea': 4"),
        ("shop/prices.py", "ALL[name]", "ALL.get(name)"),
        ("shop/tax.py", "*", "+"),
        ("shop/rates.py", "1.2", "1.3"),
        ("shop/rates.py", "print('loaded')", "print('imported')"),
        ("shop/rounding.py", "2", "1"),
    ],
)
def test_what_is_used_counts_at_any_depth_and_imported_anywhere(tmp_path: Path, file: str, old: str, new: str) -> None:
    assert hashed(tmp_path / "a") != hashed(tmp_path / "b", {file: (old, new)})


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/till.py", "Adds up.", "Adds all up."),
        ("shop/till.py", "What it comes to.", "The sum."),
        ("shop/till.py", "return rounded", "# a remark\n            return  rounded"),
        ("shop/prices.py", "'tea': 2", "'tea': 1"),
        ("shop/prices.py", "OLD[name]", "OLD.get(name)"),
        ("shop/stock.py", "1", "2"),
        ("shop/__init__.py", "", "VERSION = 1\n"),
    ],
)
def test_remarks_and_what_is_not_used_change_nothing(tmp_path: Path, file: str, old: str, new: str) -> None:
    assert hashed(tmp_path / "a") == hashed(tmp_path / "b", {file: (old, new)})


def test_a_file_that_is_moved_keeps_the_hash(tmp_path: Path) -> None:
    moved = dict(SHOP)
    moved["shop/rules/levy.py"] = moved.pop("shop/tax.py")
    moved["shop/till.py"] = moved["shop/till.py"].replace("shop.tax", "shop.rules.levy")
    assert hashed(tmp_path / "a") == tree(tmp_path / "b", moved).hash([TILL])
    inside = {name.replace("shop/", "shop/inner/"): text.replace("shop.", "shop.inner.") for name, text in SHOP.items()}
    inside = {name: text.replace("from shop import", "from shop.inner import") for name, text in inside.items()}
    assert hashed(tmp_path / "a") == tree(tmp_path / "c", inside).hash([Used("shop.inner.till")])


def test_one_definition_counts_with_what_it_uses_alone(tmp_path: Path) -> None:
    def before(folder: str, old: str, new: str) -> bool:
        return hashed(tmp_path / "a", thing=Used("shop.prices", "of")) == hashed(
            tmp_path / folder, {"shop/prices.py": (old, new)}, Used("shop.prices", "of")
        )

    assert before("b", "OLD[name]", "OLD.get(name)")
    assert not before("c", "'tea': 3", "'tea': 4")


def test_what_has_a_version_of_its_own_and_plumbing_are_not_followed(tmp_path: Path) -> None:
    used = {one.module for one in tree(tmp_path, SHOP).reached([TILL], frozenset({"shop.tax"}))}
    assert used == {"shop.till", "shop.prices", "shop.rounding"}
    telling = SHOP | {"shop/rates.py": "from shop import log\n\nRATE = log.say(1.2)\n"}
    assert "shop.log" in {one.module for one in tree(tmp_path / "a", telling).reached([TILL])}
    assert "shop.log" not in {one.module for one in tree(tmp_path / "b", telling, "shop.log").reached([TILL])}


def test_a_module_that_is_used_otherwise_than_by_its_parts_counts_as_a_whole(tmp_path: Path) -> None:
    whole = SHOP | {"shop/till.py": "from shop import prices\n\ndef total(names):\n    return vars(prices)\n"}
    assert Used("shop.prices") in tree(tmp_path, whole).reached([TILL])


def test_what_a_module_passes_on_is_followed_to_where_it_is_defined(tmp_path: Path) -> None:
    passing = SHOP | {
        "shop/__init__.py": "from shop.tax import added\n",
        "shop/till.py": "from shop import added\n\nX = added(1)\n",
    }
    assert Used("shop.rates", "RATE") in tree(tmp_path, passing).reached([TILL])


def test_an_unknown_module_is_refused() -> None:
    with pytest.raises(LookupError, match=r"no module proctor\.evals\.nothing in proctor, proctor\.core"):
        code_of("proctor.evals.nothing")


def test_the_code_of_another_package_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for kind in ("one", "two"):
        (tmp_path / f"axis_{kind}.py").write_text(f"from proctor.core.schema import Score\n\nX = Score(1.0), '{kind}'\n")
    assert code_of("axis_one") != code_of("axis_two")


def test_the_code_of_a_package_without_an_init_file_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a package may lie in several places: each distribution has a part of it."""
    for part, files in (
        ("one", {"other": "x = 1"}),
        ("two", {"axis": "from parts.words import WORD\n\ndef f():\n    return WORD", "words": "WORD = 1"}),
    ):
        (tmp_path / part / "parts").mkdir(parents=True)
        for name, text in files.items():
            (tmp_path / part / "parts" / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path / part)
    code._code_of.cache_clear()
    before = code_of("parts.axis")
    (tmp_path / "two" / "parts" / "words.py").write_text("WORD = 2")
    code._code_of.cache_clear()
    assert code_of("parts.axis") != before
    with pytest.raises(LookupError, match=r"there is no module parts\.none"):
        code_of("parts.none")


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the modules that are parsed, with hashes kept in a cache of its own."""
    found: list[str] = []
    real = Tree._read
    monkeypatch.setattr(code, "_kept_in", [])
    monkeypatch.setattr(Tree, "_read", lambda tree, module: (found.append(module), real(tree, module))[1])
    code.keep_in(Cache(tmp_path / "cache"))
    code._code_of.cache_clear()
    return found


def again(thing: str) -> str:
    """What another process would find."""
    code._code_of.cache_clear()
    code._own_state.cache_clear()
    return code_of(thing)


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package, found by its name, that uses another of its modules and Proctor."""
    package = tmp_path / "project" / "kept_bot"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "words.py").write_text("WORD = 1\n")
    (package / "answer.py").write_text(
        "from kept_bot.words import WORD\nfrom proctor.core.counts import counted\n\nX = WORD, counted\n"
    )
    monkeypatch.syspath_prepend(package.parent)
    return package


def test_no_file_is_parsed_again_while_none_changes(read: list[str], bot: Path) -> None:
    first = code_of("kept_bot.answer")
    assert {"kept_bot.words", "proctor.core.counts"} <= set(read)
    read.clear()
    assert again("kept_bot.answer") == first
    assert read == []


def _written(package: Path) -> None:
    (package / "words.py").write_text("WORD = 2\n")


def _replaced(package: Path) -> None:
    (package / "new.py").write_text("WORD = 2\n")
    (package / "new.py").replace(package / "words.py")


def _moved(package: Path) -> None:
    (package / "words").mkdir()
    (package / "words.py").replace(package / "words" / "__init__.py")


def _added(package: Path) -> None:
    (package / "other.py").touch()


def _removed(package: Path) -> None:
    (package / "words.py").unlink()


@pytest.mark.parametrize("change", [_written, _replaced, _moved, _added, _removed])
def test_a_file_that_is_written_added_or_removed_has_all_parsed_again(
    read: list[str], bot: Path, change: Callable[[Path], object]
) -> None:
    code_of("kept_bot.answer")
    read.clear()
    change(bot)
    kept = again("kept_bot.answer")
    assert "kept_bot.answer" in read
    code._kept_in.clear()
    assert again("kept_bot.answer") == kept


@pytest.mark.parametrize("module", ["proctor.evals.axes.accuracy", "proctor.models.candidates.local"])
def test_a_kept_hash_is_the_one_that_parsing_gives(read: list[str], module: str) -> None:
    kept = {again(module), again(module)}
    code._kept_in.clear()
    assert kept == {again(module)}


def test_a_link_in_a_circle_is_followed_once(read: list[str], bot: Path) -> None:
    (bot / "up").symlink_to(bot)
    first = code_of("kept_bot.answer")
    assert again("kept_bot.answer") == first


def test_modules_and_functions_and_names_of_modules_are_known() -> None:
    assert code_of(command_line) == code_of("proctor.core.command_line")
    assert code_of(command_line.begin) != code_of(command_line)


@pytest.mark.parametrize(
    "module",
    [
        "proctor.evals.axes.accuracy",
        "proctor.evals.axes.faithfulness",
        "proctor.evals.judges.lexical",
        "proctor.models.candidates.local",
    ],
)
def test_no_command_line_and_no_page_is_in_what_scores_and_answers_rest_on(module: str) -> None:
    used = {one.module for one in code.TREE.reached([Used(module)])}
    assert not used & {
        "proctor.core.command_line",
        "proctor.options",
        "proctor.progress",
        "proctor.core.stopping",
        "proctor.evals.judges.kept",
    }
    assert not [name for name in used if name.startswith(("proctor.leaderboard", "proctor.commands"))]
    assert not used & code.PLUMBING


def test_no_judge_is_in_the_code_of_an_axis() -> None:
    used = {
        one.module
        for one in code.TREE.reached(
            [Used("proctor.evals.axes.faithfulness"), Used("proctor.evals.axes.hallucination"), Used("proctor.evals.axes.style")]
        )
    }
    assert not used & {
        "proctor.evals.judges.lexical",
        "proctor.evals.judges.nli",
        "proctor.evals.judges.openai",
        "proctor.core.chat",
    }
