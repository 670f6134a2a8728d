"""How strong would an unmeasured confounder have to be?

Two measures. The E-value speaks in risk ratios and needs nothing but the effect. The robustness
value speaks in shares of variance: a confounder that explains ``r_y`` of what is left of the
outcome and ``r_a`` of what is left of the treatment moves an estimate by at most::

    |bias| = S sqrt(r_y r_a / (1 - r_a)),

where ``S`` is the standard error times the root of the degrees of freedom in a linear regression,
and ``sqrt(E[(Y - mu)^2] E[alpha^2])`` for an effect with cross-fitted nuisances, ``alpha`` being
its weights.

References:
    T. VanderWeele, P. Ding (2017), Sensitivity analysis in observational research: introducing
    the E-value, Annals of Internal Medicine 167.
    C. Cinelli, C. Hazlett (2020), Making sense of sensitivity, JRSS B 82.
    V. Chernozhukov, C. Cinelli, W. Newey, A. Sharma, V. Syrgkanis (2022), Long story short:
    omitted variable bias in causal machine learning, NBER 30302.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from causalsim.checks.refuting.case import task_behind
from causalsim.checks.weights import weighing
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.task import Task


@dataclass(frozen=True, slots=True)
class EValue:
    """The least risk ratio with which a confounder could explain an effect away.

    Attributes:
        value: For the estimate: the confounder's risk ratio with treatment and with outcome.
        limit: For the end of the 95 % interval that is nearer to no effect; 1 when that holds it.
        ratio: The risk ratio that the effect was turned into.
    """

    value: float
    limit: float
    ratio: float

    def __str__(self) -> str:
        """One sentence."""
        return (
            f"a hidden confounder would have to be associated with treatment and outcome by risk "
            f"ratios of {self.value:.2f} each to explain the estimate away, and of "
            f"{self.limit:.2f} to move its interval to no effect"
        )


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A confounder a few times as strong as a covariate that was measured.

    Attributes:
        covariate: The covariate it is measured by.
        times: How many times as strong.
        treatment_share: Its share of the treatment's remaining variance.
        outcome_share: Its share of the outcome's remaining variance.
        value: The estimate after it, with the bias towards no effect.
        low: The lower end of its 95 % interval.
        high: The upper end.
    """

    covariate: str
    times: float
    treatment_share: float
    outcome_share: float
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """One line."""
        return (
            f"a confounder {self.times:g} x {self.covariate} would leave {self.value:.3g} "
            f"(95 % CI {self.low:.3g} to {self.high:.3g})"
        )


