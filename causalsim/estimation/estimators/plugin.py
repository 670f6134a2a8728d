"""Any identified formula, with the probabilities of the rows put in."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.plugin import PluginError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.events import Expectation, Question
from causalsim.estimand.expression import (
    Expression,
    fix,
    free_variables,
    mean,
    probability,
    product,
    total,
)
from causalsim.estimand.query import Query
from causalsim.estimand.questions import variables_of
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.cells import Cells, cells, distributions
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import read_clusters, read_weights, unit_of
from causalsim.estimation.recipe import Recipe
from causalsim.seeds import Seed, seeded

_MOST_DERIVATIVES = 4000
_STEP = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class PluginTask:
    """A question, the formulae whose difference answers it, and the rows as counts.

    Attributes:
        question: The question.
        terms: Formulae without free variables, each with its sign.
        cells: The rows.
        clusters: The cluster of each row, or None.
        recipe_contrast: The levels compared, low and high; None where the question names them.
        units: The outcome's unit.
        roles: How the frame was read.
        digest: A mark of the rows.
    """

    question: Question
    terms: tuple[tuple[float, Expression], ...]
    cells: Cells
    clusters: NDArray[np.int_] | None
    pair: tuple[Level, Level] | None
    units: str
    roles: Roles
    digest: str


@final
@dataclass(frozen=True, slots=True)
class Plugin:
    """The formula of an answer, evaluated on the proportions of the rows.

    With ``theta = g(P)`` for the formula ``g`` and ``P_n`` the proportions, the estimate is
    ``g(P_n)``: the maximum-likelihood estimate where the variables are discrete. Its influence
    values are the derivatives of ``g`` towards each row's own cell,
    ``psi_i = d/dt g((1 - t) P_n + t delta_i)``, by central differences; with more than 4,000
    occupied cells the interval is from 200 bootstrap samples instead.

    It answers whatever `identify` answers from observations of one population: back door, front
    door, any other formula, counterfactual questions. Variables that the formula conditions on
    must have few levels (30 at most each); an outcome that only enters through its mean may be
    any number. A formula that holds at every level of some further variable (as the napkin's does)
    is averaged over that variable's proportions. It fails, and says so, where some combination
    that is conditioned on has no row; with many cells and few rows it is biased, since every cell
    is estimated on its own.

    Examples:
        Smoking, tar and cancer through the front door (Pearl 2009, figure 3.5), where the effect
        is 0.25 by construction and the difference in means is above 0.3:

        >>> import numpy, pandas
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> rng = numpy.random.default_rng(1)
        >>> u, v, w, s = rng.random((4, 4000))
        >>> smoking = (v < 0.2 + 0.6 * (u > 0.5)).astype(int)
        >>> tar = (w < 0.1 + 0.5 * smoking).astype(int)
        >>> cancer = (s < 0.1 + 0.5 * tar + 0.2 * (u > 0.5)).astype(int)
        >>> rows = pandas.DataFrame({"smoking": smoking, "tar": tar, "cancer": cancer})
        >>> graph = Graph("smoking -> tar -> cancer; smoking <-> cancer")
        >>> answer = identify(graph, Query("cancer", do="smoking"))
        >>> plugin = Plugin()
        >>> effect = plugin.fit(plugin.read(answer, rows, Roles()), seed=1)
        >>> 0.25 in effect.interval()
        True

    References:
        R. von Mises (1947), On the asymptotic distribution of differentiable statistical
        functions, Annals of Mathematical Statistics 18.
    """

    bootstraps: int = 200

    def __post_init__(self) -> None:
        """Check the setting."""
        if not isinstance(self.bootstraps, int) or self.bootstraps < 50:
            raise EstimationError.bad_setting("bootstraps", self.bootstraps, "a number from 50")

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "plug-in"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "a formula in one observed population"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is a formula."""
        return isinstance(answer.formula, Expression)

    def quick(self) -> "Plugin":
        """It is quick as it is."""
        return self

    def read(self, answer: Any, frame: Any, roles: Roles) -> PluginTask:  # noqa: ANN401
        """The rows as counts.

        Raises:
            PluginError: The formula reads other data, some variable has too many levels, or the
                answer is a table rather than a number.
            DataError: A column is missing.
        """
        question, formula = answer.query, answer.formula
        if any(term.do or term.domain for term in distributions(formula)):
            raise PluginError.other_data(str(formula))
        height = frames.height(frame)
        weights = np.ones(height) if roles.weights is None else read_weights(frame, roles.weights)
        mean_of = _averaged(question)
        counted = cells(frame, formula, mean_of, weights)
        scalar = mean(mean_of, formula) if mean_of in free_variables(formula) else formula
        asked = set(variables_of(question))
        for spare in (name for name in free_variables(scalar) if name not in asked):
            # The formula is the same number at every level of such a variable: take them all.
            scalar = total(spare, product([probability(spare), scalar]))
        terms, pair = _terms(scalar, question, counted, roles)
        outcome = question.outcome[0] if isinstance(question, Query) else ""
        return PluginTask(
            question=question,
            terms=terms,
            cells=counted,
            clusters=None if roles.clusters is None else read_clusters(frame, roles.clusters),
            pair=pair,
            units=(unit_of(frame, outcome) if roles.units is None else roles.units),
            roles=roles,
            digest=counted.digest,
        )

    def fit(self, task: PluginTask, seed: int | Seed) -> Effect:
        """Evaluate the formula and how it moves with every row.

        Args:
            task: The rows as counts.
            seed: Decides the bootstrap samples, where they are needed.

        Raises:
            PluginError: A condition that no row meets, or an outcome that enters the formula
                otherwise than through its mean.
        """
        flat = task.cells.flat()
        value = _value(task, flat)
        _check_linear(task, value)
        occupied = np.flatnonzero(flat)
        if len(occupied) <= _MOST_DERIVATIVES:
            influence, spread = _influence(task, flat, occupied), 0.0
            how = f"{len(occupied)} cells"
        else:
            influence = np.zeros(len(task.cells.weights))
            spread = self._resampled(task, seed)
            how = f"{len(occupied)} cells, {self.bootstraps} bootstrap samples"
        return Effect(
            value=value,
            influence=influence,
            estimator=self.name,
            estimand=f"{task.question}" if task.pair is None else "average effect",
            recipe=Recipe.of_question(task, self, seed, how),
            clusters=task.clusters,
            spread=spread,
        )

    def _resampled(self, task: PluginTask, seed: int | Seed) -> float:
        """The variance over bootstrap samples, of whole clusters where there are any."""
        rng = seeded(seed, "plug-in").numpy()
        groups = np.arange(len(task.cells.weights)) if task.clusters is None else task.clusters
        count = int(groups.max()) + 1
        found = []
        for _ in range(self.bootstraps):
            times = rng.multinomial(count, np.full(count, 1.0 / count))
            drawn = task.cells.weighed(task.cells.weights * times[groups])
            found.append(_value(task, drawn.flat()))
        return float(np.var(found, ddof=1))


def _averaged(question: Question) -> str | None:
    """The variable whose mean answers the question; None where it asks for a probability."""
    if isinstance(question, Query):
        free = [event.variable for event in question.events if event.value is None]
        if len(free) > 1:
            raise EstimationError.several("outcome", question.outcome)
        return free[0] if free else None
    if isinstance(question, Expectation):
        return question.of.variable
    return None


def _terms(
    formula: Expression, question: Question, counted: Cells, roles: Roles
) -> tuple[tuple[tuple[float, Expression], ...], tuple[Level, Level] | None]:
    """The formula at the levels compared, each with its sign."""
    free = free_variables(formula)
    if not free:
        return ((1.0, formula),), None
    if not isinstance(question, Query) or len(free) > 1 or free[0] not in question.treatments:
        told = [name for name in free if len(free) > 1 or not isinstance(question, Query)]
        raise PluginError.several_numbers(told or free)
    name = free[0]
    levels = counted.levels[counted.axes.index(name)]
    if roles.arms is None and len(levels) > 2:
        raise EstimationError.which_arms(name, levels)
    if len(levels) < 2:
        raise EstimationError.one_level(name, levels[0], len(counted.weights))
    low, high = roles.arms or (levels[0], levels[-1])
    for level in (low, high):
        if level not in levels:
            raise EstimationError.unknown_level(name, level, levels)
    return ((1.0, fix(formula, {name: high})), (-1.0, fix(formula, {name: low}))), (low, high)


def _value(task: PluginTask, flat: NDArray[np.float64]) -> float:
    """The formula on a joint distribution of the cells."""
    shape = task.cells.shape
    table = Table(task.cells.axes, (flat / flat.sum()).reshape(shape), task.cells.levels)
    found = sum(sign * float(evaluate(term, table).values) for sign, term in task.terms)
    if not np.isfinite(found):
        raise PluginError.empty_cell(str(task.terms[0][1]))
    return float(found)


def _check_linear(task: PluginTask, value: float) -> None:
    """An outcome held by the ends of its range must enter linearly."""
    shares, axis = task.cells.shares, task.cells.outcome
    if shares is None or axis is None:
        return
    low = float(task.cells.levels[axis][0])
    base = sum(sign for sign, _ in task.terms) * low
    halved = _value(task, task.cells.halved().flat())
    if not np.isclose(halved - base, 0.5 * (value - base), rtol=1e-6, atol=1e-9):
        raise PluginError.not_linear(task.cells.axes[axis])


def _influence(
    task: PluginTask, flat: NDArray[np.float64], occupied: NDArray[np.int_]
) -> NDArray[np.float64]:
    """The derivative towards each row's cell, by central differences."""
    slopes = np.zeros(len(flat))
    for cell in occupied:
        # The step keeps the cell's own probability positive on both sides.
        step = _STEP * min(1.0, float(flat[cell]))
        towards = -step * flat
        towards[cell] += step
        slopes[cell] = (_value(task, flat + towards) - _value(task, flat - towards)) / (2 * step)
    found = task.cells.spread_over_rows(slopes) * task.cells.weights
    return np.asarray(found - found.mean(), dtype=np.float64)
