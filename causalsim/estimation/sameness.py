"""Are several effects on the same rows one and the same?"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.intervals import variance

Matrix = NDArray[np.float64]
_SINGULAR = 1e-10
_EXACT = 1e-4


@dataclass(frozen=True, slots=True)
class Sameness:
    """Whether several effects may be one.

    Attributes:
        statistic: Wald's statistic of their differences, chi-squared if they are the same.
        freedom: Its degrees of freedom: effects beyond the first.
        p_value: How often chance alone would make it larger.
    """

    statistic: float
    freedom: int
    p_value: float

    def __str__(self) -> str:
        """One line."""
        verdict = "differ" if self.p_value < 0.05 else "may be the same"
        return (
            f"the effects {verdict}: chi-squared {self.statistic:.3g}, {self.freedom} df, "
            f"p = {self.p_value:.2g}"
        )

    @property
    def why(self) -> str:
        """What was tested, and what it cannot show."""
        return (
            f"All effects were compared at once, with the covariance between them: {self}. "
            "Effects that may be the same need not be: with few rows no difference is found."
        )

    def _repr_html_(self) -> str:
        """The line, for notebooks."""
        return f"<p>{escape(str(self))}</p>"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "statistic": self.statistic,
            "degrees_of_freedom": self.freedom,
            "p_value": self.p_value,
        }


def same(effects: Sequence[Effect]) -> Sameness:
    """Test whether effects on the same rows are all equal.

    ``W = d' V^-1 d`` with ``d`` the differences of neighbours and ``V`` their covariance from the
    influence values, whole clusters together; ratios on the log scale. For two effects it is the
    square of the z-value of their difference.

    Args:
        effects: At least two, such as those of ``effect.by("age")``.

    Raises:
        EstimationError: Fewer than two, from different rows, or ratios beside differences.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task, by_group
        >>> data = nonlinear_confounding(800, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> by_group(effect, data.frame, "x3").same().p_value < 0.001
        True
    """
    if len(effects) < 2:
        raise EstimationError.nothing_to_compare(len(effects))
    first = effects[0]
    for other in effects[1:]:
        if other.n != first.n:
            raise EstimationError.other_rows(first.n, other.n)
        if other.multiplicative != first.multiplicative:
            raise EstimationError.mixed_scales(first.estimand, other.estimand)
    values = np.array([effect.value for effect in effects])
    psi = np.column_stack([effect.influence for effect in effects])
    extra = np.array([effect.spread for effect in effects])
    if first.multiplicative:
        values, psi, extra = np.log(values), psi / values, extra / values**2
    steps = np.diff(np.eye(len(effects)), axis=0)
    spread = steps @ (variance(psi, first.clusters) + np.diag(extra)) @ steps.T
    return _wald(steps @ values, spread)


def _wald(gaps: Matrix, spread: Matrix) -> Sameness:
    """The test that gaps are zero, in the directions in which they are uncertain."""
    sizes, directions = np.linalg.eigh(spread)
    along, most = directions.T @ gaps, float(sizes[-1])
    kept = sizes > _SINGULAR * most
    freedom = int(kept.sum())
    # What has no error at all, as between an effect and itself, is either the same or is not.
    if (np.abs(along[~kept]) > _EXACT * max(float(np.sqrt(max(most, 0.0))), _SINGULAR)).any():
        return Sameness(np.inf, max(freedom, 1), 0.0)
    statistic = float(np.sum(along[kept] ** 2 / sizes[kept]))
    return Sameness(statistic, freedom, float(chi2.sf(statistic, freedom)) if freedom else 1.0)
