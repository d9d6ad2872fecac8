"""Secrets are neither kept nor shown: every text that is stored, published, logged or printed passes `redact`.

Secrets are the keys and tokens of the environment and the credentials in addresses (``https://user:password@host``,
``?api-key=...``) on the command line. Each is found whole or in part, and in the forms that a server could send it back in:
percent-encoded, in base64 (so in Basic authorization, too), in hexadecimal digits, reversed, and in any mixture of escapes of
JSON and entities of HTML, these escaped once more or not. Whatever else may be done to its letters hides it: spaces between them,
other alphabets, a cipher.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from proctor.core.unescaped import unescaped

MARK = "***"
SHORTEST = 6
"""Letters of the shortest secret. Local endpoints are given "x" or "none" as a key, which are in other words, too."""
PART, MIXED = 12, 8
"""Letters of the shortest part of a secret that is one, too; fewer will do where digits or capitals make it no word."""
STEP, SEED = 4, 5
"""Every part, being of `MIXED` letters or more, holds `SEED` letters that begin at a multiple of `STEP`."""
LEVELS = 3
"""So often a letter may be escaped."""

_KEYS = re.compile(r"(^|_)(api_?key|key|token|secret|password|passwd|pat|credentials?|auth)$", re.IGNORECASE)
"""Names of environment variables that hold a secret."""
_PARAMETERS = re.compile(r"key|token|secret|sig|auth|pass|pwd|code|cred|jwt|bearer", re.IGNORECASE)
"""Names of parameters of an address that hold a secret."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)

_HOST = re.compile(r"(\[.*\]|[^:]*)(:\d*)?")
"""A host and its port; what else has a colon before a slash is a password that ought to be percent-encoded."""


class _Known:
    """The secrets of this process, as `redact` looks for them."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self.literals: dict[str, str] = {}
        """What is replaced as a whole, by what."""
        self.parts: dict[int, set[str]] = {}
        """Parts by their length."""
        self.seeds: set[str] = set()
        """The letters, `SEED` at a time, that parts are made of."""


_known = _Known()


def hide(secret: str) -> None:
    """From now on this secret is replaced, unless it is too short to be one."""
    if len(secret) < SHORTEST or secret in _known.secrets:
        return
    _known.secrets.add(secret)
    bare = unescaped(secret)
    if bare:  # what looks like an escape may be taken for one, in a secret that is escaped more than once
        hide(bare.text)
    for form in _forms(secret):
        if len(secret) < PART and len(form.text) >= SHORTEST:
            _replace(form.text, MARK)
        for part in _parts(form):
            _known.parts.setdefault(len(part), set()).add(part)
            _known.seeds.update(part[start : start + SEED] for start in range(len(part) - SEED + 1))


def hide_environment(environment: Mapping[str, str]) -> None:
    """Hide the keys and tokens that an environment holds, and the credentials of its addresses, such as a proxy's."""
    for name, value in environment.items():
        hide_addresses(value)
        if _KEYS.search(name) and _random(value, PART):
            hide(value)
    for line in environment.get("OPENAI_CUSTOM_HEADERS", "").splitlines():
        for word in line.partition(":")[2].split():
            if _random(word, PART):
                hide(word)


def hide_addresses(text: str) -> None:
    """Hide the credentials of every address in a text."""
    for address in _ADDRESS.findall(text):
        hide_address(address)


def hide_address(url: str) -> None:
    """Hide the credentials of one address: short ones, too, where they stand in it."""
    place, _, query = url.partition("://")[2].partition("?")
    host = re.split("[/#]", place)[0]
    about = (host if "@" in host or _HOST.fullmatch(host) else place).rpartition("@")[0]
    user, _, password = about.partition(":")
    if about:
        _replace(f"//{about}@", f"//{MARK}@")
        names = [user] if not password or len(user) >= PART else []
        for secret in (about, password, *names):
            _hide_quoted(secret)
    for pair in re.split("[&;#]", query):
        name, _, value = pair.partition("=")
        if value and (_PARAMETERS.search(name) or _random(value, PART + STEP)):
            _replace(pair, f"{name}={MARK}")
            _hide_quoted(value)


def redact(text: str) -> str:
    """The text with every known secret, and every telling part of one, replaced by three asterisks."""
    for literal, instead in _known.literals.items():
        if literal in text:
            text = text.replace(literal, instead)
    runs = _runs(text) | _escaped(text, LEVELS) if _known.seeds or _known.literals else set()
    return _without(text, sorted(runs)) if runs else text


def within(value: Any) -> Any:
    """JSON-like data with every text in it redacted; the keys of objects are left alone."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: within(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [within(part) for part in value]
    return value


def public(url: str) -> str:
    """An address without what may be secret in it: user, password, parameters.

    Raises:
        ValueError: its port is none, or it names no host.
    """
    parts = urllib.parse.urlsplit(url)
    host, port = parts.hostname, parts.port
    if not host:
        raise ValueError("it names no host")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def public_name(name: str) -> str:
    """The name of a model, ``NAME`` or ``NAME@URL``, without what is secret in its address."""
    model, _, url = name.partition("@")
    if "://" not in url:
        return name
    try:
        return f"{model}@{public(url)}"
    except ValueError:
        return model


def start(words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Learn the secrets of a command line and an environment, and keep them out of every log of this process."""
    for word in words:
        hide_addresses(word)
    hide_environment(environment)
    logging.setLogRecordFactory(_Line)


