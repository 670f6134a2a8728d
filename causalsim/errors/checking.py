"""What can be wrong when an effect is to be doubted: a check that does not apply, a bad control."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.estimation import EstimationError


class CheckError(EstimationError):
    """A check that cannot be made as it was asked for."""

    @classmethod
    def not_for(cls, check: str, estimator: str, why: str, hint: str) -> Self:
        """A check that says nothing about this estimator."""
        return cls(f"The {check} does not apply to {estimator}: {why}.", hint)

    @classmethod
    def no_graph(cls, name: str) -> Self:
        """A negative control that no graph vouches for."""
        return cls(
            f"Whether {name!r} is a negative control is for the graph to say, and none is known.",
            "estimate from an answer of identify(graph, query), or pass graph= to NegativeControl.",
        )

    @classmethod
    def one_control(cls) -> Self:
        """Neither or both kinds of control were named."""
        return cls(
            "A negative control is an outcome or a treatment, one of the two.",
            "NegativeControl(outcome='name') or NegativeControl(treatment='name').",
        )

    @classmethod
    def same_variable(cls, name: str, role: str) -> Self:
        """A control that already has a role."""
        return cls(
            f"{name!r} cannot be a negative control: it is {role} of this effect.",
            "name a variable that is neither treatment, outcome nor covariate.",
        )

    @classmethod
    def no_control(cls, name: str, other: str, given: Iterable[str]) -> Self:
        """A control that may well be associated although nothing is wrong."""
        found = list(given)
        return cls(
            f"{name!r} is no negative control in this graph: it is not d-separated from {other!r} "
            f"given {listed(repr(one) for one in found) if found else 'nothing'}, so that an "
            "association would be no evidence of anything wrong.",
            "paths(graph, x, y, given) shows how they are connected; name a variable that the "
            "treatment cannot affect and that the covariates separate from it.",
        )

    @classmethod
    def no_pairs(cls, treated: int, others: int) -> Self:
        """Too few people to be paired."""
        return cls(
            f"Pairs need at least as many people without the treatment as with it; found {treated} "
            f"with and {others} without.",
            "turn the arms around, arms=(high, low), or leave out treated rows without likeness.",
        )

    @classmethod
    def many_pairs(cls, cells: int) -> Self:
        """A table of distances that is too large."""
        return cls(
            f"Pairing would need a table of {cells:,} distances.",
            "take a random sample of the rows, or pass the differences of pairs made elsewhere: "
            "rosenbaum(differences).",
        )

    @classmethod
    def bad_numbers(cls, name: str, found: str, allowed: str) -> Self:
        """Numbers of the wrong kind."""
        return cls(f"{name} must be {allowed}; found {found}.", f"pass {name} as {allowed}.")

    @classmethod
    def unbounded(cls, name: str) -> Self:
        """Worst cases of an outcome without bounds."""
        return cls(
            f"Nobody said between which values {name!r} can lie, and the worst case needs to know.",
            "pass bounds=(lowest, highest) as a person could have them, such as (0, 1).",
        )

    @classmethod
    def outside_bounds(cls, name: str, low: float, high: float, found: tuple[float, float]) -> Self:
        """Outcomes beyond the bounds they were said to have."""
        return cls(
            f"{name!r} runs from {found[0]:g} to {found[1]:g}, beyond the bounds {low:g} to "
            f"{high:g}.",
            "pass bounds= that hold every possible outcome.",
        )
