"""How strong would a confounder have to be, in shares of variance?

A confounder that explains ``r_y`` of what is left of the outcome and ``r_a`` of what is left of the
treatment moves an estimate by at most::

    |bias| = S sqrt(r_y r_a / (1 - r_a)),

where ``S`` is the standard error times the root of the degrees of freedom in a linear regression,
and ``sqrt(E[(Y - mu)^2] E[alpha^2])`` for an effect with cross-fitted nuisances, ``alpha`` being
its weights.

References:
    C. Cinelli, C. Hazlett (2020), Making sense of sensitivity, JRSS B 82.
    V. Chernozhukov, C. Cinelli, W. Newey, A. Sharma, V. Syrgkanis (2022), Long story short:
    omitted variable bias in causal machine learning, NBER 30302.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit

from causalsim.checks.sensitivity.contours import Contour
from causalsim.checks.sensitivity.partial import Range
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.intervals import checked_level, standard_error

_MOST = 1.0 - 1e-9


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
        moves: The influence values of the estimate; None where they are not known.
        scale_moves: Those of ``S``.
        clusters: The cluster of each row, or None.
    """

    value: float
    error: float
    scale: float
    dof: float = math.inf
    moves: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    scale_moves: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    clusters: NDArray[np.int_] | None = field(default=None, repr=False, compare=False)

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

    @property
    def extreme_share(self) -> float:
        """The share of the treatment with which a confounder that explains all outcomes does it.

        In a linear regression this is the partial R2 of the treatment with the outcome.

        >>> round(Robustness(0.09726, 0.02326, 0.02326 * 783**0.5, 783).extreme_share, 4)
        0.0218
        """
        squared = (self.value / self.scale) ** 2
        return squared / (1.0 + squared)

    def robustness_limit(self, share: float = 1.0, level: float = 0.95) -> float:
        """The share of both variances at which the interval first holds no effect.

        Args:
            share: 1 for an interval that reaches zero.
            level: The interval's coverage.

        Returns:
            A share of variance; 0 when the interval holds it already.
        """
        checked_level(level)
        if self.moves is not None:
            return self._limit_by_bounds(share, level)
        if math.isinf(self.dof):
            reach = float(ndtri(0.5 + level / 2)) * self.error / self.scale
        else:
            reach = float(stdtrit(self.dof - 1, 0.5 + level / 2)) / math.sqrt(self.dof - 1)
        return _solved(max(0.0, share * abs(self.value) / self.scale - reach))

    def _limit_by_bounds(self, share: float, level: float) -> float:
        """The share at which the nearer end, with the error of the bound itself, is reached."""
        reach = float(ndtri(0.5 + level / 2))

        def left(both: float) -> float:
            bias = self.bias(both, both)
            return share * abs(self.value) - bias - reach * self._error(-bias / self.scale)

        if left(0.0) <= 0.0:
            return 0.0
        return float(brentq(left, 0.0, _MOST, xtol=1e-12))

    def _error(self, times: float) -> float:
        """The standard error of the estimate, moved towards zero or away by times ``S``."""
        if self.moves is None or self.scale_moves is None:
            return self.error
        plain = standard_error(self.moves, self.clusters)
        towards = math.copysign(1.0, self.value) * times
        moved = standard_error(self.moves + towards * self.scale_moves, self.clusters)
        # The divisions into folds add what they add to the estimate itself.
        return math.sqrt(moved**2 + max(0.0, self.error**2 - plain**2))

    def bounds(self, treatment_share: float, outcome_share: float) -> Range:
        """The effects that a confounder of these shares allows, in either direction.

        With cross-fitted nuisances their standard errors count that the bias was estimated too.

        Args:
            treatment_share: Of the treatment's remaining variance, from 0 to below 1.
            outcome_share: Of the outcome's, from 0 to 1.

        Returns:
            The range ``value ± bias``, whose ``interval`` holds the effect.

        >>> print(Robustness(2.0, 0.1, 10.0).bounds(0.01, 0.01))  # doctest: +ELLIPSIS
        if a hidden confounder explains at most 1.0% of ... the effect lies between 1.9 and 2.1 ...

        References:
            Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), theorem 4.
        """
        bias = self.bias(treatment_share, outcome_share)
        times = bias / self.scale
        near, far = (self._error(-times), self._error(times))
        if math.isfinite(self.dof):
            near = far = self.adjusted(treatment_share, outcome_share)[1]
        low, high = (near, far) if self.value >= 0.0 else (far, near)
        return Range(
            self.value - bias,
            self.value + bias,
            low,
            high,
            f"if a hidden confounder explains at most {treatment_share:.1%} of what is left of the "
            f"treatment and {outcome_share:.1%} of what is left of the outcome",
        )

    def contour(
        self,
        benchmarks: "tuple[Benchmark, ...]" = (),
        most: float | None = None,
        size: int = 41,
    ) -> Contour:
        """The estimate after every confounder on a grid of shares.

        Args:
            benchmarks: Confounders measured by covariates, to be marked.
            most: The largest share on both axes; None shows the robustness value and the
                benchmarks.
            size: How many shares on each axis.

        Returns:
            The grid, which can plot itself.

        Raises:
            EstimationError: A share outside (0, 1), or a grid of fewer than two points.

        References:
            Cinelli and Hazlett (2020), figure 2.
        """
        if most is None:
            found = [self.robustness_value() * 1.5, 0.02]
            found += [1.15 * max(b.treatment_share, b.outcome_share) for b in benchmarks]
            most = min(0.99, max(found))
        if not isinstance(most, int | float) or not 0.0 < most < 1.0:
            raise EstimationError.bad_setting("most", most, "a share between 0 and 1")
        if not isinstance(size, int) or size < 2:
            raise EstimationError.bad_setting("size", size, "a whole number from 2")
        shares = np.linspace(0.0, most, size)
        values = np.array([[self.adjusted(a, y)[0] for a in shares] for y in shares])
        marks = tuple(
            (f"{b.times:g} x {b.covariate}", b.treatment_share, b.outcome_share, b.value)
            for b in benchmarks
        )
        return Contour(tuple(shares.tolist()), values, self.value, self.robustness_value(), marks)

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
        shares = (treatment_share, outcome_share)
        numbers = all(isinstance(share, int | float) for share in shares)
        if not numbers or not 0.0 <= treatment_share < 1.0 or not 0.0 <= outcome_share <= 1.0:
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
        # Beyond zero the sign turns; copysign alone would bend the estimate back.
        value = math.copysign(1.0, self.value) * (abs(self.value) - bias)
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
        if not 0.0 < times < math.inf:
            raise EstimationError.bad_setting("times", times, "a positive number")
        odds = times * treatment_share / max(1.0 - treatment_share, 1e-300)
        if odds >= 1.0:
            raise EstimationError.impossible_benchmark(covariate, times)
        overlap = (
            times * treatment_share**2 / ((1.0 - times * treatment_share) * (1.0 - treatment_share))
        )
        eta = (math.sqrt(times) + math.sqrt(overlap)) / math.sqrt(1.0 - overlap)
        outcome = min(1.0, eta**2 * outcome_share / max(1.0 - outcome_share, 1e-300))
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
            "extreme_share": self.extreme_share,
        }


def _solved(f: float) -> float:
    """The share ``r`` with ``r^2 / (1 - r) = f^2``."""
    return 0.5 * (math.sqrt(f**4 + 4.0 * f**2) - f**2)
