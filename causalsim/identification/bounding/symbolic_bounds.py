"""Bounds as formulae: the largest of some expressions up to the smallest of others.

References:
    Manski, "Nonparametric bounds on treatment effects" (1990); Balke and Pearl, "Bounds on
    treatment effects from studies with imperfect compliance" (1997), equations 5 and 6; Balke and
    Pearl, "Nonparametric bounds on causal effects from partial compliance data" (1993).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import final

from causalsim.errors.identification import BoundsError
from causalsim.estimand.evaluation import Data, evaluate
from causalsim.estimand.expression import (
    Const,
    Expression,
    Free,
    P,
    Slot,
    Value,
    add,
    parts,
    scaled,
)
from causalsim.estimand.query import Level
from causalsim.identification.bounding.bounded import Bounds

_MANSKI = "It holds whatever confounds the two (Manski 1990)."
#: For each level of a treatment, what each level of the outcome counts.
Payoffs = Mapping[Level, Mapping[Level, float]]


@final
@dataclass(frozen=True, slots=True)
class SymbolicBounds:
    """The interval from the largest of ``lower`` to the smallest of ``upper``.

    Attributes:
        lower: Expressions in the observational distribution; each is a valid lower bound.
        upper: Likewise for the upper bound.
        sharp: Whether no narrower interval is valid.
        why: Where they come from.
    """

    lower: tuple[Expression, ...]
    upper: tuple[Expression, ...]
    sharp: bool
    why: str

    @property
    def lower_end(self) -> str:
        """The lower end as text."""
        return _extreme("max", self.lower)

    @property
    def upper_end(self) -> str:
        """The upper end as text."""
        return _extreme("min", self.upper)

    def __str__(self) -> str:
        """Both ends on one line."""
        return f"{self.lower_end} to {self.upper_end}"

    def evaluate(self, table: Data) -> Bounds:
        """The interval of numbers on a joint table, or on several tables.

        Raises:
            ExpressionError: a variable, level or distribution that no table has.
            BoundsError: conditions that never hold in the table.
        """
        ends = []
        for found in (self.lower, self.upper):
            values = [float(evaluate(expression, table).values) for expression in found]
            # What the table leaves undefined says nothing; the other expressions stay valid.
            ends.append([value for value in values if not isnan(value)])
        low, high = ends
        if not low or not high:
            raise BoundsError.empty_stratum(_named((*self.lower, *self.upper)))
        told = len(low) + len(high) == len(self.lower) + len(self.upper)
        return Bounds(max(low), min(high), self.sharp and told, self.why)


def _named(found: tuple[Expression, ...]) -> tuple[str, ...]:
    """The variables of some expressions."""
    terms = [part for expression in found for part in parts(expression) if isinstance(part, P)]
    slots = [slot for term in terms for slot in (*term.heads, *term.given, *term.do)]
    return tuple(dict.fromkeys(slot.variable for slot in slots))


def _extreme(name: str, found: tuple[Expression, ...]) -> str:
    """The largest or the smallest of some expressions."""
    texts = [str(expression) for expression in found]
    return texts[0] if len(texts) == 1 else f"{name}({'; '.join(texts)})"


def confounded_bounds(
    outcome: str, treatment: str, level: Level | None = 1, event: Level | None = 1
) -> SymbolicBounds:
    """P(y | do(x)) where anything may confound x and y: P(y, x) to P(y, x) + 1 - P(x).

    A level that is None leaves its variable free.

    >>> print(confounded_bounds("y", "x"))
    P(y=1, x=1) to P(y=1, x=1) + 1 - P(x=1)
    """
    one, other = _slot(outcome, event), _slot(treatment, level)
    both, alone = P((one, other)), P((other,))
    high = add([both, Const(1.0), scaled(-1, alone)])
    return SymbolicBounds((both,), (high,), True, _MANSKI)


def confounded_effect_bounds(outcome: str, treatment: str) -> SymbolicBounds:
    """P(y | do(x=1)) - P(y | do(x=0)) for binary variables where anything may confound them.

    >>> print(confounded_effect_bounds("y", "x"))
    -P(y=1, x=0) - P(y=0, x=1) to P(y=1, x=1) + P(y=0, x=0)
    """
    cell = {(y, x): P((Value(outcome, y), Value(treatment, x))) for y in (0, 1) for x in (0, 1)}
    low = add([scaled(-1, cell[1, 0]), scaled(-1, cell[0, 1])])
    high = add([cell[1, 1], cell[0, 0]])
    return SymbolicBounds((low,), (high,), True, _MANSKI)


def confounded_payoff_bounds(
    outcome: str, treatment: str, payoffs: Payoffs, outcomes: tuple[Level, ...]
) -> SymbolicBounds:
    """A weighted sum of the P(y | do(x)) where anything may confound x and y.

    What the units with another treatment would have had may be anything, so that each arm lies
    between Σ_y f(y) P(y, x) + min f · (1 - P(x)) and the same with max f.

    >>> found = confounded_payoff_bounds("y", "x", {1: {1: 1.0, 2: 2.0}}, (0, 1, 2))
    >>> print(found.upper[0])
    P(y=1, x=1) + 2 P(y=2, x=1) + 2 - 2 P(x=1)
    """
    ends: list[list[Expression]] = [[], []]
    for level, counts in payoffs.items():
        weights = {event: counts.get(event, 0.0) for event in outcomes}
        seen = [
            scaled(weight, P((Value(outcome, event), Value(treatment, level))))
            for event, weight in weights.items()
            if weight
        ]
        alone = P((Value(treatment, level),))
        for end, extreme in zip(ends, (min(weights.values()), max(weights.values())), strict=True):
            end.extend(seen)
            if extreme:
                end.extend((Const(extreme), scaled(-extreme, alone)))
    low, high = (add(end) if end else Const(0.0) for end in ends)
    return SymbolicBounds((low,), (high,), True, _MANSKI)


def instrument_bounds(
    outcome: str, treatment: str, instrument: str, level: int = 1, event: int = 1
) -> SymbolicBounds:
    """P(y | do(x)) with a binary instrument: four expressions an end.

    For the graph z -> x -> y, x <-> y with levels 0 and 1.

    >>> found = instrument_bounds("y", "x", "z")
    >>> print(found.lower[1])
    P(y=1, x=1 | z=1)
    """
    rows = (_LOWER_ARM, _UPPER_ARM)
    low, high = (
        tuple(_read(_turned(row, level, event), outcome, treatment, instrument) for row in end)
        for end in rows
    )
    why = "A binary instrument bounds the distribution under an action (Balke and Pearl 1993)."
    return SymbolicBounds(low, high, True, why)


def instrument_effect_bounds(outcome: str, treatment: str, instrument: str) -> SymbolicBounds:
    """P(y | do(x=1)) - P(y | do(x=0)) with a binary instrument: eight expressions an end.

    For the graph z -> x -> y, x <-> y with levels 0 and 1.

    >>> found = instrument_effect_bounds("y", "x", "z")
    >>> len(found.lower), str(found.lower[4])
    (8, '-P(y=0, x=1 | z=1) - P(y=1, x=0 | z=1)')
    """

    def ends(rows: tuple[str, ...]) -> tuple[Expression, ...]:
        return tuple(_read(row, outcome, treatment, instrument) for row in rows)

    why = "A binary instrument bounds the effect (Balke and Pearl 1997, equations 5 and 6)."
    return SymbolicBounds(ends(_LOWER), ends(_UPPER), True, why)


#: Balke and Pearl's equations, with yx.z for P(y, x | z).
_LOWER = (
    "+11.1 +00.0 -1",
    "+11.0 +00.1 -1",
    "+11.0 -11.1 -10.1 -01.0 -10.0",
    "+11.1 -11.0 -10.0 -01.1 -10.1",
    "-01.1 -10.1",
    "-01.0 -10.0",
    "+00.1 -01.1 -10.1 -01.0 -00.0",
    "+00.0 -01.0 -10.0 -01.1 -00.1",
)
_UPPER = (
    "+1 -01.1 -10.0",
    "+1 -01.0 -10.1",
    "-01.0 +01.1 +00.1 +11.0 +00.0",
    "-01.1 +11.1 +00.1 +01.0 +00.0",
    "+11.1 +00.1",
    "+11.0 +00.0",
    "-10.1 +11.1 +00.1 +11.0 +10.0",
    "-10.0 +11.0 +00.0 +11.1 +10.1",
)

#: P(y=1 | do(x=1)), in the same notation.
_LOWER_ARM = ("+11.0", "+11.1", "+00.1 +11.1 -00.0 -01.0", "+10.1 +11.1 -01.0 -10.0")
_UPPER_ARM = ("+1 -01.1", "+1 -01.0", "+00.0 +11.0 +10.1 +11.1", "+10.0 +11.0 +00.1 +11.1")


def _turned(row: str, level: int, event: int) -> str:
    """A row about y=1 and x=1 as one about other levels: 0 and 1 change places."""
    words = []
    for word in row.split():
        y, x = (word[1], word[2]) if "." in word else ("", "")
        if not y:
            words.append(word)
            continue
        y = y if event else "10"[int(y)]
        x = x if level else "10"[int(x)]
        words.append(f"{word[0]}{y}{x}{word[3:]}")
    return " ".join(words)


def _slot(name: str, level: Level | None) -> Slot:
    """A variable at a level, or free."""
    return Free(name) if level is None else Value(name, level)


def _read(row: str, outcome: str, treatment: str, instrument: str) -> Expression:
    """One row of the table as an expression."""
    terms: list[Expression] = []
    for word in row.split():
        sign = -1.0 if word[0] == "-" else 1.0
        if word[1:] == "1":
            terms.append(Const(sign))
            continue
        y, x, z = int(word[1]), int(word[2]), int(word[4])
        cell = P((Value(outcome, y), Value(treatment, x)), (Value(instrument, z),))
        terms.append(scaled(sign, cell))
    return add(terms)
