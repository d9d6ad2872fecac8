"""General skills beside reading: six families of small questions with a right choice and wrong ones.

The same item serves twice: as a line of training text (the question with its right choice) and, on the
held-out side, as a multiple-choice item of the general benchmark. A family holds out by the same checksum as
names and values: whole sums, pairs, sentences or lists never appear in training text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proctor.models.tiny.recipe.facts import COMPARED, FACTS, GROUPS, THINGS_DO, WORDS
from proctor.models.tiny.recipe.hints import Segments
from proctor.models.tiny.recipe.reading import ANSWER
from proctor.models.tiny.recipe.values import Source, is_held_out, words

GENERAL_CONTEXT = 0.25


@dataclass(frozen=True)
class Item:
    """A question, its choices, and the place of the right one."""

    query: str
    choices: tuple[str, ...]
    gold: int

    def segments(self) -> Segments:
        """Training text: the question with its right choice."""
        return [(self.query, GENERAL_CONTEXT), (self.choices[self.gold], ANSWER)]


def _item(rng: Source, query: str, right: str, wrong: list[str]) -> Item:
    choices = [right, *wrong]
    rng.shuffle(choices)
    return Item(query, tuple(f" {c}" for c in choices), choices.index(right))


def _asked(text: str) -> str:
    return f"Question: {text}\nAnswer:"


def _until(rng: Source, make: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """Draw until the key lies on the source's side of the split."""
    while is_held_out("/".join(key := make())) != rng.held_out:
        pass
    return key


def arithmetic(rng: Source) -> Item:
    """Sums and differences of numbers to twenty; one sum in six is never trained."""

    def make() -> tuple[str, ...]:
        a, b = rng.randint(0, 20), rng.randint(0, 20)
        return (str(a), "+", str(b)) if rng.random() < 0.6 else (str(max(a, b)), "-", str(min(a, b)))

    a, sign, b = _until(rng, make)
    right = int(a) + int(b) if sign == "+" else int(a) - int(b)
    near = [n for n in (right - 10, right - 2, right - 1, right + 1, right + 2, right + 10) if n >= 0]
    asked = {"+": ("What is {} + {}?", "What is {} plus {}?", "Add {} and {}."),
             "-": ("What is {} - {}?", "What is {} minus {}?", "Take {1} from {0}.")}  # fmt: skip
    queries = (f"{a} {sign} {b} =", *(_asked(text.format(a, b)) for text in asked[sign]))
    return _item(rng, rng.choice(queries), str(right), [str(n) for n in rng.sample(near, 3)])


def grammar(rng: Source) -> Item:
    """Verb that agrees with its subject across words that stand between them."""
    noun, place, verb = _until(rng, lambda: (rng.choice(WORDS["nouns"]), rng.choice(WORDS["nouns"]), rng.choice(WORDS["verbs"])))
    many, others = rng.random() < 0.5, rng.random() < 0.5
    subject = f"The {noun}{'s' if many else ''} {rng.choice(WORDS['near'])} the {place}{'s' if others else ''}"
    rest = rng.choice(WORDS["endings"])
    forms = [f"{verb} {rest}.", f"{verb}s {rest}."]
    if rng.random() < 0.4:
        forms = [f"{word} {rng.choice(WORDS['states'])}." for word in ("are", "is")]
        forms[1] = "is" + forms[0][3:]
    return _item(rng, subject, forms[0 if many else 1], [forms[1 if many else 0]])


def facts(rng: Source) -> Item:
    """World facts; every fact is trained, and asked on the held-out side in words it was never asked in."""
    relation = rng.choice(list(FACTS))
    templates, pairs = FACTS[relation]
    thing, right = rng.choice(pairs)
    sides = [t for t in templates if is_held_out(f"{t}/{thing}") == rng.held_out]
    if not sides:
        return facts(rng)
    others = sorted({value for _, value in pairs} - {right})
    return _item(rng, _asked(rng.choice(sides).format(thing)), right, rng.sample(others, 3))


