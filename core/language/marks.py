"""Marks that cite are no part of what an answer says. `core.language.citing` reads what they name."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from proctor.core.language.characters import fold
from proctor.core.language.citing import AROUND, BETWEEN, ENDING, FOLDER, LEAD, LINE, LOCATION, NUMBERS
from proctor.core.language.tokens import tokens

_BRACKETS = re.compile(
    r"(?:(?<!\s)\s{1,9})?(?<!\b\w)"
    r"(?:\[([^\[\]()]+)\]|[(\uff08]([^\[\]()\uff08\uff09]+)[)\uff09]|\u3010([^\u3010\u3011]+)\u3011|\uff3b([^\uff3b\uff3d]+)\uff3d)"
)
"""Brackets, but not those of x[1]."""


def without_citations(text: str, names: AbstractSet[str]) -> str:
    """A text without the marks that cite: numbers in square brackets, and names of documents in brackets or after "Source:".

    ``names`` are `Suite.names`. The text itself where nothing else is in it. Years, and what else stands in brackets, stay; in
    round brackets a name is one that no plain word would be ("(doc-1)", not "(Turin)"), unless "see" or "source" leads to it.
    """
    bare = _BRACKETS.sub(lambda found: "" if _cites(found, names) else found[0], text)
    bare = LINE.sub(lambda found: "" if _all_named(found[1], names, strict=False) else found[0], bare).strip()
    return bare if bare != text and any(token.kind != "punctuation" for token in tokens(bare)) else text


def _cites(found: re.Match[str], names: AbstractSet[str]) -> bool:
    aside = found[2]
    return _all_named(aside, names, strict=True) if aside else _all_named(found[1] or found[3] or found[4], names, numbers=True)


def _all_named(inside: str, names: AbstractSet[str], *, strict: bool = False, numbers: bool = False) -> bool:
    """Whether a text names documents and nothing else. ``strict``: by what no plain word would be; ``numbers`` count, too."""

    def cites(part: str) -> bool:
        bare = LEAD.sub("", part.strip(AROUND))
        number = NUMBERS.fullmatch(re.sub(r"\u2020.*$", "", bare))
        return bool(numbers and number and int(number[1]) > 0) or _is_name(part, names, strict=strict)

    return cites(inside) or all(map(cites, BETWEEN.split(inside)))


def _is_name(part: str, names: AbstractSet[str], *, strict: bool) -> bool:
    name = part.strip(AROUND)
    spellings = [name]
    for pattern in (LEAD, LOCATION, FOLDER, ENDING):
        name = pattern.sub("", name).strip(AROUND)
        spellings.append(name)
    known = any(fold(spelling) in names for spelling in spellings)
    return known and (not strict or LEAD.match(part.strip()) is not None or re.search(r"[\d/_.-]", part) is not None)