@dataclass(frozen=True, slots=True)
class Robustness:
    """What a hidden confounder could do to an estimate.

    Attributes:
        value: The estimate.
        error: Its standard error.
        scale: ``S``, in the unit of the estimate.
        dof: Degrees of freedom; infinite for an effect with cross-fitted nuisances.
    """

    value: float
    error: float
    scale: float
    dof: float = math.inf

    def robustness_value(self, share: float = 1.0) -> float:
        """The share of both variances at which the bias is ``share`` of the estimate.

        Args:
            share: 1 for an estimate of zero, 0.5 for half of it.

        Returns:
            A share of variance between 0 and 1: weaker confounders cannot do it.

        >>> round(Robustness(0.09726, 0.02326, 0.02326 * 783**0.5, 783).robustness_value(), 3)
        0.139
        """
        return _solved(share * abs(self.value) / self.scale)

    def robustness_limit(self, share: float = 1.0, level: float = 0.95) -> float:
        """The share of both variances at which the interval first holds no effect.

        Args:
            share: 1 for an interval that reaches zero.
            level: The interval's coverage.

        Returns:
            A share of variance; 0 when the interval holds it already.
        """
        if math.isinf(self.dof):
            reach = float(ndtri(0.5 + level / 2)) * self.error / self.scale
        else:
            reach = float(stdtrit(self.dof - 1, 0.5 + level / 2)) / math.sqrt(self.dof - 1)
        return _solved(max(0.0, share * abs(self.value) / self.scale - reach))

    def bias(self, treatment_share: float, outcome_share: float) -> float:
        """The largest bias of a confounder with these shares of the remaining variances.

        Args:
            treatment_share: Of the treatment's, from 0 to below 1.
            outcome_share: Of the outcome's, from 0 to 1.

        Returns:
            Its size, in the unit of the estimate.

        Raises:
            EstimationError: A share outside its range.
        """
        if not 0.0 <= treatment_share < 1.0 or not 0.0 <= outcome_share <= 1.0:
            raise EstimationError.bad_setting(
                "share", (treatment_share, outcome_share), "shares of variance from 0 to below 1"
            )
        odds = treatment_share / (1.0 - treatment_share)
        return self.scale * math.sqrt(outcome_share * odds)

    def adjusted(self, treatment_share: float, outcome_share: float) -> tuple[float, float]:
        """The estimate and its standard error after such a confounder, biased away from zero.

        Returns:
            Both in the unit of the estimate.
        """
        bias = self.bias(treatment_share, outcome_share)
        value = math.copysign(abs(self.value) - bias, self.value)
        if math.isinf(self.dof):
            return value, self.error
        shrink = (1.0 - outcome_share) / (1.0 - treatment_share) * self.dof / (self.dof - 1)
        return value, self.error * math.sqrt(shrink)

    def benchmark(
        self, covariate: str, treatment_share: float, outcome_share: float, times: float = 1.0
    ) -> Benchmark:
        """A confounder ``times`` as strong as a covariate with these partial shares.

        Cinelli and Hazlett's bounds (their equations 54 and 56).

        Args:
            covariate: Its name.
            treatment_share: Partial R2 of the covariate with the treatment.
            outcome_share: Partial R2 of the covariate with the outcome, given the treatment.
            times: How many times as strong the confounder is.

        Raises:
            EstimationError: So strong that no such confounder can exist.
        """
        odds = times * treatment_share / (1.0 - treatment_share)
        if odds >= 1.0:
            raise EstimationError.impossible_benchmark(covariate, times)
        overlap = (
            times * treatment_share**2 / ((1.0 - times * treatment_share) * (1.0 - treatment_share))
        )
        eta = (math.sqrt(times) + math.sqrt(overlap)) / math.sqrt(1.0 - overlap)
        outcome = min(1.0, eta**2 * outcome_share / (1.0 - outcome_share))
        value, error = self.adjusted(odds, outcome)
        dof = self.dof - 1
        reach = float(ndtri(0.975)) if math.isinf(dof) else float(stdtrit(dof, 0.975))
        return Benchmark(
            covariate, times, odds, outcome, value, value - reach * error, value + reach * error
        )

    def __str__(self) -> str:
        """One sentence."""
        return (
            f"a hidden confounder that explains {self.robustness_value():.1%} of the remaining "
            "variance of treatment and of outcome would explain the estimate away, one of "
            f"{self.robustness_limit():.1%} would move its 95 % interval to no effect"
        )

    def to_dict(self) -> dict[str, float]:
        """Plain values, fit for JSON."""
        return {
            "value": self.value,
            "error": self.error,
            "scale": self.scale,
            "robustness_value": self.robustness_value(),
            "robustness_limit": self.robustness_limit(),
        }


