"""Chunkers: whatever the document, nothing of it is lost, nothing is too long, and what belongs together stays together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Document, Domain
from proctor.core.storage.cache import Cache
from proctor.evals.testing.checks import TriedChunker, chunker_checks
from proctor.evals.testing.of_chunkers import lost
from proctor.models.chunkers import sentences
from proctor.models.chunkers.markdown import Markdown
from proctor.models.chunkers.recursive import Recursive
from proctor.models.chunkers.semantic import Semantic
from proctor.models.chunkers.sentences import Sentences
from proctor.models.chunkers.spans import blocks
from proctor.models.chunkers.tokens import Tokens
from proctor.models.embedders import local
from proctor.models.retrieval import search
from proctor.models.retrieval.index import Index
from proctor.models.runtime import Runtime
from proctor.models.systems import CHUNKERS, System
from tests import tiny

PAGE = """# Opening hours

Open from nine to five. Closed on Monday.

## Prices

| who | price |
|---|---|
| adults | 12 |
| children | 6 |

Tickets are sold at the gate.

```python
first = 1

second = 2
```

### Groups

Groups of ten pay half. They write to us before.
"""
PIECES = st.sampled_from(
    [
        *(
            "# Head\n",
            "## Sub\n\n",
            "Ada lives in Turin. ",
            "Is it so? Yes! ",
            "\n\n",
            "\n",
            "- item\n",
            "    code\n",
            "> quote\n",
        ),
        *(
            "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
            "```py\nx = 1\n\ny = 2\n```\n",
            "  ```\n  in list\n  ```\n",
            "<div>\n\nx\n</div>\n",
        ),
        *("灯塔在山上。它很高！", "สะพานยาว ๑๐ เมตร ", "\r\n", "\u2028", " ", "".join(map(str, range(60)))),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=20).map("".join)
SIZED: list[Callable[[int, int], TriedChunker]] = [Recursive, Sentences, Markdown]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> local.LocalEmbedder:
    folder = tmp_path_factory.mktemp("tiny")
    return local.find(str(tiny.embedder(folder)), Cache(folder / "cache"))


@pytest.mark.parametrize("make", SIZED)
@given(TEXTS, st.integers(20, 120), st.integers(0, 60))
def test_nothing_is_lost_or_longer_than_the_size(
    make: Callable[[int, int], TriedChunker], text: str, size: int, overlap: int
) -> None:
    parts = make(size, overlap).split(text, "")
    assert [part for part in parts if len(part) > size or part != part.strip()] == []
    assert lost(text, parts) == ""


@given(st.lists(PIECES, max_size=12).map("".join))
def test_blocks_follow_each_other_without_a_gap(text: str) -> None:
    found = blocks(text)
    assert "".join(text[one.start : one.end] for one in found) == text


@pytest.mark.parametrize("name", ["recursive", "sentences", "markdown", "tokens", "semantic"])
def test_every_chunker_of_the_table_loses_nothing(name: str, embedder: local.LocalEmbedder, tmp_path: Path) -> None:
    system = System("s", chunker=name, chunk_chars=90, chunk_overlap=20, embedder=str(embedder.folder))
    chunker = search.chunker(system, Cache(tmp_path), "cpu")
    assert lost(PAGE, parts := chunker.split(PAGE, "Title. ")) == ""
    assert len(parts) > 3


def test_checks_hold_of_what_comes_with_proctor_and_find_what_loses_text() -> None:
    for check in chunker_checks(lambda: Sentences(80, 10), [PAGE], longest=80, others=[lambda: Sentences(90, 10)]):
        check.values[0]()

    class Careless(Recursive):
        def split(self, text: str, head: str) -> list[str]:
            return super().split(text, head)[1:]

    (check,) = (one for one in chunker_checks(Careless(80, 0), [PAGE]) if one.id == "loses_nothing")
    with pytest.raises(AssertionError, match="nothing lost but blanks"):
        check.values[0]()


@pytest.mark.parametrize("make", [Sentences, Markdown])
def test_tables_and_code_are_not_torn_where_they_fit(make: Callable[[int, int], TriedChunker]) -> None:
    parts = make(120, 0).split(PAGE, "")
    assert any("| who | price |" in part and "| children | 6 |" in part for part in parts)
    assert any("first = 1" in part and "second = 2" in part for part in parts)


def test_a_longer_table_is_parted_between_rows_and_code_in_a_list_stays_whole() -> None:
    rows = [f"| row {number} | {number * 7} |" for number in range(40)]
    parts = Markdown(200, 0).split("\n".join(["| a | b |", "|---|---|", *rows]), "")
    assert all(line.startswith("|") and line.endswith("|") for part in parts for line in part.splitlines())
    listed = "- " + "word " * 12 + "\n\n  ```\n  one\n\n  two\n  ```\n- next\n"
    assert any("one" in part and "two" in part for part in Sentences(60, 0).split(listed, ""))


def test_each_section_of_markdown_is_a_passage_under_its_headings() -> None:
    parts = Markdown(1000, 100).split(PAGE, "")
    assert [part.splitlines()[0] for part in parts] == ["# Opening hours", "## Prices", "### Groups"]
    assert Markdown(1000, 0).split("# A\n\n## B\n\ntext\n\n## C\n\nmore", "") == ["# A\n\n## B\n\ntext", "## C\n\nmore"]


def test_a_hash_in_code_is_no_heading() -> None:
    assert len(Markdown(1000, 0).split("```sh\n# a remark\nls\n```\n\ntext", "")) == 1


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("Dr. Novak lives in Turin. She came on 3.5.2020, see Fig. 3. Good!", ("Turin.", "Fig. 3.", "Good!")),
        ("他说：“第一座桥是石头造的。”然后他走了！你知道吗？知道。", ("。”", "！", "？", "。")),
        ("「これは橋です。」長さは3.5kmです！本当？はい。", ("。」", "！", "？", "。")),
        ("สะพานนี้สร้างเมื่อปี พ.ศ. 2500 ยาวสามกิโลเมตร", ("เมตร",)),
    ],
)
def test_sentences_end_where_they_do_in_their_language(text: str, ends: tuple[str, ...]) -> None:
    places = [0, *sentences.ends(text)]
    parts = [text[start:end].strip() for start, end in pairwise(places)]
    assert [part[-len(end) :] for part, end in zip(parts, ends, strict=True)] == list(ends)


def test_chinese_and_japanese_passages_end_with_a_sentence() -> None:
    text = "".join(f"第{number}座桥是石头造的。" for number in range(20))
    parts = Sentences(50, 0).split(text, "")
    assert all(part.endswith("。") for part in parts)
    assert "".join(parts) == text


def test_thai_is_parted_at_its_spaces() -> None:
    text = " ".join(f"สะพานที่{number}ยาวสามกิโลเมตร" for number in range(20))
    parts = Sentences(80, 0).split(text, "")
    assert " ".join(parts) == text


def test_neighbours_repeat_whole_sentences() -> None:
    text = " ".join(f"This is sentence {number}." for number in range(10))
    parts = Sentences(66, 25).split(text, "")
    assert all(parts[place].split(". ")[-1].rstrip(".") in parts[place + 1] for place in range(len(parts) - 1))


def test_tokens_are_those_of_the_embedder_and_its_window_is_kept(embedder: local.LocalEmbedder) -> None:
    room = embedder.room("cpu", query=False)
    assert room is not None
    most, count = room
    text = "the kestrel sits on the years " * 40
    for size, limit in ((10, 10), (10**6, most)):
        parts = Tokens(embedder, "cpu", size, 0.1).split(text, "")
        assert max(map(count, parts)) <= max(limit, 16)
    (head, parts) = ("Kestrel. ", Tokens(embedder, "cpu", 10**6, 0.0).split(text, "Kestrel. "))
    assert max(count(head + part) for part in parts) <= most


def test_meaning_parts_where_the_matter_changes(cache: Cache) -> None:
    bread = [
        "Bread is made of flour and water.",
        "The dough rests for two hours.",
        "Then it is baked in a hot oven.",
        "Rye bread keeps longest.",
    ]
    law = [
        "The court sat on Tuesday.",
        "The judge heard two witnesses.",
        "The lawyer asked for more time.",
        "The verdict came in May.",
    ]
    parts = Semantic(local.find("minilm", cache), "cpu", 1000).split(" ".join([*bread, *law]), "")
    assert parts == [" ".join(bread), " ".join(law)]


def test_an_index_is_another_one_with_another_chunker(domain: Domain, runtime: Runtime) -> None:
    def version(**row: object) -> str:
        return Index(System("rag", retrieve="bm25", **row), domain.documents, runtime).version  # type: ignore[arg-type]

    assert version() == version(chunker="recursive")
    assert len({version(chunker=name) for name in CHUNKERS}) == len(CHUNKERS)
    assert version(chunker="tokens") != version(chunker="tokens", chunk_tokens=100)


def test_passages_of_another_chunker_are_found(runtime: Runtime) -> None:
    document = Document("page", PAGE, "Museum")
    found = Index(System("rag", retrieve="bm25", chunker="markdown"), (document,), runtime).retrieve(["What do groups pay?"], 1)
    assert found[0][0].text.startswith("Museum. ### Groups")
