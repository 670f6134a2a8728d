"""A formula on rows with continuous columns: by one step where it has one, else smoothed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.plugin import PluginError
from causalsim.estimand.expression import Expression
from causalsim.estimation.crossfitting.folds import dealt
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.effect import Combined, combined
from causalsim.estimation.formulas.columns import Columns
from causalsim.estimation.formulas.drawing import drawn
from causalsim.estimation.formulas.fits import Fits
from causalsim.estimation.formulas.flattening import Flat, Fraction, flattened
from causalsim.estimation.formulas.learning import SMOOTH, Learners
from causalsim.estimation.formulas.one_step import Divided, Scores, scored
from causalsim.seeds import Seed

_LEAST_SUPPORT, _GOOD_SUPPORT = 0.6, 0.85
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
    values, influences, every = [], [], []
    for number in range(repeats):
        chance = seed.child(f"division {number}")
        rng = chance.child("folds").numpy()
        divided = Divided.of(data, dealt(strata, clusters, folds, rng), learners, chance)
        value, influence = 0.0, np.zeros(data.height)
        for sign, fraction in parts:
            above, below = (_side(flats, divided) for flats in (fraction.above, fraction.below))
            every += [*above, *below]
            tops = np.sum([one.values for one in above], axis=0)
            unders = np.sum([one.values for one in below], axis=0) if below else np.ones(len(tops))
            over, under = (float(np.average(s, weights=data.weights)) for s in (tops, unders))
            if not under > 0.0:
                raise PluginError.empty_cell(str(fraction.below[0].factors[-1]))
            ratio = over / under
            value += sign * ratio
            influence += sign * data.weights * (tops - ratio * unders) / under
        values.append(value)
        influences.append(influence - influence.mean())
    whole: Combined = combined(values, influences, clusters)
    again = f" x {repeats}" if repeats > 1 else ""
    split = f"{folds} folds{again}" if folds > 1 else "without cross-fitting"
    return Found(
        whole.value,
        whole.influence,
        whole.spread,
        f"regressions and density ratios by {learners} ({split}), with a one-step correction for "
        "every factor of the formula",
        _warnings(every),
    )


def _side(flats: tuple[Flat, ...], divided: Divided) -> list[Scores]:
    """The scores of the terms on one side of a fraction.

    Raises:
        PluginError: Much of what the formula averages over is where no rows are.
    """
    found = [scored(flat, divided) for flat in flats]
    for one in found:
        if one.support < _LEAST_SUPPORT:
            raise PluginError.no_support(one.worst, one.support)
    return found


def _warnings(every: list[Scores]) -> tuple[str, ...]:
    """What a careful reader must know about the ratios."""
    clipped = max(one.clipped for one in every)
    least = min(every, key=lambda one: one.support)
    notes = [f"{clipped} density ratios were held at 100"] if clipped else []
    if least.support < _GOOD_SUPPORT:
        notes.append(
            f"rows are found for about {least.support:.0%} of what the formula averages "
            f"{least.worst} over; for the rest it extrapolates, which the interval does not count"
        )
    return tuple(notes)


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
