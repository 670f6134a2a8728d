"""For whom: the people over whom an effect is averaged.

A target weighs every person by a function ``h`` of the propensities. Its mean outcome in arm
``k`` is ``E[h mu_k] / E[h]``, with the efficient influence function

    (xi_k - theta_k D) / E[D],    xi_k = D mu_k + h / e_k 1{A = k} (Y - mu_k),
                                  D = h + sum_j dh/de_j (1{A = j} - e_j),

and one formula estimates all of them (`weighted_means`). With ``h = 1`` it is AIPW, with
``h = e_k`` the doubly robust effect among arm ``k``, with the harmonic ``h`` of two arms
Robinson's partially linear estimator.

A row of arm ``k`` stands for itself with ``D``, and for others like it with what is left of its
weight, ``x = h / e_k - D``. The latter are rescaled by one factor so that they add to what they
stand for, ``sum(x) = sum(D 1{A != k})``, as they do in expectation. That changes neither the
influence function nor double robustness, keeps what the regression missed within the range of its
residuals however large a weight may be, and makes everyone's effect exactly the mean of those on
the treated and on the untreated.

References:
    R. Crump, J. Hotz, G. Imbens, O. Mitnik (2006), Moving the goalposts, NBER t0330.
    F. Li, K. Morgan, A. Zaslavsky (2018), Balancing covariates via propensity score weighting,
    JASA 113.
    F. Li, F. Li (2019), Propensity score weighting for causal inference with multiple
    treatments, Annals of Applied Statistics 13.
    M. Knaus (2022), Double machine learning-based programme evaluation under unconfoundedness,
    Econometrics Journal 25 (normalised weights in doubly robust scores).
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.errors.targets import TargetError
from causalsim.estimation.averaging.leftover import leftover
from causalsim.estimation.reading.task import Task

Matrix = NDArray[np.float64]

_ROUNDING = 1e-12


@runtime_checkable
class Target(Protocol):
    """The people over whom an effect is averaged."""

    @property
    def clip(self) -> float:
        """The smallest propensity that is divided by, unless the estimator says otherwise."""

    def in_words(self, task: Task) -> str:
        """What the average is called."""

    def tilt(self, propensity: Matrix, task: Task) -> Matrix:
        """``h``: the weight of every row."""

    def slope(self, propensity: Matrix, task: Task) -> Matrix:
        """``dh / de_j`` of every row, rows by arms."""


@dataclass(frozen=True, slots=True)
class Everyone:
    """All people: the average treatment effect (ATE), ``h = 1``.

    It leans on those who could hardly have had one of the treatments, so that propensities
    smaller than the bound are clipped.
    """

    clip: float = 0.01

    def in_words(self, task: Task) -> str:
        """What the average is called."""
        return "average effect"

    def tilt(self, propensity: Matrix, task: Task) -> Matrix:
        """One for every row."""
        return np.ones(len(propensity))

    def slope(self, propensity: Matrix, task: Task) -> Matrix:
        """The weight does not depend on the propensities."""
        return np.zeros_like(propensity)


EVERYONE = Everyone()


@dataclass(frozen=True, slots=True)
class Treated:
    """Those in the treated arm: the effect on the treated (ATT), ``h = e_high``.

    Needs only that everyone treated could have gone untreated. The odds it weighs by are never
    clipped: clipping the many small odds of a large control group moves the estimate far.
    """

    clip: float = 0.0

    def in_words(self, task: Task) -> str:
        """What the average is called."""
        return "average effect on the treated"

    def tilt(self, propensity: Matrix, task: Task) -> Matrix:
        """The propensity of the treated arm."""
        return propensity[:, _treated(task)]

    def slope(self, propensity: Matrix, task: Task) -> Matrix:
        """One for the treated arm."""
        return _unit(propensity, _treated(task))


@dataclass(frozen=True, slots=True)
class Untreated:
    """Those in the arm compared with: the effect on the untreated (ATC), ``h = e_low``."""

    clip: float = 0.0

    def in_words(self, task: Task) -> str:
        """What the average is called."""
        return "average effect on the untreated"

    def tilt(self, propensity: Matrix, task: Task) -> Matrix:
        """The propensity of the arm compared with."""
        return propensity[:, _untreated(task)]

    def slope(self, propensity: Matrix, task: Task) -> Matrix:
        """One for the arm compared with."""
        return _unit(propensity, _untreated(task))


@dataclass(frozen=True, slots=True)
class Overlap:
    """Those who could well have had either treatment (ATO), ``1 / h = sum_k 1 / e_k``.

    With two arms ``h = e (1 - e)``. No weight exceeds one, nothing is clipped, and among all
    targets it is estimated most precisely when the noise is alike in the arms; the price is that
    the people it speaks of are defined by the propensity.
    """

    clip: float = 0.0

    def in_words(self, task: Task) -> str:
        """What the average is called."""
        return "average effect in the overlap"

    def tilt(self, propensity: Matrix, task: Task) -> Matrix:
        """The harmonic weight."""
        product = np.prod(propensity, axis=1)
        return np.asarray(product / _leave_one_out(propensity).sum(axis=1), dtype=np.float64)

    def slope(self, propensity: Matrix, task: Task) -> Matrix:
        """``h^2 / e_j^2``, written so that no propensity is divided by."""
        others = _leave_one_out(propensity)
        return np.asarray((others / others.sum(axis=1, keepdims=True)) ** 2, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class InSample:
    """The people of a target who are in this very sample, rather than all whom they stand for.

    The estimate is the same; what differs is what it is an estimate of, and so its error. With the
    members of the target held as they are, what can vary is only the noise of their outcomes, and
    the influence values lose the part that tells how people's effects differ from each other:

        psi_k = h / e_k 1{A = k} (Y - mu_k) / E[h].

    With covariates and treatments held, the error of ``mu`` does not vary from row to row either:
    where the weights do not balance it, it moves the estimate. What can be seen of that, by a line
    through the residuals in the covariates, the regressions and the log odds of treatment, is
    squared and added to the variance (`leftover`).

    `InSample(Treated())` is the sample effect on the treated (SATT), of their expected outcomes
    given covariates. Its interval is shorter than that for the population, the more so the more
    effects differ; it says nothing about people elsewhere. Errors of ``mu`` that no such line sees
    make it too short, above all for people who hardly ever have the treatment compared with.

    Args:
        of: Everyone, the treated or the untreated. The people of `Overlap` are defined by a
            propensity that has to be estimated, so that no sample contains them as such.

    Raises:
        TargetError: Another target.

    References:
        G. Imbens (2004), Nonparametric estimation of average treatment effects under exogeneity,
        Review of Economics and Statistics 86, section II.B.
        L. Liu, R. Mukherjee, J. Robins (2020), On nearly assumption-free tests of nominal
        confidence interval coverage, Statistical Science 35.
    """

    of: Everyone | Treated | Untreated

    def __post_init__(self) -> None:
        """Check whose members can be listed."""
        if not isinstance(self.of, Everyone | Treated | Untreated):
            raise TargetError.no_members(self.of)

    @property
    def clip(self) -> float:
        """That of the target."""
        return self.of.clip

    def in_words(self, task: Task) -> str:
        """What the average is called."""
        return f"{self.of.in_words(task)} in this sample"

    def tilt(self, propensity: Matrix, task: Task) -> Matrix:
        """That of the target."""
        return self.of.tilt(propensity, task)

    def slope(self, propensity: Matrix, task: Task) -> Matrix:
        """That of the target."""
        return self.of.slope(propensity, task)


@dataclass(frozen=True, slots=True, eq=False)
class ArmMeans:
    """The mean outcome of the target in every arm.

    Attributes:
        values: One mean an arm, in the outcome's unit.
        influence: The influence values, rows by arms, each column with mean zero.
        doubt: How far each mean may be off besides, in the outcome's unit; None where the
            influence values tell it all.
    """

    values: Matrix
    influence: Matrix
    doubt: Matrix | None = None


def weighted_means(task: Task, propensity: Matrix, outcome: Matrix, target: Target) -> ArmMeans:
    """The target's mean outcome in every arm, by the formula above.

    Args:
        task: The data in their roles.
        propensity: ``e_k``, rows by arms, as it is to be divided by.
        outcome: ``mu_k``, rows by arms.
        target: For whom.

    Returns:
        The means with their influence values.

    Raises:
        EstimationError: A row of an arm with a propensity of zero.
    """
    taken = arms_taken(task)
    tilt = target.tilt(propensity, task)
    change = (target.slope(propensity, task) * (taken - propensity)).sum(axis=1)
    spread = tilt + change
    share = task.share
    below = float(np.mean(share * spread))
    own = spread[:, None] * taken
    weights = _rescaled(row_weights(task, propensity, tilt), own, spread, share)
    noise = weights * (task.outcome[:, None] - outcome)
    xi = spread[:, None] * outcome + noise
    values = np.mean(share[:, None] * xi, axis=0) / below
    if isinstance(target, InSample):
        found = share[:, None] * noise / below
        stood = share[:, None] * (weights - own) / (below * task.height)
        wanted = share[:, None] * (spread[:, None] - own) / (below * task.height)
        doubt = _doubt(task, propensity, outcome, stood, wanted)
        return ArmMeans(values, found - found.mean(axis=0), doubt)
    influence = share[:, None] * (xi - spread[:, None] * values) / below
    return ArmMeans(values, influence)


def _rescaled(weights: Matrix, own: Matrix, spread: Matrix, share: Matrix) -> Matrix:
    """``D + x`` of the rows of every arm, with ``sum(x)`` as large as what it stands for."""
    others = weights - own
    found = share @ others
    wanted = share @ (spread[:, None] - own)
    # Among the treated, those who are treated stand for nobody else, but for rounding.
    some = found > _ROUNDING * (share @ weights)
    factor = np.divide(wanted, found, out=np.ones_like(found), where=some)
    return np.asarray(own + factor * others, dtype=np.float64)


def _doubt(
    task: Task, propensity: Matrix, outcome: Matrix, stood: Matrix, wanted: Matrix
) -> Matrix:
    """What weights and regressions leave of the covariates in every arm's mean."""
    logs = np.log(np.maximum(propensity, 1e-9))
    columns = np.column_stack([task.design.matrix, outcome, logs[:, 1:] - logs[:, :1]])
    return np.array(
        [
            leftover(columns, task.outcome - outcome[:, code], stood[:, code], wanted[:, code])
            for code in range(outcome.shape[1])
        ]
    )


