"""Columns of one size around zero, so that no sum of squares drowns another.

Products and squares of columns far from zero, such as years or pay in cents, lose every digit that
tells rows apart. The span of an intercept, columns and their products does not depend on where the
columns begin, so that nothing else changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


#: Gram matrices have squared condition numbers: what is smaller than this, they cannot tell.
RANK = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Where columns begin and how far they reach.

    Attributes:
        middle: The mean of each.
        size: Its standard deviation; one where it does not vary.
    """

    middle: Matrix
    size: Matrix

    @classmethod
    def of(cls, rows: Matrix, share: Matrix) -> "Scaling":
        """Of some rows with their weights."""
        if not len(rows) or not rows.shape[1]:
            return cls(np.zeros(rows.shape[1]), np.ones(rows.shape[1]))
        middle = np.average(rows, axis=0, weights=share)
        size = np.sqrt(np.average((rows - middle) ** 2, axis=0, weights=share))
        varies = size > 1e-12 * np.abs(rows).max(axis=0)
        return cls(middle, np.where(varies, size, 1.0))

    def __call__(self, rows: Matrix) -> Matrix:
        """The columns of any rows, shifted and scaled alike."""
        return np.asarray((rows - self.middle) / self.size)

    @property
    def turn(self) -> Matrix:
        """What turns slopes of an intercept and the scaled columns into those of the plain ones."""
        made = np.diag(np.concatenate([[1.0], 1.0 / self.size]))
        made[0, 1:] = -self.middle / self.size
        return made
