"""A runner of GitHub's, as far as the shell steps of the action need one: expressions, inputs, and what a step is given."""

from __future__ import annotations

import operator
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
KEPT = ("PATH", "LD_LIBRARY_PATH")
"""What of this process's environment a step gets."""
LONGEST = 900
"""Seconds of a step."""
SIGNS = (
    ("||", lambda left, right: left or right),
    ("&&", lambda left, right: left and right),
    ("!=", operator.ne),
    ("==", operator.eq),
)
"""Operators of expressions, the weakest first."""


def value(expression: str, known: Mapping[str, str]) -> Any:
    """The value of an expression of operators, texts in quotes, and names that have to be known."""
    for sign, joined in SIGNS:
        if sign in expression:
            left, _, right = expression.partition(sign)
            return joined(value(left, known), value(right, known))
    word = expression.strip()
    return word[1:-1] if word.startswith("'") else known[word]


def filled(text: str, known: Mapping[str, str]) -> str:
    """A text of the action with the values of its expressions."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(value(found[1], known)), text)


@dataclass(frozen=True)
class Runner:
    """A runner with a checkout of the action and one of the caller's repository, on a pull request."""

    action: Path
    workspace: Path
    temp: Path
    """Where steps may write: their outputs, their summary, and what they install."""
    base: str
    """The commit that the pull request is based on."""
    inputs: Mapping[str, str]
    """What the workflow tells the action; the others have their defaults."""

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a shell step of the action, as a runner does: its script in a file, with bash."""
        step, known = next(step for step in ACTION["runs"]["steps"] if step.get("name") == name), self._known()
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        given = {key: filled(text, known) for key, text in step["env"].items()}
        folder = self.workspace / filled(step.get("working-directory", "."), known)
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        environment = self._environment() | given
        run = partial(subprocess.run, capture_output=True, text=True, check=False, timeout=LONGEST)
        return run(command, cwd=folder, env=environment)

    def told(self, name: str) -> str:
        """What steps wrote to a file that they are given: ``output`` or ``summary``."""
        return (self.temp / name).read_text(encoding="utf-8")

    def _known(self) -> dict[str, str]:
        known = {
            "github.action_path": str(self.action),
            "github.event.before": "",
            "github.event.pull_request.base.sha": self.base,
            "github.repository": "owner/name",
            "github.run_id": "1",
            "github.server_url": "https://github.com",
            "github.token": "",
            "github.workspace": str(self.workspace),
            "runner.temp": str(self.temp),
        }
        inputs = {name: self.inputs.get(name, filled(found["default"], known)) for name, found in ACTION["inputs"].items()}
        return known | {f"inputs.{name}": text for name, text in inputs.items()}

    def _environment(self) -> dict[str, str]:
        event = self.temp / "event.json"
        event.write_text('{"pull_request": {"number": 7}}', encoding="utf-8")
        return {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "CI": "true",
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_REPOSITORY": "owner/name",
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self.temp),
            "OMP_NUM_THREADS": "1",
            "RUNNER_TEMP": str(self.temp),
            "PIP_NO_BUILD_ISOLATION": "false",  # sic: setuptools is here, and no index need be
        }
