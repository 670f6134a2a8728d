"""Bounds as formulae: the largest of some expressions up to the smallest of others.

References:
    Manski, "Nonparametric bounds on treatment effects" (1990); Balke and Pearl, "Bounds on
    treatment effects from studies with imperfect compliance" (1997), equations 5 and 6.
"""

from dataclasses import dataclass
from typing import final

from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.expression import Const, Expression, P, Value, add, scaled
from causalsim.identification.bounding.bounded import Bounds


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

    def __str__(self) -> str:
        """Both ends on one line."""
        ends = []
        for name, found in (("max", self.lower), ("min", self.upper)):
            texts = [str(expression) for expression in found]
            ends.append(texts[0] if len(texts) == 1 else f"{name}({'; '.join(texts)})")
        return " to ".join(ends)

    def evaluate(self, table: Table) -> Bounds:
        """The interval of numbers on a joint table.

        Raises:
            ExpressionError: a variable or a level that the table lacks.
        """
        low = max(float(evaluate(expression, table).values) for expression in self.lower)
        high = min(float(evaluate(expression, table).values) for expression in self.upper)
        return Bounds(low, high, self.sharp, self.why)


def confounded_bounds(outcome: str, treatment: str, level: int = 1) -> SymbolicBounds:
    """P(y | do(x)) where anything may confound x and y: P(y, x) to P(y, x) + 1 - P(x).

    >>> print(confounded_bounds("y", "x"))
    P(y=1, x=1) to P(y=1, x=1) + 1 - P(x=1)
    """
    both = P((Value(outcome, 1), Value(treatment, level)))
    alone = P((Value(treatment, level),))
    high = add([both, Const(1.0), scaled(-1, alone)])
    return SymbolicBounds((both,), (high,), True, "Nothing is assumed (Manski 1990).")


def confounded_effect_bounds(outcome: str, treatment: str) -> SymbolicBounds:
    """P(y | do(x=1)) - P(y | do(x=0)) for binary variables where anything may confound them.

    >>> print(confounded_effect_bounds("y", "x"))
    -P(y=1, x=0) - P(y=0, x=1) to P(y=1, x=1) + P(y=0, x=0)
    """
    cell = {(y, x): P((Value(outcome, y), Value(treatment, x))) for y in (0, 1) for x in (0, 1)}
    low = add([scaled(-1, cell[1, 0]), scaled(-1, cell[0, 1])])
    high = add([cell[1, 1], cell[0, 0]])
    return SymbolicBounds((low,), (high,), True, "Nothing is assumed (Manski 1990).")


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
