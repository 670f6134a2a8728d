"""Drawing from the factors of a formula: each as the rows have it, or as a model of them has it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.estimand.expression import Bound
from causalsim.estimation.crossfitting.learners import Matrix, Prediction, Ridge
from causalsim.estimation.formulas.columns import Columns
from causalsim.estimation.formulas.fits import Fits
from causalsim.estimation.formulas.flattening import Factor, Flat
from causalsim.seeds import Seed

Values = Mapping[Bound, Matrix]
_FULL_CELL = 30


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A factor of what is averaged, as a function of what was drawn.

    Attributes:
        slots: What it depends on.
        at: From values, each of the length that is told, to numbers.
        factor: The factor of the formula that it stands for; None for a number.
    """

    slots: frozenset[Bound]
    at: Callable[[Values, int], Matrix]
    factor: Factor | None


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws from a flat formula, and what is averaged over them.

    Attributes:
        values: What was drawn, by variable and copy.
        size: How many draws.
        pieces: What is multiplied and averaged, besides the scale.
        scale: The number before the sum.
    """

    values: dict[Bound, Matrix]
    size: int
    pieces: tuple[Piece, ...]
    scale: float

    @property
    def mean(self) -> float:
        """The formula's value."""
        return self.scale * float(np.mean(multiplied(self.pieces, self.values, self.size)))


def drawn(flat: Flat, fits: Fits, size: int, seed: Seed) -> Drawn:
    """Draw every variable that a formula sums over, each from its own factor.

    Args:
        flat: The formula.
        fits: What is learnt from the rows.
        size: How many draws.
        seed: Decides the draws.

    Raises:
        PluginError: Too few rows with the values that a factor is conditioned on.
    """
    values: dict[Bound, Matrix] = {}
    pieces: list[Piece] = []
    last = mean_factor(flat)
    for place, factor in enumerate(flat.factors):
        if factor is last:
            pieces.append(_mean(factor, fits))
        elif factor.draws:
            rng = seed.child(f"factor {place}").numpy()
            values.update(_draws(factor, fits, values, size, rng))
        else:
            pieces.append(_weight(factor, fits))
    pieces.extend(_number(slot) for slot in flat.numbers if last is None or slot not in last.drawn)
    return Drawn(values, size, tuple(pieces), flat.scale)


def mean_factor(flat: Flat) -> Factor | None:
    """The factor whose only head is averaged and never conditioned on: its mean is enough."""
    if len(flat.numbers) != 1:
        return None
    (slot,) = flat.numbers
    if any(slot in factor.loose for factor in flat.factors):
        return None
    return next((factor for factor in flat.factors if factor.drawn == (slot,)), None)


def multiplied(pieces: tuple[Piece, ...], values: Values, size: int) -> Matrix:
    """The product of pieces."""
    found = np.ones(size)
    for piece in pieces:
        found = found * piece.at(values, size)
    return found


def names_of(factor: Factor, data: Columns) -> tuple[str, ...]:
    """What a factor's model sees: what varies, and values that only a regression can be read at."""
    loose = tuple(slot.variable for slot in factor.loose)
    return (*loose, *(slot.variable for slot in data.smooth(factor.held)))


def seen(factor: Factor, data: Columns, values: Values, size: int) -> Matrix:
    """What is seen of drawn values by what was learnt from rows."""
    parts = [(slot.variable, values[slot]) for slot in factor.loose]
    for slot in data.smooth(factor.held):
        level = data.by_name[slot.variable].coded(slot.level)
        parts.append((slot.variable, np.full(size, level)))
    return data.seen(parts, size)


def _number(slot: Bound) -> Piece:
    """A variable as a number."""
    return Piece(frozenset([slot]), lambda values, _: values[slot], None)


def _mean(factor: Factor, fits: Fits) -> Piece:
    """The conditional mean of the outcome."""
    (slot,) = factor.drawn
    return _piece(factor, fits, fits.mean(slot.variable, names_of(factor, fits.data), factor.held))


