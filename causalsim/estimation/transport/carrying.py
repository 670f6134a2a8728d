"""An effect in a target population, from a study in another: doubly robust."""

from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np
from threadpoolctl import threadpool_limits

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.transport import TransportError
from causalsim.estimand.query import Query
from causalsim.estimation.averaging.assembly import assembled, check_aim, check_clip
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.averaging.targets import EVERYONE
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.subsets import Whole
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.design import coding
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task, check_complete, read_weights
from causalsim.estimation.sequences.asking import regimes_of
from causalsim.estimation.transport.reading import Carried, carried
from causalsim.estimation.transport.samples import ALONE, TransportTask, target_means
from causalsim.seeds import Seed, seeded

_FEW, _REPEATS = 500, 3
_STRANGERS = 0.9


@dataclass(frozen=True, slots=True)
class _TargetWords:
    """What the average over the target population is called."""

    def in_words(self, task: Task) -> str:
        """Its name."""
        return "average effect in the target population"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Transport:
    """The average effect in a target population from a study in another, doubly robust.

    With ``S`` whether a row is the study's, ``p(z) = P(S = 1 | z)`` in the stacked rows, ``e_a``
    the propensity and ``mu_a`` the mean outcome in the study, the mean in arm ``a`` is

        1 / n_0 sum ((1 - S) mu_a(Z) + S 1{A = a} / e_a(Z) (1 - p(Z)) / p(Z) (Y - mu_a(Z))),

    with ``n_0`` target rows. It is right if ``mu`` is, or ``p`` and ``e`` both are; ``e`` is known
    in a trial (``propensity=0.5``). It fails where the target holds people of a kind that the
    study has none of: small chances are clipped, and it says so. The rows of ``target`` must be
    other units than the study's.

    Args:
        target: A frame of the target population's covariates, one row a unit; with the columns of
            weights and clusters too where these are named.
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 3 when a sample has under 500 rows.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        selection: A scikit-learn classifier of being in the study; None is the default stack.
        clip: The smallest chance that is divided by.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.transport import young_study
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.fusing.available import Available, Domain
        >>> from causalsim.identification.strategy import identify
        >>> data = young_study(600, seed=1)
        >>> trial = Domain("trial", ["age", "frailty"], observational=False, experiments=["a"])
        >>> answer = identify(Graph(data.graph), Query("y", do="a"),
        ...     available=Available(["age", "frailty"], domains=trial))
        >>> by = Transport(data.target, folds=2, repeats=1, propensity=0.5)
        >>> effect = by.fit(by.read(answer, data.study, Roles()), seed=1)
        >>> data.effect in effect.interval(0.99)
        True

    References:
        I. Dahabreh, S. Robertson, J. Steingrimsson, E. Stuart, M. Hernán (2020), Extending
        inferences from a randomized trial to a new target population, Statistics in Medicine 39,
        section 5.
    """

    target: Any = field(repr=False)
    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None
    selection: Any = None
    clip: float = 0.01
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.target is None or isinstance(self.target, str | int | float):
            raise TransportError.no_target(self.target)
        frames.height(self.target)
        if isinstance(self.selection, int | float):
            raise EstimationError.bad_setting("selection", self.selection, "a classifier")
        check_clip(self.clip)
        check_aim(EVERYONE, self.contrast)
        _ = CrossFit(self.folds, self.repeats, self.outcome, self.propensity)
        _ = CrossFit(propensity=self.selection)

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "transport"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an effect carried over from another population by covariates"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether covariates carry the effect over."""
        try:
            found = carried(answer)
        except TransportError:
            return False
        return _arms(answer, found) is not None

    def read(self, answer: Any, frame: Any, roles: Roles) -> TransportTask:  # noqa: ANN401
        """The study and the target, side by side.

        Raises:
            TransportError: Covariates do not carry the effect over.
            DataError: A column is missing, or a category that the study has none of.
        """
        found = carried(answer)
        arms = _arms(answer, found)
        if arms is None:
            raise TransportError.not_carried(f"the question is {answer.query}")
        query, pair = arms
        study = Task.of(frame, query, found.covariates, replace(roles, arms=pair or roles.arms))
        frames.require(self.target, found.covariates)
        rest = coding(frame, found.covariates).matrix(self.target)
        both = (frame, self.target)
        weights = np.ones(study.height + len(rest))
        if roles.weights is not None:
            check_complete(self.target, [roles.weights])
            weights = np.concatenate([read_weights(one, roles.weights) for one in both])
        clusters = None if roles.clusters is None else _clusters(both, roles.clusters)
        matrix = np.vstack([study.design.matrix, rest])
        return TransportTask(study, found, matrix, weights, clusters)

    def quick(self) -> "Transport":
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def fit(self, task: TransportTask, seed: int | Seed) -> Effect:
        """Learn who is in the study, who is treated and what follows, and carry it over.

        Args:
            task: The study and the target.
            seed: Decides folds and learners.

        Raises:
            EstimationError: Arms too small for the folds.
        """
        study = task.study
        for code, count in enumerate(np.bincount(study.arm, minlength=len(study.levels))):
            if count < 2 * self.folds:
                raise EstimationError.few_rows(
                    study.treatment, study.levels[code], int(count), self.folds, "Transport"
                )
        others = len(task.matrix) - study.height
        if others < 2 * self.folds:
            raise TransportError.few_target(others, 2 * self.folds)
        start = seeded(seed, "transport")
        fewest = min(study.height, len(task.matrix) - study.height)
        repeats = self.repeats or (_REPEATS if fewest < _FEW and self.folds > 1 else 1)
        means, touched, lonely = [], 0, 0
        with threadpool_limits(limits=1):
            for number in range(repeats):
                found, clipped, alone = target_means(task, self, start.child(f"split {number}"))
                means.append(found)
                touched, lonely = max(touched, clipped), max(lonely, alone)
        others = len(task.matrix) - study.height
        if lonely > _STRANGERS * others:
            raise TransportError.strangers(lonely, others, task.carried.covariates)
        notes = self._notes(task, touched, lonely)
        words: Any = _TargetWords()
        made = assembled(
            replace(study, clusters=task.clusters),
            means,
            words,
            self.contrast,
            self,
            seed,
            learners=self._in_words(task, repeats),
            notes=notes,
        )
        return replace(made, recipe=replace(made.recipe, digest=task.digest))

    def _notes(self, task: TransportTask, touched: int, lonely: int) -> tuple[str, ...]:
        """Whom the study hardly tells about."""
        notes = []
        if touched:
            notes.append(
                f"{touched} of {task.study.height} study rows had a chance below {self.clip:g}, "
                "which was clipped"
            )
        if lonely:
            notes.append(
                f"{lonely} of {len(task.matrix) - task.study.height} target rows are of a kind "
                f"that the study has hardly any of (chance below {max(self.clip, ALONE):g}, were "
                "both of one size): for them the estimate is extrapolated, and the interval does "
                "not know"
            )
        return tuple(notes)

    def _in_words(self, task: TransportTask, repeats: int) -> str:
        """What was done, for the recipe."""
        outcome = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        treated = "logistic/boosting" if self.propensity is None else str(self.propensity)
        chosen = "logistic/boosting" if self.selection is None else str(self.selection)
        again = f" x {repeats}" if repeats > 1 else ""
        return (
            f"outcome by {outcome}, propensity by {treated}, being in the study by {chosen}, "
            f"{self.folds} folds{again}; {task.study.height} study rows and "
            f"{len(task.matrix) - task.study.height} target rows"
        )


def _clusters(both: tuple[Any, Any], name: str) -> Whole:
    """The cluster of each row of both frames; equal labels are one cluster."""
    for one in both:
        frames.require(one, [name])
        check_complete(one, [name])
    labels = np.concatenate([frames.values(one, name).astype(str) for one in both])
    return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int_)


def _arms(answer: Any, found: Carried) -> tuple[Query, Any] | None:  # noqa: ANN401
    """The question as one that a task can read, and the levels that are compared."""
    told = regimes_of(answer.query, answer.graph)
    if told is None:
        return (answer.query, None) if isinstance(answer.query, Query) else None
    outcome, sums = told
    events = {outcome.variable: outcome.value} if outcome.value is not None else outcome.variable
    if len(sums) == 1 and next(iter(sums.values())) == 1.0:
        (held,) = sums
        return Query(events, do=dict(held)), None
    if sorted(sums.values()) != [-1.0, 1.0]:
        return None
    by_sign = {sign: held[0][1] for held, sign in sums.items()}
    name = found.query.treatments[0]
    return Query(events, do=name), (by_sign[-1.0], by_sign[1.0])
