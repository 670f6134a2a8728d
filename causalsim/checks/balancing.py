"""Do the arms look alike once they are weighted?"""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from causalsim.checks.covariates import described
from causalsim.checks.weights import effective_size, weighing
from causalsim.estimation.averaging.imbalance import TOLERANCE, mean_differences
from causalsim.estimation.effect import Effect
from causalsim.plots.balances import love

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class CovariateBalance:
    """One covariate in the two arms.

    Attributes:
        column: The covariate, or ``covariate=category``, every category where there are over two.
        before: The standardised mean difference, high minus low, in the rows as they are.
        after: The same with the weights behind the effect.
    """

    column: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Balance:
    """How alike two arms are before and after weighting.

    Attributes:
        rows: One entry a covariate, worst after weighting first.
        sizes: The number of rows of the low and the high arm.
        effective: Their effective sample sizes under the weights.
    """

    rows: tuple[CovariateBalance, ...]
    sizes: tuple[int, int]
    effective: tuple[float, float]

    @property
    def worst(self) -> float:
        """The largest absolute difference after weighting, in standard deviations."""
        return max((abs(row.after) for row in self.rows), default=0.0)

    @property
    def passed(self) -> bool:
        """Whether no covariate differs by more than a tenth of a standard deviation."""
        return self.worst <= TOLERANCE

    def __str__(self) -> str:
        """A sentence, and the covariates that stick out."""
        before = max((abs(row.before) for row in self.rows), default=0.0)
        goes = "rises" if self.worst > before else "falls"
        told = (
            f"the largest mean difference between the arms {goes} from {before:.2f} to "
            f"{self.worst:.2f} standard deviations; effective sample sizes "
            f"{self.effective[0]:.0f} of {self.sizes[0]} (low) and "
            f"{self.effective[1]:.0f} of {self.sizes[1]} (high)"
        )
        out = [f"{row.column} {row.after:+.2f}" for row in self.rows if abs(row.after) > TOLERANCE]
        return f"{told}; still unbalanced: {', '.join(out)}" if out else told

    def to_frame(self) -> Any:  # noqa: ANN401
        """A pandas frame with one row a covariate."""
        import pandas

        return pandas.DataFrame(
            {
                "before": [row.before for row in self.rows],
                "after": [row.after for row in self.rows],
            },
            index=[row.column for row in self.rows],
        )

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The differences before and after weighting, one line a covariate (a love plot).

        Args:
            ax: The axes to draw on; by default those of a new figure.
        """
        return love(
            [row.column for row in self.rows],
            [row.before for row in self.rows],
            [row.after for row in self.rows],
            ax=ax,
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "rows": {row.column: [row.before, row.after] for row in self.rows},
            "sizes": list(self.sizes),
            "effective": list(self.effective),
            "passed": self.passed,
        }

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        cells = "".join(
            f"<tr><td>{escape(row.column)}</td><td>{row.before:+.3f}</td>"
            f"<td>{row.after:+.3f}</td></tr>"
            for row in self.rows
        )
        return f"<table><tr><th>covariate</th><th>before</th><th>after</th></tr>{cells}</table>"


def balance(effect: Effect, frame: Any) -> Balance:  # noqa: ANN401
    """Compare the covariates of the arms before and after the weights behind an effect.

    For each column ``d = (mean_high - mean_low) / sqrt((var_high + var_low) / 2)`` with the
    unweighted variances in both, so that the two can be compared (those of both arms together
    where a column does not vary within either). Balance of means does not show balance of shapes,
    and says nothing about what was not measured.

    Args:
        effect: An effect by an estimator that has a propensity.
        frame: The frame it came from.

    Returns:
        The table.

    Raises:
        EstimationError: The effect has no propensity, names one arm only, or comes from another
            frame.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import IPW, Task
        >>> data = nonlinear_confounding(2000, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> balance(IPW().fit(task, seed=1), data.frame).passed
        True

    References:
        P. Austin (2009), Balance diagnostics for comparing the distribution of baseline
        covariates, Statistics in Medicine 28.
    """
    task, _, weights = weighing(effect, frame)
    low, high = task.pair
    plain = task.share
    arms = plain * task.indicator(low), plain * task.indicator(high)
    weighted = weights[:, low], weights[:, high]
    rows = [
        CovariateBalance(column.label, *mean_differences(column.values, arms, weighted))
        for column in described(task, frame)
    ]
    rows.sort(key=lambda row: -abs(row.after))
    return Balance(
        tuple(rows),
        (int((task.arm == low).sum()), int((task.arm == high).sum())),
        (effective_size(weights[:, low]), effective_size(weights[:, high])),
    )
