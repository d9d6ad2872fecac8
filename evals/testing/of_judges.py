"""What a judge must hold: see `evals.testing.checks.judge_checks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple, cast

from proctor.evals.judges.protocols import ChatJudge, EntailingJudge, EntailmentInput, Judge, JudgeError, chats
from proctor.evals.testing.trials import ODD_TEXTS, Trial, Tried, differing, each_of, hold, not_for, of_settings, said

THREADS = 4
"""Calls to a chat judge at once."""
MOST = 2 / 3
"""Share of the plain pairs that a judge has to get right: less is no better than a judge whose yes and no are exchanged."""
SANITY = (
    "these are pairs that nobody would doubt: a judge that fails them answers another question, or has its labels exchanged. "
    "How well it judges is another matter: `proctor agreement` measures that"
)


class Plain(NamedTuple):
    """A pair that nobody would doubt."""

    passage: str
    question: str
    claim: str
    supported: bool
    """Else the passage says otherwise."""

    @property
    def pair(self) -> EntailmentInput:
        """What an entailing judge is given."""
        return EntailmentInput((self.passage,), self.question, self.claim)

    @property
    def prompt(self) -> str:
        """What a chat judge is given."""
        return (
            f"Passage: {self.passage}\nClaim: {self.claim}\n"
            "Does the passage support the claim? Answer in JSON: verdict is 1 if it does and 0 if it says otherwise."
        )


_BRIDGE = "The Orla bridge was opened in 1931. It is 240 metres long and carries two tracks."
_LAMP = "The Vela lamp weighs 3 kg. Its warranty lasts four years, and its battery is charged in two hours."
_OFFICE = "The office in Turin is open from Monday to Friday. It is closed on public holidays."
PLAIN = (
    Plain(_BRIDGE, "When was the Orla bridge opened?", "The Orla bridge was opened in 1931.", supported=True),
    Plain(_LAMP, "How heavy is the Vela lamp?", "The Vela lamp weighs 3 kg.", supported=True),
    Plain(_OFFICE, "Is the office open on public holidays?", "The office is closed on public holidays.", supported=True),
    Plain(_BRIDGE, "When was the Orla bridge opened?", "The Orla bridge was opened in 1958.", supported=False),
    Plain(_LAMP, "How heavy is the Vela lamp?", "The Vela lamp weighs 9 kg.", supported=False),
    Plain(_OFFICE, "Is the office open on public holidays?", "The office is open on public holidays.", supported=False),
)


@dataclass(frozen=True)
class Secrets:
    """Texts that a judge must not show."""

    texts: tuple[str, ...] = ()

    def shown_in(self, text: str) -> bool:
        """Whether one of them is in a text."""
        return any(secret in text for secret in self.texts)


JudgeCheck = Callable[[Secrets, Tried[Judge]], None]


def trials(secrets: Sequence[str]) -> list[Trial[Judge]]:
    """All checks of a judge."""
    return [partial(check, Secrets(tuple(secrets))) for check in ALL]


def has_a_name_and_a_version_that_stay(_: Secrets, tried: Tried[Judge]) -> None:
    """Name and version are texts, and the same for one made alike."""
    found = (tried.one.name, tried.one.version)
    matters = "every record says which judge it was, and verdicts are kept under its version"
    hold(all(isinstance(text, str) and text for text in found), "texts as name and version, none of them empty", found, matters)
    hold(found[0].isprintable(), "a printable name", found[0], "it stands in records and on pages")
    alike = tried.another()
    hold((alike.name, alike.version) == found, f"{found} for one made alike", (alike.name, alike.version), matters)


def has_another_version_with_other_settings(_: Secrets, tried: Tried[Judge]) -> None:
    """Those with other settings (another prompt, another model), given as ``others``, have other versions."""
    of_settings(lambda judge: judge.version, tried, "the judge")


def is_of_one_kind(_: Secrets, tried: Tried[Judge]) -> None:
    """It either completes prompts or decides on claims."""
    methods = ("claims", "supports", "contradicts")
    has = [name for name in (*methods, "complete") if callable(getattr(tried.one, name, None))]
    hold(
        has in ([*methods], ["complete"]),
        "either complete, or claims, supports and contradicts (proctor.evals.judges.protocols)",
        ", ".join(has) or "none of them",
        "a judge with complete is given the prompts of ragas and deepeval, and one without is asked about claims",
    )


def splits_answers_into_claims(_: Secrets, tried: Tried[Judge]) -> None:
    """An answer's claims are texts, always the same; silence makes none."""
    judge, (question, answer) = _entailing(tried), (PLAIN[0].question, f"{PLAIN[0].claim} {PLAIN[1].claim}")
    found = judge.claims(question, answer)
    texts = all(isinstance(claim, str) and claim.strip() for claim in found)
    hold(
        bool(found) and texts,
        "the claims of an answer of two sentences, as texts",
        found,
        "an answer without a claim has no score",
    )
    again = judge.claims(question, answer)
    hold(found == again, f"the same claims again: {found}", again, "verdicts are kept by claim")
    hold(judge.claims(question, "") == [], "no claims of an empty answer", judge.claims(question, ""), "silence asserts nothing")


