"""What can be wrong with the people over whom an effect is to be averaged."""

from typing import Self

from causalsim.errors.estimation import EstimationError


class TargetError(EstimationError):
    """A target that has no meaning, or that an estimator cannot aim at."""

    @classmethod
    def no_members(cls, found: object) -> Self:
        """A target whose members cannot be told in a sample."""
        return cls(
            f"InSample() takes Everyone(), Treated() or Untreated(); found {found!r}.",
            "AIPW(target=InSample(Treated())); for those in the overlap use target=Overlap(), "
            "whose interval is for the population.",
        )

    @classmethod
    def no_sample(cls, name: str) -> Self:
        """An estimator that cannot separate noise from differences between people."""
        return cls(
            f"{name} has no outcome regression, so it cannot tell the noise of this sample from "
            "differences between people.",
            "by=AIPW(target=InSample(...)).",
        )
