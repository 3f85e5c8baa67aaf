"""JSON without loss: numbers keep their digits, keys are sorted, repeated keys are noticed."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MAX_DEPTH = 64
"""Deeper values are refused; the bound makes that independent of the interpreter's own stack."""


class NumberText(str):
    """The digits of a JSON number as delivered: `1.10` stays `1.10`."""

    __slots__ = ()


class JsonError(ValueError):
    """A text that is not the JSON we take; the message is for people."""


class Decoded(NamedTuple):
    """A JSON value, and the keys that occur twice in it: in the value itself, or deeper."""

    value: object
    repeated: list[str]
    repeated_deeper: list[str]


def decode(text: str) -> Decoded:
    """The value of a JSON text, its numbers as NumberText."""
    repeated: list[list[str]] = []

    def fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        counts = Counter(name for name, _ in pairs) if len(found) != len(pairs) else {}
        repeated.append([name for name, count in counts.items() if count > 1])
        return found

    try:
        value = json.loads(
            text,
            object_pairs_hook=fields,
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise JsonError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} at character {error.pos + 1}") from None
    outer = repeated.pop() if isinstance(value, dict) else []
    return Decoded(value, outer, [name for names in repeated for name in names])


def encode(value: object, depth: int = 0) -> str:
    """Canonical JSON text of a decoded value."""
    if depth > MAX_DEPTH:
        raise JsonError("nested too deeply")
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, Mapping):
        pairs = (f"{encode(name)}:{encode(value[name], depth + 1)}" for name in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(encode(item, depth + 1) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _no_constant(name: str) -> object:
    raise JsonError(f"{name} is not JSON")
