"""What can be wrong when an effect is carried from one population to another."""

from typing import Self

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
    def not_carried(cls, why: str) -> Self:
        """The criterion of transport by covariates fails."""
        return cls(
            f"The effect cannot be carried over by weighting covariates: {why}.",
            "evaluate the formula on tables of each source with causalsim.estimand.evaluate.",
        )
