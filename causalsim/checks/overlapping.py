"""Could everybody have had either treatment, and who could not?"""

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.violating import Violation, violations
from causalsim.checks.weights import effective_size, weighing
from causalsim.estimation.effect import Effect
from causalsim.plots import people

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOUND = 0.02
_MOST_ALONE = 0.05
_FEW = 30


@dataclass(frozen=True, slots=True, eq=False)
class OverlapReport:
    """How far the data can compare the two arms.

    Attributes:
        least: The smallest propensity of an arm.
        rare: How many rows had a propensity under 2 % of one of the two arms.
        rows: How many rows there are.
        heaviest: The largest share that a single row has in its arm's weighted mean.
        effective: The effective sample sizes of the low and the high arm.
        violations: Kinds of people whom one arm lacks, most rows first.
        propensity: The probability of the high arm, for the rows of the two arms.
        high: Whether each of these rows is in the high arm.
        names: The two arms in words, the low one first.
    """

    least: float
    rare: int
    rows: int
    heaviest: float
    effective: tuple[float, float]
    violations: tuple[Violation, ...]
    propensity: NDArray[np.float64] = field(repr=False)
    high: NDArray[np.bool_] = field(repr=False)
    names: tuple[str, str]

    @property
    def passed(self) -> bool:
        """Whether the arms can be compared.

        Under 1 % of rows are rare, no row has a tenth of an arm's weight, and no kind of person
        whom one arm lacks makes up 5 % of the rows: propensities may be too smooth to show that.
        """
        lacking = max((one.rows for one in self.violations), default=0)
        alone = lacking >= max(_FEW, _MOST_ALONE * self.rows)
        return self.rare < 0.01 * self.rows and self.heaviest < 0.1 and not alone

    def __str__(self) -> str:
        """The numbers, then the people."""
        told = (
            f"{self.rare} of {self.rows} rows have a propensity under {BOUND:.0%} of one arm "
            f"(smallest {self.least:.2g}); the heaviest row has {self.heaviest:.1%} of its arm's "
            f"weight; effective sample sizes {self.effective[0]:.0f} and {self.effective[1]:.0f}"
        )
        return "; ".join([told, *(one.sentence for one in self.violations)])

    def _repr_html_(self) -> str:
        """A list for notebooks."""
        items = "".join(f"<li>{escape(part)}</li>" for part in str(self).split("; "))
        return f"<ul>{items}</ul>"

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The propensities of the high arm upwards and of the low arm downwards.

        Args:
            ax: The axes to draw on; by default those of a new figure.
        """
        low, high = self.names
        return people.overlap(self.propensity, self.high, names=(high, low), ax=ax)

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "least": self.least,
            "rare": self.rare,
            "rows": self.rows,
            "heaviest": self.heaviest,
            "effective": list(self.effective),
            "violations": [one.sentence for one in self.violations],
            "passed": self.passed,
        }


def overlap(effect: Effect, frame: Any) -> OverlapReport:  # noqa: ANN401
    """Look for people who could only ever have had one of the treatments.

    Propensities near zero are counted, and violations are located: values of one covariate, or
    combinations of up to three, that only one arm has and that chance would not leave to it
    (`causalsim.checks.violating`).

    Args:
        effect: An effect by an estimator that has a propensity.
        frame: The frame it came from.

    Returns:
        The report.

    Raises:
        EstimationError: The effect has no propensity, names one arm only, or comes from another
            frame.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import IPW, Task
        >>> data = nonlinear_confounding(1000, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> overlap(IPW().fit(task, seed=1), data.frame).passed
        True
    """
    task, nuisances, weights = weighing(effect, frame)
    low, high = task.pair
    propensity = nuisances.propensity[:, [low, high]]
    own = [weights[:, low], weights[:, high]]
    own_arm = (task.arm == low) | (task.arm == high)
    return OverlapReport(
        least=float(propensity.min()),
        rare=int((propensity < BOUND).any(axis=1).sum()),
        rows=task.height,
        heaviest=float(max(one.max() / one.sum() for one in own)),
        effective=(effective_size(own[0]), effective_size(own[1])),
        violations=violations(task, frame),
        propensity=(propensity[:, 1] / propensity.sum(axis=1))[own_arm],
        high=task.arm[own_arm] == high,
        names=(f"{task.treatment} = {task.levels[low]}", f"{task.treatment} = {task.levels[high]}"),
    )
