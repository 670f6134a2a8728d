"""The parametric g-formula, stage by stage backwards, with an interval in closed form."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, final

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.scaling import RANK, Scaling
from causalsim.estimation.sequences.comparing import (
    centered,
    check_regimes,
    compared,
    takes,
    within_words,
)
from causalsim.estimation.sequences.reading import Course, Mask, Matrix, SequenceTask, read_sequence
from causalsim.estimation.sequences.regimes import Regime
from causalsim.seeds import Seed

_BEYOND = 1e-4


@final
@dataclass(frozen=True, slots=True)
class GFormula:
    """Iterated conditional expectations by least squares: the parametric g-formula.

    From the last treatment to the first the outcome, and then the prediction made for the stage
    after, is regressed on the history and the treatment, and predicted with the treatment as the
    regime has it: ``Q_k(h) = E[Q_{k+1} | H_k = h, A_k = d_k(h)]``; the mean of ``Q_1`` is the mean
    under the regime. The influence values are those of the stacked normal equations, so that the
    uncertainty of every stage is in the interval. It is right if every regression has the right
    form, and silent when not; `LTMLE` leans on the treatments as well. With all products
    (``order`` as large as the number of columns) on 0/1 columns it is the formula itself on the
    proportions of the rows.

    Args:
        order: The most columns, treatments among them, that are multiplied in a term.
        contrast: How two regimes are compared.
        regime: What is done, instead of what the question says: levels or rules.
        against: What it is compared with; None asks for the mean under ``regime``.

    Examples:
        >>> from causalsim.datasets.sequences import two_visits
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = two_visits(800, seed=1)
        >>> answer = identify(Graph(data.graph), Query("y", do=["a0", "a1"]))
        >>> by = GFormula()
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.always_never in effect.interval(0.99)
        True

    References:
        J. Robins (1986), A new approach to causal inference in mortality studies with a sustained
        exposure period, Mathematical Modelling 7.
        H. Bang, J. Robins (2005), Doubly robust estimation in missing data and causal inference
        models, Biometrics 61, section 4 (the iterated form).
    """

    order: int = 2
    contrast: Contrast = DIFFERENCE
    regime: Regime | None = None
    against: Regime | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        if not isinstance(self.order, int) or self.order < 1:
            raise EstimationError.bad_setting("order", self.order, "a whole number from 1")
        check_regimes(self.regime, self.against)

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "g-formula"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "several treatments, each with what must be known when it is taken"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether there are several treatments with sequential back-door sets."""
        return takes(answer, self.regime, self.against)

    def read(self, answer: Any, frame: Any, roles: Roles) -> SequenceTask:  # noqa: ANN401
        """The data in their roles."""
        return read_sequence(answer, frame, roles, self.regime, self.against)

    def quick(self) -> "GFormula":
        """It is quick as it is."""
        return self

    def fit(self, task: SequenceTask, seed: int | Seed) -> Effect:
        """Regress backwards and average; nothing is random here.

        Args:
            task: The data in their roles.
            seed: Written into the recipe.

        Raises:
            EstimationError: More columns than rows to learn them from.
        """
        pairs = [self._mean(task, course) for course in task.courses]
        means = centered([one for one, _ in pairs], [psi for _, psi in pairs])
        words = f"least squares with products of up to {self.order} columns{within_words(task)}"
        return compared(task, [means], self.contrast, self, seed, words)

    def _mean(self, task: SequenceTask, course: Course) -> tuple[float, Matrix]:
        """The mean under a regime, and its influence values."""
        share, target = task.share, task.outcome
        steps = []
        for k in reversed(range(len(task.periods))):
            period = task.periods[k]
            rows = _rows(task, k)
            past = period.history(period.taken)
            scaled = Scaling.of(past[rows], share[rows])
            have = products(scaled(past), self.order)
            then = products(scaled(period.history(course.wanted[k])), self.order)
            if have.shape[1] > rows.sum():
                raise EstimationError.bad_setting(
                    "order", self.order, f"smaller: {have.shape[1]} columns, {rows.sum()} rows"
                )
            weighed = have * (share * rows)[:, None]
            gram = weighed.T @ have / task.height
            bread = np.linalg.pinv(gram, rcond=RANK, hermitian=True)
            asked = then[_rows(task, k - 1)] if k else then
            _check_told(asked, gram @ bread, period.treatment)
            known = np.where(rows, target, 0.0)
            slopes = bread @ (weighed.T @ known) / task.height
            steps.append((weighed, bread, known - np.where(rows, have @ slopes, 0.0), then))
            target = then @ slopes
        value = float(np.average(target, weights=share))
        influence = share * (target - value)
        gradient = (steps[-1][3] * share[:, None]).mean(axis=0)
        for place, (weighed, bread, residual, _) in enumerate(reversed(steps)):
            lever = bread @ gradient
            influence = influence + (weighed @ lever) * residual
            later = len(steps) - 2 - place
            if later >= 0:
                gradient = steps[later][3].T @ (weighed @ lever) / task.height
        return value, influence


def _check_told(then: Matrix, told: Matrix, treatment: str) -> None:
    """Refuse to predict what the rows that were learnt from say nothing about.

    Raises:
        ReadingError: A row whose prediction needs a coefficient that could be anything.
    """
    beyond = then - then @ told
    size = np.sqrt((then**2).sum(axis=1))
    strange = int((np.sqrt((beyond**2).sum(axis=1)) > _BEYOND * size).sum())
    if strange:
        raise ReadingError.no_such_people(treatment, strange, len(then))


def _rows(task: SequenceTask, k: int) -> Mask:
    """The rows that a stage is learnt from: those with a target."""
    if k + 1 == len(task.periods):
        known: Mask = np.isfinite(task.outcome) & task.periods[k].complete
        return known
    return task.periods[k + 1].complete


def products(matrix: Matrix, order: int) -> Matrix:
    """An intercept, the columns, and products of up to ``order`` different ones.

    >>> products(np.array([[2.0, 3.0]]), 2).tolist()
    [[1.0, 2.0, 3.0, 6.0]]
    """
    width = matrix.shape[1]
    made = [np.ones(len(matrix))]
    for size in range(1, min(order, width) + 1):
        chosen = combinations(range(width), size)
        made.extend(matrix[:, list(places)].prod(axis=1) for places in chosen)
    return np.column_stack(made)
