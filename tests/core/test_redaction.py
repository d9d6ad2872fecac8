from __future__ import annotations

import base64
import html
import json
import logging
import urllib.parse
from collections.abc import Iterator

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from proctor.core import redaction
from proctor.core.redaction import MARK, redact
from proctor.core.unescaped import unescaped

KEY = "sk-proj-Ab3dEf9hIjKlMn0pQrStUv"


@pytest.fixture(autouse=True)
def factory_of_logs() -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


def encodings(secret: str) -> list[str]:
    data = secret.encode()
    return [
        secret,
        secret.upper(),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote(secret, safe="").lower(),
        "".join(f"%{byte:02X}" for byte in data),
        json.dumps(secret)[1:-1],
        json.dumps({"echo": secret}),
        "".join(f"\\u{ord(letter):04x}" for letter in secret),
        html.escape(secret),
        data.hex(),
        *(base64.b64encode(b"Bearer: "[:before] + data + b" end").decode() for before in range(8)),
        base64.urlsafe_b64encode(data).decode(),
        secret[::-1],
        html.escape(json.dumps(secret)),
        *escapes(secret),
        *map(html.escape, escapes(secret)),
        *(json.dumps(form) for form in escapes(secret)),
        *(json.dumps(json.dumps(form)) for form in escapes(secret)),
        *(urllib.parse.quote(form) for form in escapes(secret)),
        *escapes(secret[::-1]),
    ]


def escapes(secret: str) -> list[str]:
    """Each letter escaped, in one way or in several by turns."""
    ways = ["\\u{:04x}", "\\u{:04X}", "\\u{{{:04x}}}", "\\x{:02x}", "&#{};", "&#x{:x};", "&#X{:04X};", "%{:02x}"]
    mixed = "".join(ways[place % len(ways)].format(ord(letter)) for place, letter in enumerate(secret))
    some = "".join(letter if place % 3 and letter.isalnum() else f"\\u{ord(letter):04x}" for place, letter in enumerate(secret))
    return [*("".join(way.format(ord(letter)) for letter in secret) for way in ways), mixed, some]


@settings(max_examples=40)
@example(secret="000000000%00")
@example(secret="abcdefghi%41")
@given(secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60))
def test_a_secret_is_found_in_every_form(secret: str) -> None:
    redaction.forget()
    redaction.hide(secret)
    for form in encodings(secret):
        shown = redact(f"before {form} after")
        assert MARK in shown
        assert form not in shown
        assert form[4:-4] not in shown


@pytest.mark.slow
@given(st.data())
def test_parts_of_a_secret_that_are_no_word_are_hidden_and_a_run_of_them_is_one_mark(data: st.DataObject) -> None:
    redaction.forget()
    redaction.hide(KEY)
    begin = data.draw(st.integers(0, len(KEY) - 12))
    end = data.draw(st.integers(begin + 12, len(KEY)))
    assert redact(f"before {KEY[begin:end]} after") == f"before {MARK} after"


@pytest.mark.parametrize("form", escapes(KEY))
def test_of_an_escaped_secret_nothing_is_left_and_all_else_stays(form: str) -> None:
    redaction.hide(KEY)
    assert redact(f"before &amp; {form} after \\u0041") == f"before &amp; {MARK} after \\u0041"


def test_short_secrets_are_found_in_escapes_too() -> None:
    redaction.hide_address("http://user:pa-ss1@host/v1")
    assert redact("it is &#112;a-ss1, or 1ss-ap") == f"it is {MARK}, or {MARK}"


@given(st.text("\\u&#x;%{}0123456789abcdefamp ", max_size=60))
def test_what_is_escaped_is_found_where_it_stands(text: str) -> None:
    plain = unescaped(text)
    if plain is not None:
        places = [plain.original(place) for place in range(len(plain.text) + 1)]
        assert places == sorted(places)
        assert (places[0], places[-1]) == (0, len(text))
        assert len(plain.text) < len(text)


@given(st.text())
def test_without_secrets_nothing_changes(text: str) -> None:
    redaction.forget()
    assert redact(text) == text
    assert redaction.within({"a": [text, 1, None, {"b": text}]}) == {"a": [text, 1, None, {"b": text}]}


@given(st.text(st.characters(categories=["L", "Z", "P"]), max_size=200))
def test_a_text_that_shares_no_long_part_with_a_secret_is_left_as_it_is(text: str) -> None:
    redaction.forget()
    redaction.hide(KEY)
    assume(not any(KEY.lower()[at : at + 8] in text.lower() for at in range(len(KEY) - 7)))
    assert redact(text) == text


def test_both_ends_of_a_key_are_hidden_from_eight_letters_on() -> None:
    redaction.hide(KEY)
    assert redact(f"{KEY[:10]}...{KEY[-8:]}") == f"s{MARK}...{MARK}"
    assert redact(KEY[:9]) == f"s{MARK}"
    assert redact(KEY[:8]) == "sk-proj-"  # which every key of that kind begins with


