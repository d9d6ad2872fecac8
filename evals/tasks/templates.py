"""Templates of other people's tasks: a part of Jinja that reaches nothing but the item, and that comes to an end.

lm-eval renders templates without a sandbox, where `{{ cycler.__init__.__globals__.os.system("...") }}` runs a command. Here
they are rendered in Jinja's own sandbox, with what a template may ask for further narrowed to what templates of tasks need,
and with limits to its steps and to the size of what it makes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from proctor.core.language import patterns

STEPS = 100_000
"""Turns of loops in one rendering."""
LARGEST = 1_000_000
"""Characters of whatever a template makes; also of the text that it renders."""
VALUE, A_STEP = 10, 100
"""How many characters a value of a list, and a step, count as."""
BITS = 10_000
"""Of a whole number."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILTERS = _names(
    "abs capitalize count d default dictsort first float int items join last length list lower map max min regex_replace reject "
    "rejectattr replace reverse round select selectattr sort string sum title tojson trim unique upper wordcount"
)
METHODS: Mapping[type, frozenset[str]] = {
    str: _names(
        "capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit islower isnumeric isspace istitle "
        "isupper join lower lstrip partition removeprefix removesuffix replace rfind rindex rpartition rsplit rstrip split "
        "splitlines startswith strip swapcase title upper"
    ),
    dict: _names("get items keys values"),
    list: _names("index count"),
    tuple: _names("index count"),
}
"""What a template may call of a value; the sandbox itself forbids what changes a value or leads into Python."""
NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.With, nodes.ExprStmt),
    *(nodes.Name, nodes.NSRef, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Call, nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Concat),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow),
)


