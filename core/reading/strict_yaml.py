"""YAML as people write settings, read without a guess and in bounds: no key twice, and no alias that multiplies what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proctor.core.reading.shown import short

if TYPE_CHECKING:
    import yaml

MOST = 100_000
"""Values of a file, those that aliases repeat counted each time."""
DEEPEST = 50


class YamlError(ValueError):
    """A text that is no YAML, or none that is read. ``line`` says where, if that is known."""

    def __init__(self, what: str, line: int | None = None, remedy: str = "correct it") -> None:
        super().__init__(what)
        self.line, self.remedy = line, remedy


def parsed(text: str, loader: type[yaml.SafeLoader] | None = None) -> Any:
    """The value that a text is the YAML of; ``loader`` may know tags that the safe one does not.

    Raises:
        YamlError: it is not YAML, is nested too deep, repeats too much by aliases, or a table in it has a key twice.
    """
    import yaml

    made = None
    try:
        made = (loader or yaml.SafeLoader)(text)
        node = made.get_single_node()
        if node is None:
            return None
        _check(node, 0, {}, set())
        return made.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise YamlError(getattr(error, "problem", None) or str(error).split("\n")[0], mark and mark.line + 1) from error
    except RecursionError:
        raise YamlError(f"nested deeper than {DEEPEST} levels") from None
    except (ValueError, TypeError, AttributeError, OverflowError) as error:  # what a date or a number cannot be
        raise error if isinstance(error, YamlError) else YamlError(str(error)) from error
    finally:
        if made:
            made.dispose()


def lines(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of each key and of each item of a list, of a text that `parsed` takes."""
    import yaml

    found: dict[tuple[str | int, ...], int] = {}
    left: list[tuple[tuple[str | int, ...], yaml.Node | None]] = [((), yaml.compose(text, yaml.SafeLoader))]
    while left:
        path, node = left.pop()
        pairs: list[tuple[str | int, yaml.Node, yaml.Node]] = []
        if isinstance(node, yaml.MappingNode):
            pairs = [(str(key.value), key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        elif isinstance(node, yaml.SequenceNode):
            pairs = [(number, value, value) for number, value in enumerate(node.value)]
        for name, place, value in pairs:
            found[*path, name] = place.start_mark.line + 1
            left.append(((*path, name), value))
    return found


def _check(node: yaml.Node, depth: int, known: dict[int, int], above: set[int]) -> int:
    """How many values a node holds, each alias counted as what it stands for; ``known`` has those that were counted."""
    line = node.start_mark.line + 1
    if id(node) in above:
        raise YamlError("an alias stands for what it lies in", line)
    if depth > DEEPEST:
        raise YamlError(f"nested deeper than {DEEPEST} levels", line)
    if id(node) not in known:
        inner = [*_inner(node)]
        known[id(node)] = 1 + sum(_check(one, depth + 1, known, above | {id(node)}) for one in inner)
    if known[id(node)] > MOST:
        raise YamlError(f"more than {MOST:,} values, counting what aliases repeat", line, "write out what is meant, or divide it")
    return known[id(node)]


def _inner(node: yaml.Node) -> list[yaml.Node]:
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    seen: set[tuple[str, str]] = set()
    for key, _ in node.value:
        name = (key.tag, str(key.value)) if isinstance(key, yaml.ScalarNode) else ("", str(id(key)))
        if name in seen:
            raise YamlError(f"{short(name[1])}: given twice", key.start_mark.line + 1, "keep one of them")
        seen.add(name)
    return [part for pair in node.value for part in pair]
