"""The one-step correction: what each row says about every factor of a formula.

For ``psi = sum w prod_k P(a_k | b_k)`` with ``q`` the distribution that the formula draws from,
the factor ``k`` adds

    q(b) / p(b) (g_k(a, b) - E_q[g_k | b]),   g_k(a, b) = E_q[w | a_k = a, b_k = b]

to the influence function: the derivative of ``psi`` towards the row in that factor. The ratio is
learnt by telling draws from rows (odds of a classifier), values held by their propensity; ``g_k``
and its mean are regressions on the draws. The error that is left is a product of the errors of
regressions and ratios.

References:
    V. Chernozhukov, D. Chetverikov, M. Demirer, E. Duflo, C. Hansen, W. Newey, J. Robins (2018),
    Double/debiased machine learning, The Econometrics Journal 21.
    R. Bhattacharya, R. Nabi, I. Shpitser (2022), Semiparametric inference for causal effects in
    graphical models with hidden variables, JMLR 23.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.estimand.expression import Bound
from causalsim.estimation.crossfitting.learners import Boosting, Matrix, RidgeThenBoosting
from causalsim.estimation.formulas.columns import Columns
from causalsim.estimation.formulas.drawing import (
    Drawn,
    Piece,
    Values,
    drawn,
    multiplied,
)
from causalsim.estimation.formulas.fits import Fits
from causalsim.estimation.formulas.flattening import Factor, Flat
from causalsim.estimation.formulas.learning import Learners
from causalsim.seeds import Seed

_LARGEST = 100.0
_ON_DRAWS = Learners(RidgeThenBoosting(boosting=Boosting(trees=40)))


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One score a row, whose mean is the estimate.

    Attributes:
        values: The scores.
        clipped: How many ratios were larger than the bound.
        support: The smallest mean of a ratio ``q / p`` over the rows: one, but for chance, unless
            the formula averages over combinations that no row has.
        worst: The factor whose ratio that is.
    """

    values: Matrix
    clipped: int
    support: float
    worst: str


@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """Rows in folds, with what was learnt without each of them.

    Attributes:
        data: All rows.
        folds: The fold of each row.
        fits: For each fold what the others tell; with one fold all rows tell about themselves.
        seed: Decides the draws.
    """

    data: Columns
    folds: NDArray[np.int_]
    fits: tuple[Fits, ...]
    seed: Seed

    @classmethod
    def of(
        cls, data: Columns, folds: NDArray[np.int_], learners: Learners, seed: Seed
    ) -> "Divided":
        """Nothing is learnt before it is asked for."""
        count = int(folds.max()) + 1
        parts = [np.flatnonzero((folds != number) | (count == 1)) for number in range(count)]
        fits = tuple(
            Fits(data.rows(part), learners, seed.child(f"fold {number}"))
            for number, part in enumerate(parts)
        )
        return cls(data, folds, fits, seed)


def scored(flat: Flat, divided: Divided) -> Scores:
    """The score of every row, by factors that were learnt without its fold.

    Args:
        flat: The formula.
        divided: The rows.

    Raises:
        PluginError: Too few rows with the values that a factor is conditioned on.
    """
    values, ratios = np.empty(divided.data.height), np.ones((len(flat.factors), len(divided.folds)))
    clipped = 0
    for number, fits in enumerate(divided.fits):
        test = np.flatnonzero(divided.folds == number)
        new = divided.data.rows(test)
        # Equal streams in both arms of a comparison let their noise cancel.
        chance = divided.seed.child(f"draws {number}")
        size = int(np.clip(2 * fits.data.height, 4000, 40_000))
        found = drawn(flat, fits, size, chance)
        values[test] = found.mean
        for place, factor in enumerate(flat.factors):
            own = chance.child(f"correction {place}")
            ratio, cut = _ratio(flat, factor, found, fits, new, own)
            values[test] += flat.scale * ratio * _surprise(factor, found, fits, new, own)
            ratios[place, test] = ratio
            clipped += cut
    means = np.average(ratios, axis=1, weights=divided.data.weights)
    worst = int(np.argmin(means))
    return Scores(values, clipped, float(means[worst]), str(flat.factors[worst]))


