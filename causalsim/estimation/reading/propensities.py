"""The propensities that a design fixed, as a column of the frame."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from causalsim import frames
from causalsim.errors.reading import ReadingError
from causalsim.estimation.reading.roles import Level, Roles

_DOUBT = 1e-4
_ENOUGH_CLUSTERS = 30


def read_propensity(
    frame: Any,  # noqa: ANN401
    roles: Roles,
    treatment: str,
    levels: tuple[Level, ...],
) -> NDArray[np.float64] | None:
    """The known probability of the higher of two levels for each row; None where none is named.

    Raises:
        DataError: Missing cells, no numbers, or infinite ones.
        ReadingError: More than two levels, or a number that is no probability strictly between
            0 and 1.
    """
    if roles.propensity is None:
        return None
    if len(levels) != 2:
        raise ReadingError.known_for_two(roles.propensity, treatment, levels)
    found = frames.numeric(frame, roles.propensity)
    odd = found[(found <= 0.0) | (found >= 1.0)]
    if len(odd):
        raise ReadingError.no_probability(roles.propensity, float(odd[0]), len(odd), len(found))
    return found


def unlike_design(
    known: NDArray[np.float64] | None,
    arm: NDArray[np.int_],
    clusters: NDArray[np.int_] | None,
    roles: Roles,
    told: str,
) -> tuple[str, ...]:
    """A warning when the arms are not those that the known propensities would give, or nothing.

    The residual ``A - e`` has mean zero and goes with no function of ``e``; the test is of the
    mean and of the log odds, by clusters where there are any.
    """
    if known is None or (clusters is not None and clusters.max() + 1 < _ENOUGH_CLUSTERS):
        return ()
    odds = np.log(known / (1.0 - known))
    columns = [np.ones_like(known)]
    if np.ptp(odds) > 0.0:
        columns.append((odds - odds.mean()) / odds.std())
    scores = np.column_stack(columns)
    if clusters is None:
        total = scores.T @ (arm - known)
        spread = scores.T @ (scores * (known * (1.0 - known))[:, None])
    else:
        moved = scores * (arm - known)[:, None]
        summed = np.zeros((int(clusters.max()) + 1, moved.shape[1]))
        np.add.at(summed, clusters, moved)
        total, spread = summed.sum(axis=0), summed.T @ summed
    statistic = float(total @ np.linalg.pinv(spread) @ total)
    chance = float(chdtrc(len(total), statistic))
    if chance >= _DOUBT:
        return ()
    return (
        f"the treatment is not as {roles.propensity!r} would have it (p = {chance:.1g}): is that "
        f"the probability of {told}, for these rows?",
    )
