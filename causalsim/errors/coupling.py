"""What can be wrong with a question whose answer is bounded over all couplings."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError


class CouplingError(ModelError):
    """A question that has no interval over couplings, or not by these means."""

    @classmethod
    def without_value(cls, names: Iterable[str]) -> Self:
        """A distribution instead of a number."""
        return cls(
            f"A bound is on one number, and no value is given for {listed(names)}.",
            "give every variable a value, as in P(Y(X=1)=1 | X=0), or ask for a mean: E[Y(X=1)].",
        )

    @classmethod
    def quotient(cls, question: str) -> Self:
        """One answer divided by another."""
        return cls(
            f"The quotient {question} is not bounded as a whole.",
            "bound numerator and denominator, each by itself.",
        )

    @classmethod
    def not_a_question(cls, found: object) -> Self:
        """Something that asks nothing."""
        return cls(
            f"A question or its text is needed; found {type(found).__name__}.",
            'type model.bounds("P(y(x=0)=0 | x=1, y=1)").',
        )

    @classmethod
    def different_units(cls, question: str) -> Self:
        """A sum over different groups of units."""
        return cls(
            f"The terms of {question} are about different units.",
            "bound each term by itself; what stands after the bar must be the same in a sum.",
        )

    @classmethod
    def contradiction(cls, events: Iterable[str]) -> Self:
        """Evidence that contradicts itself."""
        return cls(
            f"The evidence contradicts itself: {listed(events)}.", "leave out one of the two."
        )

    @classmethod
    def names_have_no_mean(cls, name: str, levels: Iterable[object]) -> Self:
        """The mean of names."""
        return cls(
            f"{name} has no mean: its levels are names ({listed(map(repr, levels))}).",
            f"ask for the probability of one of them: P({name}=...).",
        )

    @classmethod
    def altered(cls, name: str) -> Self:
        """A variable whose natural value an action alters."""
        return cls(
            f"{name!r} is acted on by an action that reads its natural value.",
            "ask the model before the action, and put the action into the question.",
        )

    @classmethod
    def impossible_evidence(cls) -> Self:
        """Evidence of probability zero under every coupling."""
        return cls(
            "The model gives probability zero to the evidence, whatever the coupling.",
            "leave out or change the evidence that contradicts the model.",
        )

    @classmethod
    def unsolved(cls, reason: str) -> Self:
        """A linear program that the solver gave up on."""
        return cls(
            f"The linear program of the bound was not solved: {reason}",
            "check that every table of the model has rows that sum to one.",
        )
