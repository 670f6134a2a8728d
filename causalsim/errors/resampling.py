"""What can be wrong when an estimate is to be repeated on rows drawn anew."""

from typing import Self

from causalsim.errors.estimation import EstimationError


class ResamplingError(EstimationError):
    """A bootstrap that would mean nothing."""

    @classmethod
    def not_smooth(cls, name: str) -> Self:
        """An estimator for which the bootstrap is not valid."""
        return cls(
            f"The bootstrap is not valid for {name}: how often a row is a match is no smooth "
            "function of the data.",
            "effect.interval() uses the standard error that was derived for it.",
        )

    @classmethod
    def nothing_to_repeat(cls, estimand: str) -> Self:
        """An effect without a recipe that reads arms and covariates."""
        return cls(
            f"The {estimand} was not estimated from arms and covariates, so it cannot be "
            "estimated again from other rows.",
            "resample the effects that it was computed from; Plugin() has intervals of its own.",
        )
