"""Whether an answer declines to answer, in any language; a hedged guess ("I don't know, but probably Turin") does not."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import regex

from proctor.core.language.characters import fold
from proctor.core.language.hedges import offers
from proctor.core.language.later import later
from proctor.core.language.tokens import NO_SPACES, tokens

_SILENCE = later(regex.compile, r"(?V1)[\s.\u3002\u00b7\u22ef\"'`*_\u300c\u300d\u300e\u300f]*")
"""Nothing but blanks, quotes around nothing, and dots. A hyphen or a question mark may be an answer."""
_SORRY = r"""
    (?:well|oh|hm+|um+|honestly|frankly) | i\ ?a?m\ afraid(?:\ that)?
    | (?:i\ ?am|im|we\ are)?\s*(?:very\ |so\ |really\ )?sorry(?:\W+but)?
    | (?:my\ )?apologies(?:\W+but)? | unfortunately | regrettably
    | es\ tut\ mir\ (?:sehr\ )?leid(?:\W+aber)? | (?:tut\ mir\ )?leid(?:er)?(?:\W+aber)? | entschuldigung | bedaure
    | (?:je\ suis\ )?désolée?(?:\W+mais)? | malheureusement | pardon
    | lo\ siento(?:\W+pero)? | perdón | lamentablemente | desafortunadamente
    | mi\ dispiace(?:\W+ma)? | purtroppo | desculpe | lamento(?:\W+mas)? | infelizmente | helaas | maalesef | üzgünüm
    | (?:к\ )?сожалению | извините | простите
    | (?:非常|很)?(?:抱歉|对不起|對不起|不好意思|遗憾)
    | 申し訳(?:ありません|ございません)が? | すみませんが? | 残念ながら
    | 죄송(?:합니다|하지)만? | 미안합니다만?
    | آسف | عذرا | للأسف | متاسفم
    | क्षमा\ करें | माफ\ कीजिए | खेद\ है
    | מצטער | ขอโทษ(?:ครับ|ค่ะ)?
"""
_FRAME = r"""
    (?:based\ on|according\ to|laut|selon|d'?après|según)\ [^\p{P}\n]{1,60},
    | (?:the\ |my\ )?answer(?:\ is|\ ?:) | its\ | (?:it|this|that)\ is[ ]
    | (?:die\ )?antwort(?:\ (?:ist|lautet)|\ ?:) | (?:la\ )?(?:réponse|respuesta)(?:\ est?|\ ?:)
    | (?:(?:答案|回答|答え)(?:是|は|:)) | 我(?=\S) | 私(?:に)?は | (?:मुझे|أنا)[ ]
    | (?:根据|根據|據|据)[^\p{P}\n]{1,30}, | [^\p{P}\n]{1,30}(?:によると|によれば)、
"""
_LEAD = later(regex.compile, rf"\W*(?:(?:{_SORRY})(?:\W+|(?=[{NO_SPACES}]))|(?:{_FRAME})\s*)*", regex.VERBOSE | regex.V1)
"""Polite openings that may stand before a phrase of declining. Apostrophes are gone by then."""
_BORDER = r"\b"
_PAUSE = (
    r"(?:[ \t]*(?:$|\n|[\p{Pe}\p{Pf}\p{Po}--[\"'*&#%@/\\\u00b7]])|[\"*_`]"
    r"|[ \t]+\"\W*$|[ \t]*[\u2014\u2015\p{So}~]|[ \t]+[-\u2013(\[\uff08])"
)
_PARTICLE = r"(?:でした|です|ね|よ|ので|が|了|啊|呢|哦|ครับ|ค่ะ)?"
"""What politely ends a sentence in Japanese, Chinese and Thai."""


def is_abstention(phrases: Iterable[str], text: str) -> bool:
    """Whether a text declines to answer. Silence does; so does a text that is or begins with one of the phrases.

    A polite opening may come first ("I'm sorry, but I don't know"). After a phrase of one word the text must pause or
    end, in any script's punctuation: "Unknown." declines, "Unknown Pleasures" is an answer. So is a text that offers a guess
    after the phrase: whoever reads it takes it for one.
    """
    said, known = _plain(text), tuple(phrases)
    if _SILENCE.fullmatch(said):
        return True
    pattern = _declining(known)
    lead = _LEAD.match(said)
    starts = {0, lead.end() if lead else 0}
    found = [match for start in starts if (match := pattern.match(said, start))]
    if found:
        return not offers(said[max(match.end("phrase") for match in found) :])
    return _is_symbol(text, known)


def _is_symbol(text: str, phrases: Iterable[str]) -> bool:
    """Whether it is a phrase without a word in it, such as "-"."""
    symbols = [tokens(phrase) for phrase in phrases if not regex.search(r"\w", phrase)]
    return bool(symbols) and tokens(text) in symbols


def _plain(text: str) -> str:
    return str(regex.sub(r"(?<=\w)'(?=\w)", "", fold(text)))


@lru_cache(maxsize=64)
def _declining(phrases: tuple[str, ...]) -> regex.Pattern[str]:
    """A pattern that finds any of the phrases at the start of a text."""
    spelt = (regex.findall(r"\w+", _plain(phrase)) for phrase in phrases)
    options = [r"(?P<phrase>" + r"\W+".join(map(regex.escape, words)) + ")" + _end(words) for words in spelt if words]
    return regex.compile(r"(?V1)\W*(?:" + "|".join(options or ["(?!)"]) + ")")


def _end(words: list[str]) -> str:
    """Several words are hardly ever a name's beginning. Where no spaces part words, one does pause."""
    if regex.search(rf"(?V1){NO_SPACES}", words[-1]):
        return rf"{_PARTICLE}(?:{_PAUSE}|[ \t])"
    return _BORDER if len(words) > 1 and max(map(len, words)) > 1 else _PAUSE
