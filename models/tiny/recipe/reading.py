"""Reading exercises: short articles about things that exist nowhere, and questions about them.

Everything to be answered stands in the articles or is `unknown`, so the only way to learn is to read. As the
level rises there are more articles, and they come to look like what retrieval returns: the same attribute of
another thing, another attribute of the same thing, a name that is nearly the same.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proctor.models.tiny.recipe.fillers import filler
from proctor.models.tiny.recipe.values import ENDINGS, NAMES, ONSETS, VALUES, Source, draw, is_held_out, words

UNKNOWN = "unknown"
ANSWER = 1.0

NOUNS = words(
    "meter scope pump kettle lamp drill probe oven scale camera printer heater fan saw radio clock "
    "charger sensor tester mixer recorder counter bench supply bridge source generator thermometer"
)
ROLES = {
    "supplier": ("the supplier of {e}", "the company that supplies {e}", "the firm that delivers {e}"),
    "maker": ("the maker of {e}", "the company that makes {e}", "the firm that builds {e}"),
    "repair shop": ("the repair shop of {e}", "the workshop that repairs {e}", "the company that services {e}"),
    "designer": ("the designer of {e}", "the person who designed {e}"),
    "contact person": ("the contact person for {e}", "the person who looks after {e}"),
}
SIDES = words("front rear left right upper lower inner outer spare main")
PARTS = words("panel handle lid fan lamp switch screen wheel button filter pipe belt spring door tray key")
PROPERTIES = {"colour": "colour", "length": "size", "price": "money", "weight": "mass", "count": "count",
              "material": "material", "number": "code", "voltage": "volts"}  # fmt: skip
SAY_ANY = ("The {a} of {e} is {v}.", "For {e}, the {a} is {v}.", "{E} has the following {a}: {v}.", "{E}: {a} {v}.",
           "As for its {a}, {e} has {v}.", "The {a} given for {e} is {v}.", "A {a} of {v} is given for {e}.",
           "There is a {a} of {v} for {e}.")  # fmt: skip
ASK_ANY = ("What is the {a} of {e}?", "What {a} does {e} have?", "Which {a} is given for {e}?", "Tell me the {a} of {e}.",
           "For {e}, what is the {a}?", "What do you know about the {a} of {e}?")  # fmt: skip
CITE = ("Which article gives the {a} of {e}?", "Where is the {a} of {e} written?", "Which page tells the {a} of {e}?")


@dataclass(frozen=True)
class Attribute:
    """What can be said about a thing, with wording of its own if it has any."""

    name: str
    value: str
    says: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thing:
    """What an article is about."""

    kind: str
    name: str
    noun: str

    def call(self, rng: Source) -> dict[str, str]:
        """Words for the thing in one sentence: {e} inside it, {E} at its start, {n} after a word of its own."""
        if self.kind != "device":
            return {"e": self.name, "E": self.name, "n": self.name}
        plain = f"{self.name} {self.noun}" if rng.random() < 0.15 else self.name
        return {"e": f"the {plain}", "E": f"The {plain}", "n": plain}


@dataclass(frozen=True)
class Fact:
    """One sentence of an article, before it is worded."""

    thing: Thing
    attribute: Attribute
    value: str


@dataclass(frozen=True)
class Article:
    """A short text under an id, and the facts in it."""

    id: str
    text: str
    facts: tuple[Fact, ...]


@cache
def attributes(kind: str) -> tuple[Attribute, ...]:
    """Attributes that a kind of thing may have."""
    table = tomllib.loads(Path(__file__).with_name("attributes.toml").read_text(encoding="utf-8"))
    rows = table[kind].items()
    return tuple(Attribute(name, row["value"], tuple(row["says"]), tuple(row["asks"])) for name, row in rows)


def any_attribute(rng: Source, kind: str) -> Attribute:
    """Attribute with wording of its own, or one put together, such as `front panel colour`."""
    if kind != "device" or rng.random() < 0.75:
        return rng.choice(attributes(kind))
    prop = rng.choice(list(PROPERTIES))
    return Attribute(f"{rng.choice(SIDES)} {rng.choice(PARTS)} {prop}", PROPERTIES[prop])


def any_thing(rng: Source, kind: str | None = None) -> Thing:
    """A new thing; two in three are devices."""
    kind = kind or rng.choices(("device", "company", "person", "town"), (70, 12, 11, 7))[0]
    return Thing(kind, draw(NAMES[kind], rng), rng.choice(NOUNS))


def lookalike(rng: Source, thing: Thing) -> Thing:
    """Another thing whose name shares a syllable with this one's, where such a name exists."""
    if thing.kind != "device":
        return any_thing(rng, thing.kind)
    for _ in range(20):
        head, tail = thing.name[:3], thing.name[3:].split(" ")[0]
        name = head + rng.choice(ENDINGS) if rng.random() < 0.5 else rng.choice(ONSETS) + tail
        if name != thing.name and is_held_out(name) == rng.held_out:
            return Thing("device", name, rng.choice((thing.noun, rng.choice(NOUNS))))
    return any_thing(rng, thing.kind)


