"""A formula on rows with continuous columns: by one step where it has one, else smoothed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.plugin import PluginError
from causalsim.estimand.expression import Expression
from causalsim.estimation.crossfitting.folds import grouped, stratified
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.effect import Combined, combined
from causalsim.estimation.formulas.columns import Columns
from causalsim.estimation.formulas.drawing import drawn
from causalsim.estimation.formulas.fits import Fits
from causalsim.estimation.formulas.flattening import Flat, Fraction, flattened
from causalsim.estimation.formulas.learning import SMOOTH, Learners
from causalsim.estimation.formulas.one_step import Divided, scored
from causalsim.seeds import Seed

Terms = tuple[tuple[float, Expression], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The value of a formula with its uncertainty.

    Attributes:
        value: The estimate.
        influence: A value a row; all zero where the spread is from a bootstrap.
        spread: The variance beside that of the influence values.
        how: In words, for the recipe.
        notes: What a careful reader must know.
    """

    value: float
    influence: Matrix
    spread: float
    how: str
    notes: tuple[str, ...]


def fractions(terms: Terms) -> tuple[tuple[float, Fraction], ...]:
    """Signed formulae as signed fractions."""
    return tuple((sign, one) for sign, formula in terms for one in flattened(formula))


def regular(parts: tuple[tuple[float, Fraction], ...], data: Columns) -> bool:
    """Whether a formula has an influence function: none of its values is one of a continuum."""
    return not any(
        data.smooth(factor.held)
        for _, fraction in parts
        for flat in (*fraction.above, *fraction.below)
        for factor in flat.factors
    )


def by_one_step(
    parts: tuple[tuple[float, Fraction], ...],
    data: Columns,
    clusters: NDArray[np.int_] | None,
    strata: NDArray[np.int_],
    folds: int,
    repeats: int,
    learners: Learners,
    seed: Seed,
) -> Found:
    """The cross-fitted one-step estimate, with influence values.

    Args:
        parts: The formula.
        data: The rows.
        clusters: The cluster of each row, or None.
        strata: What is dealt evenly to the folds.
        folds: How many.
        repeats: How many random divisions; their median is taken.
        learners: What learns the factors.
        seed: Decides folds, draws and learners' chance.
    """
    values, influences, clipped = [], [], 0
    for number in range(repeats):
        chance = seed.child(f"division {number}")
        rng = chance.child("folds").numpy()
        if clusters is None or folds == 1:
            dealt = stratified(strata, folds, rng)
        else:
            dealt = grouped(strata, clusters, folds, rng)
        divided = Divided.of(data, dealt, learners, chance)
        value, influence, most = 0.0, np.zeros(data.height), 0
        for sign, fraction in parts:
            above, cut = _side(fraction.above, divided)
            below, more = _side(fraction.below, divided)
            over, under = (float(np.average(s, weights=data.weights)) for s in (above, below))
            if not under > 0.0:
                raise PluginError.empty_cell(str(fraction.below[0].factors[-1]))
            ratio = over / under
            value += sign * ratio
            influence += sign * data.weights * (above - ratio * below) / under
            most = max(most, cut, more)
        values.append(value)
        influences.append(influence - influence.mean())
        clipped = max(clipped, most)
    whole: Combined = combined(values, influences, clusters)
    again = f" x {repeats}" if repeats > 1 else ""
    split = f"{folds} folds{again}" if folds > 1 else "without cross-fitting"
    notes = (f"{clipped} density ratios were held at 100",) if clipped else ()
    return Found(
        whole.value,
        whole.influence,
        whole.spread,
        f"regressions and density ratios by {learners} ({split}), with a one-step correction for "
        "every factor of the formula",
        notes,
    )


def _side(flats: tuple[Flat, ...], divided: Divided) -> tuple[Matrix, int]:
    """The scores of one side of a fraction; ones where there is nothing to divide by."""
    if not flats:
        return np.ones(divided.data.height), 0
    found = [scored(flat, divided) for flat in flats]
    total = np.sum([one.values for one in found], axis=0)
    return np.asarray(total, dtype=np.float64), max(one.clipped for one in found)


def by_smoothing(
    parts: tuple[tuple[float, Fraction], ...],
    data: Columns,
    clusters: NDArray[np.int_] | None,
    bootstraps: int,
    seed: Seed,
) -> Found:
    """Regressions read at the values asked about, with the spread of bootstrap samples.

    Args:
        parts: The formula.
        data: The rows.
        clusters: The cluster of each row, or None; whole clusters are then drawn.
        bootstraps: How many samples.
        seed: Decides draws and samples.
    """
    value = _smoothed(parts, data, seed.child("draws"))
    rng = seed.child("bootstrap").numpy()
    groups = np.arange(data.height) if clusters is None else clusters
    members = [np.flatnonzero(groups == group) for group in range(int(groups.max()) + 1)]
    found = []
    for number in range(bootstraps):
        picked = rng.integers(0, len(members), len(members))
        rows = np.concatenate([members[one] for one in picked])
        found.append(_smoothed(parts, data.rows(rows), seed.child(f"sample {number}")))
    return Found(
        value,
        np.zeros(data.height),
        float(np.var(found, ddof=1)),
        f"spline regressions of every factor, {bootstraps} bootstrap samples",
        (
            "a mean at one value of a continuous column has no influence function: the interval "
            "is from a bootstrap of smooth regressions and does not count what they smooth away",
        ),
    )


def _smoothed(parts: tuple[tuple[float, Fraction], ...], data: Columns, seed: Seed) -> float:
    """The formula with every factor smoothed."""
    size = int(np.clip(data.height, 2000, 20_000))
    fits = Fits(data, SMOOTH, seed.child("fits"))

    def side(flats: tuple[Flat, ...]) -> float:
        return sum(drawn(flat, fits, size, seed).mean for flat in flats)

    return sum(
        sign * side(one.above) / (side(one.below) if one.below else 1.0) for sign, one in parts
    )