def gives_a_verdict_for_each_pair(_: Secrets, tried: Tried[Judge]) -> None:
    """As many verdicts as pairs, all of them True or False; none where nothing is asked."""
    for name, ask in _questions(_entailing(tried)).items():
        found = ask(PAIRS)
        matters = "verdicts belong to pairs by their places"
        hold(len(found) == len(PAIRS), f"{len(PAIRS)} verdicts of {name}", f"{len(found)}: {found}", matters)
        hold(
            all(type(verdict) is bool for verdict in found),
            f"True or False from {name}",
            found,
            "they are counted and kept as JSON",
        )
        hold(list(ask([])) == [], f"no verdicts of {name} on no pairs", ask([]), "an answer may make no claim")


def judges_each_pair_by_itself(_: Secrets, tried: Tried[Judge]) -> None:
    """A verdict hangs neither on the pairs beside it nor on their order, and stays when asked for again."""
    for name, ask in _questions(_entailing(tried)).items():
        together = ask(PAIRS)
        ways = {
            "again": ask(PAIRS),
            "one by one": [ask([pair])[0] for pair in PAIRS],
            "in reverse order": ask(PAIRS[::-1])[::-1],
            "by one made alike": _questions(_entailing(tried, another=True))[name](PAIRS),
        }
        for way, found in ways.items():
            hold(
                not differing(together, found),
                f"the same verdicts of {name} {way}",
                f"{together}, and {way} {found}",
                "each verdict is kept for itself, and read back in other company",
            )


def says_yes_to_plain_support(_: Secrets, tried: Tried[Judge]) -> None:
    """Of claims that stand in the passage, most have support, and of claims that it denies most have none."""
    _hold_sane("supports", _entailing(tried).supports(PAIRS), [one.supported for one in PLAIN])


def says_yes_to_plain_contradiction(_: Secrets, tried: Tried[Judge]) -> None:
    """Of claims that the passage denies, most are contradicted, and of claims that stand there most are not."""
    _hold_sane("contradicts", _entailing(tried).contradicts(PAIRS), [not one.supported for one in PLAIN])


def answers_a_plain_question(_: Secrets, tried: Tried[Judge]) -> None:
    """A chat judge tells claims that stand in a passage from claims that it denies."""
    judge = _chat(tried)
    found = [judge.complete(one.prompt, _verdict()).model_dump().get("verdict") == 1 for one in PLAIN]
    _hold_sane("complete", found, [one.supported for one in PLAIN])


def _hold_sane(name: str, found: Sequence[bool], right: Sequence[bool]) -> None:
    for wanted in (True, False):
        said_so = [verdict == wanted for verdict, truth in zip(found, right, strict=True) if truth == wanted]
        hold(
            sum(said_so) >= MOST * len(said_so),
            f"{wanted} from {name} for at least {MOST * len(said_so):.0f} of {len(said_so)} plain pairs",
            f"{sum(said_so)} of {len(said_so)}",
            SANITY,
        )


def raises_nothing_but_judge_errors(secrets: Secrets, tried: Tried[Judge]) -> None:
    """Whatever it is asked, it comes to a verdict or raises a `JudgeError`."""
    asks: dict[str, Callable[[str], object]]
    if chats(tried.one):
        judge = tried.one
        asks = {"complete": lambda text: judge.complete(text, _verdict())}
    else:
        entailing = tried.one
        asks = {"claims": lambda text: entailing.claims(text, text)}
        for name, ask in _questions(entailing).items():
            asks |= {f"{name} of a claim": partial(_of_claim, ask), f"{name} by a passage": partial(_by_passage, ask)}
    raised = [f"{name} {text}" for name, ask in asks.items() for text in each_of(ODD_TEXTS, ask, JudgeError)]
    hold(
        not raised,
        "a verdict or a JudgeError, whatever the text",
        "; ".join(raised),
        "a JudgeError leaves one item unmeasured and says why; any other exception ends the axis",
    )
    del secrets


