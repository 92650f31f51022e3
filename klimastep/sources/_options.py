"""Options of a reader as a frozen dataclass: unknown, missing or wrongly typed ones are a :class:`PlanError`."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from klimastep.errors import PlanError
from klimastep.sources._paths import nearest

T = TypeVar("T")


def parse(kind: type[T], given: Mapping[str, Any], reader: str) -> T:
    """Return `given` as the dataclass `kind`.

    Parameters
    ----------
    kind : type
        Frozen dataclass; a field without default is required.
    given : mapping
        Options as the plan writes them.
    reader : str
        Named in messages.

    Raises
    ------
    PlanError
        Unknown option (with the nearest name), required one missing, value of the wrong kind.
    """
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    refuse_unknown(given, names, reader)
    needed = required(kind)
    missing = sorted(needed - set(given))
    if missing:
        raise PlanError(f"source {reader}: the option {missing[0]} is missing")
    hints = get_type_hints(kind)
    for name, value in given.items():
        if not _fits(value, hints[name]):
            raise PlanError(f"source {reader}: {name}: {value!r}; expected {_say(hints[name])}")
    return kind(**given)


def required(kind: type) -> set[str]:
    """Return the names of the fields of a dataclass that have no default."""
    return {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}


def refuse_unknown(given: Iterable[str], known: Iterable[str], reader: str) -> None:
    """Raise :class:`PlanError` for the first unknown option, with the nearest name."""
    known = sorted(known)
    for name in given:
        if name not in known:
            hint = nearest(name, known)
            raise PlanError(
                f"source {reader}: unknown option {name!r}; " + (hint or f"there are {', '.join(known) or 'none'}")
            )


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, h) for h in inner)
    if origin is Literal:
        return value in inner
    if origin is list:
        return isinstance(value, (list, tuple)) and all(_fits(v, inner[0]) for v in value)
    if origin is dict:
        return isinstance(value, Mapping) and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items())
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _say(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_say(h) for h in inner if h is not types.NoneType)
    if origin is Literal:
        return " or ".join(repr(v) for v in inner)
    words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    return words.get(hint) or {list: "a list", dict: "a mapping"}.get(origin, str(hint))
