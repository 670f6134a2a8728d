"""Effects that are formulae in covariances: instruments, paths and half-treks of linear models."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.identification import LinearError
from causalsim.estimand.events import Question
from causalsim.estimation.effect import Effect
from causalsim.estimation.instruments.moments import Moments, Residuals
from causalsim.estimation.instruments.weak_instruments import weakness
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import (
    check_complete,
    few_clusters,
    heavy_weights,
    read_clusters,
    read_weights,
    row_mark,
    unit_of,
)
from causalsim.estimation.recipe import Recipe
from causalsim.identification.assuming.linear_formula import LinearFormula
from causalsim.identification.assuming.linearity import LinearEffect
from causalsim.identification.linear.linear_effects import (
    ByHalfTreks,
    InstrumentRatio,
    NoLinearEffect,
    Regression,
)
from causalsim.identification.linear.linear_model import Covariance
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]
_STEP = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class LinearTask:
    """A formula in covariances, and the columns that it reads.

    Attributes:
        question: The question.
        formula: The formula.
        names: The columns.
        matrix: One row a unit, one column a name.
        weights: A weight a row, with mean one.
        clusters: The cluster of each row, or None.
        units: The outcome's unit.
        roles: How the frame was read.
        digest: A mark of the rows.
    """

    question: Question
    formula: LinearFormula
    names: tuple[str, ...]
    matrix: Matrix
    weights: Matrix
    clusters: NDArray[np.int_] | None
    units: str
    roles: Roles
    digest: str

    @property
    def pair(self) -> tuple[Level, Level] | None:
        """No two levels are compared."""
        return None


@final
@dataclass(frozen=True, slots=True)
class Covariances:
    """The formula of a linear effect, evaluated on the covariances of the rows.

    With ``S`` the covariance matrix and ``g`` the formula, the estimate is ``g(S)`` and row ``i``
    has the influence value ``sum_jk dg/ds_jk ((x_ij - m_j)(x_ik - m_k) - s_jk)``, which needs
    no normal errors and no equal variances. For a coefficient it is least squares with White's
    standard error; for one instrument it is two-stage least squares. An instrument whose
    first-stage F is below 10 is told: the interval is then not to be trusted, and
    `causalsim.estimation.instruments.anderson_rubin` gives one that is.

    Examples:
        >>> import numpy, pandas
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.identification.assuming import Linear
        >>> from causalsim.identification.strategy import identify
        >>> rng = numpy.random.default_rng(1)
        >>> z, u, e = rng.normal(size=(3, 2000))
        >>> x = z + u
        >>> rows = pandas.DataFrame({"z": z, "x": x, "y": 2 * x + 3 * u + e})
        >>> graph = Graph("z -> x -> y; x <-> y")
        >>> answer = identify(graph, Query("y", do="x"), assuming=Linear())
        >>> by = Covariances()
        >>> effect = by.fit(by.read(answer, rows, Roles()), seed=1)
        >>> 2.0 in effect.interval()
        True

    References:
        M. Browne (1984), Asymptotically distribution-free methods for the analysis of covariance
        structures, British Journal of Mathematical and Statistical Psychology 37.
    """

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "covariances"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "a formula in covariances (identify(..., assuming=Linear()))"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is a linear effect."""
        return isinstance(answer, LinearEffect)

    def quick(self) -> "Covariances":
        """It is quick as it is."""
        return self

    def read(self, answer: LinearEffect, frame: Any, roles: Roles) -> LinearTask:  # noqa: ANN401
        """The columns that the formula reads.

        Raises:
            DataError: A column is missing, incomplete or not numeric.
            EstimationError: Arms were named, which a slope does not have.
        """
        if roles.arms is not None:
            raise EstimationError.bad_setting("arms", roles.arms, "None: a slope has no arms")
        names = _read_by(answer)
        frames.require(frame, dict.fromkeys((*names, *roles.columns)))
        check_complete(frame, dict.fromkeys((*names, *roles.columns)))
        columns = [frames.numeric(frame, name) for name in names]
        height = frames.height(frame)
        weights = np.ones(height) if roles.weights is None else read_weights(frame, roles.weights)
        return LinearTask(
            question=answer.query,
            formula=answer.formula,
            names=names,
            matrix=np.column_stack(columns),
            weights=weights,
            clusters=None if roles.clusters is None else read_clusters(frame, roles.clusters),
            units=_unit(answer, frame) if roles.units is None else roles.units,
            roles=roles,
            digest=row_mark(columns),
        )

    def fit(self, task: LinearTask, seed: int | Seed) -> Effect:
        """Evaluate the formula and how it moves with each row; nothing is random here.

        Args:
            task: The columns.
            seed: Written into the recipe.

        Raises:
            EstimationError: Columns that determine each other, or an instrument without strength.
        """
        share = task.weights / task.weights.mean()
        centered = task.matrix - np.average(task.matrix, axis=0, weights=share)
        scale = np.sqrt(np.average(centered**2, axis=0, weights=share))
        if (scale == 0.0).any():
            constant = task.names[int(np.argmax(scale == 0.0))]
            raise EstimationError.constant_column(constant)
        centered = centered / scale
        matrix = (centered * share[:, None]).T @ centered / len(centered)
        value = _at(task, matrix, scale)
        influence = np.zeros(len(centered))
        for one in range(len(scale)):
            for other in range(one + 1):
                slope = _slope(task, matrix, scale, one, other)
                if slope != 0.0:
                    moment = centered[:, one] * centered[:, other]
                    influence += slope * share * (moment - matrix[one, other])
        return Effect(
            value=value,
            influence=influence,
            estimator=self.name,
            estimand=f"{task.question} if everything is linear",
            recipe=Recipe.of_question(task, self, seed, f"{task.formula}"),
            clusters=task.clusters,
            notes=(*_weakness(task), *few_clusters(task.clusters), *heavy_weights(task.weights)),
        )

    def moments(self, task: LinearTask, seed: int | Seed) -> Moments:
        """What the instrument says, where the formula rests on one alone.

        Raises:
            EstimationError: It rests on something else.
        """
        terms = task.formula.terms
        if len(terms) != 1 or not isinstance(terms[0][1], InstrumentRatio):
            raise EstimationError.no_instrument(str(task.question))
        return _moments(task, terms[0][1], float(terms[0][0]))


