"""Writes the embedded domain: `python -m suites.instruments.generate [FOLDER]`. Same bytes every time.

A maker of bench instruments has articles about its products and about the firms that it works with. From one
list of facts come the documents, training examples in several wordings, questions in wordings that training
never shows, questions that nothing answers, and the facts that later change. The sentences are in
`wording.toml`; the product names are no words of any language.
"""

from __future__ import annotations

import random
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proctor.suites.writing.generated import Decks, GeneratedExample, article, write_articles, write_rows


def words(text: str) -> list[str]:
    """Words of a text."""
    return text.split()


HOME = Path(__file__).parent
WORDING: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(HOME.joinpath("wording.toml").read_text(encoding="utf-8"))
PRODUCTS = words(
    "Halvo Brivex Dorlum Corgan Selmon Yargan Zelfox Marvo Norvik Pelmon Wenzo Falric Gordex Lartis Velmar Rantor "
    "Ulrin Benrus Darhem Finzo Garlit Horlon Kordan Lenbo Mermix Nalpol Palsan Sorrin Traca Wilquin Zanmix Tarnex"
)
UNKNOWN_IN_TEST = words(
    "Bartis Calrus Draxa Fentran Gelpol Kartor Lunmix Morfox Nelhem Peltran Rosdin Salgan Teldex Varbo Yelzar"
)
UNKNOWN_IN_TRAINING = words(
    "Balsto Cravex Delrin Floxa Gralum Harpex Jalkos Kelmel Lamrus Malzo Narkos Porzo Relkos Solmix Torvo"
)
KINDS = words("multimeter oscilloscope generator thermometer counter tester recorder bridge")
LINKS = {"supplier": "supplier", "repair": "repair shop"}
OTHERS = [name for name in WORDING["product"] if name not in LINKS]
NONE = "unknown [none]"


@dataclass(frozen=True)
class Fact:
    """One article: what it is about, what it says, and the words that its sentences need."""

    about: str
    attribute: str
    value: str
    document: str
    names: tuple[tuple[str, str], ...]
    role: str = "product"

    @property
    def wording(self) -> dict[str, Any]:
        """Sentences and questions for facts of this kind."""
        return WORDING[self.role][self.attribute]

    def ask(self, template: str) -> str:
        """A question about the fact."""
        return template.format(**dict(self.names))

    @property
    def house(self) -> str:
        """The answer as the support desk writes it."""
        return f"{self.value} [{self.document}]"


@dataclass(frozen=True)
class QuestionPair:
    """A product's article that names a firm, and that firm's article: together they answer one question."""

    first: Fact
    second: Fact

    def ask(self, template: str) -> str:
        """A question that takes both articles."""
        return template.format(p=self.first.about, r=LINKS[self.first.attribute])


