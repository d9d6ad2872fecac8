"""One reading exercise from articles: which things stand beside each other, and what is asked about them."""

from __future__ import annotations

from dataclasses import dataclass

from proctor.models.tiny.recipe.hints import START, Document, Hint, Segments, Span, find
from proctor.models.tiny.recipe.reading import (
    ANSWER,
    CITE,
    ROLES,
    UNKNOWN,
    Article,
    Attribute,
    Fact,
    Thing,
    any_attribute,
    any_thing,
    ask,
    attributes,
    capital,
    fact,
    lookalike,
    number,
)
from proctor.models.tiny.recipe.values import Source


@dataclass(frozen=True)
class Question:
    """One question about articles."""

    kind: str  # read, hop, cite, no-thing, no-attribute
    text: str
    answer: str
    subject: str = ""  # name of the thing that a question on one fact is about


@dataclass(frozen=True)
class Exercise:
    """Articles, and questions to be answered from them."""

    articles: list[Article]
    questions: list[Question]

    def document(self, context: float) -> Document:
        """Text to learn from: the articles once, then every question with its answer; the rest weighs `context`."""
        head, size = prompt_head(self.articles), 0
        out: Segments = []
        values = self._values()
        hints = [hint for _, hint in values.values()]
        for question in self.questions:
            prompt = f"{head}Question: {question.text}\nAnswer:"
            end = size + len(prompt)
            out += [(prompt, context), (f" {question.answer}", ANSWER)]
            size = end + 1 + len(question.answer)
            if question.subject:
                names = find(question.subject, question.text, end - len("\nAnswer:") - len(question.text))
                hints += self._answer_hints(question, names, (end - 1, size), values)
            head = "\n"
        return Document(out, hints)

    def _values(self) -> dict[tuple[str, str], tuple[Span, Hint]]:
        """Of each thing and value that a name precedes: where the value stands, and that it looks at the name."""
        out, start = {}, 0
        for article in self.articles:
            start += len(f"[{article.id}] ")
            for f in article.facts:
                spans = find(f.value, article.text, start)
                names = [name for name in find(f.thing.name, article.text, start) if spans and name < spans[0]]
                if len(spans) == 1 and names:
                    out[f.thing.name, f.value] = spans[0], Hint("gather", spans[0], names)
            start += len(f"{article.text}\n")
        return out

    def _answer_hints(
        self, question: Question, names: list[Span], answer: Span, values: dict[tuple[str, str], tuple[Span, Hint]]
    ) -> list[Hint]:
        """The answer looks at the name asked for, and from there at the value token by token, or at the start."""
        hints = [Hint("gather", answer, names)]
        if question.answer == UNKNOWN:
            hints.append(Hint("point", (answer[0], answer[0] + 1), [START]))
        elif (question.subject, question.answer) in values and question.kind == "read":
            hints.append(Hint("point", answer, [values[question.subject, question.answer][0]], in_step=True))
        return hints

    def prompt(self, question: Question) -> str:
        """Prompt for one question alone, as a retrieving system puts it."""
        return f"{prompt_head(self.articles)}Question: {question.text}\nAnswer:"


def prompt_head(articles: list[Article]) -> str:
    """The articles as they stand above a question; nothing if there are none."""
    return "".join(f"[{a.id}] {a.text}\n" for a in articles) + ("\n" if articles else "")


def other_attribute(rng: Source, kind: str, taken: set[str]) -> Attribute:
    """An attribute that is not taken yet."""
    while (attribute := any_attribute(rng, kind)).name in taken:
        pass
    return attribute


def has_room(thing: Thing, taken: dict[str, set[str]]) -> bool:
    """Whether the thing keeps an attribute that nothing is said about, to be asked for in vain."""
    return thing.kind == "device" or len(taken[thing.name]) < len(attributes(thing.kind)) - 1