def _read_by(answer: LinearEffect) -> tuple[str, ...]:
    """The variables of a formula; half-treks may use any that the graph has."""
    found: dict[str, None] = {}
    for _, part in answer.formula.terms:
        match part:
            case Regression() | NoLinearEffect():
                found.update(dict.fromkeys((part.cause, part.effect)))
            case InstrumentRatio():
                found.update(dict.fromkeys((part.instrument, part.cause, part.effect)))
            case ByHalfTreks():
                return answer.graph.observed
        found.update(dict.fromkeys(getattr(part, "given", ())))
    return tuple(found)


def _unit(answer: LinearEffect, frame: Any) -> str:  # noqa: ANN401
    """The unit of the one outcome that the formula is about, if the frame tells it."""
    outcomes = {part.effect for _, part in answer.formula.terms}
    return unit_of(frame, outcomes.pop()) if len(outcomes) == 1 else ""


def _at(task: LinearTask, matrix: Matrix, scale: Matrix) -> float:
    """The formula at a matrix of standardised columns.

    Every term is what one unit of its cause adds to its effect, so that each is evaluated in
    standard deviations, where columns of unlike units do no harm, and then given its unit.
    """
    size = dict(zip(task.names, scale, strict=True))
    try:
        found = Covariance(task.names, matrix)
        return float(
            sum(
                weight * part.evaluate(found) * size[part.effect] / size[part.cause]
                for weight, part in task.formula.terms
                if not isinstance(part, NoLinearEffect)
            )
        )
    except LinearError as error:
        raise EstimationError.no_linear_effect(error.message) from error


def _slope(task: LinearTask, matrix: Matrix, scale: Matrix, one: int, other: int) -> float:
    """The derivative of the formula towards one covariance, by central differences."""
    moved = []
    for sign in (1.0, -1.0):
        turned = matrix.copy()
        turned[one, other] += sign * _STEP
        if one != other:
            turned[other, one] += sign * _STEP
        moved.append(_at(task, turned, scale))
    return (moved[0] - moved[1]) / (2.0 * _STEP)


def _weakness(task: LinearTask) -> tuple[str, ...]:
    """A warning for each instrument that hardly moves the treatment."""
    ratios = [part for _, part in task.formula.terms if isinstance(part, InstrumentRatio)]
    return tuple(note for ratio in ratios for note in weakness(_moments(task, ratio)))


def _moments(task: LinearTask, ratio: InstrumentRatio, factor: float = 1.0) -> Moments:
    """What an instrument says once the covariates are taken off by least squares."""
    column = {name: task.matrix[:, place] for place, name in enumerate(task.names)}
    share = task.weights / task.weights.mean()
    root = np.sqrt(share)[:, None]
    held = np.column_stack([np.ones(len(share)), *(column[name] for name in ratio.given)])
    wide = np.column_stack([column[n] for n in (ratio.effect, ratio.cause, ratio.instrument)])
    left = wide - held @ np.linalg.lstsq(root * held, root * wide, rcond=None)[0]
    rows = Residuals(left[:, 0], left[:, 1], left[:, 2:], share, task.clusters)
    return Moments(
        top=rows.top,
        bottom=rows.bottom,
        strength=rows.strength,
        instruments=(ratio.instrument,),
        treatment=ratio.cause,
        clusters=task.clusters,
        factor=factor,
    )
