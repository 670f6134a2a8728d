"""What an omitted variable could have done to an effect."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refuting.case import task_behind
from causalsim.checks.sensitivity.robustness_values import Benchmark, Robustness
from causalsim.checks.weights import weighing
from causalsim.errors.checking import CheckError
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.weighting import IPW
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed, seeded

Matrix = NDArray[np.float64]


def robustness(effect: Effect, frame: Any) -> Robustness:  # noqa: ANN401
    """The robustness of an effect with cross-fitted nuisances to a hidden confounder.

    The treatment's share is measured in the weights ``alpha``: by how much a confounder would
    raise their variance.

    Args:
        effect: A difference, by an estimator that has a propensity and an outcome regression.
        frame: The frame it came from.

    Returns:
        Its robustness value, bounds and biases.

    Raises:
        EstimationError: A ratio, or an estimator without nuisances or regressions.
    """
    task, nuisances, weights = weighing(effect, frame)
    if effect.multiplicative:
        raise EstimationError.nothing_to_check("the robustness value is for differences")
    if isinstance(effect.recipe.estimator, IPW):
        raise CheckError.not_for(
            "robustness value",
            effect.estimator,
            "it needs what the covariates leave of the outcome",
            "by=AIPW(), or linear_robustness(effect, frame).",
        )
    low, high = task.pair
    alpha = weights[:, high] / weights[:, high].mean() - weights[:, low] / weights[:, low].mean()
    taken = nuisances.outcome[np.arange(task.height), task.arm]
    # Sampling weights are those of the people meant; alpha holds them once already.
    squares, sizes = task.share * (task.outcome - taken) ** 2, alpha**2 / task.share
    noise, size = float(np.mean(squares)), float(np.mean(sizes))
    scale = math.sqrt(noise * size)
    if scale <= 0.0:
        raise EstimationError.nothing_to_check("the covariates leave nothing of the outcome")
    moves = (squares - task.share * noise) * size + (sizes - task.share * size) * noise
    return Robustness(
        effect.value,
        effect.standard_error,
        scale,
        moves=effect.influence,
        scale_moves=moves / (2.0 * scale),
        clusters=effect.clusters,
    )


def benchmarks(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    covariates: str | Sequence[str],
    seed: int | Seed = 0,
) -> tuple[Benchmark, ...]:
    """Confounders as strong as measured covariates, by leaving each of them out.

    The recipe is run once with all covariates and once without each. What the covariate explained
    of the outcome is ``1 - s_long / s_short`` with ``s`` the mean squared residual; what it
    explained of the treatment is ``1 - v_short / v_long`` with ``v`` the mean squared weight.

    Args:
        effect: A difference, by an estimator that has a propensity and an outcome regression.
        frame: The frame it came from.
        covariates: The covariates to measure by.
        seed: Decides the folds of the refits.

    Returns:
        One benchmark a covariate.

    Raises:
        DataError: A name that is no covariate.
        EstimationError: A ratio, or an estimator without nuisances.

    References:
        Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), section 4.
    """
    whole = robustness(effect, frame)
    task = task_behind(effect, frame)
    left = _left(effect, frame)
    found = []
    for name in _names(covariates):
        if name not in task.covariates:
            raise DataError.unknown_column(name, task.covariates)
        rest = tuple(one for one in task.covariates if one != name)
        # What a covariate explains of a known propensity shows when that is learnt without it.
        roles = replace(effect.recipe.roles, propensity=None)
        asked = replace(effect.recipe, covariates=rest, answer=None, roles=roles)
        shorter = effect.recipe.estimator.fit(asked.read(frame), seeded(seed, "without", name))
        short, short_left = robustness(shorter, frame), _left(shorter, frame)
        outcome = max(0.0, 1.0 - left / short_left)
        sizes = (short.scale**2 / short_left, whole.scale**2 / left)
        treatment = max(0.0, 1.0 - sizes[0] / sizes[1])
        value, error = whole.adjusted(treatment, outcome)
        reach = 1.959963984540054 * error
        found.append(Benchmark(name, 1.0, treatment, outcome, value, value - reach, value + reach))
    return tuple(found)


def _names(covariates: str | Sequence[str]) -> tuple[str, ...]:
    """One name or several."""
    return (covariates,) if isinstance(covariates, str) else tuple(covariates)


def _left(effect: Effect, frame: Any) -> float:  # noqa: ANN401
    """The mean square of what the outcome regression leaves over."""
    task, nuisances, _ = weighing(effect, frame)
    taken = nuisances.outcome[np.arange(task.height), task.arm]
    return float(np.average((task.outcome - taken) ** 2, weights=task.share))


def linear_robustness(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    benchmarks: str | Sequence[str] = (),
    times: tuple[float, ...] = (1.0, 2.0, 3.0),
) -> tuple[Robustness, tuple[Benchmark, ...]]:
    """Cinelli and Hazlett's analysis of the linear regression with the same variables.

    The outcome is regressed on treatment and covariates as they are, in the rows of the two arms
    that are compared; the robustness value is that of the treatment's coefficient there.

    Args:
        effect: The effect whose variables are used.
        frame: The frame it came from.
        benchmarks: Covariates to measure a confounder by.
        times: How many times as strong.

    Returns:
        The robustness of the coefficient, and one benchmark for each covariate and strength.

    Raises:
        DataError: A benchmark that is no covariate.
        EstimationError: The effect names one arm only, or a benchmark is too strong.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    task = task_behind(effect, frame)
    if len(task.levels) > 2:
        task = task.rows(np.flatnonzero(np.isin(task.arm, task.pair)))
    found = _coefficient(task)
    rows: list[Benchmark] = []
    for name in _names(benchmarks):
        if name not in task.covariates:
            raise DataError.unknown_column(name, task.covariates)
        treatment, outcome = _partial_shares(task, name)
        rows.extend(found.benchmark(name, treatment, outcome, strength) for strength in times)
    return found, tuple(rows)