def forget() -> None:
    """Know no secret any more."""
    for kept in (_known.secrets, _known.literals, _known.parts, _known.seeds):
        kept.clear()


class _Line(logging.LogRecord):
    def getMessage(self) -> str:  # noqa: N802 # logging's name
        return redact(super().getMessage())


def _replace(text: str, instead: str) -> None:
    """From now on replace a text; the longest come first, as others may be parts of them."""
    literals = {**_known.literals, text: instead}
    _known.literals = dict(sorted(literals.items(), key=lambda pair: -len(pair[0])))


class _Form(NamedTuple):
    """A secret as it may be written."""

    text: str
    width: float = 1.0
    """Letters that stand for one of the secret's."""


def _forms(secret: str) -> set[_Form]:
    quoted = {urllib.parse.quote(secret, safe=safe) for safe in ("", "/")} | {urllib.parse.quote_plus(secret)}
    escaped = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    plain = {secret, repr(secret)[1:-1], html.escape(secret), *quoted, *escaped}
    plain |= {re.sub("%..", lambda found: found[0].lower(), form) for form in quoted}
    plain |= {form.replace("/", "\\/") for form in escaped} | {urllib.parse.quote(form, safe="") for form in quoted}
    plain |= {secret[::-1]}
    plain |= {case(form) for form in plain for case in (str.lower, str.upper)}
    data = secret.encode(errors="replace")
    spelt = {_Form("".join(f"%{byte:02x}" for byte in data), 3), _Form("".join(f"%{byte:02X}" for byte in data), 3)}
    spelt |= {_Form(data.hex(), 2), _Form(data.hex().upper(), 2)}
    return {*map(_Form, plain), *spelt, *(_Form(form, 4 / 3) for form in _base64(data))}


def _base64(data: bytes) -> Iterator[str]:
    """What is the same of it in base64 whatever stands before and after."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        own = text[(0, 2, 3)[before] : len(text) - ((before + len(data)) % 3 > 0)]
        yield own
        yield own.translate(str.maketrans("+/", "-_"))


def _parts(form: _Form) -> Iterator[str]:
    """The shortest parts of a form that tell of it."""
    text, lengths = form.text, (MIXED, PART) if form.width == 1 else (round(MIXED * form.width),)
    for length in lengths:
        for begin in range(len(text) - length + 1):
            part = text[begin : begin + length]
            if form.width > 1 or _random(part, PART):
                yield part


def _random(text: str, enough: int) -> bool:
    """Whether a text is no word: it mixes letters with digits, or small letters with capitals, or is long; and no path."""
    if text[:1] in ("/", "~", ".") or len(text) < MIXED:
        return False
    letters = [letter for letter in text if letter.isalpha()]
    mixed = (any(map(str.isdigit, text)) and bool(letters)) or len({letter.isupper() for letter in letters}) > 1
    return mixed or len(text) >= enough


def _hide_quoted(secret: str) -> None:
    hide(secret)
    hide(urllib.parse.unquote(secret))


def _runs(text: str) -> set[tuple[int, int]]:
    """Where parts begin and end."""
    seeds, longest = _known.seeds, max(_known.parts, default=0)
    found = [at for at in range(0, len(text) - SEED + 1, STEP) if text[at : at + SEED] in seeds] if seeds else []
    known: dict[tuple[str, int], tuple[int, int] | None] = {}
    runs = set()
    for at in found:
        first = max(0, at + SEED - longest)
        around = text[first : at + longest], at - first
        if around not in known:  # who repeats a secret a million times is not to take long
            known[around] = _run(*around)
        if run := known[around]:
            runs.add((first + run[0], first + run[1]))
    return runs


def _run(text: str, at: int) -> tuple[int, int] | None:
    """From where to where the parts reach that hold the seed there; all of them meet in it."""
    found = [
        (begin, begin + length)
        for length, parts in _known.parts.items()
        for begin in range(max(0, at + SEED - length), at + 1)
        if text[begin : begin + length] in parts
    ]
    return (min(begin for begin, _ in found), max(end for _, end in found)) if found else None


def _escaped(text: str, levels: int) -> set[tuple[int, int]]:
    """Where secrets stand of which a letter or more is escaped, up to so many times."""
    plain = unescaped(text) if levels else None
    if plain is None:
        return set()
    whole = {found.span() for literal in _known.literals for found in re.finditer(re.escape(literal), plain.text)}
    runs = _runs(plain.text) | whole | _escaped(plain.text, levels - 1)
    return {(plain.original(begin), plain.original(end)) for begin, end in runs}


def _without(text: str, runs: Iterable[tuple[int, int]]) -> str:
    """The text with a mark in place of every run; runs that meet are one."""
    kept: list[str] = []
    end = 0
    for begin, stop in runs:
        if begin > end or not kept:
            kept.append(text[end:begin])
        end = max(end, stop)
    return MARK.join([*kept, text[end:]]) if kept else text