def test_words_in_a_key_are_words_elsewhere() -> None:
    redaction.hide("sk-no-key-required")
    assert redact("1 field required") == "1 field required"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:hunter22@host:8000/v1", "http://***@host:8000/v1"),
        ("https://a-token@host/v1", "https://***@host/v1"),
        ("http://u:p@host/v1?api-key=k&api-version=2024-06-01", "http://***@host/v1?api-key=***&api-version=2024-06-01"),
        ("http://host/v1?subscription=Ab3dEf9hIjKlMn0p", "http://host/v1?subscription=***"),
        ("http://user:pa/ssword@host/v1", "http://***@host/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("http://host/@scope/v1", "http://host/@scope/v1"),
    ],
)
def test_credentials_of_an_address_are_hidden_where_they_stand(url: str, shown: str) -> None:
    redaction.hide_addresses(f"--judge=openai:m@{url}")
    assert redact(f"pytest --judge 'openai:m@{url}'") == f"pytest --judge 'openai:m@{shown}'"


def test_credentials_of_an_address_are_hidden_elsewhere_too() -> None:
    redaction.hide_address("http://user:pass%2Fword@host/v1?key=parameter")
    told = "pass/word and pass%2Fword and parameter and " + base64.b64encode(b"user:pass/word").decode()
    assert not {"pass/word", "pass%2Fword", "parameter", "cGFzcy93b3Jk"} & set(redact(told).split())
    assert redact("the user said") == "the user said"


def test_of_an_environment_keys_and_tokens_are_secrets_and_words_paths_and_switches_are_not() -> None:
    redaction.hide_environment(
        {
            "OPENAI_API_KEY": KEY,
            "HF_TOKEN": "hf_AbCdEfGhIjKl",
            "HTTPS_PROXY": "http://me:proxy-word@proxy:8080",
            "OPENAI_CUSTOM_HEADERS": "X-Team: red\nX-Auth: Zx9-Custom-Header",
            "OTHER_API_KEY": "ollama",
            "TLS_KEY": "/etc/ssl/private/key.pem",
            "TOKENIZERS_PARALLELISM": "false-or-true-1",
            "DATABASE_PASSWORD": "postgres",
        }
    )
    told = f"{KEY} hf_AbCdEfGhIjKl proxy-word Zx9-Custom-Header red ollama /etc/ssl/private/key.pem false-or-true-1 postgres"
    assert redact(told) == "*** *** *** *** red ollama /etc/ssl/private/key.pem false-or-true-1 postgres"


def test_no_log_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    redaction.start(["--judge", f"openai:m@http://u:{KEY}@host/v1"], {"HF_TOKEN": "hf_AbCdEfGhIjKl"})
    logging.getLogger("httpx2").warning('HTTP Request: POST %s "%s"', f"http://u:{KEY}@host/v1", "hf_AbCdEfGhIjKl")
    assert caplog.messages == ['HTTP Request: POST http://***@host/v1 "***"']


@pytest.mark.parametrize("url", ["http://u:SECRET@host:abc/v1", "http://", "https://:80/v1"])
def test_the_public_part_of_an_address_that_is_none_cannot_be_had(url: str) -> None:
    with pytest.raises(ValueError, match=r"[Pp]ort|host"):
        redaction.public(url)


def test_the_public_part_of_an_address_has_no_credentials() -> None:
    assert redaction.public("HTTP://u:p@Host:80/v1/?token=abc#x") == "http://host:80/v1"
    assert redaction.public("http://u@[::1]:80/v1") == "http://[::1]:80/v1"


PIECES = (
    "sk-Planted0Key1",
    "For2Tests3",
    "sk-Planted0Key1For2Tests3",
    "3stseT2roF",
    "736b2d506c616e",
    "words",
    " ",
    "sk-Plan",
    "0Key1",
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join))
def test_what_is_hidden_is_what_lies_in_any_part_of_a_secret(text: str) -> None:
    """The parts are looked for where the seeds say that they may be; here they are looked for everywhere."""
    redaction.hide("sk-Planted0Key1For2Tests3")
    everywhere = {
        (begin, begin + length)
        for length, parts in redaction._known.parts.items()
        for begin in range(len(text) - length + 1)
        if text[begin : begin + length] in parts
    }
    assert redaction._without(text, sorted(redaction._runs(text))) == redaction._without(text, sorted(everywhere))


def test_a_secret_that_is_repeated_for_long_takes_not_much_longer_than_as_many_words() -> None:
    redaction.hide("sk-Planted0Key1For2Tests3")
    looked: list[int] = []
    run = redaction._run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redaction, "_run", lambda text, at: looked.append(at) or run(text, at))
        assert redact("sk-Planted0Key1For2Tests3" * 20_000) == MARK
    assert len(looked) < 100
