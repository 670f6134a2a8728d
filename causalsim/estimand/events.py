"""Counterfactual questions as values: variables in worlds, events of them, and their contrasts.

``Y(X=1)`` is what Y would be if X were set to 1; ``Y(X=1, M(X=0))`` what it would be if X were set
to 1 and M to what M would be under X=0. Events in several worlds may stand in one question, before
or after the bar. The plain `Query` asks about one world only, and is what most questions need.

References:
    Pearl, "Causality" (2009), chapter 7; Correa, Lee and Bareinboim, "Nested counterfactual
    identification from arbitrary surrogate experiments" (2021), section 2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

from causalsim.errors import QueryError
from causalsim.estimand.literals import level_text, name_text
from causalsim.estimand.query import Level, Query, Setting

#: Worlds inside worlds deeper than this are refused, so that no question exhausts the stack.
DEEPEST = 40


@final
@dataclass(frozen=True, slots=True, init=False)
class Counterfactual:
    """A variable in a world: what it would be if others were set.

    Attributes:
        variable: Whose value it is.
        do: What is set, by name: a `Setting` holds a level; a `Counterfactual` stands for the value
            that its variable takes in its own world. Empty in the actual world.

    >>> print(Counterfactual("Y", {"X": 1, "M": Counterfactual("M", {"X": 0})}))
    Y(M(X=0), X=1)
    """

    variable: str
    do: tuple["Setting | Counterfactual", ...]

    def __init__(
        self,
        variable: str,
        do: "Mapping[str, Level | Counterfactual] | Iterable[Setting | Counterfactual]" = (),
    ) -> None:
        """A variable and what is set in its world.

        Raises:
            QueryError: a variable set twice, to no level, or to another variable's value.
        """
        if not isinstance(variable, str) or not variable:
            raise QueryError.bad_setting(variable)
        actions = _actions(do)
        names = [action.variable for action in actions]
        if len(set(names)) < len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            raise QueryError.set_twice(twice, variable)
        put = object.__setattr__
        put(self, "variable", variable)
        put(self, "do", tuple(sorted(actions, key=lambda action: action.variable)))
        if depth(self) > DEEPEST:
            raise QueryError.bad_action("worlds nested too deep")

    def __str__(self) -> str:
        """``Y`` or ``Y(X=1, M(X=0))``."""
        if not self.do:
            return name_text(self.variable)
        # A natural value keeps its brackets: Y(M()) sets M to what it is anyway.
        set_to = (
            f"{name_text(action.variable)}()"
            if isinstance(action, Counterfactual) and not action.do
            else str(action)
            for action in self.do
        )
        return f"{name_text(self.variable)}({', '.join(set_to)})"


@final
@dataclass(frozen=True, slots=True, init=False)
class Event:
    """A counterfactual variable at a value, or left free.

    >>> print(Event("Y", 1, do={"X": 1}))
    Y(X=1)=1
    """

    of: Counterfactual
    value: Level | None

    def __init__(
        self,
        of: str | Counterfactual,
        value: Level | None = None,
        do: "Mapping[str, Level | Counterfactual]" = {},  # noqa: B006 (never changed)
    ) -> None:
        """A variable, its value, and its world when the variable is given by name."""
        found = of if isinstance(of, Counterfactual) else Counterfactual(of, do)
        if value is not None and (not isinstance(value, int | float | str) or value != value):
            raise QueryError.bad_level(found.variable, value)
        object.__setattr__(self, "of", found)
        object.__setattr__(self, "value", value)

    @property
    def variable(self) -> str:
        """Whose event it is."""
        return self.of.variable

    def __str__(self) -> str:
        """``Y(X=1)=1``."""
        return str(self.of) if self.value is None else f"{self.of}={level_text(self.value)}"


@final
@dataclass(frozen=True, slots=True, init=False)
class Probability:
    """P(events | given): of a conjunction of events, in any number of worlds.

    >>> print(Probability([Event("Y", 1, do={"X": 1}), Event("Y", 0, do={"X": 0})]))
    P(Y(X=1)=1, Y(X=0)=0)
    """

    events: tuple[Event, ...]
    given: tuple[Event, ...]

    def __init__(self, events: "Events", given: "Events" = ()) -> None:
        """Events, each once.

        Raises:
            QueryError: no event; something that is none; a variable left free that occurs in
                another event.
        """
        object.__setattr__(self, "events", events_of(events))
        object.__setattr__(self, "given", events_of(given))
        if not self.events:
            raise QueryError.empty_outcome()
        _refuse_free_twice((*self.events, *self.given))

    def __str__(self) -> str:
        """The question as text."""
        return f"P({_listed(self.events)}{_bar(self.given)})"

    def to_dict(self) -> dict[str, object]:
        """The question as plain values, fit for JSON."""
        from causalsim.estimand.storage import question_to_dict

        return question_to_dict(self)


@final
@dataclass(frozen=True, slots=True, init=False)
class Expectation:
    """E[of | given]: the mean of a counterfactual variable whose levels are numbers.

    >>> print(Expectation(Counterfactual("Y", {"X": 1}), [Event("X", 0)]))
    E[Y(X=1) | X=0]
    """

    of: Counterfactual
    given: tuple[Event, ...]

    def __init__(self, of: str | Counterfactual, given: "Events" = ()) -> None:
        """A variable and what is known.

        Raises:
            QueryError: a condition that is no event; a variable left free that occurs in another
                event.
        """
        found = of if isinstance(of, Counterfactual) else Counterfactual(of)
        object.__setattr__(self, "of", found)
        object.__setattr__(self, "given", events_of(given))
        # The mean runs over the values of ``of``, which so has one; which does not matter here.
        _refuse_free_twice((*self.given, Event(found, 0)))

    def __str__(self) -> str:
        """The question as text."""
        return f"E[{self.of}{_bar(self.given)}]"

    def to_dict(self) -> dict[str, object]:
        """The question as plain values, fit for JSON."""
        from causalsim.estimand.storage import question_to_dict

        return question_to_dict(self)


@final
@dataclass(frozen=True, slots=True)
class Combination:
    """A weighted sum of questions; made by `combination`."""

    terms: tuple[tuple[float, "Question"], ...]

    def __str__(self) -> str:
        """The question as text."""
        text = ""
        for weight, question in self.terms:
            size = abs(weight)
            shown = f"({question})" if isinstance(question, Combination) else str(question)
            number = "" if size == 1 else f"{size!r} * ".replace(".0 ", " ")
            text += f" {'-' if weight < 0 else '+'} {number}{shown}"
        return text[3:] if text.startswith(" +") else f"-{text[3:]}"

    def to_dict(self) -> dict[str, object]:
        """The question as plain values, fit for JSON."""
        from causalsim.estimand.storage import question_to_dict

        return question_to_dict(self)


@final
@dataclass(frozen=True, slots=True)
class Quotient:
    """One question's answer divided by another's."""

    numerator: "Question"
    denominator: "Question"

    def __str__(self) -> str:
        """The question as text."""
        return f"{_bracketed(self.numerator)} / {_bracketed(self.denominator)}"

    def to_dict(self) -> dict[str, object]:
        """The question as plain values, fit for JSON."""
        from causalsim.estimand.storage import question_to_dict

        return question_to_dict(self)


#: Names are left free; a mapping gives them values.
Events = str | Event | Mapping[str, Level | None] | Iterable[str | Event]
Question = Query | Probability | Expectation | Combination | Quotient


def combination(terms: Iterable[tuple[float, Question]]) -> Question:
    """A weighted sum with equal questions collected; a single one of weight one stands for itself.

    Raises:
        QueryError: the terms cancel, so that nothing is asked.
    """
    collected: dict[Question, float] = {}
    pending = list(terms)[::-1]
    while pending:
        weight, question = pending.pop()
        if isinstance(question, Combination):
            pending.extend((weight * inner, part) for inner, part in reversed(question.terms))
        else:
            collected[question] = collected.get(question, 0.0) + weight
    kept = tuple((weight, question) for question, weight in collected.items() if weight)
    if not kept:
        raise QueryError.nothing_left()
    return kept[0][1] if len(kept) == 1 and kept[0][0] == 1 else Combination(kept)


def events_of(found: Events) -> tuple[Event, ...]:
    """Events in one of the forms that name them, each once.

    Raises:
        QueryError: something that names no event.
    """
    if isinstance(found, Mapping):
        return tuple(Event(name, value) for name, value in found.items())
    if not isinstance(found, Iterable | Event):
        raise QueryError.bad_setting(found)
    items = (found,) if isinstance(found, str | Event) else found
    events = (item if isinstance(item, Event) else Event(item) for item in items)
    return tuple(dict.fromkeys(events))


def depth(of: Counterfactual) -> int:
    """How many worlds stand inside one another."""
    deepest, level = 0, [of]
    while level and deepest <= DEEPEST:
        deepest += 1
        level = [a for found in level for a in found.do if isinstance(a, Counterfactual)]
    return deepest


def _actions(found: object) -> list["Setting | Counterfactual"]:
    """What is set, each as a `Setting` or a `Counterfactual`."""
    if isinstance(found, Mapping):
        return [_action(name, value) for name, value in found.items()]
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise QueryError.bad_action(found)
    actions: list[Setting | Counterfactual] = []
    for item in found:
        if isinstance(item, Counterfactual):
            actions.append(item)
        elif isinstance(item, Setting) and item.value is not None:
            actions.append(_action(item.variable, item.value))
        else:
            raise QueryError.bad_action(item)
    return actions


def _action(name: object, value: object) -> "Setting | Counterfactual":
    """One variable and what it is set to."""
    if not isinstance(name, str) or not name:
        raise QueryError.bad_setting(name)
    if isinstance(value, Counterfactual):
        if value.variable != name:
            raise QueryError.bad_action({name: str(value)})
        return value
    if not isinstance(value, int | float | str) or value != value:
        raise QueryError.bad_level(name, value)
    return Setting(name, value)


def _refuse_free_twice(events: tuple[Event, ...]) -> None:
    """A free event has its variable to itself."""
    seen: dict[str, bool] = {}
    for event in events:
        free = event.value is None
        if seen.get(event.variable, False) or (free and event.variable in seen):
            raise QueryError.free_twice(event.variable)
        seen[event.variable] = free


def _listed(events: tuple[Event, ...]) -> str:
    """Events in a row."""
    return ", ".join(map(str, events))


def _bar(given: tuple[Event, ...]) -> str:
    """What stands after the bar."""
    return f" | {_listed(given)}" if given else ""


def _bracketed(question: Question) -> str:
    """A question inside a quotient."""
    whole = isinstance(question, Combination | Quotient)
    return f"({question})" if whole else str(question)