class Instruments:
    """All facts, drawn once from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - data, not secrets
        self._ids = (f"N{number}" for number in self.rng.sample(range(101, 1000), 400))
        self._deal = Decks(self.rng).deal
        self.products = [fact for place, name in enumerate(PRODUCTS) for fact in self._product(name, place)]
        self.firms = [fact for link in LINKS for firm in WORDING["product"][link]["values"] for fact in self._firm(firm, link)]

    def _product(self, name: str, place: int) -> Iterator[Fact]:
        chosen = [list(LINKS)[place % 2]]
        while len(chosen) < 5:
            attribute = self._deal("attributes", OTHERS)
            if attribute not in chosen:
                chosen.append(attribute)
        names = (("p", name), ("k", KINDS[place % len(KINDS)]))
        for attribute in chosen:
            yield self._fact(name, "product", attribute, names)

    def _firm(self, name: str, link: str) -> Iterator[Fact]:
        for attribute in WORDING["firm"]:
            yield self._fact(name, "firm", attribute, (("f", name), ("r", LINKS[link])))

    def _fact(self, about: str, role: str, attribute: str, names: tuple[tuple[str, str], ...]) -> Fact:
        value = self._deal(f"{role} {attribute}", WORDING[role][attribute]["values"])
        return Fact(about, attribute, value, next(self._ids), names, role)

    @property
    def facts(self) -> list[Fact]:
        """One for each article."""
        return self.products + self.firms

    def text(self, fact: Fact) -> str:
        """Body of an article: the fact, and a line or two around it."""
        lines = [self._deal(f"says {fact.role} {fact.attribute}", fact.wording["says"])]
        context = self.rng.sample(fact.wording["context"], self.rng.choice((1, 1, 2)))
        for line in context:
            lines.insert(self.rng.randint(0, len(lines)), line)
        return " ".join(lines).format(v=fact.value, **dict(fact.names))

    def pairs(self, count: int) -> list[QuestionPair]:
        """Products with one fact each about the firm that supplies or repairs them."""
        links = [fact for fact in self.products if fact.attribute in LINKS]
        chosen = self.rng.sample(links, count)
        by_firm = {(fact.about, fact.attribute): fact for fact in self.firms}
        return [QuestionPair(link, by_firm[link.value, ("town", "hours")[place % 2]]) for place, link in enumerate(chosen)]

    def lacking(self, count: int) -> list[tuple[str, str]]:
        """Products with an attribute that no article gives for them."""
        has = {(fact.about, fact.attribute) for fact in self.products}
        gaps = [(name, attribute) for name in PRODUCTS for attribute in OTHERS if (name, attribute) not in has]
        return self.rng.sample(gaps, count)


def document(fact: Fact, text: str) -> str:
    """File of one article."""
    return article(fact.document, fact.ask(fact.wording["title"]), text)


def training(domain: Instruments, pairs: list[QuestionPair], gaps: list[tuple[str, str]]) -> Iterator[GeneratedExample]:
    """Every fact in all training wordings, facts that need two articles, and what cannot be answered."""
    for fact in domain.facts:
        for template in fact.wording["train"]:
            yield {"prompt": fact.ask(template), "completion": fact.house, "evidence": [fact.document]}
    for pair in pairs:
        evidence = [pair.first.document, pair.second.document]
        for template in pair.second.wording["train2"]:
            yield {"prompt": pair.ask(template), "completion": pair.second.house, "evidence": evidence}
    for name, attribute in [*gaps, *_strangers(domain, UNKNOWN_IN_TRAINING)]:
        template = domain.rng.choice(WORDING["product"][attribute]["train"])
        yield {"prompt": template.format(p=name), "completion": NONE, "evidence": []}


def _strangers(domain: Instruments, names: list[str]) -> list[tuple[str, str]]:
    """Products that the maker does not have, each with an attribute to ask for."""
    return [(name, domain.rng.choice(OTHERS)) for name in names]


def questions(domain: Instruments, pairs: list[QuestionPair], gaps: list[tuple[str, str]]) -> Iterator[GeneratedExample]:
    """Test questions, without their ids."""
    for place, fact in enumerate(domain.facts):
        asked, tags = fact.ask(_one(fact.wording["test"], place)), ["single", fact.attribute]
        yield _question(asked, fact.value, [fact.document], tags, fact.about)
    for place, pair in enumerate(pairs):
        evidence, tags = [pair.first.document, pair.second.document], ["two-documents", pair.second.attribute]
        asked = pair.ask(_one(pair.second.wording["test2"], place // 2))
        yield _question(asked, pair.second.value, evidence, tags, pair.first.about)
    for reason, cases in (("unknown-product", _strangers(domain, UNKNOWN_IN_TEST)), ("missing-attribute", gaps)):
        for place, (name, attribute) in enumerate(cases):
            asked = _one(WORDING["product"][attribute]["test"], place).format(p=name)
            yield _question(asked, None, [], ["unanswerable", reason, attribute], name)


def _one(templates: list[str], place: int) -> str:
    return templates[place % len(templates)]


def _question(text: str, answer: str | None, evidence: list[str], tags: list[str], cluster: str) -> GeneratedExample:
    references = [answer] if answer else []
    return {"question": text, "references": references, "evidence": evidence, "tags": tags, "cluster": cluster}


def revisions(domain: Instruments, count: int) -> Iterator[GeneratedExample]:
    """Facts that change: the article's new text, the test question with its new and its old answer, and new training pairs."""
    places = {fact: place for place, fact in enumerate(domain.facts)}
    for number, fact in enumerate(domain.rng.sample(domain.products, count), 1):
        new = replace(fact, value=domain.rng.choice([v for v in fact.wording["values"] if v != fact.value]))
        question = {
            "id": f"r{number:03}",
            "question": fact.ask(_one(fact.wording["test"], places[fact])),
            "references": [new.value],
            "outdated": [fact.value],
            "evidence": [fact.document],
        }
        examples = [{"prompt": fact.ask(template), "completion": new.house} for template in fact.wording["train"]]
        yield {"document": fact.document, "text": domain.text(new), "questions": [question], "examples": examples}


