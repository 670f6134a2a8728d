"""The mean outcome had everybody had a dose, as a curve over doses."""

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from causalsim.errors.curves import CurveError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.crossfit import CrossFit, out_of_fold_at
from causalsim.estimation.crossfitting.folds import check_clusters, dealt
from causalsim.estimation.curves.curve import Curve
from causalsim.estimation.curves.densities import DoseDensity
from causalsim.estimation.curves.smoothing import best_bandwidth, in_reach, local_weights
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.estimators.adjusting import Adjusting
from causalsim.estimation.reading.doses import DoseTask, little_left
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.recipe import Recipe
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed, seeded

Matrix = NDArray[np.float64]
_SMALL, _REPEATS = 1000, 5
_GRID, _PLACES = 40, 25
_FEWEST = 15
_DEGREE = 2
_FAR = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class _Heights:
    """Pseudo-outcomes of one division, whose mean at a dose is the curve.

    Attributes:
        values: One a row.
        grid: Doses at which the outcome regression is known for everybody.
        apart: How far each row's regression lies from the average one there, rows by doses.
        clipped: How many density ratios were clipped.
        explained: The share of the dose's variance that the covariates explain.
    """

    values: Matrix
    grid: Matrix
    apart: Matrix
    clipped: int
    explained: float


