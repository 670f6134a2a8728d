"""What an instrument says of an effect: moments that are zero at its true value.

With the covariates taken off the outcome ``y``, the treatment ``d`` and the instruments ``z``, the
moments are ``mean(z (y - b d))``, one an instrument, and zero at the effect ``b`` up to chance.

References:
    T. Anderson, H. Rubin (1949), Estimation of the parameters of a single equation in a complete
    system of stochastic equations, Annals of Mathematical Statistics 20.
    L. Hansen (1982), Large sample properties of generalized method of moments estimators,
    Econometrica 50.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

from causalsim.estimation.intervals import variance

Matrix = NDArray[np.float64]
_SINGULAR = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """``mean(top - b bottom)``, which is zero at the effect ``b``.

    Attributes:
        top: Rows by instruments.
        bottom: Rows by instruments.
        strength: The robust first-stage F.
        instruments: Their names.
        treatment: What they move.
        clusters: The cluster of each row, or None.
        factor: What the effect is multiplied by to answer the question.
    """

    top: Matrix
    bottom: Matrix
    strength: float
    instruments: tuple[str, ...]
    treatment: str
    clusters: NDArray[np.int_] | None
    factor: float = 1.0

    @property
    def count(self) -> int:
        """How many instruments there are."""
        return int(self.top.shape[1])

    @property
    def means(self) -> Matrix:
        """The means of ``top`` and ``bottom``, side by side."""
        return np.concatenate([self.top.mean(axis=0), self.bottom.mean(axis=0)])

    @property
    def spread(self) -> Matrix:
        """The covariance matrix of these means."""
        both = np.column_stack([self.top, self.bottom])
        return variance(both - self.means, self.clusters)


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Outcome, treatment and instruments without what the covariates say of them.

    Attributes:
        outcome: One number a row.
        dose: One number a row.
        instruments: Rows by instruments.
        share: A weight a row, with mean one.
        clusters: The cluster of each row, or None.
    """

    outcome: Matrix
    dose: Matrix
    instruments: Matrix
    share: Matrix
    clusters: NDArray[np.int_] | None

    @property
    def top(self) -> Matrix:
        """``z y`` of each row."""
        return (self.share * self.outcome)[:, None] * self.instruments

    @property
    def bottom(self) -> Matrix:
        """``z d`` of each row."""
        return (self.share * self.dose)[:, None] * self.instruments

    @property
    def gram(self) -> Matrix:
        """``mean(z z')``."""
        weighed = self.instruments * self.share[:, None]
        return np.asarray(weighed.T @ self.instruments / len(self.dose), dtype=np.float64)

    @property
    def singular(self) -> bool:
        """Whether an instrument follows from the others."""
        scale = np.sqrt(np.diag(self.gram))
        return bool(np.linalg.eigvalsh(self.gram / np.outer(scale, scale))[0] < _SINGULAR)

    @property
    def strength(self) -> float:
        """The robust first-stage F: Wald's statistic of the instruments' coefficients over count.

        For one instrument it is the effective F of Montiel Olea and Pflueger (2013).
        """
        slopes = solve(self.gram, self.bottom.mean(axis=0), assume_a="pos")
        left = self.dose - self.instruments @ slopes
        scores = (self.share * left)[:, None] * self.instruments
        inverse = np.linalg.inv(self.gram)
        spread = inverse @ variance(scores, self.clusters) @ inverse
        return quadratic(slopes, spread) / len(slopes)


def two_stage(rows: Residuals) -> tuple[float, Matrix]:
    """Two-stage least squares on residuals.

    With ``h = z mean(z z')^-1 mean(z d)``, the treatment as the instruments predict it,
    ``b = mean(h y) / mean(h d)``, and a row has the influence value
    ``h (y - b d) / mean(h d)``, whatever the variance of its error.

    Args:
        rows: The residuals.

    Returns:
        The effect of one unit of the treatment, and one influence value a row.
    """
    slopes = solve(rows.gram, rows.bottom.mean(axis=0), assume_a="pos")
    fitted = rows.share * (rows.instruments @ slopes)
    below = float(np.mean(fitted * rows.dose))
    value = float(np.mean(fitted * rows.outcome)) / below
    return value, fitted * (rows.outcome - value * rows.dose) / below


def quadratic(mean: Matrix, spread: Matrix) -> float:
    """``m' V^-1 m``; infinite where the mean has no error, zero where it is zero too."""
    if not np.diag(spread).all():
        return float("inf") if mean.any() else 0.0
    scale = np.sqrt(np.diag(spread))
    unit = mean / scale
    return float(unit @ np.linalg.pinv(spread / np.outer(scale, scale), hermitian=True) @ unit)
