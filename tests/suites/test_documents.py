"""Documents that are no plain text: office files, PDF, tables, pages, other encodings. What cannot be read is said."""

from __future__ import annotations

import datetime as dt
import json
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.reading import encodings
from proctor.core.reading.problems import Problems
from proctor.core.schema import Document
from proctor.suites.converters import limits, pdf
from proctor.suites.converters.table_lines import lines
from proctor.suites.loading.documents import READERS, read_documents
from proctor.suites.loading.documents import fields as read_fields
from proctor.suites.loading.own_files import OwnFiles
from proctor.suites.writing.draft import _document
from tests.missing import without

PRICES = (("Bike", "Day", "Week"), ("City", "14", "70"), ("Cargo", "32", ""))
BOMB = 50 * 2**20


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Reads a folder of documents: those that were written there, and the files that are given."""
    monkeypatch.setenv("PROCTOR_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "suite" / "documents"
    folder.mkdir(parents=True)

    def run(files=None):
        for name, content in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        problems = Problems("suite", tmp_path / "suite")
        corpus = read_documents(folder, problems, OwnFiles(tmp_path / "suite"))
        return {document.id: document for document in corpus.documents}, problems

    run.folder = folder
    return run


def pdf_of(*pages, title=""):
    """A PDF of pages that each say a text; an empty one draws a line instead."""
    drawn = [f"BT /F1 12 Tf 72 700 Td ({page}) Tj ET" if page else "0 0 m 9 9 l S" for page in pages]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, stream in enumerate(drawn):
        page = f"/MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R"
        objects += [f"<< /Type /Page /Parent 2 0 R {page} >>", f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream"]
    objects.append(f"<< /Title ({title}) >>")
    found, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(found))
        found += f"{number} 0 obj\n{one}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{len(found)}\n%%EOF\n"
    return found + (end + trailer).encode()


def word(path):
    docx = pytest.importorskip("docx")
    file = docx.Document()
    file.add_heading("Hire terms", 1)
    file.add_paragraph("A bike costs 14 euros.")
    table = file.add_table(len(PRICES), 3)
    for row, cells in zip(table.rows, PRICES, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    file.add_paragraph("helmet", style="List Bullet")
    file.add_paragraph("lock", style="List Bullet")
    file.sections[0].header.paragraphs[0].text = "Confidential"
    file.save(str(path))


# What each format says.


def test_a_pdf_is_read_page_by_page(read):
    pytest.importorskip("pypdf")
    documents, problems = read({"prices.pdf": pdf_of("A bike costs 14 euros.", "A café is near.", title="Hire prices")})
    assert documents["prices"].text == "A bike costs 14 euros.\n\nA café is near."
    assert documents["prices"].title == "Hire prices"
    assert not problems.found
    assert any("1 changed: .pdf files were read by pypdf" in note for note in problems.tally.notes())


def test_a_scan_is_named_and_pages_without_text_are_noted(read):
    pytest.importorskip("pypdf")
    documents, problems = read({"scan.pdf": pdf_of("", ""), "half.pdf": pdf_of("Words.", "")})
    assert documents.keys() == {"half"}
    (said,) = problems.found
    assert "scan.pdf: a scan or drawing: 2 pages and no text on any of them; recognise its text first" in said
    assert "documents: no text on 1 of 2 pages (page 2) (half.pdf)" in problems.tally.notes()


def test_a_locked_pdf_is_named(read):
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter()
    writer.add_blank_page(9, 9)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(read.folder / "locked.pdf")
    _, problems = read()
    assert "locked.pdf: it is locked by a password; save it without one" in problems.found[0]


def test_a_word_file_keeps_headings_lists_and_tables_in_order_and_no_headers_of_pages(read):
    word(read.folder / "terms.docx")
    documents, problems = read()
    assert documents["terms"].text == (
        "# Hire terms\n\nA bike costs 14 euros.\n\nBike | Day | Week\nCity | 14 | 70\nCargo | 32 | \n\n- helmet\n- lock"
    )
    assert documents["terms"].title == "Hire terms"
    assert not problems.found


def test_inserted_text_of_a_word_file_counts_and_deleted_text_does_not(read):
    docx = pytest.importorskip("docx")
    file = docx.Document()
    paragraph = file.add_paragraph("It costs ")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    changed = f"<w:p {space}><w:ins><w:r><w:t>16</w:t></w:r></w:ins><w:del><w:r><w:delText>14</w:delText></w:r></w:del></w:p>"
    for child in [*docx.oxml.parse_xml(changed)]:
        paragraph._p.append(child)
    file.save(str(read.folder / "a.docx"))
    assert read()[0]["a"].text == "It costs 16"


def test_a_presentation_says_its_titles_tables_groups_and_notes(read):
    pptx = pytest.importorskip("pptx")
    file = pptx.Presentation()
    slide = file.slides.add_slide(file.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Prices", "City 14\nCargo 32"
    slide.notes_slide.notes_text_frame.text = "Helmets are free."
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "In a group"
    table = slide.shapes.add_table(2, 2, 0, 0, 9, 9).table
    for row, cells in zip(table.rows, (("Bike", "Day"), ("City", "14")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    file.save(str(read.folder / "talk.pptx"))
    documents, _ = read()
    parts = ("## Prices", "City 14\nCargo 32", "In a group", "Bike | Day\nCity | 14", "Helmets are free.")
    assert documents["talk"].text == "\n\n".join(parts)


def test_a_spreadsheet_is_a_document_for_each_sheet_and_a_line_for_each_row(read):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Prices"
    for row in (
        ("Bike", "Day", "Since"),
        ("City", 14.0, dt.date(2026, 3, 1)),
        ("Cargo", 32.5, None),
        ("Sum", "=B2+B3", None),
    ):
        book.active.append(row)
    book.create_sheet("Shops").append(("Kiel",))
    book.create_sheet("Empty")
    book.save(read.folder / "book.xlsx")
    documents, problems = read()
    assert {name: one.text for name, one in documents.items()} == {
        "book/Prices": "Bike: City; Day: 14; Since: 2026-03-01\nBike: Cargo; Day: 32.5\nBike: Sum",
        "book/Shops": "Kiel",
    }
    assert any("formulas without a value (1 on the sheet Prices)" in note for note in problems.tally.notes())


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.15, "0%", "15%"),
        (0.07, "0.00%", "7%"),
        (14, '"$"#,##0.00', "$14"),
        (14.5, "#,##0.00 [$\u20ac-407]", "\u20ac14.5"),
        (14.0, "[$-409]0.0", "14"),
        (0.1, "General", "0.1"),
    ],
)
def test_a_cell_says_percent_and_currency_as_the_sheet_does(read, value, form, text):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append((value,))
    book.active["A1"].number_format = form
    book.save(read.folder / "book.xlsx")
    assert read()[0]["book"].text == text


def test_a_spreadsheet_of_one_sheet_is_one_document(read):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(("Kiel",))
    book.save(read.folder / "book.xlsx")
    assert read()[0].keys() == {"book"}


def test_a_table_with_a_column_of_texts_is_a_document_for_each_row(read):
    rows = [{"_id": "d1", "title": "Red", "text": "The door is red."}, {"_id": "d2", "title": "", "text": "It rains."}]
    table = "id;Title;Text\nc1;Blue;The gate is blue.\n;;A wall.\n"
    documents, problems = read({"corpus.jsonl": "\n".join(map(json.dumps, rows)), "more.csv": table})
    assert {name: (one.text, one.title) for name, one in documents.items()} == {
        "d1": ("The door is red.", "Red"),
        "d2": ("It rains.", "d2"),
        "c1": ("The gate is blue.", "Blue"),
        "more/row-3": ("A wall.", "more/row-3"),
    }
    assert not problems.found


def test_a_table_of_short_cells_is_one_document_whose_lines_say_their_columns(read):
    documents, _ = read({"prices.csv": "Bike,Day\nCity,14\nCargo,\n", "shops.jsonl": '{"town": "Kiel", "open": [9, 17]}\n'})
    assert documents["prices"].text == "Bike: City; Day: 14\nBike: Cargo"
    assert documents["shops"].text == "town: Kiel; open: [9, 17]"


def test_rows_that_cannot_be_read_are_all_named_with_their_lines(read):
    _, problems = read({"a.jsonl": '{"text": "x"}\nnope\n[1]\n{"text": " "}\n', "b.csv": 'a,b\n1,2,3\n"open\n'})
    for said in (
        "a.jsonl:2: no JSON",
        "a.jsonl:3: a JSON object",
        "a.jsonl:4: field 'text': the document is empty",
        "b.csv:2",
        "b.csv:3",
    ):
        assert any(said in problem for problem in problems.found), said


@given(st.lists(st.lists(st.text(alphabet="ab \n", max_size=4), min_size=2, max_size=2), max_size=4))
def test_no_cell_of_a_table_is_lost_or_leaves_its_line(rows):
    found = list(lines(["x", ""], rows))
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        assert "\n" not in line
        assert [word for cell in row for word in cell.split()] == line.replace("x:", "").replace(";", "").split()


# The main text of a page.


def test_what_a_page_marks_as_its_main_text_counts_and_what_stands_around_it_does_not(read):
    around = "<nav><a href=/>Home</a></nav>", "<footer>Imprint</footer>"
    main = "<main><h1>Hire</h1><nav>On this page</nav><p>A bike costs 14 euros.</p><aside>Closed on Mondays.</aside></main>"
    documents, _ = read(
        {
            "marked.html": f"<html><body><header>Shop</header>{around[0]}{main}{around[1]}</body></html>",
            "bare.html": f"<html><body>{around[0]}<p>Open from 9 to 17.</p>{around[1]}</body></html>",
            "two.html": "<html><body><article>One.</article><article>Two.</article></body></html>",
            "links.html": f"<html><body>{around[0]}</body></html>",
            "script.html": "<html><body><main></main><p>All else.</p></body></html>",
        }
    )
    said = {name: document.text.split("\n\n") for name, document in documents.items()}
    assert said["marked"] == ["Hire", "A bike costs 14 euros.", "Closed on Mondays."]
    assert said["bare"] == ["Open from 9 to 17."]
    assert said["two"] == ["One.", "Two."]
    assert said["links"] == ["Home"]
    assert said["script"] == ["All else."]


# Encodings.


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Die Fahrräder kosten 14 €, Gäste zahlen die Hälfte. Geöffnet täglich außer Montag.", "cp1252"),
        ("Привет, велосипед стоит 14 евро в день. Залог 50 евро.", "cp1251"),
        ("自転車は一日14ユーロです。", "cp932"),
        ("Zürich, 12°", "utf-16"),
    ],
)
def test_an_encoding_that_can_be_told_is_read_and_said(read, text, encoding):
    documents, problems = read({"a.txt": text.encode(encoding)})
    assert documents["a"].text == text
    assert any(f"read as {encoding}, judging by its bytes" in note for note in problems.tally.notes())


def test_what_a_page_says_of_its_encoding_counts(read):
    page = '<html><head><meta charset="windows-1251"></head><body><p>Да</p></body></html>'
    documents, problems = read({"a.html": page.encode("cp1251")})
    assert documents["a"].text == "Да"
    assert any("read as cp1251" in note for note in problems.tally.notes())


@pytest.mark.parametrize(
    "raw", ["Zürich".encode("latin-1"), "Привет".encode("cp1251"), b"\x80\x00\x01abc\xff" * 50, b"\xff\xfe\xff"]
)
def test_an_encoding_that_cannot_be_told_is_a_problem(read, raw):
    documents, problems = read({"a.txt": raw})
    assert not documents
    assert "a.txt:1: " in problems.found[0]
    assert "save it as UTF-8" in problems.found[0]


@given(st.binary(max_size=60))
def test_no_bytes_make_the_detector_fail(raw):
    found = encodings.detected(raw)
    assert found is None or raw.decode(found.encoding).replace("\r\n", "\n").replace("\r", "\n") == found.text.replace(
        "\ufeff", ""
    )


# What cannot be read, and what must not be done.


def test_every_file_that_cannot_be_read_is_a_problem_of_its_own_with_a_remedy(read):
    for module in ("pypdf", "docx", "pptx", "openpyxl"):
        pytest.importorskip(module)
    broken = {
        "a.pdf": b"%PDF-1.7\nnothing",
        "b.docx": b"PK\x03\x04junk",
        "c.pptx": b"PK\x03\x04junk",
        "d.xlsx": b"PK\x03\x04junk",
    }
    documents, problems = read({**broken, "e.doc": b"\xd0\xcf\x11\xe0\xa1", "fine.md": "Fine."})
    assert documents.keys() == {"fine"}
    assert [Path(said.split(":")[0]).name for said in problems.found] == ["a.pdf", "b.docx", "c.pptx", "d.xlsx", "e.doc"]
    assert all("; " in said for said in problems.found)


def test_what_is_not_installed_is_a_problem_with_the_command_that_installs_it(read):
    with without("pypdf"):
        documents, problems = read({"a.pdf": pdf_of("x"), "fine.md": "Fine."})
    assert documents.keys() == {"fine"}
    assert "a.pdf: .pdf files are converted to text by pypdf, which is not installed" in problems.found[0]
    assert 'pip install "proctor[documents]"' in problems.found[0]


def rewritten(path, change):
    """An office file in which the parts are changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in change(parts).items():
            archive.writestr(name, content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_an_office_file_are_refused_before_anything_is_parsed(read, tmp_path, encoding):
    word(path := read.folder / "a.docx")
    (tmp_path / "secret").write_text("the secret")
    declared = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'

    def change(parts):
        text = parts["word/document.xml"].decode().partition("?>")[2].replace("14 euros", "&e;")
        return {**parts, "word/document.xml": f'<?xml version="1.0" encoding="{encoding}"?>{declared}{text}'.encode(encoding)}

    rewritten(path, change)
    documents, problems = read()
    assert not documents
    assert "a.docx: word/document.xml in it declares a document type" in problems.found[0]


def test_an_office_file_that_unpacks_to_more_than_is_allowed_is_refused_unread(read, monkeypatch):
    word(path := read.folder / "a.docx")
    rewritten(path, lambda parts: {**parts, "word/media/zeros.bin": bytes(BOMB)})
    assert path.stat().st_size < BOMB / 100
    monkeypatch.setattr(limits, "UNPACKED", BOMB // 2)
    documents, problems = read()
    assert not documents
    assert "a.docx: unpacked it has more than" in problems.found[0]


def test_a_file_that_says_more_than_is_allowed_is_refused_before_it_is_read_to_its_end(read, monkeypatch):
    pytest.importorskip("pypdf")
    monkeypatch.setattr(limits, "TEXT", 50)
    seen = []
    monkeypatch.setattr(pdf, "_kept", lambda texts, kept: (kept.append(text) or seen.append(text) or text for text in texts))
    _, problems = read({"a.pdf": pdf_of(*["A line of text, thirty letters"] * 9)})
    assert "a.pdf: it holds more than 50 letters" in problems.found[0]
    assert len(seen) == 2


def test_a_page_that_unpacks_to_more_than_is_allowed_is_refused_before_it_is_drawn(read, monkeypatch):
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(9, 9)
    stream = pypdf.generic.StreamObject()
    stream.set_data(b"BT (ab) Tj ET " * 2**18)
    page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    writer.write(path := read.folder / "bomb.pdf")
    assert path.stat().st_size < 2**16
    monkeypatch.setattr(pdf, "PAGE", 2**20)
    _, problems = read()
    assert "bomb.pdf: page 1 is too large to be read: 3,584 KiB of drawing; divide it" in problems.found[0]


def test_a_converter_reaches_no_network_for_what_a_document_names(read, socket_disabled):
    docx = pytest.importorskip("docx")
    file = docx.Document()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    file.part.relate_to("http://127.0.0.1:9/picture.png", kind, is_external=True)
    file.add_paragraph("Words.")
    file.save(str(read.folder / "a.docx"))
    documents, problems = read({"b.html": '<html><body><img src="http://127.0.0.1:9/x.png"><p>Seen.</p></body></html>'})
    assert [documents[name].text for name in ("a", "b")] == ["Words.", "Seen."]
    assert not problems.found


# Kept text, links and lazy libraries.


def test_a_file_is_converted_once_for_its_content(read, monkeypatch):
    pytest.importorskip("pypdf")
    first, _ = read({"a.pdf": pdf_of("Words.")})
    monkeypatch.setattr("pypdf.PdfReader", lambda *_: 1 / 0)
    again, problems = read({"sub/b.pdf": pdf_of("Words.")})
    assert not problems.found
    assert {first["a"].text, again["a"].text, again["sub/b"].text} == {"Words."}
    assert "cannot read it" in read({"a.pdf": pdf_of("Others.")})[1].found[0]


def test_a_cache_that_takes_nothing_keeps_no_document_from_being_read(read, tmp_path):
    pytest.importorskip("pypdf")
    (tmp_path / "cache").write_text("a file in place of the folder")
    documents, problems = read({"a.pdf": pdf_of("Words.")})
    assert documents["a"].text == "Words."
    assert not problems.found


def test_links_to_converted_files_and_folders_are_followed_and_name_the_same_documents(read, tmp_path):
    pytest.importorskip("pypdf")
    (tmp_path / "suite" / "kept").mkdir()
    (tmp_path / "suite" / "kept" / "b.pdf").write_bytes(pdf_of("Linked."))
    (read.folder / "more").symlink_to(tmp_path / "suite" / "kept")
    (read.folder / "c.pdf").symlink_to(read.folder / "a.pdf")
    documents, problems = read({"a.pdf": pdf_of("Words.")})
    assert {name: one.text for name, one in documents.items()} == {"a": "Words.", "more/b": "Linked."}
    assert not problems.found


def test_no_converter_is_imported_before_a_file_needs_it(read):
    loaded = {name for name in ("pypdf", "docx", "pptx", "openpyxl") if name in sys.modules}
    read({"a.md": "Words."})
    assert {name for name in ("pypdf", "docx", "pptx", "openpyxl") if name in sys.modules} == loaded
    assert {name: READERS.needs(name) for name in ("pdf", "csv")} == {"pdf": ("pypdf",), "csv": ()}


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.lists(VALUES, min_size=1, max_size=3), max_size=4))
def test_the_fields_of_a_document_that_is_written_are_read_again(fields: dict[str, list[str]]) -> None:
    said = {name: [" ".join(value.split()) for value in values if value.split()] for name, values in fields.items()}
    wanted = tuple(
        dict.fromkeys((name, value) for name, values in said.items() if name not in ("id", "title") for value in values)
    )
    written = _document(Document("a", "Text.", "A", wanted), "a")
    assert read_fields(written) == wanted
