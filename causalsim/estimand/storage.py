"""Formulae as plain values, fit for JSON, and back."""

from collections.abc import Mapping
from typing import TypeVar

from causalsim.errors import CausalsimError, ExpressionError
from causalsim.estimand.expression import (
    Add,
    Bound,
    Const,
    Expression,
    Free,
    Number,
    P,
    Product,
    Ratio,
    Slot,
    Sum,
    Value,
    inside,
)

Plain = dict[str, object]
T = TypeVar("T")


def to_dict(expression: Expression) -> Plain:
    """The formula as dictionaries, lists, texts and numbers.

    Parts are listed once, each after those inside it, and name those by their place in the list:
    a formula with shared parts is stored in the room it takes in memory.

    >>> from causalsim.estimand.expression import probability
    >>> to_dict(probability("y", "x"))["parts"]
    [{'kind': 'P', 'heads': [['free', 'y']], 'given': [['free', 'x']], 'do': [], 'domain': ''}]
    """
    listed: list[Plain] = []
    known: dict[int, int] = {}
    stack = [(expression, False)]
    while stack:
        part, ready = stack.pop()
        if id(part) in known:
            continue
        if not ready:
            stack.append((part, True))
            stack.extend((below, False) for below in inside(part))
            continue
        listed.append(_plain(part, [known[id(below)] for below in inside(part)]))
        known[id(part)] = len(listed) - 1
    return {"formula": 1, "parts": listed}


def from_dict(plain: Mapping[str, object]) -> Expression:
    """The formula that `to_dict` stored.

    Raises:
        ExpressionError: the values are no stored formula.

    >>> from causalsim.estimand.expression import probability
    >>> from_dict(to_dict(probability("y"))) == probability("y")
    True
    """
    if not isinstance(plain, Mapping) or plain.get("formula") != 1:
        raise ExpressionError.unreadable("it has no entry formula = 1")
    built: list[Expression] = []
    try:
        for part in _sequence(plain["parts"]):
            built.append(_part(part, built))
        return built[-1]
    except (KeyError, IndexError, TypeError, ValueError, CausalsimError) as error:
        raise ExpressionError.unreadable(f"{type(error).__name__}: {error}") from None


def _plain(part: Expression, below: list[int]) -> Plain:
    """One part, with those inside it by number."""
    kind = type(part).__name__
    match part:
        case P(heads, given, do, domain):
            return {
                "kind": kind,
                "heads": [_slot(slot) for slot in heads],
                "given": [_slot(slot) for slot in given],
                "do": [_slot(slot) for slot in do],
                "domain": domain,
            }
        case Sum(over, _):
            return {"kind": kind, "over": [_slot(slot) for slot in over], "of": below}
        case Const(value):
            return {"kind": kind, "value": value}
        case Number(slot):
            return {"kind": kind, "slot": _slot(slot)}
        case Product() | Ratio() | Add():
            return {"kind": kind, "of": below}


def _part(plain: object, built: list[Expression]) -> Expression:
    """One part from its plain values."""
    found = _typed(plain, dict)
    kind = found["kind"]
    of = [built[_place(place)] for place in _sequence(found.get("of", []))]
    match kind:
        case "P":
            heads, given, do = (_slots(found[role]) for role in ("heads", "given", "do"))
            return P(heads, given, do, _typed(found["domain"], str))
        case "Sum":
            over = _slots(found["over"])
            return Sum(tuple(_typed(slot, Bound) for slot in over), of[0])
        case "Const":
            return Const(float(_typed(found["value"], float)))
        case "Number":
            return Number(_slots([found["slot"]])[0])
        case "Product" | "Add":
            return Product(tuple(of)) if kind == "Product" else Add(tuple(of))
        case "Ratio":
            return Ratio(of[0], of[1])
        case _:
            raise ValueError(f"no part is a {kind!r}")


def _slot(slot: Slot) -> list[object]:
    """A slot as its kind and what it holds."""
    match slot:
        case Free(variable):
            return ["free", variable]
        case Bound(variable, depth):
            return ["bound", variable, depth]
        case Value(variable, level):
            return ["value", variable, level]


def _slots(plain: object) -> tuple[Slot, ...]:
    """Slots from their plain values."""
    found: list[Slot] = []
    for item in _sequence(plain):
        match list(_sequence(item)):
            case ["free", str(variable)]:
                found.append(Free(variable))
            case ["bound", str(variable), int(depth)]:
                found.append(Bound(variable, depth))
            case ["value", str(variable), bool() | int() | float() | str() as level]:
                found.append(Value(variable, level))
            case _:
                raise ValueError(f"no slot is {item!r}")
    return tuple(found)


def _place(found: object) -> int:
    """A place in the list of parts."""
    place = _typed(found, int)
    if place < 0:
        raise ValueError(f"no part has the number {place}")
    return place


def _sequence(found: object) -> list[object]:
    """A list."""
    return _typed(found, list)


def _typed(found: object, kind: type[T]) -> T:
    """A value of the wanted kind."""
    if not isinstance(found, kind):
        raise TypeError(f"found {found!r}")
    return found
