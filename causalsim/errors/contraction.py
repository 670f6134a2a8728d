"""What can be wrong with an exact answer over levels: what has none, what is too large."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError


class ContractionError(ModelError):
    """A question that cannot be answered exactly by summing over levels."""

    @classmethod
    def not_discrete(cls, node: str, reason: str) -> Self:
        """A variable, or a noise, that cannot be cut into finitely many pieces."""
        return cls(
            f"Exact contraction needs finitely many levels, and {node!r} {reason}.",
            "ask without by=, so that another engine is chosen, or give the variable levels: "
            "levels={...} in from_equations, or a table.",
        )

    @classmethod
    def too_large(cls, what: str, found: float, limit: float) -> Self:
        """Tables that would not fit."""
        return cls(
            f"{what} would have {found:.3g} numbers, more than {limit:.3g}.",
            "ask about fewer worlds or nearer variables, give more evidence, or sample: "
            "by=Particles(100_000).",
        )

    @classmethod
    def impossible_evidence(cls, evidence: Iterable[str]) -> Self:
        """Evidence to which the model gives probability zero."""
        return cls(
            f"The model gives probability zero to the evidence {listed(evidence)}.",
            "leave out or change the evidence that contradicts the model.",
        )

    @classmethod
    def unknown_world(cls, world: str, worlds: Iterable[str]) -> Self:
        """A world that was not described."""
        return cls(f"There is no world {world!r}.", f"the worlds are: {listed(map(repr, worlds))}.")

    @classmethod
    def no_target(cls) -> Self:
        """A question about nothing."""
        return cls("No variable was asked about.", "name a target: Place('', 'y').")

    @classmethod
    def other_evidence(cls, found: Iterable[str], compiled: Iterable[str]) -> Self:
        """Evidence on other variables than those that the contraction was made for."""
        return cls(
            f"The contraction was made for evidence on ({listed(compiled)}); found "
            f"({listed(found)}).",
            "make another contraction for other evidence: contraction(worlds, targets, evidence).",
        )

    @classmethod
    def no_such_target(cls, found: Iterable[str], targets: Iterable[str]) -> Self:
        """The probability of something that was not asked about."""
        return cls(f"The answer is not about {listed(found)}.", f"it is about: {listed(targets)}.")

    @classmethod
    def bad_evidence(cls, place: str, shape: tuple[int, ...]) -> Self:
        """Evidence that is neither one value nor one a pattern."""
        return cls(
            f"The evidence on {place} has the shape {shape}.",
            "give one level, or one level a pattern: an array of one dimension.",
        )

    @classmethod
    def bad_place(cls, found: object) -> Self:
        """Something that is no pair of a world and a variable."""
        return cls(
            f"A place is a world and a variable; found {found!r}.",
            "type [Place('', 'y')] for y in the actual world, [Place('treated', 'y')] for another.",
        )
