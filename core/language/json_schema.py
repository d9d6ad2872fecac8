"""Whether a JSON value is as a schema demands, told in bounded time.

The library `jsonschema` does it, but for the keywords that match patterns: those can be stopped.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from math import inf
from time import thread_time
from typing import Any

from proctor.core.language import patterns
from proctor.core.language.patterns import TooSlowError
from proctor.core.reading.shown import shown

Keyword = Callable[[Any, Any, Any, Mapping[str, Any]], Any]


class _Limit(threading.local):
    """When the thread's present value has taken too long."""

    end = inf


_LIMIT = _Limit()


def _left() -> float:
    """Seconds that the present value may still take."""
    return max(0.01, min(_LIMIT.end - thread_time(), patterns.SECONDS))


def fits(schema: Mapping[str, Any], value: Any, seconds: float | None = None) -> bool:
    """Whether a value is as a schema demands. References lead nowhere but into the schema itself: nothing is fetched.

    Raises:
        TooSlowError: it takes too long to tell, or the schema asks for itself without end.
    """
    validator = _validator(json.dumps(schema))
    _LIMIT.end = thread_time() + (seconds or patterns.SECONDS)
    try:
        return bool(validator.is_valid(value))
    except RecursionError as error:
        raise TooSlowError(f"the schema asks for itself without end, or this is nested too deep: {shown(value)}") from error
    finally:
        _LIMIT.end = inf


@cache
def _validator(schema: str) -> Any:
    """Made once for a schema."""
    from jsonschema.validators import extend, validator_for
    from referencing import Registry

    parsed = json.loads(schema)
    kind = validator_for(parsed)
    known: dict[str, Keyword] = {**kind.VALIDATORS, **{name: own for name, own in OWN.items() if name in kind.VALIDATORS}}
    return extend(kind, {name: _timed(keyword) for name, keyword in known.items()})(parsed, registry=Registry())


def _timed(keyword: Keyword) -> Keyword:
    def checked(validator: Any, demanded: Any, value: Any, schema: Mapping[str, Any]) -> Any:
        if thread_time() > _LIMIT.end:
            raise TooSlowError(f"the schema takes too long to tell whether this is as it demands: {shown(value)}")
        return keyword(validator, demanded, value, schema)

    return checked


# The keywords that match patterns, as the library has them, but for the time limit.


def _pattern(validator: Any, pattern: str, value: Any, _: Mapping[str, Any]) -> Iterator[Any]:
    if validator.is_type(value, "string") and not patterns.search(pattern, value, _left()):
        yield _error(f"{shown(value)} does not follow {shown(pattern)}")


def _pattern_properties(validator: Any, demanded: Mapping[str, Any], value: Any, _: Mapping[str, Any]) -> Iterator[Any]:
    for pattern, schema in demanded.items() if validator.is_type(value, "object") else ():
        for name, held in value.items():
            if patterns.search(pattern, name, _left()):
                yield from validator.descend(held, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, demanded: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    if not validator.is_type(value, "object"):
        return
    known, named = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in value:
        if name not in known and not any(patterns.search(pattern, name, _left()) for pattern in named):
            if validator.is_type(demanded, "object"):
                yield from validator.descend(value[name], demanded, path=name)
            elif not demanded:
                yield _error(f"{shown(name)} is not expected")


def _error(message: str) -> Exception:
    from jsonschema.exceptions import ValidationError

    found: Exception = ValidationError(message)
    return found


OWN: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}
