"""How strong an instrument is, and an interval that holds however weak it may be."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.intervals import checked_level, standard_error
from causalsim.identification.assuming.linearity import LinearEffect
from causalsim.identification.linear.linear_effects import InstrumentRatio

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Confidence:
    """A confidence set of a ratio, which need not be an interval.

    Attributes:
        pieces: Its intervals from left to right; ends may be infinite. No piece means that no
            value is compatible with the data, one piece from -inf to inf that every value is.
        level: The share of repetitions of the study in which such a set holds the truth.
    """

    pieces: tuple[tuple[float, float], ...]
    level: float

    def __contains__(self, value: float) -> bool:
        """Whether a value lies inside."""
        return any(low <= value <= high for low, high in self.pieces)

    def __str__(self) -> str:
        """The set in words."""
        if self.pieces == ((-math.inf, math.inf),):
            return "every value: the instrument says nothing"
        return " or ".join(f"{low:.4g} to {high:.4g}" for low, high in self.pieces) or "no value"


def first_stage(
    names: tuple[str, ...],
    matrix: Matrix,
    ratio: InstrumentRatio,
    weights: Matrix,
    clusters: NDArray[np.int_] | None,
) -> float:
    """The robust first-stage F of an instrument: the square of its t in the treatment's regression.

    Args:
        names: The columns of ``matrix``.
        matrix: The rows.
        ratio: Which instrument, for what, given what.
        weights: A weight a row.
        clusters: The cluster of each row, or None.

    Returns:
        F, with one degree of freedom.
    """
    _, bottom = _moments(names, matrix, ratio, weights)
    error = standard_error(bottom - bottom.mean(), clusters)
    return math.inf if error == 0.0 else float((bottom.mean() / error) ** 2)


def anderson_rubin(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    level: float = 0.95,
) -> Confidence:
    """The values of an instrumental-variable effect that the data do not reject.

    For a value ``b`` the moment ``mean(Z (Y - b X))``, all given the covariates, is zero if ``b``
    is the effect; the set holds every ``b`` at which it is within ``c`` standard errors of zero.
    That is a quadratic inequality in ``b``, whose solution is an interval, the whole line, or all
    but an interval; it has its level whatever the instrument's strength.

    Args:
        effect: An effect estimated by `Covariances` through one instrument.
        frame: The rows it was estimated from.
        level: The confidence level.

    Raises:
        EstimationError: The effect does not rest on one instrument alone.

    References:
        T. Anderson, H. Rubin (1949), Estimation of the parameters of a single equation in a
        complete system of stochastic equations, Annals of Mathematical Statistics 20.
    """
    answer = effect.recipe.answer
    terms = answer.formula.terms if isinstance(answer, LinearEffect) else ()
    weight, ratio = terms[0] if len(terms) == 1 else (0.0, None)
    if not isinstance(ratio, InstrumentRatio):
        raise EstimationError.no_instrument(str(effect.recipe.query))
    names = tuple(dict.fromkeys((ratio.instrument, ratio.cause, ratio.effect, *ratio.given)))
    matrix = np.column_stack([frames.numeric(frame, name) for name in names])
    roles = effect.recipe.roles
    shares = np.ones(len(matrix)) if roles.weights is None else frames.numeric(frame, roles.weights)
    top, bottom = _moments(names, matrix, ratio, shares)
    critical = float(ndtri(0.5 + checked_level(level) / 2)) ** 2
    pieces = _quadratic(top, bottom, critical, effect.clusters)
    ends = [(weight * low, weight * high) for low, high in pieces]
    return Confidence(tuple(sorted((min(pair), max(pair)) for pair in ends)), level)


def _moments(
    names: tuple[str, ...], matrix: Matrix, ratio: InstrumentRatio, weights: Matrix
) -> tuple[Matrix, Matrix]:
    """``Z Y`` and ``Z X`` of each row, all three freed of the covariates."""
    column = {name: matrix[:, place] for place, name in enumerate(names)}
    root = np.sqrt(weights / weights.mean())
    held = np.column_stack([np.ones(len(matrix)), *(column[name] for name in ratio.given)])
    wide = np.column_stack([column[n] for n in (ratio.instrument, ratio.effect, ratio.cause)])
    held, wide = held * root[:, None], wide * root[:, None]
    left = wide - held @ np.linalg.lstsq(held, wide, rcond=None)[0]
    return left[:, 0] * left[:, 1], left[:, 0] * left[:, 2]


def _quadratic(
    top: Matrix, bottom: Matrix, critical: float, clusters: NDArray[np.int_] | None
) -> tuple[tuple[float, float], ...]:
    """Where ``(N - b D)^2 <= c var(N - b D)``."""
    n, d = float(top.mean()), float(bottom.mean())
    over, under = top - n, bottom - d
    plus = standard_error(over + under, clusters) ** 2
    minus = standard_error(over - under, clusters) ** 2
    var_n, var_d = standard_error(over, clusters) ** 2, standard_error(under, clusters) ** 2
    covariance = (plus - minus) / 4.0
    # a b^2 - 2 h b + k <= 0
    a, h, k = d * d - critical * var_d, n * d - critical * covariance, n * n - critical * var_n
    inside = h * h - a * k
    if inside < 0.0:
        return ((-math.inf, math.inf),) if a < 0.0 else ()
    reach = math.sqrt(inside)
    if a == 0.0:
        return ((k / (2 * h), math.inf),) if h > 0 else ((-math.inf, k / (2 * h)),)
    low, high = sorted(((h - reach) / a, (h + reach) / a))
    return ((low, high),) if a > 0.0 else ((-math.inf, low), (high, math.inf))
