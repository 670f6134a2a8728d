"""Variables of which the graph says that nothing can be found."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.checks.refutation import LEVEL, Refutation
from causalsim.checks.refuting.case import Case
from causalsim.checks.refuting.least_squares import Columns, freed, guessed
from causalsim.checks.refuting.stored import Stored
from causalsim.checks.refuting.verdicts import deviate
from causalsim.errors.base import listed
from causalsim.errors.checking import CheckError
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation.averaging.targets import arms_taken
from causalsim.estimation.effect import Effect
from causalsim.estimation.intervals import p_value, standard_error, wald
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.seeds import Seed, seeded

Matrix = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class NegativeControl:
    """Ask for an effect that cannot be there: of the treatment on another outcome, or the reverse.

    An *outcome* that the treatment cannot affect must be found unaffected; another *treatment*
    that cannot affect the outcome must be found without effect. This is the one check that can
    see a confounder nobody measured, provided that it also touches the control. Whether a
    variable is a control is not taken on trust: the graph must say that it is d-separated from
    the treatment given the covariates (an outcome), or from the outcome given covariates and
    treatment, or covariates alone (a treatment). Otherwise an association would show nothing.

    On stored scores a control outcome meets the propensities of the effect and a regression of its
    own, least squares on the covariates and their squares in the stored folds; a control treatment
    is judged by the generalised covariance of its own residual with that of the outcome, both freed
    of the same columns. With
    ``refit=True``, and always for estimators without stored scores, the whole recipe is run on
    the control.

    Args:
        outcome: The name of a control outcome; or
        treatment: the name of a control treatment.
        graph: What vouches for it; None is the graph that the effect was identified in.
        refit: Whether the whole recipe is run.

    Examples:
        Who has the disease gets the drug; rain has nothing to do with it:

        >>> import numpy, pandas
        >>> from causalsim import Graph, Query, estimate, identify
        >>> from causalsim.checks import refute
        >>> rng = numpy.random.default_rng(1)
        >>> ill = rng.normal(size=400)
        >>> drug = (ill + rng.normal(size=400) > 0).astype(int)
        >>> pain = ill - drug + rng.normal(size=400)
        >>> rows = pandas.DataFrame(
        ...     {"ill": ill, "drug": drug, "pain": pain, "rain": rng.normal(size=400)}
        ... )
        >>> graph = Graph("ill -> drug -> pain <- ill; rain")
        >>> effect = estimate(identify(graph, Query("pain", do="drug")), rows, seed=1)
        >>> refute(effect, rows, by=NegativeControl(outcome="rain"), seed=1).passed
        True

    References:
        M. Lipsitch, E. Tchetgen Tchetgen, T. Cohen (2010), Negative controls: a tool for detecting
        confounding and bias in observational studies, Epidemiology 21.
        R. Shah, J. Peters (2020), The hardness of conditional independence testing and the
        generalised covariance measure, Annals of Statistics 48.
    """

    outcome: str | None = None
    treatment: str | None = None
    graph: Graph | None = None
    refit: bool = False

    def __post_init__(self) -> None:
        """One control, and a graph if anything."""
        if (self.outcome is None) == (self.treatment is None):
            raise CheckError.one_control()
        if self.graph is not None and not isinstance(self.graph, Graph):
            raise EstimationError.bad_setting("graph", self.graph, "a Graph")

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Look for the effect that cannot be there.

        Raises:
            EstimationError: No graph, a variable that is no control in it, or an effect that does
                not rest on an adjustment set.
            DataError: The control is no column, or holds no numbers.
        """
        case.contrast()
        if not hasattr(case.task, "covariates"):
            raise CheckError.not_for(
                "negative control",
                case.effect.estimator,
                "it rests on no adjustment set that the control could share",
                "identify(graph, Query(control, do=treatment)) is NoEffect where it is one; "
                "estimate it by the same estimator and look at its interval.",
            )
        frames.require(case.frame, [self.outcome or str(self.treatment)])
        given = self._vouched(case)
        start = seeded(seed, "negative control", str(self.outcome), str(self.treatment))
        stored = None if self.refit else Stored.of(case)
        if stored is None:
            effect = self._refitted(case, given, start)
            value, error, null = effect.value, effect.standard_error, effect.null
            how = f"1 refit by {effect.estimator}; {effect.recipe.learners}"
        elif self.outcome is not None:
            value, error = _outcome_read(stored, case, self.outcome)
            null = case.effect.null
            how = "stored propensities, least squares on the stored folds"
        else:
            held = case.treatment in given
            value, error = _covariance(stored, case, str(self.treatment), held)
            null = 0.0
            how = "generalised covariance with the stored residuals"
        return self._told(case, given, value, error, null, how)

    def _vouched(self, case: Case) -> tuple[str, ...]:
        """What must be held for the graph to separate the control.

        Raises:
            EstimationError: No graph, or it does not.
        """
        name = self.outcome or str(self.treatment)
        covariates = tuple(case.task.covariates)
        roles = {case.treatment: "the treatment", case.outcome: "the outcome"}
        roles |= dict.fromkeys(covariates, "a covariate")
        if name in roles:
            raise CheckError.same_variable(name, roles[name])
        graph = self.graph or getattr(case.effect.recipe.answer, "graph", None)
        if graph is None:
            raise CheckError.no_graph(name)
        if self.outcome is not None:
            other, ways = case.treatment, [covariates]
        else:
            other, ways = case.outcome, [(*covariates, case.treatment), covariates]
        for given in ways:
            if separated(graph, name, other, given):
                return given
        raise CheckError.no_control(name, other, ways[0])

    def _refitted(self, case: Case, given: tuple[str, ...], seed: Seed) -> Effect:
        """The whole recipe, asked about the control."""
        if self.outcome is not None:
            query = Query(self.outcome, do=case.treatment)
        else:
            query = Query(case.outcome, do=str(self.treatment))
        recipe = case.effect.recipe
        roles = recipe.roles
        if self.outcome is None:  # another treatment has other arms and other chances
            roles = replace(roles, arms=None, propensity=None)
        asked = replace(recipe, query=query, covariates=given, answer=None, roles=roles)
        return case.estimator.fit(asked.read(case.frame), seed)

    def _told(
        self,
        case: Case,
        given: tuple[str, ...],
        value: float,
        error: float,
        null: float,
        how: str,
    ) -> Refutation:
        """The verdict in words."""
        z = deviate(value, error, null, null == 1.0)
        chance = p_value(z, 1.0)
        passed = chance >= LEVEL
        inside = wald(value, error)
        if self.outcome is not None:
            name, what = "negative control outcome", f"{case.treatment} on {self.outcome}"
            pair = (self.outcome, case.treatment)
        else:
            name, what = "negative control treatment", f"{self.treatment} on {case.outcome}"
            pair = (str(self.treatment), case.outcome)
        verdict = (
            "as the graph says"
            if passed
            else "where the graph says there is nothing: a common cause was not measured, or an "
            "arrow is missing"
        )
        return Refutation(
            name=name,
            estimate=value,
            expected=null,
            statistic=z,
            p_value=chance,
            passed=passed,
            sentence=(
                f"the effect of {what} is {value:.2g} (95 % CI {inside.low:.2g} to "
                f"{inside.high:.2g}, p = {chance:.2g}; expected {null:g}, since "
                f"{pair[0]} is d-separated from {pair[1]} given {listed(given) or 'nothing'}), "
                f"{verdict}."
            ),
            draws=(value,),
            settings=how,
        )


