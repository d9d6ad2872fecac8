"""How something is asked, recognised by what it offers: LangChain's, LlamaIndex's and Haystack's objects, or a Python function.

Nothing of these libraries is imported, so none has to be installed for what is not of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from proctor.core.schema import InputError

QUESTION = ("question", "query", "input", "text", "prompt", "user_query")
"""What the question is called where it has to have a name."""
LISTS = ("list", "List", "Sequence", "Iterable", "tuple", "Collection")
SEVERAL = ("questions", "queries", "inputs", "texts", "prompts", "batch")
"""What a parameter is called that takes several questions."""


@dataclass(frozen=True)
class CallManner:
    """How something is asked."""

    ask: Callable[[Any], Any]
    """Given the text of one question, or the texts of several, gives what it returns, or an awaitable of it."""
    what: str
    """What it was taken for, in words."""
    several: bool = False
    """Whether it is given lists of texts, and returns as many answers."""
    waits: bool = False
    """Whether what it returns has to be awaited."""


def manner(thing: Any) -> CallManner:
    """How a thing is asked.

    Raises:
        InputError: nothing that it offers can be asked a question.
    """
    if _offers(thing, "invoke", "batch"):
        return CallManner(Invoked(thing), "LangChain Runnable")
    if _offers(thing, "query") and not inspect.isclass(thing):
        return CallManner(thing.query, "LlamaIndex query engine")
    if _offers(thing, "run", "inputs", "walk"):
        return _of_pipeline(thing)
    if callable(thing):
        return _of_function(thing)
    raise InputError(
        f"it is {type(thing).__name__}, which cannot be asked; name a function that takes a question, a LangChain Runnable, a "
        "LlamaIndex query engine or a Haystack Pipeline, or a class or function without arguments that makes one"
    )


def is_maker(thing: Any) -> bool:
    """Whether it makes what is asked: a class, or a function that takes nothing."""
    if inspect.isclass(thing):
        return True
    return inspect.isroutine(thing) and not inspect.iscoroutinefunction(thing) and not _parameters(thing)


def _offers(thing: Any, *names: str) -> bool:
    return all(callable(getattr(thing, name, None)) for name in names)


class Invoked:
    """A Runnable, given questions in the form that its own schema asks for.

    Of plain functions LangChain guesses the schema from their source, and may guess wrong: until the form of the schema has
    served once, a question that fails in it is asked again as it is. What a wrong form fails with is up to whatever gets it: an
    embedder's ValueError or a client's own error just as well as a KeyError.
    """

    def __init__(self, runnable: Any) -> None:
        self._runnable = runnable
        self._form: Callable[[str], Any] | None = None

    def __call__(self, text: str) -> Any:
        """What it returns for a question."""
        if self._form:
            return self._runnable.invoke(self._form(text))
        form: Callable[[str], Any] = partial(_of_runnable, self._runnable)
        try:
            came = self._runnable.invoke(form(text))
        except Exception as failed:
            if form(text) == text:
                raise
            form, came = str, self._as_it_is(text, failed)
        self._form = form
        return came

    def _as_it_is(self, text: str, failed: Exception) -> Any:
        """What it returns for the question itself. Where it fails again, the form was not to blame: that failure stands."""
        try:
            return self._runnable.invoke(text)
        except Exception:  # noqa: BLE001 # the boundary: a pipeline fails with whatever its parts raise
            raise failed from None


def _of_runnable(runnable: Any, text: str) -> Any:
    """The question in the form that a Runnable's own schema asks for."""
    schema: Mapping[str, Any] = runnable.get_input_jsonschema() if _offers(runnable, "get_input_jsonschema") else {}
    if schema.get("type") != "object":
        return text
    named = schema.get("properties") or {}
    if not named:
        return dict.fromkeys(QUESTION[:3], text)
    if "messages" in named:
        return {"messages": [("user", text)]}
    return {name: text for name in QUESTION if name in named} or text


def _of_pipeline(pipeline: Any) -> CallManner:
    """A Haystack Pipeline: the question goes wherever a text is missing, and what all its components found comes back."""
    given = {
        component: names
        for component, inputs in pipeline.inputs().items()
        if (names := [name for name, about in inputs.items() if _is_question(name, about)])
    }
    if not given:
        raise InputError("no component of the pipeline takes a question (an input called question, query or text)")
    components = [name for name, _ in pipeline.walk()]

    def ask(text: str) -> Any:
        data = {component: dict.fromkeys(names, text) for component, names in given.items()}
        return _found_by(pipeline.run(data, include_outputs_from=set(components)))

    return CallManner(ask, "Haystack Pipeline")


def _is_question(name: str, about: Mapping[str, Any]) -> bool:
    return name in ("question", "query") or bool(about.get("is_mandatory") and (name in QUESTION or about.get("type") is str))


def _found_by(outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    """A pipeline's answer: what builds answers knows it and its passages; else the last reply and the last documents."""
    found: dict[str, Any] = {}
    for output in outputs.values():
        if answers := output.get("answers"):
            return answers[0]
        if replies := output.get("replies"):
            found["answer"] = replies[0]
            found["usage"] = next((one.get("usage") for one in output.get("meta") or () if isinstance(one, Mapping)), None)
            found["usage"] = found["usage"] or (getattr(replies[0], "meta", None) or {}).get("usage")
        if "documents" in output:
            found["documents"] = output["documents"]
    return found


def _of_function(function: Any) -> CallManner:
    called = function if inspect.isroutine(function) else type(function).__call__
    waits = inspect.iscoroutinefunction(called) or inspect.iscoroutinefunction(function)
    parameters = _parameters(function)
    needed = [one for one in parameters if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    if len(needed) > 1 or not parameters or (needed and needed[0].kind is inspect.Parameter.KEYWORD_ONLY):
        takes = ", ".join(one.name for one in needed) or "nothing"
        raise InputError(f"it takes {takes}, and is given one question; give the other parameters defaults, or wrap it")
    several = _takes_several(parameters[0])
    kind = f"{'async ' if waits else ''}function of {'several questions' if several else 'a question'}"
    return CallManner(function, kind, several, waits)


def _parameters(function: Any) -> Sequence[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some of those written in C have none
        return [inspect.Parameter("question", inspect.Parameter.POSITIONAL_ONLY)]


def _takes_several(parameter: inspect.Parameter) -> bool:
    hint = parameter.annotation
    if hint is parameter.empty:
        return parameter.name in SEVERAL
    written = hint if isinstance(hint, str) else getattr(hint, "__name__", None) or str(hint)
    return written.removeprefix("typing.").removeprefix("collections.abc.").partition("[")[0] in LISTS
