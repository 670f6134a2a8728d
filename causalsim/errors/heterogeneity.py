"""What can go wrong when effects are compared between people."""

from typing import Self

from causalsim.errors.estimation import EstimationError


class HeterogeneityError(EstimationError):
    """Differences between people that cannot be found or judged as asked."""

    @classmethod
    def not_installed(cls, what: str, package: str, extra: str) -> Self:
        """A learner of another package that is not there."""
        return cls(
            f"{what} needs the package {package!r}, which is not installed.",
            f"pip install 'causalsim[{extra}]'.",
        )

    @classmethod
    def no_nuisances(cls, estimator: str, estimand: str) -> Self:
        """An effect that was not made from propensities and outcome regressions."""
        return cls(
            "Conditional effects and policies are read off the propensities and outcome "
            f"regressions of an effect under adjustment; this is the {estimand} by {estimator}.",
            "estimate(answer, frame, by=AIPW()), or by=TMLE(), where the answer is an adjustment "
            "set; conditional_late(effect, frame, on=[...]) is for effects by LATE().",
        )

    @classmethod
    def no_people(cls, verb: str, estimand: str, estimator: str, computed: bool) -> Self:
        """An effect that does not know whom it is of."""
        if computed:
            return cls(
                f"The {estimand} was computed from other effects, so that it has no model of who "
                "gains how much.",
                f"ask those it was computed from: effect.{verb}(...).",
            )
        call = (
            "by_group(effect, frame, column)"
            if verb == "by"
            else "conditional_effects(effect, frame)"
        )
        return cls(
            f"The {estimand} by {estimator} does not know its rows.",
            f"estimate(answer, frame, by=AIPW()) keeps them; or type {call}.",
        )

    @classmethod
    def changed(cls) -> Self:
        """Covariates that are not what they were when the effect was estimated."""
        return cls(
            "The covariates in the frame have changed since the effect was estimated from it.",
            "estimate again: estimate(answer, frame).",
        )

    @classmethod
    def not_conditional(cls, found: object) -> Self:
        """Something else stands where conditional effects are expected."""
        return cls(
            f"Conditional effects are expected; found {type(found).__name__}.",
            "type effects = effect.given(), or conditional_effects(effect, frame), and pass that.",
        )

    @classmethod
    def no_covariate(cls, name: str, role: str) -> Self:
        """The treatment or the outcome among what people are told apart by."""
        return cls(
            f"People are told apart by what was known before treatment; {name!r} is the {role}.",
            "leave it out.",
        )

    @classmethod
    def no_intervals(cls, covariates: int, rows: int) -> Self:
        """More covariates than a regression can take."""
        return cls(
            f"Intervals need ten rows a column of the covariates; here {covariates} columns stand "
            f"against {rows} rows.",
            "effect.given(...) with fewer covariates, which still adjusts for all; "
            "effect.at(rows, level=None) gives predictions alone.",
        )

    @classmethod
    def small_groups(cls, groups: int, smallest: int) -> Self:
        """Groups by predicted effect that are too small to say anything about."""
        return cls(
            f"{groups} groups by predicted effect leave one with {smallest} rows; 20 are needed.",
            "use fewer groups.",
        )