def _outcome_read(stored: Stored, case: Case, name: str) -> tuple[float, float]:
    """The estimate on a control outcome, with the propensities of the effect."""
    y = _numbers(case, name)
    columns = Columns.of(stored.task.design.matrix)
    guess = guessed(columns, y, stored.task.weights, stored.folds)
    return stored.reader(stored.same(guess))(stored.task.arm, y)


def _covariance(stored: Stored, case: Case, name: str, held: bool) -> tuple[float, float]:
    """The slope of the outcome's residual on that of a control treatment, and its error."""
    task = stored.task
    z = _numbers(case, name)
    columns = Columns.of(task.design.matrix, arms_taken(task)[:, 1:] if held else None)
    if held:
        left = task.outcome - stored.outcome[np.arange(task.height), task.arm]
    else:
        left = task.outcome - stored.blind
    # Taken off both in sample: out of folds the errors of the two regressions would share folds
    # and inflate the statistic by a fifth at 500 rows.
    share = task.share
    own, left = freed(columns, np.column_stack([z, left]), task.weights).T
    dof = max(1, task.height - columns.width)
    below = float(np.mean(share * own**2))
    if below <= 1e-12 * float(np.var(z)):
        raise EstimationError.no_variation(name)
    value = float(np.mean(share * own * left)) / below
    influence = share * own * (left - value * own) / below
    return value, standard_error(influence, task.clusters) * float(np.sqrt(task.height / dof))


def _numbers(case: Case, name: str) -> Matrix:
    """A control as numbers; one of two levels as 0 and 1."""
    if frames.categorical(case.frame, name):
        raw = frames.values(case.frame, name).astype(str)
        levels = np.unique(raw)
        if len(levels) != 2:
            raise DataError.not_numeric(name, "category", raw[0])
        return np.asarray(raw == levels[1], dtype=np.float64)
    return frames.numeric(case.frame, name)