def _coefficient(task: Task) -> Robustness:
    """The treatment's coefficient with its classical standard error."""
    _, high = task.pair
    treatment = task.indicator(high)
    left = _residual(treatment, task.design.matrix, task.share)
    right = _residual(task.outcome, task.design.matrix, task.share)
    if float(left @ left) <= 1e-20 * float(task.share @ treatment):
        raise EstimationError.nothing_to_check("the covariates decide the treatment exactly")
    value = float(left @ right / (left @ left))
    rank = int(np.linalg.matrix_rank(np.column_stack([np.ones(task.height), task.design.matrix])))
    dof = task.height - rank - 1
    if dof < 2:
        raise EstimationError.nothing_to_check("there are hardly more rows than covariates")
    error = math.sqrt(float(np.sum((right - value * left) ** 2)) / dof / float(left @ left))
    if error <= 0.0:
        raise EstimationError.nothing_to_check("the covariates leave nothing of the outcome")
    return Robustness(value, error, error * math.sqrt(dof), dof)


def _partial_shares(task: Task, name: str) -> tuple[float, float]:
    """Partial R2 of a covariate with the treatment, and with the outcome given the treatment."""
    _, high = task.pair
    treatment = task.indicator(high)
    matrix = task.design.matrix
    others = matrix[:, [source != name for source in task.design.sources]]
    given = np.column_stack([others, treatment])
    whole = np.column_stack([matrix, treatment])
    return (
        _share(treatment, others, matrix, task.share),
        _share(task.outcome, given, whole, task.share),
    )


def _share(target: Matrix, short: Matrix, long: Matrix, share: Matrix | None = None) -> float:
    """The share of what a short regression leaves that a longer one explains."""
    left = float(np.sum(_residual(target, short, share) ** 2))
    more = float(np.sum(_residual(target, long, share) ** 2))
    return 1.0 - more / left if left > 0.0 else 0.0


def _residual(target: Matrix, matrix: Matrix, share: Matrix | None = None) -> Matrix:
    """What least squares with an intercept leaves over, times the root of the weights."""
    root = np.ones(len(target)) if share is None else np.sqrt(share)
    rows = np.column_stack([np.ones(len(target)), matrix]) * root[:, None]
    slopes, *_ = np.linalg.lstsq(rows, target * root, rcond=None)
    return np.asarray(target * root - rows @ slopes, dtype=np.float64)