def _weight(factor: Factor, fits: Fits) -> Piece:
    """The probability of what is held at values."""
    names = names_of(factor, fits.data)
    return _piece(factor, fits, fits.chance(factor.events, names, factor.held))


def _piece(factor: Factor, fits: Fits, found: Prediction) -> Piece:
    """What was learnt about a factor as a function of what was drawn."""
    return Piece(
        frozenset(factor.loose),
        lambda values, size: found(seen(factor, fits.data, values, size)),
        factor,
    )


def _draws(
    factor: Factor, fits: Fits, values: Values, size: int, rng: np.random.Generator
) -> dict[Bound, Matrix]:
    """Draws of the heads of a factor, given what was drawn before."""
    data = fits.data
    inside = data.rows(fits.rows(factor.held))
    names = names_of(factor, data)
    if not names:
        chosen = resampled(inside.weights, size, rng)
        return {s: inside.by_name[s.variable].values[chosen] for s in factor.drawn}
    given = seen(factor, data, values, size)
    cells = _within_cells(names, inside, given, rng)
    if cells is not None:
        return {s: inside.by_name[s.variable].values[cells] for s in factor.drawn}
    made: dict[Bound, Matrix] = {}
    for slot in factor.drawn:
        made[slot] = _modelled(slot.variable, names, factor, fits, inside, given, rng)
        names = (*names, slot.variable)
        given = np.hstack([given, data.by_name[slot.variable].features(made[slot])])
    return made


def resampled(weights: Matrix, size: int, rng: np.random.Generator) -> NDArray[np.int_]:
    """Rows in proportion to their weights, each as often as is possible, in random order."""
    edges = np.cumsum(weights) / np.sum(weights)
    places = (np.arange(size) + rng.random()) / size
    return rng.permutation(np.minimum(np.searchsorted(edges, places), len(weights) - 1))


def _within_cells(
    names: tuple[str, ...], inside: Columns, given: Matrix, rng: np.random.Generator
) -> NDArray[np.int_] | None:
    """Rows alike in all that is conditioned on, where that is discrete and each has many."""
    if any(inside.by_name[name].levels is None for name in names):
        return None
    matrix = inside.observed(names)
    _, codes = np.unique(np.vstack([matrix, given]), axis=0, return_inverse=True)
    codes = codes.reshape(-1)
    of_rows, of_draws = codes[: len(matrix)], codes[len(matrix) :]
    chosen = np.empty(len(given), dtype=np.int_)
    for code in np.unique(of_draws):
        rows = np.flatnonzero(of_rows == code)
        if len(rows) < _FULL_CELL:
            return None
        draws = np.flatnonzero(of_draws == code)
        chosen[draws] = rows[resampled(inside.weights[rows], len(draws), rng)]
    return chosen


def _modelled(
    target: str,
    names: tuple[str, ...],
    factor: Factor,
    fits: Fits,
    inside: Columns,
    given: Matrix,
    rng: np.random.Generator,
) -> Matrix:
    """Draws of one head from a model: of classes, or of location and scale."""
    column = inside.by_name[target]
    if column.levels is not None:
        present, found = fits.classes(target, names, factor.held)
        edges = np.cumsum(found(given), axis=1)
        picked = (rng.random(len(given))[:, None] > edges).sum(axis=1)
        return np.asarray(present[np.minimum(picked, len(present) - 1)], dtype=np.float64)
    location, matrix = fits.mean(target, names, factor.held), inside.observed(names)
    left = column.values - location(matrix)
    typical = float(np.average(np.abs(left), weights=inside.weights))
    if typical == 0.0:
        return location(given)
    size = Ridge(products=False).fit(matrix, np.abs(left), inside.weights, 0)
    # Nowhere a tenth of the usual spread, so that no residual is blown up.
    standard = left / np.maximum(size(matrix), 0.1 * typical)
    noise = standard[resampled(inside.weights, len(given), rng)]
    return np.asarray(
        location(given) + np.maximum(size(given), 0.1 * typical) * noise, dtype=np.float64
    )
