"""The page as the Nu HTML checker of the W3C sees it. It is a Java program: `npm install --prefix build/tools vnu-jar`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKER = Path(os.environ.get("VNU_JAR") or ROOT / "build/tools/node_modules/vnu-jar/build/dist/vnu.jar")
JAVA = shutil.which("java")
pytestmark = [
    pytest.mark.skipif(JAVA is None, reason="no Java on this machine"),
    pytest.mark.skipif(not CHECKER.is_file(), reason=f"no Nu HTML checker at {CHECKER}: see .ci/run, or name one in VNU_JAR"),
]


@pytest.mark.parametrize("name", ["published", "hostile_site"])
def test_the_checker_finds_no_error(name, request):
    path = request.getfixturevalue(name) / "index.html"
    command = [str(JAVA), "-Xss8m", "-jar", str(CHECKER), "--errors-only", "--exit-zero-always", "--format", "gnu", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stderr.splitlines()[:20] == []
