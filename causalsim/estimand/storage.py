"""Formulae and questions as plain values, fit for JSON, and back."""

from collections.abc import Mapping
from typing import TypeVar

from causalsim.errors import CausalsimError, ExpressionError, QueryError
from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
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
from causalsim.estimand.query import Level, Query, Setting

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


def question_to_dict(question: Question) -> Plain:
    """The question as dictionaries, lists, texts and numbers.

    >>> from causalsim.estimand.parsing import parse_query
    >>> question_to_dict(parse_query("P(y | do(x=1))"))
    {'outcome': {'y': None}, 'do': {'x': 1}, 'given': {}}
    >>> question_to_dict(parse_query("E[y(x=1)]"))
    {'kind': 'expectation', 'of': {'variable': 'y', 'do': [['x', 1]]}, 'given': []}
    """
    match question:
        case Query():
            roles = (
                ("outcome", question.events),
                ("do", question.do),
                ("given", question.given),
            )
            return {role: {s.variable: s.value for s in settings} for role, settings in roles}
        case Probability(events, given):
            return {
                "kind": "probability",
                "events": [_event(event) for event in events],
                "given": [_event(event) for event in given],
            }
        case Expectation(of, given):
            known = [_event(event) for event in given]
            return {"kind": "expectation", "of": _counterfactual(of), "given": known}
        case Combination(terms):
            parts = [[weight, question_to_dict(part)] for weight, part in terms]
            return {"kind": "combination", "terms": parts}
        case Quotient(numerator, denominator):
            above, below = question_to_dict(numerator), question_to_dict(denominator)
            return {"kind": "quotient", "numerator": above, "denominator": below}


def question_from_dict(plain: Mapping[str, object]) -> Question:
    """The question that `question_to_dict`, or its own ``to_dict``, stored.

    Raises:
        QueryError: the values are no stored question.

    >>> from causalsim.estimand.parsing import parse_query
    >>> question = parse_query("E[y(x=1) - y(x=0) | x=1]")
    >>> question_from_dict(question_to_dict(question)) == question
    True
    """
    try:
        return _question(plain)
    except (KeyError, IndexError, TypeError, ValueError, RecursionError, CausalsimError) as error:
        raise QueryError.not_stored(f"{type(error).__name__}: {error}") from None


def _event(event: Event) -> Plain:
    """An event with its world."""
    return {**_counterfactual(event.of), "value": event.value}


def _counterfactual(of: Counterfactual) -> Plain:
    """A variable with what is set in its world: names with levels, or other worlds' variables."""
    done: list[object] = [
        [action.variable, action.value] if isinstance(action, Setting) else _counterfactual(action)
        for action in of.do
    ]
    return {"variable": of.variable, "do": done}


def _question(plain: object) -> Question:
    """A question from its plain values."""
    found = _mapping(plain)
    if "kind" not in found:
        events, do, given = (_values(found[role]) for role in ("outcome", "do", "given"))
        return Query(events, do, given)
    match found["kind"]:
        case "probability":
            return Probability(_read_events(found["events"]), _read_events(found["given"]))
        case "expectation":
            return Expectation(_read_world(found["of"]), _read_events(found["given"]))
        case "combination":
            terms = [_sequence(term) for term in _sequence(found["terms"])]
            if not terms:
                raise ValueError("a combination has no terms")
            return Combination(tuple((_weight(w), _question(part)) for w, part in terms))
        case "quotient":
            return Quotient(_question(found["numerator"]), _question(found["denominator"]))
        case kind:
            raise ValueError(f"no question is a {kind!r}")


def _values(plain: object) -> dict[str, Level | None]:
    """Names with their values."""
    found = _mapping(plain)
    return {_typed(name, str): _level(value) for name, value in found.items()}


def _read_events(plain: object) -> list[Event]:
    """Events from their plain values."""
    parts = [_mapping(item) for item in _sequence(plain)]
    return [Event(_read_world(part), _level(part["value"])) for part in parts]


def _read_world(plain: object) -> Counterfactual:
    """A variable in its world."""
    found = _mapping(plain)
    done: list[Setting | Counterfactual] = []
    for item in _sequence(found["do"]):
        if isinstance(item, Mapping):
            done.append(_read_world(item))
        else:
            name, value = _sequence(item)
            done.append(Setting(_typed(name, str), _level(value)))
    return Counterfactual(_typed(found["variable"], str), done)


def _level(found: object) -> Level | None:
    """A level, or None for a variable left free."""
    if found is not None and not isinstance(found, int | float | str):
        raise TypeError(f"found {found!r} for a level")
    return found


def _weight(found: object) -> float:
    """A weight of a sum; a truth value is none."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not found == found:
        raise TypeError(f"found {found!r} for a weight")
    return float(found)


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


def _mapping(found: object) -> Mapping[str, object]:
    """A dictionary."""
    if not isinstance(found, Mapping):
        raise TypeError(f"found {found!r}")
    return found


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
