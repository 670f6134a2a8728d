"""How soon it happens to whom: hazards given covariates, on any grid of times.

A hazard model learns from times and flags and gives, for any rows, the chance ``q(u | x)`` that it
happens at each time ``u`` of a grid to those to whom it has not happened before; the probability
that it has not happened up to ``t`` is ``prod_{u <= t} (1 - q(u | x))``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.survival import SurvivalError
from causalsim.estimation.crossfitting.features import Features

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Increments = Callable[[Matrix], Matrix]

_STEPS = 50
_PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)


@runtime_checkable
class HazardModel(Protocol):
    """A recipe that learns hazards."""

    def fit(
        self, matrix: Matrix, time: Matrix, happened: Mask, weights: Matrix, grid: Matrix
    ) -> Increments:
        """Learn; the function returned gives ``q`` for rows, rows by the times of the grid."""


@final
@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """The same hazard for everyone, whatever the covariates: ``q(u) = d(u) / n(u)``.

    References:
        E. Kaplan, P. Meier (1958), Nonparametric estimation from incomplete observations, JASA 53.
    """

    def fit(
        self, matrix: Matrix, time: Matrix, happened: Mask, weights: Matrix, grid: Matrix
    ) -> Increments:
        """Count."""
        at_risk = _at_risk(time, weights, grid)
        events = _events(time, happened, weights, grid)
        step = np.where(at_risk > 0.0, events / np.where(at_risk > 0.0, at_risk, 1.0), 0.0)
        return lambda rows: np.tile(step, (len(rows), 1))

    def __str__(self) -> str:
        """Its name."""
        return "Kaplan-Meier"


@final
@dataclass(frozen=True, slots=True)
class Cox:
    """Proportional hazards on covariates or splines of them, with a ridge penalty.

    ``lambda(u | x) = lambda_0(u) e^{b'f(x)}``. The partial likelihood (ties as Breslow) is
    maximised with ``f`` the covariates themselves and splines of them, and for several penalties;
    what has the smallest Bayesian information criterion is taken (Akaike's picks splines whose
    tails run away where few are censored). The baseline is Breslow's,
    and ``q = 1 - exp(-dLambda_0(u) e^{b'f(x)})``.

    Args:
        splines: Whether a covariate may have any smooth effect; False takes all linearly.
        products: Whether products of pairs of covariates enter with the splines.
        penalties: The penalties to choose from; ``(0.0,)`` is Cox's own regression.

    References:
        D. Cox (1972), Regression models and life-tables, JRSS B 34.
        N. Breslow (1974), Covariance analysis of censored survival data, Biometrics 30.
    """

    splines: bool = True
    products: bool = False
    penalties: tuple[float, ...] = _PENALTIES

    def fit(
        self, matrix: Matrix, time: Matrix, happened: Mask, weights: Matrix, grid: Matrix
    ) -> Increments:
        """Maximise and add up."""
        if matrix.shape[1] == 0 or not happened.any():
            return KaplanMeier().fit(matrix, time, happened, weights, grid)
        shapes = [_straight(matrix)]
        if self.splines:
            shapes.append(_bent(matrix, weights, self.products))
        tried = [
            (*_maximised(shape(matrix), time, happened, weights, penalty), shape)
            for shape in shapes
            for penalty in self.penalties
        ]
        slopes, _, made_of = min(tried, key=lambda found: found[1])
        made = made_of(matrix)
        risk = np.exp(np.clip(made @ slopes, -30.0, 30.0))
        below = _at_risk(time, weights * risk, grid)
        events = _events(time, happened, weights, grid)
        base = np.where(below > 0.0, events / np.where(below > 0.0, below, 1.0), 0.0)

        def increments(rows: Matrix) -> Matrix:
            times = np.exp(np.clip(made_of(rows) @ slopes, -30.0, 30.0))
            return np.asarray(-np.expm1(-times[:, None] * base), dtype=np.float64)

        return increments

    def __str__(self) -> str:
        """What it is."""
        return f"proportional hazards{' on splines' if self.splines else ''}"


def _bent(matrix: Matrix, weights: Matrix, products: bool) -> Increments:
    """Splines of the covariates."""
    return Features.fit(matrix, weights, products).of


def _straight(matrix: Matrix) -> Increments:
    """The covariates themselves, standardised."""
    middle, spread = matrix.mean(axis=0), matrix.std(axis=0)
    scale = np.where(spread > 0.0, spread, 1.0)

    def of(rows: Matrix) -> Matrix:
        return np.asarray((rows - middle) / scale, dtype=np.float64)

    return of


def _at_risk(time: Matrix, weights: Matrix, grid: Matrix) -> Matrix:
    """The weight of rows whose time is not before each time of the grid."""
    order = np.argsort(time, kind="stable")
    tail = np.append(np.cumsum(weights[order][::-1])[::-1], 0.0)
    return np.asarray(tail[np.searchsorted(time[order], grid, side="left")], dtype=np.float64)


def _events(time: Matrix, happened: Mask, weights: Matrix, grid: Matrix) -> Matrix:
    """The weight of rows to whom it happens at each time of the grid."""
    place = np.searchsorted(grid, time[happened])
    inside = place < len(grid)
    inside[inside] = grid[place[inside]] == time[happened][inside]
    return np.bincount(place[inside], weights[happened][inside], minlength=len(grid)).astype(float)


@dataclass(frozen=True, slots=True, eq=False)
class _Partial:
    """The penalised partial likelihood at some coefficients, with its slopes."""

    likelihood: float
    worth: float
    gradient: Matrix
    second: Matrix


def _maximised(
    rows: Matrix, time: Matrix, happened: Mask, weights: Matrix, penalty: float
) -> tuple[Matrix, float]:
    """The coefficients with the largest penalised partial likelihood, and its criterion."""
    grid = np.unique(time[happened])
    events = _events(time, happened, weights, grid)
    order = np.argsort(time, kind="stable")
    first = np.searchsorted(time[order], grid, side="left")
    seen = np.searchsorted(grid, time, side="right")
    direct = (rows * (weights * happened)[:, None]).sum(axis=0)
    size = penalty * np.eye(rows.shape[1]) * weights.mean()

    def at(slopes: Matrix) -> _Partial:
        score = np.clip(rows @ slopes, -30.0, 30.0)
        risk = weights * np.exp(score)
        below = np.cumsum(risk[order][::-1])[::-1][first]
        sums = np.cumsum((rows * risk[:, None])[order][::-1], axis=0)[::-1][first]
        mean = sums / below[:, None]
        likelihood = float((weights * happened * score).sum() - (events * np.log(below)).sum())
        hazard = np.append(0.0, np.cumsum(events / below))[seen]
        gradient = direct - (events[:, None] * mean).sum(axis=0) - size @ slopes
        second = (rows * (risk * hazard)[:, None]).T @ rows - (mean * events[:, None]).T @ mean
        worth = likelihood - 0.5 * float(slopes @ size @ slopes)
        return _Partial(likelihood, worth, gradient, second)

    slopes = np.zeros(rows.shape[1])
    here = at(slopes)
    for _ in range(_STEPS):
        step = np.linalg.pinv(here.second + size, hermitian=True) @ here.gradient
        if float(here.gradient @ step) < 1e-13 * (1.0 + abs(here.worth)):
            break
        there = at(slopes + step)
        while there.worth < here.worth and np.abs(step).max() > 1e-9:
            step = 0.5 * step
            there = at(slopes + step)
        slopes, here = slopes + step, there
    else:
        raise SurvivalError.not_fitted("hazard")
    free = float(np.trace(np.linalg.pinv(here.second + size, hermitian=True) @ here.second))
    size_of = max(float(np.log(happened.sum())), 2.0)
    return slopes, -2.0 * here.likelihood + size_of * free