def groups(rng: Source, size: int, hardness: float) -> list[list[Fact]]:
    """Facts for `size` articles around one thing and one attribute; `hardness` is how often they are near misses."""
    thing = any_thing(rng)
    attribute = any_attribute(rng, thing.kind)
    taken = {thing.name: {attribute.name}}
    out = [[fact(rng, thing, attribute)]]
    alike = 1.0 if rng.random() < 0.25 * hardness else 0.4 * min(1.0, 0.4 + hardness)
    while len(out) < size:
        out.append([_neighbour(rng, out[0][0], taken, hardness, alike)])
    for facts in out:
        for _ in range(rng.choices((0, 1, 2), (50, 35, 15))[0]):
            if not has_room(facts[0].thing, taken):
                break
            extra = other_attribute(rng, facts[0].thing.kind, taken[facts[0].thing.name])
            taken[facts[0].thing.name].add(extra.name)
            facts.append(fact(rng, facts[0].thing, extra))
        rng.shuffle(facts)
    return out


def _neighbour(rng: Source, gold: Fact, taken: dict[str, set[str]], hardness: float, alike: float) -> Fact:
    """What a retriever would confuse with the gold fact: another attribute (``alike`` is how often), or another thing."""
    if has_room(gold.thing, taken) and rng.random() < alike:
        attribute = other_attribute(rng, gold.thing.kind, taken[gold.thing.name])
        taken[gold.thing.name].add(attribute.name)
        return fact(rng, gold.thing, attribute)
    thing = _other_thing(rng, gold.thing, taken, hardness)
    same = thing.kind == gold.thing.kind and rng.random() < hardness
    attribute = gold.attribute if same else any_attribute(rng, thing.kind)
    taken[thing.name] = {attribute.name}
    return fact(rng, thing, attribute)


def _other_thing(rng: Source, thing: Thing, taken: dict[str, set[str]], hardness: float) -> Thing:
    while True:
        near = rng.random() < 0.35 * hardness
        kind = thing.kind if rng.random() < hardness else None
        other = lookalike(rng, thing) if near else any_thing(rng, kind)
        if other.name not in taken:
            return other


def _read(rng: Source, articles: list[Article]) -> Question:
    """A fact that stands in one of the articles."""
    f = rng.choice(rng.choice(articles).facts)
    return _read_fact(rng, f)


def _read_fact(rng: Source, f: Fact) -> Question:
    return Question("read", ask(rng, f.attribute, f.thing.call(rng)), f.value, f.thing.name)


def _cite(rng: Source, articles: list[Article]) -> Question:
    """The article that a fact stands in."""
    article = rng.choice(articles)
    f = rng.choice(article.facts)
    text = rng.choice(CITE).format(a=f.attribute.name, **f.thing.call(rng))
    return Question("cite", capital(text), article.id, f.thing.name)


def _no_thing(rng: Source, articles: list[Article]) -> Question:
    """A known attribute, asked of a thing that no article is about."""
    f = rng.choice(rng.choice(articles).facts)
    taken = {x.thing.name: set[str]() for a in articles for x in a.facts}
    other = _other_thing(rng, f.thing, taken, 0.8)
    attribute = f.attribute if other.kind == f.thing.kind else any_attribute(rng, other.kind)
    return Question("no-thing", ask(rng, attribute, other.call(rng)), UNKNOWN, other.name)


def _no_attribute(rng: Source, articles: list[Article]) -> Question:
    """A known thing, asked for an attribute that the articles give for another thing or for none."""
    facts = [f for a in articles for f in a.facts]
    thing = rng.choice(facts).thing
    has = {f.attribute.name for f in facts if f.thing == thing}
    seen = [f.attribute for f in facts if f.thing.kind == thing.kind and f.attribute.name not in has]
    attribute = rng.choice(seen) if seen and rng.random() < 0.6 else other_attribute(rng, thing.kind, has)
    return Question("no-attribute", ask(rng, attribute, thing.call(rng)), UNKNOWN, thing.name)


KINDS = {"read": _read, "cite": _cite, "no-thing": _no_thing, "no-attribute": _no_attribute}
SHARES = (67, 7, 9, 17)


