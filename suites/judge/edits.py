"""Edits of a sentence that leave it true to its text, and edits that do not. Each returns None where it does not apply."""

# ruff: noqa: E501, RUF001 -- patterns on a line, for typographic marks, too

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_VERB = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|may|must|should|does|did)\b(?! not|n't)")
_NOT = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|may|must|should|does|did) not\b|\bcannot\b")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])")
_NAME = re.compile(r"(?<=[a-z,;] )(?:[A-Z][\w'’-]+)(?: (?:(?:of|the|de|von|van) )?[A-Z][\w'’-]+)*")
_LEAD = re.compile(r"^((?:In|On|At|During|After|Before|By|From|Since|For|As|Under) [^,.;]{3,60}), (?=\S)")
_ASIDE = re.compile(r" \([^()]*\)")
_TAIL = re.compile(r", (?:which|who|where|and|but|while|with|including|although|because|so) [^,]*\.$")
OPPOSITES = [pair.split("/") for pair in (
    ["increased/decreased", "increase/decrease", "higher/lower", "high/low", "more/less", "most/least", "large/small", "larger/smaller", "largest/smallest", "first/last", "early/late", "earlier/later", "before/after", "above/below", "over/under", "began/ended", "begins/ends", "positive/negative", "strong/weak", "stronger/weaker", "old/new", "older/newer", "north/south", "northern/southern", "east/west", "eastern/western", "won/lost", "win/lose", "success/failure", "successful/unsuccessful", "improved/worsened", "good/bad", "better/worse", "best/worst", "rich/poor", "hot/cold", "warm/cool", "long/short", "longer/shorter", "fast/slow", "accepted/rejected", "allowed/forbidden", "legal/illegal", "public/private", "open/closed", "left/right", "male/female", "father/mother", "son/daughter", "buy/sell", "bought/sold", "rose/fell", "rise/fall", "gained/lost", "majority/minority", "common/rare", "likely/unlikely", "possible/impossible", "same/different", "similar/different", "always/never", "all/none", "easy/difficult", "internal/external", "inside/outside", "significant/insignificant", "associated/unrelated", "major/minor", "maximum/minimum", "effective/ineffective", "safe/dangerous", "heavy/light", "full/empty", "deep/shallow", "wide/narrow", "modern/ancient", "true/false", "present/absent", "opposed/supported", "opposition/support", "friends/enemies", "import/export", "imports/exports", "alive/dead", "day/night", "summer/winter", "married/divorced", "hired/fired", "expanded/shrank", "include/exclude", "includes/excludes", "included/excluded", "entered/left", "built/destroyed"]
)]  # fmt: skip
_OPPOSITE: dict[str, str] = {one: other for a, b in OPPOSITES for one, other in ((a, b), (b, a))}
_SYNONYMS = dict(pair.split("/") for pair in ["began/started", "large/big", "known/called", "also/additionally", "approximately/about", "many/numerous", "important/significant", "used/employed", "built/constructed", "because/since", "however/nevertheless", "often/frequently", "main/primary", "several/various", "received/got", "found/discovered", "created/made", "shows/demonstrates", "showed/demonstrated", "suggest/indicate", "suggests/indicates", "children/kids", "people/persons", "study/investigation", "increased/rose", "decreased/fell", "died/passed", "help/assist", "whole/entire", "near/close"])  # fmt: skip


def negated(rng: random.Random, text: str) -> str | None:
    """With its first verb denied, or a denial taken back."""
    if _NOT.search(text):
        return _NOT.sub(lambda found: found[1] or "can", text, count=1)
    found = _VERB.search(text)
    said = rng.choice(("{} not", "{} never", "{} not")).format(found[1]) if found else ""
    return text[: found.start()] + said + text[found.end() :] if found else None


def opposite(rng: random.Random, text: str) -> str | None:
    """With one word replaced by its opposite."""
    places = [found for found in re.finditer(r"\b[a-z]+\b", text) if found[0] in _OPPOSITE]
    if not places:
        return None
    chosen = rng.choice(places)
    return text[: chosen.start()] + _OPPOSITE[chosen[0]] + text[chosen.end() :]


def renumbered(rng: random.Random, text: str) -> str | None:
    """With another number in the place of one."""
    places = list(_NUMBER.finditer(text))
    if not places:
        return None
    chosen = rng.choice(places)
    digits = chosen[0]
    place = rng.choice([index for index, char in enumerate(digits) if char.isdigit()])
    other = rng.choice([char for char in "123456789" if char != digits[place]])
    return text[: chosen.start()] + digits[:place] + other + digits[place + 1 :] + text[chosen.end() :]


def renamed(rng: random.Random, text: str, others: Sequence[str]) -> str | None:
    """With another name in the place of one."""
    places = list(_NAME.finditer(text))
    choices = [name for other in others for name in _NAME.findall(other) if name not in text]
    if not places or not choices:
        return None
    chosen = rng.choice(places)
    return text[: chosen.start()] + str(rng.choice(choices)) + text[chosen.end() :]


def exchanged(rng: random.Random, text: str) -> str | None:
    """With two of its names in each other's place, where a verb stands between them."""
    places = list(_NAME.finditer(text))
    if (
        (found := re.match(r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*", text))
        and not _LEAD.match(text)
        and found[0] not in ("The", "In", "It", "He", "This")
    ):
        places = [found, *[place for place in places if place.start() >= found.end()]]
    pairs = [
        (a, b) for a in places for b in places if a.end() < b.start() and _VERB.search(text[a.end() : b.start()]) and a[0] != b[0]
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]


def shortened(rng: random.Random, text: str) -> str | None:
    """Without an aside, the clause at its end, or the circumstance at its start."""
    ways = [_ASIDE.sub("", text), _TAIL.sub(".", text), _LEAD.sub("", text)]
    ways = [way[0].upper() + way[1:] for way in ways if way and way != text]
    return str(rng.choice(ways)) if ways else None


def moved(rng: random.Random, text: str) -> str | None:
    """With the circumstance from its start at its end."""
    del rng
    found = _LEAD.match(text)
    if not found or not text.endswith("."):
        return None
    rest = text[found.end() : -1]
    return f"{rest[0].upper()}{rest[1:]} {found[1][0].lower()}{found[1][1:]}."


def reworded(rng: random.Random, text: str) -> str | None:
    """With other words for some of its words."""
    del rng
    said = re.sub(r"\b[a-z]+\b", lambda found: _SYNONYMS.get(found[0], found[0]), text)
    return said if said != text else None


TRUE = (shortened, moved, reworded)
FALSE = {"negation": negated, "opposite": opposite, "number": renumbered, "exchange": exchanged}
