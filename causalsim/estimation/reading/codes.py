"""Numbers that may be names: categories coded as integers, and categories with many levels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from causalsim import frames

Matrix = NDArray[np.float64]
_LEVELS = range(4, 51)
_ROWS_A_LEVEL = 5
_SURE = 1e-6


def integer_codes(
    frame: Any,  # noqa: ANN401
    covariates: tuple[str, ...],
    outcome: Matrix,
) -> tuple[str, ...]:
    """A note on covariates that hold integers and behave like names.

    A column of 4 to 50 different integers is suspected when the outcome's means at its values go
    up and down too much for an amount: when they leave the best cubic curve in the integers (a
    parabola for four of them) with an F test's p-value under one in a million, and what they leave
    it by is at least half as much of how they differ as it would be on average for names in no
    order, ``(levels - terms) / (levels - 1)``.

    Args:
        frame: The table.
        covariates: The columns that are looked at.
        outcome: One number a row.
    """
    found = [name for name in covariates if _suspected(frame, name, outcome)]
    if not found:
        return ()
    told = ", ".join(repr(name) for name in found)
    return (
        f"{told} hold{'s' if len(found) == 1 else ''} integers at which the outcome goes up and "
        "down: where they are names and no amounts, pass them as strings, "
        f"frame.assign({found[0] if found[0].isidentifier() else 'region'}="
        f"frame[{found[0]!r}].astype(str))",
    )


def _suspected(frame: Any, name: str, outcome: Matrix) -> bool:  # noqa: ANN401
    """Whether the outcome's means at a column's integers follow no curve."""
    seen = frames.views(frame, [name])
    if seen is not None and not _whole(seen[name][:1000]):  # most amounts end here, unread
        return False
    if frames.categorical(frame, name) or frames.missing(frame, name).any():
        return False
    column = frames.numeric(frame, name)
    if not _whole(column[:1000]):
        return False
    values, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    count = len(values)
    if count not in _LEVELS or counts.min() < _ROWS_A_LEVEL:
        return False
    if not _whole(values):
        return False
    means = np.bincount(place.reshape(-1), weights=outcome) / counts
    centred = (values - values.mean()) / (values.std() or 1.0)
    powers = np.vander(centred, min(4, count - 1)) * np.sqrt(counts)[:, None]
    along = np.sqrt(counts) * means
    left = along - powers @ np.linalg.lstsq(powers, along, rcond=None)[0]
    free = count - powers.shape[1]
    apart = float(counts @ (means - outcome.mean()) ** 2)
    if float(left @ left) < 0.5 * apart * free / (count - 1):
        return False
    within = float(outcome @ outcome - counts @ means**2)
    if within <= 0.0:
        return False
    ratio = float(left @ left) / free / (within / (len(outcome) - count))
    return bool(fdtrc(free, len(outcome) - count, ratio) < _SURE)


def _whole(numbers: NDArray[Any]) -> bool:
    """Whether these are whole numbers."""
    return bool(np.array_equal(numbers, np.round(numbers)))