def hajek_means(task: Task, propensity: Matrix, target: Target) -> ArmMeans:
    """The target's mean outcome in every arm by normalised inverse-probability weights.

    The influence values take the propensities as known, which makes intervals for everyone's
    effect too wide rather than too narrow when they were estimated by maximum likelihood.

    Args:
        task: The data in their roles.
        propensity: ``e_k``, rows by arms, as it is to be divided by.
        target: For whom.

    Returns:
        The means with their influence values.
    """
    weights = row_weights(task, propensity, target.tilt(propensity, task))
    weights = weights * task.share[:, None]
    values = (weights * task.outcome[:, None]).sum(axis=0) / weights.sum(axis=0)
    influence = weights / weights.mean(axis=0) * (task.outcome[:, None] - values)
    return ArmMeans(values, influence)


def arms_taken(task: Task) -> Matrix:
    """``1{A = k}``, rows by arms."""
    return np.stack([task.indicator(code) for code in range(len(task.levels))], axis=1)


def row_weights(task: Task, propensity: Matrix, tilt: Matrix) -> Matrix:
    """``h / e_k 1{A = k}``, rows by arms.

    Raises:
        EstimationError: Somebody of the target had no chance of an arm that is compared.
    """
    compared = np.array(task.contrast) != 0.0
    impossible = (tilt > 0.0) & (propensity[:, compared] <= 0.0).any(axis=1)
    if impossible.any():
        raise EstimationError.no_overlap(task.treatment, int(impossible.sum()), task.height)
    taken = arms_taken(task)
    safe = np.where(taken > 0, np.maximum(propensity, 1e-300), 1.0)
    return np.asarray(taken * tilt[:, None] / safe, dtype=np.float64)


def _treated(task: Task) -> int:
    """The column of the high arm; of the highest when a single mean is asked for."""
    return len(task.levels) - 1 if task.low is None else task.levels.index(task.high)


def _untreated(task: Task) -> int:
    """The column of the low arm; of the lowest when a single mean is asked for."""
    return 0 if task.low is None else task.levels.index(task.low)


def _unit(propensity: Matrix, column: int) -> Matrix:
    """Zero but for one column of ones."""
    made = np.zeros_like(propensity)
    made[:, column] = 1.0
    return made


def _leave_one_out(propensity: Matrix) -> Matrix:
    """For each arm the product of the other arms' propensities."""
    count = propensity.shape[1]
    return np.stack(
        [np.prod(np.delete(propensity, arm, axis=1), axis=1) for arm in range(count)], axis=1
    )