def sense(rng: Source) -> Item:
    """Everyday sense: which of two is bigger, what kind of thing something is, what a thing does."""
    if rng.random() < 0.5:
        return _compare(rng)
    table = GROUPS if rng.random() < 0.6 else THINGS_DO
    ask = ("What kind of thing is a {}?", "A {} is a kind of what?", "To which kind does a {} belong?", "Name the kind of a {}.")
    use = ("What does a {} do?", "What is a {} there for?", "What does a {} usually do?")
    group = rng.choice(list(table))
    thing, template = _until(rng, lambda: (rng.choice(table[group]), rng.choice(ask if table is GROUPS else use)))
    others = rng.sample(sorted(set(table) - {group}), 3)
    return _item(rng, _asked(template.format(thing)), group, others)


def _compare(rng: Source) -> Item:
    """Two things of one scale, at least two places apart so that nobody would argue."""

    def make() -> tuple[str, ...]:
        name = rng.choice(list(COMPARED))
        low, high = sorted(rng.sample(range(len(COMPARED[name][2])), 2))
        return (name, str(low), str(high)) if high - low > 2 else make()

    name, low, high = _until(rng, make)
    more, less, scale = COMPARED[name]
    small, big = scale[int(low)], scale[int(high)]
    first, second = (small, big) if rng.random() < 0.5 else (big, small)
    word, right = (more, big) if rng.random() < 0.5 else (less, small)
    wrong = small if right == big else big
    return _item(rng, _asked(f"Which is {word}, {first} or {second}?"), right, [wrong])


def copying(rng: Source) -> Item:
    """A list of words said again, or said backwards."""
    listed = list(_until(rng, lambda: tuple(rng.sample(WORDS["nouns"], rng.randint(3, 4)))))
    if rng.random() < 0.7:
        right, query = listed, rng.choice(("Repeat: {}", "Say again: {}", "Copy this list: {}"))
    else:
        right, query = listed[::-1], rng.choice(("Say backwards: {}", "Turn this list round: {}"))
    wrong = {tuple(listed), tuple(listed[::-1])} - {tuple(right)}
    while len(wrong) < 3:
        wrong.add(tuple(rng.sample(listed, len(listed))))
        wrong.discard(tuple(right))
    others = [", ".join(w) for w in sorted(wrong)]
    return _item(rng, _asked(query.format(", ".join(listed))), ", ".join(right), others)


def series(rng: Source) -> Item:
    """What comes next: counting in steps, days, months, letters."""
    if rng.random() < 0.6:
        start, step = (int(x) for x in _until(rng, lambda: (str(rng.randint(0, 30)), rng.choice(words("1 2 3 4 5 10")))))
        if rng.random() < 0.3:
            start, step = start + 5 * step, -step
        shown = [start + step * i for i in range(4)]
        right = shown[-1] + step
        near = [n for n in (right - 1, right + 1, right + 2, right + 10, right + 3) if n >= 0 and n != shown[-1]]
        return _item(rng, _series_query(rng, [str(n) for n in shown]), str(right), [str(n) for n in rng.sample(near, 3)])
    ring = WORDS[rng.choice(("days", "months", "letters"))]
    at, step = (int(x) for x in _until(rng, lambda: (str(rng.randrange(len(ring))), rng.choice(("1", "2")), ring[0]))[:2])
    shown_words = [ring[(at + step * i) % len(ring)] for i in range(3)]
    right_word = ring[(at + step * 3) % len(ring)]
    others = [w for w in ring if w not in (*shown_words, right_word)]
    return _item(rng, _series_query(rng, shown_words), right_word, rng.sample(others, min(3, len(others))))


def _series_query(rng: Source, shown: list[str]) -> str:
    listed = ", ".join(shown)
    return rng.choice((f"{listed},", _asked(f"What comes after {listed}?"), _asked(f"Go on: {listed}")))


FAMILIES: dict[str, Callable[[Source], Item]] = {
    "arithmetic": arithmetic,
    "grammar": grammar,
    "facts": facts,
    "sense": sense,
    "copying": copying,
    "series": series,
}
SHARES = (26, 12, 24, 18, 8, 12)
