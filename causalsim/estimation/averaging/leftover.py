"""What weights and a regression together leave of a confounder: the bias that none of them saw."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_LEAST = 1e-9
# Columns that say nearly the same, such as the regressions of two arms, differ by noise alone.
_ALIKE = 1e-2


def leftover(columns: Matrix, gaps: Matrix, weights: Matrix, wanted: Matrix) -> float:
    """How far a mean would move if a line through the residuals were added to its regression.

    The doubly robust mean of some people is off by ``sum((wanted - weights) d)`` where ``d`` is
    what the regression misses. Of that, the part which is linear in the columns can be seen:

        b = (wanted - weights)' C g,    g = argmin sum(weights (gaps - C g)^2).

    It is zero where the weights balance the columns or the residuals do not depend on them, and of
    second order where both nuisances converge. With many columns for the rows that have weight it
    is mostly noise.

    Args:
        columns: ``C``, rows by columns; a constant is added.
        gaps: The outcome less its regression, one a row; read where there is weight.
        weights: Of those whose outcome was seen, zero elsewhere.
        wanted: Of those whom they stand for; the sum is that of ``weights``.

    Returns:
        The move ``b``, in the unit of the gaps times the sum of the weights.

    Examples:
        >>> seen, unseen = np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 2.0])
        >>> x = np.array([[0.0], [1.0], [2.0]])
        >>> round(leftover(x, np.array([0.0, 0.1, 0.0]), seen, unseen), 6)
        0.3

    References:
        L. Liu, R. Mukherjee, J. Robins (2020), On nearly assumption-free tests of nominal
        confidence interval coverage for causal parameters estimated by machine learning,
        Statistical Science 35 (the bias that a second-order influence function can see).
    """
    rows = weights > 0.0
    if not rows.any():
        return 0.0
    middle = np.average(columns[rows], axis=0, weights=weights[rows])
    scale = columns.std(axis=0)
    varies = scale > _LEAST * (1.0 + np.abs(middle))
    made = (columns[:, varies] - middle[varies]) / scale[varies]
    made = np.column_stack([np.ones(len(made)), made])
    root = np.sqrt(weights[rows])
    slopes = np.linalg.lstsq(made[rows] * root[:, None], gaps[rows] * root, rcond=_ALIKE)[0]
    return float((wanted - weights) @ made @ slopes)
