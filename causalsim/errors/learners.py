"""What can go wrong when somebody else's regression is handed rows that count unequally."""

from typing import Self

from causalsim.errors.estimation import EstimationError


class LearnerError(EstimationError):
    """A learner that cannot do what is asked of it."""

    @classmethod
    def takes_no_weights(cls, found: object) -> Self:
        """An estimator whose ``fit`` has no place for the weights of rows."""
        return cls(
            f"Rows count unequally here, by sampling weights or by the method's own, and {found} "
            "takes no sample_weight.",
            "use a regression that does, such as Ridge(), RandomForestRegressor() or "
            "HistGradientBoostingRegressor(); DRLearner, TLearner and XLearner need none where "
            "there are no sampling weights.",
        )
