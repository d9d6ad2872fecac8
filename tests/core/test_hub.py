"""Why the model hub does not give a model, in words that say what to do."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from proctor.core.hub import fetched
from proctor.core.schema import InputError
from tests.faults.loopback import serving


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


def refusal(name: str = "someone/some-model") -> str:
    with pytest.raises(InputError) as caught:
        fetched("--base-model", name, ["*.json"])
    return str(caught.value)


def answering(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    from huggingface_hub.errors import HfHubHTTPError

    response = httpx.Response(404, request=httpx.Request("GET", "https://hub.example"))
    made = error("no", response=response) if issubclass(error, HfHubHTTPError) else error("no")

    def raising(*_: object, **__: object) -> None:
        raise made

    monkeypatch.setattr("huggingface_hub.snapshot_download", raising)


def test_a_hub_that_cannot_be_reached_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.ENDPOINT", "http://127.0.0.1:9", raising=False)
    said = refusal()
    assert said == (
        "--base-model someone/some-model: there is no such folder, and the model hub cannot be reached from here; "
        "name a folder on this machine"
    )


def test_a_name_that_the_hub_cannot_have_is_called_that() -> None:
    assert "that is no name of a model on the hub" in refusal("some name!")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("GatedRepoError", "only to those who accepted its terms there"),
        ("RepositoryNotFoundError", "no model of that name, or a private one"),
        ("HfHubHTTPError", "the model hub does not give it (no"),
    ],
)
def test_what_the_hub_answers_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch, error: str, expected: str) -> None:
    import huggingface_hub.errors

    answering(monkeypatch, getattr(huggingface_hub.errors, error))
    assert expected in refusal()


def test_a_hub_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proctor.core.hub.SECONDS", 0.3)
    with serving(lambda *_: time.sleep(20)) as hub:
        monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", hub.url)
        assert "the model hub does not answer as it should" in refusal()


def test_what_the_hub_says_is_repeated_without_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = "hf_Planted8Hub9Token"
    monkeypatch.setenv("HF_TOKEN", planted)

    def raising(*_: object, **__: object) -> None:
        raise OSError(f"Bearer {planted} is not welcome")

    monkeypatch.setattr("huggingface_hub.snapshot_download", raising)
    assert "Bearer *** is not welcome" in refusal()