def _of_claim(ask: Callable[[Sequence[EntailmentInput]], Sequence[bool]], text: str) -> None:
    (_,) = ask([EntailmentInput((_LAMP,), "How heavy is it?", text)])
    (_,) = ask([EntailmentInput((), text, text)])


def _by_passage(ask: Callable[[Sequence[EntailmentInput]], Sequence[bool]], text: str) -> None:
    (_,) = ask([EntailmentInput((text, _LAMP), text, "It weighs 3 kg.")])


def keeps_to_the_schema(_: Secrets, tried: Tried[Judge]) -> None:
    """What a chat judge completes is an instance of the schema that it was given, be it flat or nested."""
    judge, replies = _chat(tried), 0
    for schema in (_verdict(), _verdicts()):
        try:
            found = judge.complete(PLAIN[0].prompt, schema)
        except JudgeError:
            continue
        replies += 1
        hold(isinstance(found, schema), f"an instance of {schema.__name__}", found, "its fields are read, and kept as JSON")
        again = schema.model_validate(found.model_dump(mode="json"))
        hold(
            found == again,
            "an instance that is the same once it was kept as JSON",
            f"{found!r}, then {again!r}",
            "verdicts are kept",
        )
    hold(
        replies > 0,
        "a reply in the form of at least one schema",
        "a JudgeError for each",
        "a judge that never replies measures nothing",
    )


def is_called_from_several_threads(_: Secrets, tried: Tried[Judge]) -> None:
    """A chat judge is asked several things at once, and replies to each."""
    judge, schema = _chat(tried), _verdict()
    prompts = [one.prompt for one in PLAIN]

    def ask(prompt: str) -> str:
        try:
            return str(judge.complete(prompt, schema))
        except JudgeError as error:
            return said(error)

    alone = [ask(prompt) for prompt in prompts]
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(ask, prompts))
    hold(
        not differing(alone, together),
        f"the same replies to {len(prompts)} prompts, {THREADS} of them at once",
        differing(alone, together),
        "samples are judged in parallel: replies must not change places, and depend on the prompt alone",
    )


def shows_no_secret(secrets: Secrets, tried: Tried[Judge]) -> None:
    """Neither name, version nor ``repr`` hold one of the ``secrets``, nor does an error."""
    if not secrets.texts:
        not_for("secrets=... gives none to look for")
    judge = tried.one
    texts = {"name": judge.name, "version": judge.version, "repr": repr(judge)} | dict(_errors(judge))
    shown = [where for where, text in texts.items() if secrets.shown_in(text)]
    hold(not shown, "no secret in its name, its version, its repr and its errors", ", ".join(shown), "records are published")


def _errors(judge: Judge) -> list[tuple[str, str]]:
    """What it raises, by what it was asked."""

    def ask(text: str) -> object:
        return judge.complete(text, _verdict()) if chats(judge) else judge.supports([EntailmentInput((text,), text, text)])

    return [(f"the error {short}", text) for short in ODD_TEXTS for text in each_of({short: ODD_TEXTS[short]}, ask)]


PAIRS = tuple(one.pair for one in PLAIN)


def _questions(judge: EntailingJudge) -> Mapping[str, Callable[[Sequence[EntailmentInput]], list[bool]]]:
    return {"supports": judge.supports, "contradicts": judge.contradicts}


def _entailing(tried: Tried[Judge], *, another: bool = False) -> EntailingJudge:
    judge = tried.another() if another else tried.one
    if chats(judge):
        not_for("the judge completes prompts, and decides on no claims by itself")
    return cast("EntailingJudge", judge)


def _chat(tried: Tried[Judge]) -> ChatJudge:
    if not chats(tried.one):
        not_for("the judge decides on claims, and completes no prompts")
    return cast("ChatJudge", tried.one)


@cache
def _verdict() -> Any:
    """A flat schema."""
    from pydantic import BaseModel

    class Verdict(BaseModel):
        verdict: int

    return Verdict


@cache
def _verdicts() -> Any:
    """A nested one."""
    from pydantic import BaseModel

    class Reasoned(BaseModel):
        reason: str
        verdict: int

    class Verdicts(BaseModel):
        verdicts: list[Reasoned]

    return Verdicts


ALL: tuple[JudgeCheck, ...] = (
    has_a_name_and_a_version_that_stay,
    has_another_version_with_other_settings,
    is_of_one_kind,
    raises_nothing_but_judge_errors,
    shows_no_secret,
    splits_answers_into_claims,
    gives_a_verdict_for_each_pair,
    judges_each_pair_by_itself,
    says_yes_to_plain_support,
    says_yes_to_plain_contradiction,
    keeps_to_the_schema,
    is_called_from_several_threads,
    answers_a_plain_question,
)