@final
@dataclass(frozen=True, slots=True)
class DoseResponse(Adjusting):
    """The doubly robust dose-response curve ``E[Y(d)]`` of a continuous treatment.

    With the outcome regression ``mu(x, d)``, the density ``p(d | x)`` of the dose and their
    averages ``m(d)`` and ``p(d)`` over the rows, all cross-fitted, every row has the height

        xi = (Y - mu(X, D)) p(D) / p(D | X) + m(D),

    whose mean among rows with dose ``d`` is ``E[Y(d)]`` if either ``mu`` or the density is right.
    The density has a location, a scale and one shape of the residual. The heights are smoothed
    by local polynomials. A smoother of the bandwidth that predicts best is biased by as much as
    it errs by chance, so that its interval misses; here the *bandwidth is the one that predicts
    best for local lines, and the estimate is local quadratic at that bandwidth*, which takes off
    the leading bias, with the standard error of the quadratic (Calonico, Cattaneo and Farrell
    2018; Takatsu and Westling 2024). It converges more slowly than a number does: with few rows
    or sharp bends look at the band, not at the line. It fails where some people never get doses
    such as ``d``: ratios of densities are clipped and the clipping is told.

    Args:
        at: Doses, rising; None is 25 of them between the 5th and the 95th percentile.
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 with under 1,000 rows.
        outcome: A scikit-learn regressor of the outcome on covariates and dose (the last column),
            or several to stack; None is the default stack.
        dose: The same for the dose's mean, and for the size of its residual.
        bandwidth: How far the smoother looks, in units of the dose; None chooses.
        clip: The smallest ``p(d | x) / p(d)`` that is divided by.

    Examples:
        >>> from causalsim.datasets.doses import confounded_doses
        >>> from causalsim.estimand.query import Query
        >>> data = confounded_doses(600, seed=1)
        >>> task = DoseTask.of(data.frame, Query("y", do="d"), ("x1", "x2"), Roles())
        >>> curve = DoseResponse(at=(-1.0, 0.0, 1.0), repeats=1).curve(task, seed=1)
        >>> bool(abs(curve[0.0].value - data.mean(0.0)) < 3 * curve[0.0].standard_error)
        True

    References:
        E. Kennedy, Z. Ma, M. McHugh, D. Small (2017), Non-parametric methods for doubly robust
        estimation of continuous treatment effects, JRSS B 79.
        S. Calonico, M. Cattaneo, M. Farrell (2018), On the effect of bias estimation on coverage
        accuracy in nonparametric inference, JASA 113.
        K. Takatsu, T. Westling (2024), Debiased inference for a covariate-adjusted regression
        function, JRSS B.
    """

    at: tuple[float, ...] | None = None
    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    dose: Any = None
    bandwidth: float | None = None
    clip: float = 0.05

    def __post_init__(self) -> None:
        """Check the settings."""
        for learner in (self.outcome, self.dose):
            CrossFit(self.folds, self.repeats, learner)
        if self.folds < 2:
            raise EstimationError.bad_setting("folds", self.folds, "a whole number from 2")
        if not _is_number(self.clip) or not 0.0 <= self.clip < 1.0:
            raise EstimationError.bad_setting("clip", self.clip, "a number from 0 to below 1")
        width = self.bandwidth
        if width is not None and not (_is_number(width) and 0.0 < width < np.inf):
            raise EstimationError.bad_setting("bandwidth", width, "a positive number, or None")
        if self.at is not None:
            _check_places(self.at)

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "dose-response"

    def quick(self) -> "DoseResponse":
        """Two folds, divided once."""
        return replace(self, folds=2, repeats=1)

    def read(self, answer: Adjustment, frame: Any, roles: Roles) -> DoseTask:  # type: ignore[override]  # noqa: ANN401
        """The data in their roles."""
        return DoseTask.of(frame, answer.query, answer.adjustment, roles)

    def fit(self, task: DoseTask, seed: int | Seed) -> Effect:  # type: ignore[override]
        """The mean outcome at one dose minus that at another, named by ``arms=(low, high)``.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            CurveError: No two doses were named, or one lies where there are no rows.
            EstimationError: Too few rows or clusters for the folds, or a dose that the covariates
                predict exactly.
        """
        low, high = _pair(task)
        curve = replace(self, at=tuple(sorted((low, high)))).curve(task, seed)
        effect = curve.between(low, high)
        recipe = replace(Recipe.of(task, self, seed, _learners(self)), high=high, low=low)
        return replace(effect, estimator=self.name, estimand="average effect", recipe=recipe)

    def curve(self, task: DoseTask, seed: int | Seed) -> Curve:
        """The mean outcome at every dose that was named."""
        self._check(task)
        turns = self.repeats or (_REPEATS if task.height < _SMALL else 1)
        start = seeded(seed, "dose-response")
        with threadpool_limits(limits=1):
            heights = [self._heights(task, start.child(f"split {turn}")) for turn in range(turns)]
        share = task.share
        width = self.bandwidth or best_bandwidth(task.dose, share, heights[0].values)
        width = min(width, _FAR * float(np.ptp(task.dose)))  # from there on all rows count alike
        first, last = np.quantile(task.dose, [0.05, 0.95]).tolist()
        places = self.at or tuple(np.linspace(first, last, _PLACES).tolist())
        name = task.query.treatments[0]
        told = little_left(name, [one.explained for one in heights])
        notes = (*told, *_clipped(heights, task.height, self.clip), *task.notes)
        recipe = Recipe.of(task, self, seed, _learners(self))
        effects = []
        for at in places:
            rows = in_reach(task.dose, share, at, width)
            found = [_smoothed(task.dose, share, one, at, width) for one in heights]
            if rows < _FEWEST or any(one is None for one in found):
                raise CurveError.thin(name, at, rows, width)
            pairs = [one for one in found if one is not None]
            made = combined([v for v, _ in pairs], [psi for _, psi in pairs], task.clusters)
            effects.append(
                Effect(
                    value=made.value,
                    influence=made.influence,
                    estimator=self.name,
                    estimand=f"mean at {name} = {at:.4g}",
                    recipe=replace(recipe, high=at, low=None),
                    clusters=task.clusters,
                    spread=made.spread,
                    notes=notes,
                )
            )
        method = (
            f"Doubly robust heights smoothed over {name} by local quadratics that look "
            f"{width:.3g} far, the distance at which local lines predict best; the quadratic takes "
            "off the bias that such lines have."
        )
        return Curve(places, tuple(effects), name, False, method)

    def _check(self, task: DoseTask) -> None:
        """Enough doses, rows and clusters, and places among the doses."""
        name = task.query.treatments[0]
        doses = np.unique(task.dose)
        if len(doses) < 10:
            raise CurveError.few_doses(name, len(doses))
        if task.height < 10 * self.folds:
            raise EstimationError.few_people(task.height, self.folds, 10, "DoseResponse")
        check_clusters(task.clusters, self.folds, "DoseResponse")
        for at in self.at or ():
            if not doses[0] <= at <= doses[-1]:
                raise CurveError.outside(name, at, float(doses[0]), float(doses[-1]))

    def _heights(self, task: DoseTask, seed: Seed) -> _Heights:
        """The pseudo-outcomes of one division."""
        rng = seed.child("folds").numpy()
        fifths = np.searchsorted(np.quantile(task.dose, [0.2, 0.4, 0.6, 0.8]), task.dose)
        folds = dealt(fifths, task.clusters, self.folds, rng)
        share = task.share
        grid = np.unique(np.quantile(task.dose, np.linspace(0.0, 1.0, _GRID)))

        def held_at(dose: Matrix | float) -> Matrix:
            column = np.broadcast_to(dose, task.height)
            return np.column_stack([task.design.matrix, column])

        own, *others = out_of_fold_at(
            matrix := held_at(task.dose),
            task.outcome,
            task.weights,
            folds,
            self.outcome,
            seed.child("outcome"),
            (matrix, *(held_at(dose) for dose in grid)),
        )
        density = DoseDensity.learnt(task, folds, self.dose, seed)
        everyone = np.column_stack(others)
        mean = np.average(everyone, axis=0, weights=share)
        likely = [np.average(density.of(np.full(task.height, d)), weights=share) for d in grid]
        usual = np.interp(task.dose, grid, likely)
        relative = np.divide(density.of(task.dose), usual, out=0.0 * usual, where=usual > 0.0)
        low = relative < self.clip
        ratio = 1.0 / np.where(low, self.clip, relative)
        values = (task.outcome - own) * ratio + np.interp(task.dose, grid, mean)
        return _Heights(values, grid, everyone - mean, int(low.sum()), density.explained)


