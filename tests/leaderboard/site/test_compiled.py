"""Templates are compiled once, and anew where they or their settings change."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import pytest

from proctor.leaderboard.site import compiled


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that says how templates are compiled, in a project whose bytecode Python keeps beside it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text("{{ name }}")
    (tmp_path / "render.py").write_text("PLAIN = True\n")
    return tmp_path / "render.py"


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that are compiled."""
    found: list[str] = []
    real = jinja2.Environment._generate
    monkeypatch.setattr(
        jinja2.Environment,
        "_generate",
        lambda self, source, name, *rest, **more: (found.append(name), real(self, source, name, *rest, **more))[1],
    )
    return found


def rendered(settings: Path) -> str:
    """By an environment of its own, as in a process of its own."""
    templates = settings.parent / "templates"
    loader = jinja2.FileSystemLoader(templates)
    environment = jinja2.Environment(loader=loader, autoescape=True, bytecode_cache=compiled.beside(templates, settings))
    return environment.get_template("page.html").render(name="<x>")


def test_a_template_is_compiled_once(settings: Path, count: list[str]) -> None:
    assert {rendered(settings) for _ in range(3)} == {"&lt;x&gt;"}
    assert count == ["page.html"]


def test_a_template_that_is_changed_is_compiled_anew(settings: Path, count: list[str]) -> None:
    rendered(settings)
    (settings.parent / "templates" / "page.html").write_text("{{ name }}!")
    assert rendered(settings) == "&lt;x&gt;!"
    assert len(count) == 2


def test_under_other_settings_a_template_is_compiled_anew(settings: Path, count: list[str]) -> None:
    rendered(settings)
    settings.write_text("PLAIN = False\n")
    rendered(settings)
    assert len(count) == 2


def test_a_folder_that_takes_nothing_has_templates_compiled_each_time(
    settings: Path, count: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.parent / "nowhere").touch()
    monkeypatch.setattr(sys, "pycache_prefix", str(settings.parent / "nowhere"))
    assert compiled.beside(settings.parent / "templates", settings) is None
    assert [rendered(settings), rendered(settings)] == ["&lt;x&gt;"] * 2
    assert len(count) == 2


def test_where_python_keeps_no_bytecode_no_template_s_is_kept(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    rendered(settings)
    assert not (settings.parent / "templates" / "__pycache__").exists()
