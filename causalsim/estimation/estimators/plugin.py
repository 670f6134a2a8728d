"""Any identified formula, with what the rows say about its factors put in."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from threadpoolctl import threadpool_limits

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.plugin import PluginError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.expression import Expression
from causalsim.estimand.query import Query
from causalsim.estimation.crossfitting.folds import check_clusters
from causalsim.estimation.effect import Effect
from causalsim.estimation.formulas.counting import check_linear, influence_of, value_of
from causalsim.estimation.formulas.evaluating import by_one_step, by_smoothing, regular
from causalsim.estimation.formulas.learning import Learners
from causalsim.estimation.formulas.reading import (
    FormulaTask,
    PluginTask,
    averaged_variable,
    counted_task,
    formula_task,
)
from causalsim.estimation.reading.cells import countable, distributions
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import check_varies, few_clusters, heavy_weights
from causalsim.estimation.recipe import Recipe
from causalsim.seeds import Seed, seeded

_MOST_DERIVATIVES = 4000
_THREADS_PAY = 2_000_000


@final
@dataclass(frozen=True, slots=True)
class Plugin:
    """The formula of an answer, with what the rows say about each of its factors put in.

    It answers whatever `identify` answers from observations of one population: back door, front
    door, any other formula, counterfactual questions. Which of three ways was taken is told by the
    effect's ``why``.

    *Few levels* (30 at most each; an outcome that only enters through its mean may be any number):
    with ``theta = g(P)`` for the formula ``g`` and ``P_n`` the proportions, the estimate is
    ``g(P_n)``, the maximum-likelihood estimate. Its influence values are the derivatives of ``g``
    towards each row's own cell, ``psi_i = d/dt g((1 - t) P_n + t delta_i)``, by central
    differences; with more than 4,000 occupied cells the interval is from bootstrap samples.

    *Continuous columns*: every factor ``P(a | b)`` is learnt out of fold and drawn from; the mean
    over the draws is corrected by what each row says about each factor, which needs density ratios
    learnt by classification and leaves a product of two errors (see
    `causalsim.estimation.formulas.one_step`). It is AIPW for an adjustment set, and has influence
    values for every formula that is a ratio of chains of distributions.

    *A value of a continuous column* that is conditioned on (a dose): there is no influence
    function; spline regressions are read at that value, with a bootstrap interval.

    A formula that holds at every level of some further variable (as the napkin's does) is averaged
    over that variable. It fails, and says so, where some combination that is conditioned on has no
    row; with many cells and few rows the first way is biased, since every cell is estimated on its
    own.

    Args:
        bootstraps: How many bootstrap samples, where an interval is from them.
        folds: How many parts, where factors are learnt out of fold.
        repeats: How many random divisions into folds; their median is taken.
        outcome: A learner or scikit-learn regressor of numbers; None is splines and boosting.
        propensity: A learner or scikit-learn classifier of levels, and of draws from rows.

    Examples:
        Smoking, tar and cancer through the front door (Pearl 2009, figure 3.5), where the effect
        is 0.25 by construction and the difference in means is above 0.3:

        >>> import numpy, pandas
        >>> from causalsim.estimand.query import Query
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
    folds: int = 5
    repeats: int = 1
    outcome: Any = None
    propensity: Any = None

    def __post_init__(self) -> None:
        """Check every setting."""
        for name, least in (("bootstraps", 50), ("folds", 1), ("repeats", 1)):
            found = getattr(self, name)
            if not isinstance(found, int) or isinstance(found, bool) or found < least:
                raise EstimationError.bad_setting(name, found, f"a whole number from {least}")
        Learners.of(self.outcome, self.propensity)

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
        """With fewer folds and samples."""
        return replace(self, folds=min(self.folds, 2), repeats=1, bootstraps=50)

    def read(self, answer: Any, frame: Any, roles: Roles) -> PluginTask | FormulaTask:  # noqa: ANN401
        """The rows as counts where levels are few, else as numbers.

        Raises:
            PluginError: The formula reads other data, cannot be drawn from, or the answer is a
                table rather than a number.
            DataError: A column is missing.
        """
        question, formula = answer.query, answer.formula
        if any(term.do or term.domain for term in distributions(formula)):
            raise PluginError.other_data(str(formula))
        mean_of = averaged_variable(question)
        _check_outcome(question, frame)
        if countable(frame, formula, mean_of):
            return counted_task(question, formula, mean_of, frame, roles)
        return formula_task(question, formula, mean_of, frame, roles)

    def fit(self, task: PluginTask | FormulaTask, seed: int | Seed) -> Effect:
        """Evaluate the formula and how it moves with every row.

        Args:
            task: The rows, as counts or as numbers.
            seed: Decides folds, draws and bootstrap samples, where they are needed.

        Raises:
            PluginError: A condition that no row meets, or an outcome that enters the formula
                otherwise than through its mean, or a comparison that no row can move.
        """
        found = (
            self._drawn(task, seed) if isinstance(task, FormulaTask) else self._counted(task, seed)
        )
        if task.pair is not None and not found.influence.any() and found.spread == 0.0:
            raise PluginError.nothing_moves(found.value)
        return found

    def _counted(self, task: PluginTask, seed: int | Seed) -> Effect:
        """By the proportions of the rows."""
        flat = task.cells.flat()
        value = value_of(task, flat)
        check_linear(task, value)
        occupied = np.flatnonzero(flat)
        if len(occupied) <= _MOST_DERIVATIVES:
            influence, spread = influence_of(task, flat, occupied), 0.0
            how = f"the proportions of {len(occupied)} cells"
        else:
            influence = np.zeros(len(task.cells.weights))
            spread = self._resampled(task, seed)
            how = f"the proportions of {len(occupied)} cells, {self.bootstraps} bootstrap samples"
        return Effect(
            value=value,
            influence=influence,
            estimator=self.name,
            estimand=f"{task.question}" if task.pair is None else "average effect",
            recipe=Recipe.of_question(task, self, seed, how),
            clusters=task.clusters,
            spread=spread,
            notes=(*few_clusters(task.clusters), *heavy_weights(task.cells.weights)),
        )

    def _drawn(self, task: FormulaTask, seed: int | Seed) -> Effect:
        """By one step, or smoothed where a value of a continuous column is conditioned on."""
        check_clusters(task.clusters, self.folds, "Plugin")
        start = seeded(seed, "plug-in")
        small = task.columns.height * len(task.columns.by_name) < _THREADS_PAY
        with threadpool_limits(limits=1 if small else None):
            if regular(task.parts, task.columns):
                learners = Learners.of(self.outcome, self.propensity)
                found = by_one_step(
                    task.parts,
                    task.columns,
                    task.clusters,
                    task.strata,
                    self.folds,
                    self.repeats,
                    learners,
                    start,
                )
                name = f"{self.name} with one-step correction"
            else:
                found = by_smoothing(
                    task.parts, task.columns, task.clusters, self.bootstraps, start
                )
                name = f"smoothed {self.name}"
        return Effect(
            value=found.value,
            influence=found.influence,
            estimator=name,
            estimand=f"{task.question}" if task.pair is None else "average effect",
            recipe=Recipe.of_question(task, self, seed, found.how),
            clusters=task.clusters,
            spread=found.spread,
            notes=(
                *found.notes,
                *few_clusters(task.clusters),
                *heavy_weights(task.columns.weights),
            ),
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
            found.append(value_of(task, drawn.flat()))
        return float(np.var(found, ddof=1))


def _check_outcome(question: Any, frame: Any) -> None:  # noqa: ANN401
    """A mean of something that varies, and is not the one treatment itself."""
    if not isinstance(question, Query) or len(question.outcome) != 1:
        return
    name, treatments = question.outcome[0], question.treatments
    frames.require(frame, (name,))
    if question.events[0].value is not None or frames.missing(frame, name).any():
        return
    outcome = frames.numeric(frame, name)
    check_varies(outcome, name)
    seen = frames.views(frame, treatments)
    if seen is not None and len(seen) == 1 and np.array_equal(seen[treatments[0]], outcome):
        raise ReadingError.same_thing(name, treatments[0])
