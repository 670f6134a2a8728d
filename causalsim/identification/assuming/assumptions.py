"""What may be taken for granted beside the graph: stated by the caller, never by the package.

References:
    Pearl, "Causality" (2009), chapter 5 (linearity) and section 9.2 (monotonicity); Imbens and
    Angrist, "Identification and estimation of local average treatment effects" (1994).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from causalsim.errors.assumption import AssumptionError
from causalsim.estimand.events import Question
from causalsim.estimand.query import Level
from causalsim.estimand.questions import settings_of
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.response_functions import Monotone


@final
@dataclass(frozen=True, slots=True)
class Linear:
    """Every variable is a weighted sum of its causes plus an error, the weights being everyone's.

    x_v = Σ_p λ_pv x_p + ε_v. It fails where causes interact, where a response bends or levels off,
    and where it differs between units.

    >>> print(Linear())
    every variable is a linear function of its causes, with an error added
    """

    def __str__(self) -> str:
        """The assumption as a clause."""
        return "every variable is a linear function of its causes, with an error added"


@final
@dataclass(frozen=True, slots=True, init=False)
class Levels:
    """Some variables have these levels and no others.

    Attributes:
        declared: Each variable with its levels, from least to most where order matters.

    >>> print(Levels({"x": [0, 1], "y": ["none", "some", "much"]}))
    x has the levels 0, 1 and y has the levels none, some, much
    >>> Levels.binary("x", "y") == Levels({"x": [0, 1], "y": [0, 1]})
    True
    """

    declared: tuple[tuple[str, tuple[Level, ...]], ...]

    def __init__(self, of: Mapping[str, Iterable[Level]]) -> None:
        """Declare levels.

        Raises:
            AssumptionError: fewer than two levels, the same one twice, or something that is none.
        """
        if not isinstance(of, Mapping) or not of:
            raise AssumptionError.bad_levels("the variables", of)
        object.__setattr__(self, "declared", tuple((n, _levels(n, f)) for n, f in of.items()))

    @classmethod
    def binary(cls, *names: str) -> "Levels":
        """Variables whose levels are 0 and 1."""
        return cls(dict.fromkeys(names, (0, 1)))

    def __str__(self) -> str:
        """The assumption as a clause."""
        alike: dict[tuple[Level, ...], list[str]] = {}
        for name, levels in self.declared:
            alike.setdefault(levels, []).append(name)
        return " and ".join(
            f"{', '.join(names)} {'have' if len(names) > 1 else 'has'} the levels "
            f"{', '.join(map(str, levels))}"
            for levels, names in alike.items()
        )


Assumption = Linear | Monotone | Levels
Assumptions = Assumption | Iterable[Assumption]


@dataclass(frozen=True, slots=True)
class Premises:
    """All that was stated, checked against a graph.

    Attributes:
        stated: The assumptions, each once.
    """

    stated: tuple[Assumption, ...]

    @classmethod
    def of(cls, graph: Graph, assuming: Assumptions) -> "Premises":
        """Assumptions as they were stated.

        Raises:
            AssumptionError: something that is none, that is about a variable the graph lacks, or
                that contradicts another one.
        """
        one = isinstance(assuming, Linear | Monotone | Levels)
        if not one and (isinstance(assuming, str | type) or not isinstance(assuming, Iterable)):
            raise AssumptionError.not_an_assumption(assuming)
        found = cls((assuming,) if one else tuple(dict.fromkeys(assuming)))  # type: ignore[arg-type]
        for each in found.stated:
            if not isinstance(each, Linear | Monotone | Levels):
                raise AssumptionError.not_an_assumption(each)
        _check_monotone(graph, found.monotone)
        for name in found.levels:
            if name not in graph:
                raise AssumptionError.unknown_variable(name, graph.nodes)
        return found

    @property
    def linear(self) -> tuple[Linear, ...]:
        """Linearity, if it was stated."""
        return tuple(each for each in self.stated if isinstance(each, Linear))

    @property
    def monotone(self) -> tuple[Monotone, ...]:
        """What was stated of monotone responses."""
        return tuple(each for each in self.stated if isinstance(each, Monotone))

    @property
    def discrete(self) -> tuple[Levels, ...]:
        """The declarations of levels."""
        return tuple(each for each in self.stated if isinstance(each, Levels))

    @property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """The levels of each variable for which they were declared.

        Raises:
            AssumptionError: two declarations differ.
        """
        found: dict[str, tuple[Level, ...]] = {}
        for name, levels in (pair for each in self.discrete for pair in each.declared):
            if found.setdefault(name, levels) != levels:
                raise AssumptionError.levels_twice(name)
        return found

    def about(self, *names: str) -> tuple[Levels, ...]:
        """The declarations of levels that are about some variables."""
        return tuple(
            each for each in self.discrete if any(name in names for name, _ in each.declared)
        )

    def ascending(self, name: str, levels: tuple[Level, Level]) -> bool:
        """Whether the second of two levels is the higher one.

        Raises:
            AssumptionError: texts whose order was not declared, or a level left out.
        """
        declared = self.levels.get(name)
        low, high = levels
        if declared is not None:
            for level in levels:
                if level not in declared:
                    raise AssumptionError.undeclared_level(name, level, declared)
            return declared.index(low) < declared.index(high)
        if isinstance(low, str) or isinstance(high, str):
            raise AssumptionError.unordered(name, levels)
        return low < high

    def only(self, name: str, levels: tuple[Level, Level]) -> bool:
        """Whether a variable may have just these two levels."""
        return set(self.levels.get(name, levels)) == set(levels)


def refuse_other_levels(question: Question, levels: Mapping[str, tuple[Level, ...]]) -> None:
    """Every value of a question is one of those declared.

    Raises:
        AssumptionError: one that is not.
    """
    for name, value in settings_of(question):
        if value is not None and value not in levels.get(name, (value,)):
            raise AssumptionError.undeclared_level(name, value, levels[name])


def _levels(name: object, found: object) -> tuple[Level, ...]:
    """A list of levels."""
    if not isinstance(found, Iterable) or isinstance(found, str | Mapping):
        raise AssumptionError.bad_levels(name, found)
    levels = tuple(found)
    fine = all(isinstance(level, int | float | str) and level == level for level in levels)
    if not fine or len(levels) < 2 or len(set(levels)) < len(levels):
        raise AssumptionError.bad_levels(name, levels)
    return levels


def _check_monotone(graph: Graph, found: tuple[Monotone, ...]) -> None:
    """Each cause affects its effect, and no pair is assumed both ways."""
    for each in found:
        for name in (each.cause, each.effect):
            if name not in graph:
                raise AssumptionError.unknown_variable(name, graph.nodes)
        if each.cause == each.effect or each.effect not in graph.descendants(each.cause):
            raise AssumptionError.no_effect(each.cause, each.effect)
    pairs = sorted((each.cause, each.effect) for each in found)
    for one, other in pairwise(pairs):
        if one == other:
            raise AssumptionError.both_ways(*one)