def e_value(effect: Effect, frame: Any = None) -> EValue:  # noqa: ANN401
    """The E-value of an effect.

    ``E = RR + sqrt(RR (RR - 1))`` with the ratio turned to lie above one. A ratio of common
    outcomes is used as it is, an odds ratio as the root of itself, a difference of a continuous
    outcome as ``exp(0.91 d)`` with ``d`` in standard deviations of the outcome.

    Args:
        effect: A ratio, an odds ratio, or a difference.
        frame: The frame it came from; needed for a difference.

    Returns:
        The E-values of the estimate and of its interval.

    Raises:
        EstimationError: A difference without a frame, or of an outcome that does not vary.

    References:
        VanderWeele and Ding (2017), tables 1 and 2.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    inside = effect.interval()
    if effect.multiplicative:
        power = 0.5 if "odds" in effect.estimand else 1.0
        ratio, low, high = (one**power for one in (effect.value, inside.low, inside.high))
    else:
        if frame is None:
            raise EstimationError.bad_setting("frame", frame, "the frame the effect came from")
        deviation = float(np.std(task_behind(effect, frame).outcome, ddof=1))
        if deviation <= 0.0:
            raise EstimationError.nothing_to_check("the outcome does not vary")
        d, error = effect.value / deviation, effect.standard_error / deviation
        ratio = math.exp(0.91 * d)
        low, high = math.exp(0.91 * d - 1.78 * error), math.exp(0.91 * d + 1.78 * error)
    near = low if ratio >= 1.0 else high
    crossed = (near - 1.0) * (ratio - 1.0) <= 0.0
    return EValue(_e(ratio), 1.0 if crossed else _e(near), ratio)


def robustness(effect: Effect, frame: Any) -> Robustness:  # noqa: ANN401
    """The robustness of an effect with cross-fitted nuisances to a hidden confounder.

    The treatment's share is measured in the weights ``alpha``: by how much a confounder would
    raise their variance.

    Args:
        effect: A difference, by an estimator that has a propensity and an outcome regression.
        frame: The frame it came from.

    Returns:
        Its robustness value, bounds and biases.

    Raises:
        EstimationError: A ratio, or an estimator without nuisances.
    """
    task, nuisances, weights = weighing(effect, frame)
    if effect.multiplicative:
        raise EstimationError.nothing_to_check("the robustness value is for differences")
    low, high = task.pair
    alpha = weights[:, high] / weights[:, high].mean() - weights[:, low] / weights[:, low].mean()
    taken = nuisances.outcome[np.arange(task.height), task.arm]
    residual = task.outcome - taken
    scale = math.sqrt(float(np.mean(residual**2)) * float(np.mean(alpha**2)))
    if scale <= 0.0:
        raise EstimationError.nothing_to_check("the covariates leave nothing of the outcome")
    return Robustness(effect.value, effect.standard_error, scale)


def linear_robustness(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    benchmarks: tuple[str, ...] = (),
    times: tuple[float, ...] = (1.0, 2.0, 3.0),
) -> tuple[Robustness, tuple[Benchmark, ...]]:
    """Cinelli and Hazlett's analysis of the linear regression with the same variables.

    The outcome is regressed on treatment and covariates as they are; the robustness value is that
    of the treatment's coefficient there.

    Args:
        effect: The effect whose variables are used.
        frame: The frame it came from.
        benchmarks: Covariates to measure a confounder by.
        times: How many times as strong.

    Returns:
        The robustness of the coefficient, and one benchmark for each covariate and strength.

    Raises:
        DataError: A benchmark that is no covariate.
        EstimationError: The effect names one arm only, or a benchmark is too strong.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    task = task_behind(effect, frame)
    found = _coefficient(task)
    rows: list[Benchmark] = []
    for name in benchmarks:
        if name not in task.covariates:
            raise DataError.unknown_column(name, task.covariates)
        treatment, outcome = _partial_shares(task, name)
        rows.extend(found.benchmark(name, treatment, outcome, strength) for strength in times)
    return found, tuple(rows)


def _coefficient(task: Task) -> Robustness:
    """The treatment's coefficient with its classical standard error."""
    _, high = task.pair
    treatment = task.indicator(high)
    left = _residual(treatment, task.design.matrix)
    right = _residual(task.outcome, task.design.matrix)
    value = float(left @ right / (left @ left))
    rank = int(np.linalg.matrix_rank(np.column_stack([np.ones(task.height), task.design.matrix])))
    dof = task.height - rank - 1
    error = math.sqrt(float(np.sum((right - value * left) ** 2)) / dof / float(left @ left))
    return Robustness(value, error, error * math.sqrt(dof), dof)


def _partial_shares(task: Task, name: str) -> tuple[float, float]:
    """Partial R2 of a covariate with the treatment, and with the outcome given the treatment."""
    _, high = task.pair
    treatment = task.indicator(high)
    matrix = task.design.matrix
    others = matrix[:, [source != name for source in task.design.sources]]
    given = np.column_stack([others, treatment])
    whole = np.column_stack([matrix, treatment])
    return (
        _share(treatment, others, matrix),
        _share(task.outcome, given, whole),
    )


def _share(
    target: NDArray[np.float64], short: NDArray[np.float64], long: NDArray[np.float64]
) -> float:
    """The share of what a short regression leaves that a longer one explains."""
    left = float(np.sum(_residual(target, short) ** 2))
    return 1.0 - float(np.sum(_residual(target, long) ** 2)) / left if left > 0.0 else 0.0


def _residual(target: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """What least squares with an intercept leaves over."""
    rows = np.column_stack([np.ones(len(target)), matrix])
    slopes, *_ = np.linalg.lstsq(rows, target, rcond=None)
    return np.asarray(target - rows @ slopes, dtype=np.float64)


def _solved(f: float) -> float:
    """The share ``r`` with ``r^2 / (1 - r) = f^2``."""
    return 0.5 * (math.sqrt(f**4 + 4.0 * f**2) - f**2)


def _e(ratio: float) -> float:
    """The E-value of a risk ratio."""
    above = ratio if ratio >= 1.0 else 1.0 / ratio
    return above + math.sqrt(above * (above - 1.0))
