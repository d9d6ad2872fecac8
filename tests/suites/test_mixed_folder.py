"""A folder as a team has it, with files of every kind, good and bad: what can be read is, the others are named with a remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from proctor.core.reading.problems import Problems
from proctor.core.schema import Document
from proctor.suites.loading.documents import read_documents
from proctor.suites.loading.own_files import OwnFiles
from tests.suites.test_documents import pdf_of

GUIDE = """---
title: Hire guide
language: en
---
# Bikes

| Bike | Day |
|---|---|
| City | 14 |
"""
PAGE = """<html><head><title>Shops</title></head><body><nav><a href="/">Home</a> <a href="/shops">All shops</a></nav>
<main><h1>Shops</h1><p>The shop in Kiel opens at nine.</p></main><footer>Imprint</footer></body></html>"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in ("pypdf", "docx", "pptx", "openpyxl"):
        pytest.importorskip(module)
    monkeypatch.setenv("PROCTOR_CACHE", str(tmp_path / "cache"))
    made = tmp_path / "suite" / "documents"
    (made / "sheets").mkdir(parents=True)
    _texts(made)
    _offices(made)
    (made / "manual.pdf").write_bytes(pdf_of("Turn the key twice.", title="Manual"))
    (made / "scan.pdf").write_bytes(pdf_of("", ""))
    (made / "broken.docx").write_bytes(b"PK\x03\x04 and then nothing")
    (kept := tmp_path / "suite" / "kept").mkdir()
    (kept / "linked.md").write_text("# Linked\n\nKept elsewhere in the suite.\n")
    (made / "more").symlink_to(kept)
    (made / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (made / "locked.md").write_text("Nobody may read this.")
    (made / "locked.md").chmod(0)
    return made


def _texts(folder: Path) -> None:
    (folder / "guide.md").write_text(GUIDE)
    (folder / "menu.txt").write_bytes("Kaffee kostet 5 €, Gäste zahlen später. Geöffnet täglich außer Montag.".encode("cp1252"))
    (folder / "notes.txt").write_bytes("Die Werkstatt schließt um sechs.".encode("utf-16"))
    (folder / "shops.html").write_text(PAGE)
    (folder / "sheets" / "prices.csv").write_text("bike,day\nCity,14\nCargo,32\n")
    (folder / "sheets" / "faq.jsonl").write_text(
        '{"question": "Open?", "answer": "At nine."}\n{"question": "Lock?", "answer": "Two."}\n'
    )


def _offices(folder: Path) -> None:
    import docx
    import openpyxl
    import pptx

    word = docx.Document()
    word.add_heading("Terms", 1)
    word.add_paragraph("A bike is brought back by eight.")
    word.save(str(folder / "terms.docx"))
    talk = pptx.Presentation()
    slide = talk.slides.add_slide(talk.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Safety", "Wear a helmet."
    talk.save(str(folder / "talk.pptx"))
    book = openpyxl.Workbook()
    book.active.title = "Stock"
    for row in (("Bike", "Count"), ("City", 12)):
        book.active.append(row)
    book.save(folder / "stock.xlsx")


def imported(folder: Path) -> tuple[dict[str, Document], Problems]:
    problems = Problems("suite", folder.parent)
    corpus = read_documents(folder, problems, OwnFiles(folder.parent))
    return {document.id: document for document in corpus.documents}, problems


def test_what_can_be_read_of_a_mixed_folder_is_read_whole_and_without_navigation(folder: Path) -> None:
    documents, _ = imported(folder)
    said = {
        "guide": "| City | 14 |",
        "menu": "Kaffee kostet 5 €, Gäste zahlen später.",
        "notes": "Die Werkstatt schließt um sechs.",
        "shops": "The shop in Kiel opens at nine.",
        "manual": "Turn the key twice.",
        "terms": "A bike is brought back by eight.",
        "talk": "Wear a helmet.",
        "more/linked": "Kept elsewhere in the suite.",
    }
    assert {name: text for name, text in said.items() if text not in documents[name].text} == {}
    assert "All shops" not in documents["shops"].text
    assert documents["guide"].title == "Hire guide"
    everything = "\n".join(document.text for document in documents.values())
    assert all(text in everything for text in ("Cargo", "At nine.", "City"))


def test_what_cannot_be_read_of_a_mixed_folder_is_named_with_a_remedy(folder: Path) -> None:
    _, problems = imported(folder)
    bad = ["scan.pdf", "broken.docx", "gone.md"] + ["locked.md"] * bool(os.geteuid())  # nothing is locked for root
    for name in bad:
        (said,) = (one for one in problems.found if name in one)
        assert ";" in said, said
    assert len(problems.found) == len(bad)
    notes = "\n".join(problems.tally.notes())
    for words in ("read as cp1252, judging by its bytes (menu.txt)", "utf-16", "(manual.pdf)", "(terms.docx)", "main text"):
        assert words in notes
    assert not any(name in notes for name in bad)  # which were read by nothing
