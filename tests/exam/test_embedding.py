"""The exam with an embedder behind an API: what it takes is said before, what it took after, and that it is down at once."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.models.embedders import openai
from proctor.suites.writing.draft import write_suite
from proctor.suites.writing.starter import starter
from tests.exam import here
from tests.models.embedding_servers import embedding
from tests.models.openai_servers import served

Take = Callable[..., tuple[int, str]]


@pytest.fixture
def take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Take:
    """Takes the accuracy and cost of a served model that looks up with an embedder at an address."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(openai, "RETRIES", 1)
    write_suite(tmp_path / "helpdesk", starter("helpdesk", "helpdesk"))
    ours = '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n[tool.proctor]\n'
    (tmp_path / "pyproject.toml").write_text(f'{ours}systems_table = "systems.toml"\n')

    def run(url: str, model: str, *words: str) -> tuple[int, str]:
        openai._shared.cache_clear()
        rows = f'[rag]\nendpoint = "openai:m@{model}"\nretrieve = "dense"\nembedder = "openai:e@{url}"\nchunker = "markdown"\n'
        rows += "embedding = { input_price = 1000.0, max_tokens = 20 }\n"
        (tmp_path / "systems.toml").write_text(rows)
        environment = {"PROCTOR_CACHE": str(tmp_path / "cache")}
        return here.run(
            "-m", "domain and (accuracy or cost)", "--run-dir", "run", *words, folder=tmp_path, environment=environment
        )

    return run


def test_what_embedding_takes_is_said_before_and_recorded_after(take: Take, tmp_path: Path) -> None:
    with embedding() as server, served(lambda _: "yes") as model:
        _, said = take(server.url, model.url, "--dry-run")
        assert (server.asked, model.asked) == ([], [])
        assert f"openai:e@{server.url}: " in said
        assert "embedding over an API" in said
        assert " tokens, about 0." in said
        _, said = take(server.url, model.url)
        asked = len(server.asked)
        assert "2 passed" in said
        _, said = take(server.url, model.url, "--dry-run")
        assert "nothing to embed, all is kept" in said
        assert len(server.asked) == asked
    records = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text().splitlines()]
    found = {one["metric"]: one["value"] for one in records if one["metric"].startswith("cost.index_")}
    assert found["cost.index_money"] == pytest.approx(found["cost.index_tokens"] / 1000)
    (made,) = json.loads((tmp_path / "run" / "provenance.json").read_text())["made"].values()
    assert made["index"]["long"] > 0
    assert "longer than the embedder reads" in next(tmp_path.glob("**/index.html")).read_text(encoding="utf-8")


def test_an_embedder_that_is_down_is_said_before_anything_is_asked(take: Take) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with served(lambda _: "yes") as model:
        code, said = take(url, model.url)
        assert code == pytest.ExitCode.USAGE_ERROR
        assert f"system rag: embedder openai:e@{url} cannot be used: ConnectError" in said
        assert model.asked == []