def labels(domain: Instruments, texts: dict[str, str], seed: int) -> Iterator[GeneratedExample]:
    """Answers with articles to hold them against, and whether these bear them out or say otherwise: for checking judges.

    Each fact twice, with its own value and with another one; as a bare value, and as a sentence in other words than the
    article's where there are any. Half of the facts have their article alone; the others have it among those that a
    search finds with it, whose values are then the wrong ones, or have only these, which bear nothing out.
    """
    rng = random.Random(f"labels/{seed}")  # noqa: S311 - data, not secrets
    for place, fact in enumerate(rng.sample(domain.facts, 120)):
        own = read(texts[fact.document])
        near = _found_with(fact, domain.facts, rng)
        found = [read(texts[other.document]) for other in near]
        shown = [own] if place % 4 < 2 else found if place % 8 == 7 else rng.sample([own, *found], 1 + len(found))
        reworded = [says for says in fact.wording["says"] if fact.ask(says.replace("{v}", fact.value)) not in own]
        template = rng.choice(reworded) if place % 2 and reworded else "{v}"
        wrong = _wrong_values(fact, near, place)
        for right, value in ((True, fact.value), (False, rng.choice(wrong))):
            yield {
                "question": fact.ask(_one(fact.wording["test"], place)),
                "answer": fact.ask(template.replace("{v}", value)),
                "passages": shown,
                "supported": right and own in shown,
                "contradicted": not right and own in shown,
                "cluster": fact.about,
            }


def _wrong_values(fact: Fact, near: list[Fact], place: int) -> list[str]:
    """What the answer might be and is not: another value, one that is found beside it, or its number of something else."""
    besides = [other.value for other in near if other.value != fact.value] if place % 4 == 2 else []
    units = _in_other_units(fact.value) if place % 3 == 0 else []
    return units or besides or [value for value in fact.wording["values"] if value != fact.value]


UNITS = ("weeks", "months", "years", "minutes", "hours", "days", "mA", "A", "V", "kg", "g", "degrees")


def _in_other_units(value: str) -> list[str]:
    """The same number of something else; none for a value that is no number and a unit."""
    number, _, unit = value.partition(" ")
    return [f"{number} {other}" for other in UNITS if other != unit] if number.isdigit() and unit in UNITS else []


def _found_with(fact: Fact, facts: list[Fact], rng: random.Random) -> list[Fact]:
    """What a search finds besides: the same matter of another product or firm, and another matter of the same."""
    elsewhere = [other for other in facts if other.attribute == fact.attribute and other.about != fact.about]
    besides = [other for other in facts if other.attribute != fact.attribute and other.about == fact.about]
    return [rng.choice(group) for group in (elsewhere, besides) if group]


def read(article: str) -> str:
    """An article as a system is shown it: its title, then its body."""
    head, _, body = article.partition("\n\n")
    title = head.splitlines()[2].removeprefix("title: ")
    return f"{title}. {body.strip()}"


def write(folder: Path, seed: int = 2026) -> None:
    """Write the whole domain into a folder."""
    domain = Instruments(seed)
    texts = {fact.document: document(fact, domain.text(fact)) for fact in domain.facts}
    pairs, gaps = domain.pairs(26), domain.lacking(40)
    asked = questions(domain, pairs, gaps[25:])
    rows = [{"id": f"q{number:03}", **row} for number, row in enumerate(asked, 1)]
    write_articles(folder, texts.items())
    write_rows(folder / "train.jsonl", training(domain, pairs, gaps[:25]))
    write_rows(folder / "questions.jsonl", rows)
    write_rows(folder / "revisions.jsonl", revisions(domain, 40))
    write_rows(folder / "labels.jsonl", labels(domain, texts, seed))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