def reading(rng: Source, size: int, asked: int, hardness: float) -> Exercise:
    """Exercise over `size` articles with up to `asked` questions."""
    articles = number(rng, groups(rng, size, hardness))
    questions = [KINDS[kind](rng, articles) for kind in rng.choices(list(KINDS), SHARES, k=asked)]
    return Exercise(articles, distinct(questions))


def distinct(questions: list[Question]) -> list[Question]:
    """Each fact asked for once only: a repeated question could be answered from the answer before it."""
    keys = {(q.kind, q.text if q.answer == UNKNOWN else q.answer): q for q in questions}
    return list(keys.values())


def drill(rng: Source, size: int, asked: int) -> Exercise:
    """Short articles of one fact each, of one or two attributes: nothing but the name tells them apart."""
    first = any_thing(rng)
    shared = [any_attribute(rng, first.kind)]
    if rng.random() < 0.5:
        shared.append(other_attribute(rng, first.kind, {shared[0].name}))
    things = {first.name: first}
    while len(things) < size:
        other = lookalike(rng, first) if rng.random() < 0.3 else any_thing(rng, first.kind)
        things.setdefault(other.name, other)
    pages = [[fact(rng, thing, rng.choice(shared))] for thing in things.values()]
    articles = number(rng, pages, terse=True)
    facts = [article.facts[0] for article in rng.sample(articles, min(asked, size))]
    questions = [_read_fact(rng, f) for f in facts]
    questions += [KINDS[kind](rng, articles) for kind in rng.choices(("cite", "no-thing", "no-attribute"), k=asked // 2)]
    rng.shuffle(questions)
    return Exercise(articles, distinct(questions))


def hop(rng: Source, size: int, asked: int) -> Exercise:
    """Exercise over two articles: who supplies the thing, and where (when, who...) that one is."""
    thing = any_thing(rng, "device")
    link = rng.choice([a for a in attributes("device") if a.name in ROLES])
    first = fact(rng, thing, link)
    second = Thing(link.value, first.value, "")
    known = rng.sample(attributes(second.kind), 2)
    pages = [[first], [fact(rng, second, a) for a in known]]
    if size > 2:
        pages.append([_hop_distractor(rng, first, second)])
    articles = number(rng, pages)
    questions = [_hop_question(rng, thing, link, f) for f in pages_of(articles, second)]
    absent = rng.choice([a for a in attributes(second.kind) if a not in known])
    questions.append(_hop_question(rng, thing, link, Fact(second, absent, UNKNOWN)))
    rng.shuffle(questions)
    singles = [_read(rng, articles) for _ in range(max(0, asked - len(questions)))]
    return Exercise(articles, distinct([*questions[:asked], *singles]))


def pages_of(articles: list[Article], thing: Thing) -> list[Fact]:
    """Facts about one thing, in whatever article."""
    return [f for a in articles for f in a.facts if f.thing == thing]


def _hop_question(rng: Source, thing: Thing, link: Attribute, wanted: Fact) -> Question:
    role = rng.choice(ROLES[link.name]).format(**thing.call(rng))
    kind = "hop" if wanted.value != UNKNOWN else "no-attribute"
    return Question(kind, ask(rng, wanted.attribute, {"e": role, "E": capital(role), "n": role}), wanted.value)


def _hop_distractor(rng: Source, first: Fact, second: Thing) -> Fact:
    if rng.random() < 0.5:
        return fact(rng, lookalike(rng, first.thing), first.attribute)
    other = any_thing(rng, second.kind)
    return fact(rng, other, rng.choice(attributes(second.kind)))


def closed_book(rng: Source) -> Exercise:
    """Questions about things that nobody has heard of, with nothing to read."""
    thing = any_thing(rng)
    attribute = any_attribute(rng, thing.kind)
    return Exercise([], [Question("no-thing", ask(rng, attribute, thing.call(rng)), UNKNOWN)])