def _surprise(factor: Factor, found: Drawn, fits: Fits, new: Columns, seed: Seed) -> Matrix:
    """``g(a, b) - E[g | b]``: what new rows say about one factor, where it is conditioned so."""
    values = {slot: new.by_name[slot.variable].values for slot in (*factor.drawn, *factor.loose)}
    known = fits.data
    given, both = frozenset(factor.loose), frozenset((*factor.drawn, *factor.loose))
    mine = next((piece for piece in found.pieces if piece.factor is factor), None)
    if mine is not None:
        rest = tuple(piece for piece in found.pieces if piece is not mine)
        weight = _expected(rest, found, given, known, seed)(values, new.height)
        if factor.draws:
            (slot,) = factor.drawn
            observed = new.by_name[slot.variable].values
        else:
            observed = new.matches(factor.events).astype(np.float64)
        return weight * (observed - mine.at(values, new.height))
    inner = Piece(both, _expected(found.pieces, found, both, known, seed.child("inner")), None)
    # What depends on the condition alone is multiplied, not learnt.
    own = tuple(piece for piece in found.pieces if piece.slots <= given)
    rest = tuple(piece for piece in found.pieces if not piece.slots <= given)
    left = Piece(both, _expected(rest, found, both, known, seed.child("inner")), None)
    outer = _expected((*own, left), found, given, known, seed.child("outer"))
    return inner.at(values, new.height) - outer(values, new.height)


def _expected(
    pieces: tuple[Piece, ...], found: Drawn, slots: frozenset[Bound], known: Columns, seed: Seed
) -> Callable[[Values, int], Matrix]:
    """The mean of a product among draws, as a function of some of what was drawn."""
    own = tuple(piece for piece in pieces if piece.slots <= slots)
    rest = tuple(piece for piece in pieces if not piece.slots <= slots)
    if not rest:
        return lambda values, size: multiplied(own, values, size)
    order = sorted(slots)
    target = multiplied(rest, found.values, found.size)
    matrix = known.seen([(slot.variable, found.values[slot]) for slot in order], found.size)
    learnt = _ON_DRAWS.means(matrix, target, np.ones(found.size), seed)

    def at(values: Values, size: int) -> Matrix:
        sight = known.seen([(slot.variable, values[slot]) for slot in order], size)
        return multiplied(own, values, size) * learnt(sight)

    return at


def _ratio(
    flat: Flat, factor: Factor, found: Drawn, fits: Fits, new: Columns, seed: Seed
) -> tuple[Matrix, int]:
    """``q(b) / p(b)`` at new rows, and how many of them were larger than the bound."""
    names, known = tuple(slot.variable for slot in factor.loose), fits.data
    sight = new.observed(names)
    ratio = np.ones(new.height)
    if factor.loose and not chained(flat, factor.loose):
        parts = [(slot.variable, found.values[slot]) for slot in factor.loose]
        matrix = np.vstack([known.observed(names), known.seen(parts, found.size)])
        labels = np.repeat([0.0, 1.0], [known.height, found.size])
        # Either class counts as much as the rows, so that the odds are the ratio.
        each = np.full(found.size, known.weights.sum() / found.size)
        weights = np.concatenate([known.weights, each])
        share = fits.learners.chance(matrix, labels, weights, seed.child("ratio"))(sight)
        ratio = share / np.maximum(1.0 - share, 1e-9)
    if factor.held:
        chance = fits.chance(factor.held, names, ())(sight)
        ratio = ratio * new.matches(factor.held) / np.maximum(chance, 1e-9)
    large = ratio > _LARGEST
    return np.minimum(ratio, _LARGEST), int(large.sum())


def chained(flat: Flat, slots: tuple[Bound, ...]) -> bool:
    """Whether variables are drawn just as they are observed: by the chain rule, from the first.

    >>> from causalsim.estimand.expression import Bound as B
    >>> z, m = B("z", 1), B("m", 2)
    >>> flat = Flat(1.0, (), (Factor((z,), ()), Factor((m,), (z,))))
    >>> chained(flat, (z, m)), chained(flat, (m,))
    (True, False)
    """
    wanted, done = set(slots), set[Bound]()
    if len({slot.variable for slot in slots}) < len(slots):
        return False
    for factor in flat.factors:
        if not wanted & set(factor.drawn):
            continue
        if factor.held or set(factor.loose) != done or not set(factor.drawn) <= wanted:
            return False
        done.update(factor.drawn)
    return done == wanted
