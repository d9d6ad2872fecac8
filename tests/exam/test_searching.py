"""The exam with a reranker and a rewriter: the whole of a search is taken, and what it takes stands in the records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.models.rerankers import api
from proctor.suites.writing.draft import write_suite
from proctor.suites.writing.starter import starter
from tests.exam import here
from tests.models.openai_servers import served
from tests.models.reranking_servers import reranking

ROWS = """
[plain]
endpoint = "openai:m@{model}"
retrieve = "bm25"
calls = {{ input_price = 1.0, output_price = 1.0 }}

[searching]
endpoint = "openai:m@{model}"
retrieve = "bm25"
calls = {{ input_price = 1.0, output_price = 1.0 }}

[searching.search]
rewrite = "rewrite"
rerank = "rerank:r@{reranker}"
reranking = {{ input_price = 1000.0 }}
"""


def test_a_search_with_rewriting_and_reranking_is_examined_and_its_costs_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RERANK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    api._shared.cache_clear()
    write_suite(tmp_path / "helpdesk", starter("helpdesk", "helpdesk"))
    ours = '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n[tool.proctor]\n'
    (tmp_path / "pyproject.toml").write_text(f'{ours}systems_table = "systems.toml"\n', encoding="utf-8")

    def take(*words: str) -> str:
        environment = {"PROCTOR_CACHE": str(tmp_path / "cache")}
        asked = ("-m", "domain and (accuracy or cost or retrieval)", "--run-dir", "run", *words)
        return here.run(*asked, folder=tmp_path, environment=environment)[1]

    def say(prompt: str) -> str:
        return prompt.rpartition("Question: ")[2].splitlines()[0] if "search engine" in prompt else "yes"

    with served(say, context=5000) as model, reranking("jina") as server:
        (tmp_path / "systems.toml").write_text(ROWS.format(model=model.url, reranker=server.url), encoding="utf-8")
        said = take("--dry-run")
        calls = {line.split()[1]: line for line in said.splitlines() if " questions" in line and "(endpoint)" in line}
        planned = {name: int(line.partition(" calls")[0].split()[-1]) for name, line in calls.items()}
        assert planned["searching"] == 2 * planned["plain"], "each question is rewritten first"
        assert "6 passed" in take()
        asked = (len(model.asked), len(server.asked))
        take()
        assert (len(model.asked), len(server.asked)) == asked, "nothing is paid for twice"
        rewritten = sum("search engine" in prompt for prompt in model.prompts)
        assert 3 * rewritten == asked[0], "one call for each question, beside those of the two systems' answers"
        assert rewritten == len({fields["query"] for fields in server.asked}) - 1, "and one request, beside the check"
    records = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    values = {(one["system"], one["metric"], one["item"]): one["value"] for one in records}
    items = {item for system, metric, item in values if (system, metric) == ("searching", "cost.rerank_tokens")}
    assert items
    assert not [metric for system, metric, _ in values if system == "plain" and "rerank" in metric]
    for item in items:
        money, tokens = (values["searching", f"cost.rerank_{what}", item] for what in ("money", "tokens"))
        assert money == pytest.approx(tokens / 1000)
        assert values["searching", "cost.prompt_tokens", item] > values["plain", "cost.prompt_tokens", item]
    provenance = json.loads((tmp_path / "run" / "provenance.json").read_text(encoding="utf-8"))
    assert f"rerank:r@{server.url}" in json.dumps(provenance)


SEVERAL = """
[base]

[fused]
retrieve = ["dense", "bm25"]
chunk_chars = 60

[fused.search]
fusion = "weights"
weights = [0.6, 0.4]
mmr = 0.7
expand = "window:1"

[some]
retrieve = "bm25"
search = { filter = { team = "hire" } }
"""


@pytest.mark.slow
def test_a_search_of_several_retrievers_and_one_of_some_documents_are_examined_and_published(tmp_path: Path) -> None:
    """Evidence that the filter leaves out is missed by the one, and shown to it where an axis shows the evidence."""
    write_suite(tmp_path / "helpdesk", starter("helpdesk", "helpdesk"))
    prices = tmp_path / "helpdesk" / "documents" / "prices.md"
    text = prices.read_text(encoding="utf-8").replace("title: ", "team: [shop, hire]\ntitle: ")
    prices.write_text(text, encoding="utf-8")
    ours = '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n[tool.proctor]\n'
    (tmp_path / "pyproject.toml").write_text(f'{ours}systems_table = "systems.toml"\n', encoding="utf-8")
    (tmp_path / "systems.toml").write_text(SEVERAL, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-m", "domain and (accuracy or retrieval or context)", "--run-dir", "run"]
    environment = {**os.environ, "PROCTOR_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [*command, "--site", "site"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "9 passed" in done.stdout, done.stdout[-3000:]
    assert (tmp_path / "site" / "index.html").exists()
    records = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    recall = {(one["system"], one["item"]): one["value"] for one in records if one["metric"] == "retrieval.recall@3"}
    found = {system: {item for (name, item), value in recall.items() if name == system and value} for system in ("fused", "some")}
    assert found["some"]
    assert found["some"] < found["fused"]
    shown = {(one["system"], one["item"]) for one in records if one["metric"] == "context.first" and one["status"] == "scored"}
    assert shown
    assert {item for system, item in shown if system == "some"} == {item for system, item in shown if system == "fused"}
