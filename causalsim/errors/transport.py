"""What can be wrong when an effect is carried from one population to another."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.estimation import EstimationError


class TransportError(EstimationError):
    """An effect that cannot be carried over as it was asked for."""

    @classmethod
    def no_target(cls, found: object) -> Self:
        """No frame of the population that is asked about."""
        return cls(
            f"A frame of the target population's covariates is expected; found {found!r}.",
            "by=Transport(target=frame_of_the_population).",
        )

    @classmethod
    def few_target(cls, found: int, needed: int) -> Self:
        """Hardly anybody to speak for the target population."""
        return cls(
            f"The target has {found} row{'' if found == 1 else 's'}, too few to speak for a "
            f"population; {needed} are needed for these folds.",
            "pass more rows of the target's covariates, or fewer folds=.",
        )

    @classmethod
    def strangers(cls, lonely: int, rows: int, covariates: Iterable[str]) -> Self:
        """A target that the study says nothing about."""
        return cls(
            f"{lonely} of {rows} target rows are of a kind that the study has hardly any of, by "
            f"{listed(covariates)}: any number would be extrapolation.",
            "look whether both frames measure these in the same unit; restrict the question to a "
            "target that the study has people like.",
        )

    @classmethod
    def not_carried(cls, why: str) -> Self:
        """The criterion of transport by covariates fails."""
        return cls(
            f"The effect cannot be carried over by weighting covariates: {why}.",
            "evaluate the formula on tables of each source with causalsim.estimand.evaluate.",
        )
