"""The page on which drafts are reviewed: by keyboard, each decision written at once, and closed to anybody else."""

from __future__ import annotations

import http.client
import json

import pytest

from proctor.leaderboard.hosting import preview
from proctor.reviewing import server
from proctor.suites.loading.load import load
from tests.browsing import needs_browser
from tests.serving import at_work
from tests.suites.drafting.test_review import written

pytestmark = needs_browser


@pytest.fixture
def shown(tmp_path):
    """A suite with three drafts, and the address of its page."""
    review = written(tmp_path / "shop")
    serving, path = server.server(review)
    with at_work(serving):
        yield review, preview.address(serving) + path


def rows(review):
    return [json.loads(line) for line in (review.folder / "questions.jsonl").read_text().splitlines() if line]


def test_drafts_are_accepted_edited_dropped_and_taken_back_by_keyboard(visit, shown):
    review, address = shown
    one = visit(address)
    assert one.texts("#count") == ["Draft 1 of 3 that are left"]
    assert one.texts("mark") == ["bike costs\n32 euros"]
    one.picture("review")
    with one.change():
        one.page.keyboard.press("a")
    assert rows(review)[1]["draft"]["accepted"]
    assert one.texts("#question") == ["Who founded it?"]
    with one.change():
        one.page.keyboard.press("e")
    one.page.fill("#new-question", "Who founded the shop?")
    with one.change():
        one.page.keyboard.press("Control+Enter")
    assert rows(review)[2] == {"user_input": "Who founded the shop?", "reference": [], "evidence": []}
    with one.change():
        one.page.keyboard.press("d")
    assert one.texts("#count") == ["All drafts are reviewed. You can close this page."]
    assert load(str(review.folder)).drafts == ()
    for left in (1, 2, 3):
        with one.change():
            one.page.keyboard.press("u")
        assert one.texts("#count") == [f"Draft 1 of {left} that are left"]
    assert len(load(str(review.folder)).drafts) == 3
    assert one.texts("mark") == ["bike costs\n32 euros"]
    assert one.complaints == []
    assert all(request.startswith(address) for request in one.requests)


def test_an_edit_that_cannot_be_used_stays_open_with_the_reason(visit, shown):
    review, address = shown
    before = (review.folder / "questions.jsonl").read_bytes()
    one = visit(address)
    with one.change():
        one.page.keyboard.press("e")
    one.page.fill("#new-evidence", "nowhere")
    with one.change():
        one.page.keyboard.press("Control+Enter")
    assert "'nowhere' is no document" in one.texts("#problem")[0]
    assert one.page.input_value("#new-evidence") == "nowhere"
    assert (review.folder / "questions.jsonl").read_bytes() == before


def test_texts_of_documents_and_drafts_are_shown_and_never_run(visit, tmp_path):
    review = written(tmp_path / "shop")
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    (review.folder / "documents" / "hire.md").write_text(f"{evil} costs 32 euros")
    row = {"question": f"{evil}?", "references": ["32 euros"], "evidence": ["hire"], "draft": {"by": evil}}
    (review.folder / "questions.jsonl").write_text(json.dumps(row) + "\n")
    serving, path = server.server(server.Review(review.folder, load(str(review.folder))))
    with at_work(serving):
        one = visit(preview.address(serving) + path)
        assert evil in one.texts("#question")[0]
        assert evil in one.texts("#text")[0]
        assert one.page.locator("img").count() == 0
        assert one.complaints == []


def asked(address, method, path, body=None, **headers):
    """Status of a request that is no browser's."""
    host = address.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request(method, path, body, {"Host": host, **headers})
    status = connection.getresponse().status
    connection.close()
    return status


def test_only_the_page_itself_may_decide(shown):
    review, address = shown
    before = (review.folder / "questions.jsonl").read_bytes()
    path, origin = f"/{address.split('/')[3]}/", address.rsplit("/", 2)[0]
    draft = review.drafts()[0]
    drop = json.dumps({"file": draft.file, "raw": draft.raw})
    how = {"Origin": origin, "Content-Type": "application/json"}
    assert asked(address, "GET", "/") == 404
    assert asked(address, "GET", "/drafts") == 404
    assert asked(address, "GET", f"/{'x' * 32}/drafts") == 404
    assert asked(address, "GET", f"{path}drafts", Host="evil.example") == 421
    assert asked(address, "POST", f"{path}drop", drop, **how | {"Origin": "http://evil.example"}) == 403
    assert asked(address, "POST", f"{path}drop", drop, **{"Content-Type": "application/json"}) == 403
    assert asked(address, "POST", f"{path}drop", drop, **how | {"Content-Type": "text/plain"}) == 400
    assert asked(address, "POST", f"{path}drop", "[]", **how) == 400
    assert asked(address, "POST", f"{path}drop", json.dumps({"file": "../suite.toml", "raw": draft.raw}), **how) == 409
    assert asked(address, "POST", f"{path}drop", json.dumps({"file": draft.file, "raw": "{}"}), **how) == 409
    assert (review.folder / "questions.jsonl").read_bytes() == before
    assert asked(address, "POST", f"{path}drop", drop, **how) == 200
    assert len(review.drafts()) == 2