class RenderError(TemplateError):
    """A template could not be rendered."""

    def __init__(self, what: str, template: str) -> None:
        super().__init__(what)
        self.template = template


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja for templates of other people: as lm-eval sets it up, for all that a template may ask for here."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, finalize=self.measured)
        known = {**self.filters, "regex_replace": _regex_replace}
        self.filters = {name: self._limited(name, known[name]) for name in FILTERS}
        self.globals = {name: self.globals[name] for name in ("range", "dict", "namespace")}
        self.steps = 0

    def from_string(self, source: Any, *args: Any, **kwargs: Any) -> Any:
        """The template of that text, which names it in its errors."""
        template = super().from_string(source, *args, **kwargs)
        if isinstance(template, _Rendered) and isinstance(source, str):
            template.text = source
        return template

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        problem = next(filter(None, map(_unfit, tree.find_all(nodes.Node))), None)
        if problem:
            raise SecurityError(problem)
        _Counted().visit(tree)
        return tree

    def step(self, count: int = 1) -> None:
        """Called at every turn of a loop, and for what is made."""
        self.steps += count
        if self.steps > STEPS:
            _too_much(f"it takes more than {STEPS:,} steps")

    def measured(self, value: Any) -> Any:
        """The value, where it is no larger than it may be. Lists that hold one another many times are as large as they print."""
        todo, size = [value], 0
        while todo:
            one = todo.pop()
            size += len(one) if isinstance(one, str | bytes) else VALUE
            if isinstance(one, int) and one.bit_length() > BITS:
                _too_much(f"it makes a number of more than {BITS:,} bits")
            if size > LARGEST:
                _too_much(f"it makes more than {LARGEST:,} characters, or {LARGEST // VALUE:,} values")
            if isinstance(one, dict):
                todo += [*one.keys(), *one.values()]
            elif isinstance(one, list | tuple):
                todo += one
        self.step(size // A_STEP)
        return value

    def _limited(self, name: str, apply: Callable[..., Any]) -> Callable[..., Any]:
        """A filter that takes and gives nothing that is too large."""

        @wraps(apply)
        def limited(*args: Any, **kwargs: Any) -> Any:
            given = [self.measured(value) for value in (*args, *kwargs.values())]
            texts = [value for value in given if isinstance(value, str)]
            if name == "replace" and len(texts) > 2:
                _foreseen("replace", texts[0], texts[1:])
            if name == "join" and texts:
                listed = next((value for value in given if isinstance(value, list | tuple)), ())
                _foreseen("join", texts[-1], [listed])
            return self.measured(apply(*args, **kwargs))

        return limited

    def wrap_str_format(self, value: Any) -> None:
        """No `format`: a width in it makes a text of any size."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may have it: the methods in `METHODS`, and what Jinja tells of a loop."""
        listed = next((names for kind, names in METHODS.items() if isinstance(obj, kind)), frozenset())
        return super().is_safe_attribute(obj, attr, value) and (attr in listed or isinstance(obj, LoopContext | Namespace))

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call it, unless what it would make is too large."""
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            _foreseen(obj.__name__, owner, args)
        for value in args:
            self.measured(value)
        return self.measured(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Calculate it, unless the outcome would be too large."""
        if _size_of(operator, left, right) > LARGEST:
            whole = isinstance(left, int) and isinstance(right, int)
            most = f"a number of more than {BITS:,} bits" if whole else f"more than {LARGEST:,} characters"
            _too_much(f"{operator} makes {most}")
        self.measured((left, right))
        return super().call_binop(context, operator, left, right)


class _Rendered(Template):
    """A template that is rendered up to a limit, and whose errors say which one it is."""

    environment: Sandbox
    text: str = ""

    def render(self, *args: Any, **kwargs: Any) -> str:
        self.environment.steps, parts, room = 0, [], LARGEST
        try:
            for part in self.generate(*args, **kwargs):
                room -= len(part)
                if room < 0:
                    _too_much(f"it renders more than {LARGEST:,} characters")
                parts.append(part)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise RenderError(f"{error} (in the template {self.text[:200]!r})", self.text) from error
        return "".join(parts)


Sandbox.template_class = _Rendered


def problem(text: str) -> str | None:
    """Why a text may not be the template of a task, or nothing."""
    try:
        Sandbox().from_string(text)
    except (TemplateError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        return f"{error}{f' (line {line} of the template)' if line and line > 1 else ''}"
    return None


def _unfit(node: nodes.Node) -> str | None:
    """Why a part of a template is none that a task may have."""
    if not isinstance(node, NODES):
        return f"a template of a task may have no {type(node).__name__.lower()}"
    named = node.attr if isinstance(node, nodes.Getattr) else _constant(node.arg) if isinstance(node, nodes.Getitem) else ""
    if isinstance(named, str) and named.startswith("__"):
        return f"'{named}' leads into Python itself"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"a template of a task may not use the filter '{node.name}'"
    if isinstance(node, nodes.For) and node.recursive:
        return "a loop in a template of a task may not call itself"
    return None


def _constant(node: nodes.Node) -> Any:
    return node.value if isinstance(node, nodes.Const) else None


class _Counted(NodeTransformer):
    """Counts the turns of loops, and has `~` put together by a filter, which has a limit."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 # Jinja's name
        self.generic_visit(node)
        step = nodes.Call(nodes.EnvironmentAttribute("step"), [], [], None, None)
        node.body.insert(0, nodes.ExprStmt(step).set_lineno(node.lineno))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 # Jinja's name
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes), "join", [], [], None, None).set_lineno(node.lineno)


def _too_much(what: str) -> NoReturn:
    raise SecurityError(what)


def _foreseen(method: str, text: str, args: Any) -> None:
    """Refuse what would be too large, before it is made."""
    size = 0
    if method == "replace" and len(args) > 1 and isinstance(args[0], str) and isinstance(args[1], str):
        size = len(text) + text.count(args[0]) * len(args[1])
    elif method == "join" and args and isinstance(args[0], list | tuple):
        size = len(text) * len(args[0]) + sum(len(each) for each in args[0] if isinstance(each, str))
    if size > LARGEST:
        _too_much(f"{method} makes more than {LARGEST:,} characters")


def _size_of(operator: str, left: Any, right: Any) -> float:
    """How large the outcome would be, in characters or values; of a number, in limits."""
    sized = [len(value) for value in (left, right) if isinstance(value, str | bytes | list | tuple)]
    whole = [value for value in (left, right) if isinstance(value, int)]
    if operator == "%" and isinstance(left, str):  # a width, as in '%1000000d'
        return LARGEST + 1 if re.search(r"%[^a-zA-Z%]*(\*|\d{4})", left) else sum(sized)
    if operator == "*" and sized and whole:
        return sized[0] * max(whole[0], 0)
    if operator in ("*", "**") and len(whole) == 2:
        bits = whole[0].bit_length() * whole[1] if operator == "**" else whole[0].bit_length() + whole[1].bit_length()
        return LARGEST + 1 if bits > BITS else 0
    return sum(sized)


def _regex_replace(string: str, pattern: str, repl: str, count: int = 0) -> str:
    """lm-eval's own filter, with a limit to its time and to the size of what it makes."""
    room = LARGEST

    def made(found: Any) -> str:
        nonlocal room
        text = str(found.expand(repl))
        room -= len(text)
        if room < 0:
            _too_much(f"regex_replace makes more than {LARGEST:,} characters")
        return text

    try:
        return patterns.sub(pattern, string, made, count)
    except (patterns.TooSlowError, patterns.BROKEN) as error:
        raise SecurityError(f"regex_replace: {error}") from error