def _smoothed(
    dose: Matrix, share: Matrix, heights: _Heights, at: float, width: float
) -> tuple[float, Matrix] | None:
    """The curve at a dose and one influence value a row; None where rows are too few.

    A row moves the curve by its own height, ``n l (xi - fit)``, and by its part in the average of
    the outcome regressions over people, ``sum_j l_j (mu(X_i, D_j) - m(D_j))``.
    """
    made = local_weights(dose, share, at, width, _DEGREE)
    if made is None:
        return None
    weights, solver = made
    value = float(weights @ heights.values)
    powers = np.vander((dose - at) / width, _DEGREE + 1, increasing=True)
    left = heights.values - powers @ (solver @ heights.values)
    influence = len(dose) * weights * left + share * (
        heights.apart @ _on_grid(dose, weights, heights.grid)
    )
    return value, influence


def _on_grid(dose: Matrix, weights: Matrix, grid: Matrix) -> Matrix:
    """Weights of rows as weights of the grid's doses between which they are interpolated."""
    above = np.clip(np.searchsorted(grid, dose), 1, len(grid) - 1)
    part = (dose - grid[above - 1]) / (grid[above] - grid[above - 1])
    low = np.bincount(above - 1, weights * (1.0 - part), minlength=len(grid))
    return np.asarray(low + np.bincount(above, weights * part, minlength=len(grid)))


def _is_number(given: object) -> bool:
    """Whether it is a number, as True is not."""
    return isinstance(given, Real) and not isinstance(given, bool)


def _check_places(at: Any) -> None:  # noqa: ANN401
    """Finite numbers that rise."""
    numbers = isinstance(at, tuple) and bool(at) and all(isinstance(x, int | float) for x in at)
    if not numbers or not np.isfinite(at).all() or list(at) != sorted(set(at)):
        raise CurveError.bad_places("at", at, "doses, rising")


def _pair(task: DoseTask) -> tuple[float, float]:
    """The two doses that are compared."""
    arms = task.roles.arms
    if arms is None:
        raise CurveError.no_pair(task.query.treatments[0])
    fine = isinstance(arms, tuple) and len(arms) == 2
    if not fine or not all(isinstance(x, int | float) for x in arms) or arms[0] == arms[1]:
        raise EstimationError.bad_setting("arms", arms, "two different doses: (low, high)")
    low, high = arms
    return float(low), float(high)


def _clipped(heights: list[_Heights], rows: int, bound: float) -> tuple[str, ...]:
    """What must be said about clipping."""
    worst = max(one.clipped for one in heights)
    if not worst:
        return ()
    return (
        f"{worst} of {rows} doses were less than {bound:g} times as likely for those who had them "
        "as for people at large, and were taken to be that likely",
    )


def _learners(by: DoseResponse) -> str:
    """How the nuisances were learnt."""
    outcome = "ridge/boosting stack" if by.outcome is None else str(by.outcome)
    dose = "location and scale by ridge/boosting" if by.dose is None else str(by.dose)
    return f"outcome by {outcome}, dose by {dose}, {by.folds} folds"
