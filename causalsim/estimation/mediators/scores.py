"""The efficient influence functions of effects through mediators, as scores of single rows.

The mean of a score is the estimate, and a score less its mean is the influence value. Densities of
mediators stand in them only as ratios, written by propensities (see
`causalsim.estimation.mediators.crossfit`).
"""

import numpy as np

from causalsim.errors.mediators import MediatorError
from causalsim.estimation.averaging.targets import ArmMeans
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.mediators.crossfit import Division
from causalsim.estimation.reading.task import Task

_LEAST_SUPPORT, _GOOD_SUPPORT = 0.3, 0.8


def nested_score(task: Task, one: Division, own: int, through: int) -> Matrix:
    """The score of ``E[Y(a, M(b))]`` for ``a = own`` and ``b = through``.

    ``1{A=a} f(M|b,C) / (f(M|a,C) e_a) (Y - mu_a) + 1{A=b} / e_b (mu_a - eta_ab) + eta_ab``.

    Args:
        task: Outcome and arms.
        one: The nuisances.
        own: The place of the level that the outcome feels.
        through: The place of the level that the mediators feel.

    Returns:
        One value a row, in the unit of the outcome.

    References:
        E. Tchetgen Tchetgen, I. Shpitser (2012), Semiparametric theory for causal mediation
        analysis, Annals of Statistics 40, theorem 1.
    """
    mean, regressed = one.outcome[:, own], one.through[:, own, through]
    # f(m|b,c) / (f(m|a,c) e_a) = pi_b / (pi_a e_b); for a = b this is 1 / e_a.
    ratio = one.given[:, through] / one.given[:, own] if own != through else 1.0
    outer = task.indicator(own) * ratio / one.alone[:, through] * (task.outcome - mean)
    inner = task.indicator(through) / one.alone[:, through] * (mean - regressed)
    return np.asarray(outer + inner + regressed, dtype=np.float64)


def front_door_scores(task: Task, one: Division) -> Matrix:
    """The scores of ``E[Y(a)]`` through the front door, rows by arms ``a``.

    ``f(M|a,C) / f(M|A,C) (Y - mu_A) + 1{A=a} / e_a (sum_k e_k mu_k - sum_k e_k eta_ka) + eta_Aa``.

    Args:
        task: Outcome and arms.
        one: The nuisances.

    Returns:
        One value a row and arm, in the unit of the outcome.

    References:
        I. Fulcher, I. Shpitser, S. Marealle, E. Tchetgen Tchetgen (2020), Robust inference on
        population indirect causal effects, JRSS B 82, theorem 1.
    """
    rows, arm = np.arange(task.height), task.arm
    residual = task.outcome - one.outcome[rows, arm]
    # The propensities that weigh the levels must add to one, which clipping may undo.
    shares = one.alone / one.alone.sum(axis=1, keepdims=True)
    mixed = (shares * one.outcome).sum(axis=1)
    taken = one.given[rows, arm] / one.alone[rows, arm]
    scores = np.empty((task.height, len(task.levels)))
    for code in range(len(task.levels)):
        ratio = np.where(arm == code, 1.0, one.given[:, code] / one.alone[:, code] / taken)
        regressed = one.through[:, :, code]
        inner = mixed - (shares * regressed).sum(axis=1)
        scores[:, code] = (
            ratio * residual
            + task.indicator(code) / one.alone[:, code] * inner
            + regressed[rows, arm]
        )
    return scores


def averaged(task: Task, scores: Matrix) -> ArmMeans:
    """The means of scores, one a column, with their influence values."""
    share = task.share
    values = np.average(scores, axis=0, weights=share)
    return ArmMeans(values, share[:, None] * (scores - values))


def front_door_support(task: Task, one: Division) -> float:
    """How much of what the formula averages over is where rows are: one, but for chance.

    The mean of ``f(M | a, C) / f(M | A, C)`` over the rows of an arm, for the pair of arms in
    which it is smallest; it is near zero where the mediators decide the arm.
    """
    rows, share = np.arange(task.height), task.share
    taken = one.given[rows, task.arm] / one.alone[rows, task.arm]
    found = []
    for code in range(len(task.levels)):
        ratio = one.given[:, code] / one.alone[:, code] / taken
        for other in range(len(task.levels)):
            if other != code:
                among = task.arm == other
                found.append(float(np.average(ratio[among], weights=share[among])))
    return min(found)


def nested_support(task: Task, one: Division, own: int, through: int) -> float:
    """The same for ``E[Y(own, M(through))]``: the outcome's mean weight, one but for chance."""
    if own == through:
        return 1.0
    ratio = one.given[:, through] / one.given[:, own] / one.alone[:, through]
    return float(np.average(task.indicator(own) * ratio, weights=task.share))


def overlap_notes(support: float, treatment: str) -> tuple[str, ...]:
    """A note where mediators nearly decide the arm.

    Raises:
        MediatorError: They do decide it, or all but.
    """
    if support < _LEAST_SUPPORT:
        raise MediatorError.decided(treatment, support)
    if support > _GOOD_SUPPORT:
        return ()
    return (
        f"mediators that go with the other arm are found in an arm for about {support:.0%} of what "
        "is averaged; for the rest the regressions extrapolate, which the interval does not count",
    )