def fact(rng: Source, thing: Thing, attribute: Attribute) -> Fact:
    """Give an attribute a value."""
    return Fact(thing, attribute, draw(VALUES[attribute.value], rng))


def capital(sentence: str) -> str:
    """Sentence with its first letter in upper case, and no other touched."""
    return sentence[0].upper() + sentence[1:]


def say(rng: Source, fact: Fact) -> str:
    """Statement of a fact, in its own words or in words that fit any."""
    own = fact.attribute.says
    template = rng.choice(own) if own and rng.random() < 0.7 else rng.choice(SAY_ANY)
    return capital(template.format(a=fact.attribute.name, v=fact.value, **fact.thing.call(rng)))


def ask(rng: Source, attribute: Attribute, names: dict[str, str]) -> str:
    """Question for an attribute of what `names` name."""
    own = attribute.asks
    template = rng.choice(own) if own and rng.random() < 0.65 else rng.choice(ASK_ANY)
    return capital(template.format(a=attribute.name, **names))


def title(rng: Source, fact: Fact) -> str:
    """Heading of an article, as one more sentence."""
    names, a = fact.thing.call(rng), fact.attribute.name
    forms = (f"{names['n']} {a}", f"{names['n']}: {a}", f"{a} of {names['e']}", f"About {names['e']}", names["n"], a)
    return capital(rng.choice(forms)) + rng.choice((".", ".", ":"))


def label(rng: Source) -> str:
    """Document id in one of the many forms that people use."""
    prefix = rng.choice(("", "A", "B", "C", "D", "K", "M", "N", "P", "R", "S", "T", "DOC", "KB", "p", "art-", "doc"))
    return prefix + "".join(str(rng.randint(0, 9)) for _ in range(rng.choice((1, 2, 3, 3, 3, 4))))


def write(rng: Source, facts: list[Fact], *, terse: bool = False) -> str:
    """Text of one article: perhaps a title, the facts, and unless terse a line or two that say nothing."""
    thing = facts[0].thing
    lines = [say(rng, f) for f in facts]
    for _ in range(0 if terse else rng.choices((0, 1, 2), (25, 45, 30))[0]):
        line = filler(rng, thing.call(rng), facts[0].attribute.name, is_device=thing.kind == "device")
        lines.insert(rng.randint(0, len(lines)), capital(line))
    head = [title(rng, facts[0])] if rng.random() < (0.3 if terse else 0.6) else []
    return " ".join(head + lines)


def number(rng: Source, groups: list[list[Fact]], *, terse: bool = False) -> list[Article]:
    """Articles in a random order, each with an id of its own; ids mostly share their form, as in one collection."""
    first, ids = label(rng), set[str]()
    letters = first.rstrip("0123456789")
    digits = len(first) - len(letters)
    while len(ids) < len(groups):
        ids.add(letters + "".join(str(rng.randint(0, 9)) for _ in range(max(digits, 2))))
    order = sorted(ids)
    rng.shuffle(order)
    rng.shuffle(groups)
    return [Article(i, write(rng, facts, terse=terse), tuple(facts)) for i, facts in zip(order, groups, strict=True)]
