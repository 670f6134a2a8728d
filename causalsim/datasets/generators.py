"""Data whose truth is known, to see whether an estimator finds it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """A frame, the graph behind it, and what is true of it.

    Attributes:
        frame: A pandas frame with one row a unit.
        graph: The graph, in arrow notation.
        adjustment: A valid adjustment set for the effect of ``a`` on ``y``.
        ate: The average effect in the population.
        att: The average effect among those treated, in the population; NaN where not known.
        propensity: The true probability of treatment of each row.
        effect: The true expected effect of each row.
    """

    frame: Any
    graph: str
    adjustment: tuple[str, ...]
    ate: float
    att: float
    propensity: "NDArray[np.float64]"
    effect: "NDArray[np.float64]"


def nonlinear_confounding(rows: int, seed: int | Seed) -> Generated:
    """A binary treatment with confounding that a linear model cannot remove.

    Five covariates, ``x1 .. x4`` normal and ``x5`` a fair coin; with
    ``logit e(x) = 0.8 sin(2 x1) + 0.4 (x2^2 - 1) + 0.5 x1 x5 - 0.25`` and
    ``E[y | a, x] = 2 sin(2 x1) + x2^2 + 0.5 x3 + x1 x5 + a (1 + x3 + 0.5 x5)``, noise of standard
    deviation 1. The average effect is 1.25 exactly, since ``x3`` has mean zero and ``x5`` mean one
    half. ``x4`` is noise. The difference in means is biased upwards by about 1.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``x1 .. x5, a, y``, and its truth.

    >>> data = nonlinear_confounding(1000, seed=1)
    >>> data.ate, data.frame.shape
    (1.25, (1000, 7))
    """
    import pandas

    rng = seeded(seed, "nonlinear confounding").numpy()
    x1, x2, x3, x4 = rng.standard_normal((4, rows))
    x5 = rng.integers(0, 2, rows).astype(np.float64)
    logit = 0.8 * np.sin(2 * x1) + 0.4 * (x2**2 - 1) + 0.5 * x1 * x5 - 0.25
    propensity = 1.0 / (1.0 + np.exp(-logit))
    a = (rng.random(rows) < propensity).astype(np.int64)
    effect = 1.0 + x3 + 0.5 * x5
    y = 2 * np.sin(2 * x1) + x2**2 + 0.5 * x3 + x1 * x5 + a * effect + rng.standard_normal(rows)
    names = ("x1", "x2", "x3", "x4", "x5")
    columns = dict(zip(names, (x1, x2, x3, x4, x5), strict=True))
    return Generated(
        frame=pandas.DataFrame({**columns, "a": a, "y": y}),
        graph="x1 -> a <- x2; x5 -> a; x1 -> y <- x2; x3 -> y <- x5; a -> y; x4",
        adjustment=names,
        ate=1.25,
        att=float("nan"),
        propensity=propensity,
        effect=effect,
    )


def uneven_effects(rows: int, seed: int | Seed) -> Generated:
    """A binary treatment whose effect differs between people by a step, a bend and an interaction.

    Ten covariates, ``x5`` a fair coin and the others normal; with

        tau(x)     = 0.5 + 1 / (1 + exp(-4 x1)) + 0.5 x2 x5 + 0.4 (x3^2 - 1),
        E[y | 0,x] = x1 + abs(x6) + 0.5 x3 x7,
        logit e(x) = 0.6 x1 + 0.4 sin(2 x3) - 0.3 x6,

    and noise of standard deviation 1. The average effect is 1 exactly, since each of the last two
    terms has mean zero and the second one half; the effects' standard deviation is 0.78. The
    covariates ``x4, x8, x9, x10`` are noise.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``x1 .. x10, a, y``, and its truth.

    >>> data = uneven_effects(100_000, seed=1)
    >>> bool(abs(data.effect.mean() - data.ate) < 0.01)
    True
    """
    import pandas

    rng = seeded(seed, "uneven effects").numpy()
    x = rng.standard_normal((10, rows))
    x[4] = rng.integers(0, 2, rows)
    logit = 0.6 * x[0] + 0.4 * np.sin(2 * x[2]) - 0.3 * x[5]
    propensity = 1.0 / (1.0 + np.exp(-logit))
    a = (rng.random(rows) < propensity).astype(np.int64)
    effect = 0.5 + 1 / (1 + np.exp(-4 * x[0])) + 0.5 * x[1] * x[4] + 0.4 * (x[2] ** 2 - 1)
    low = x[0] + np.abs(x[5]) + 0.5 * x[2] * x[6]
    names = tuple(f"x{number}" for number in range(1, 11))
    return Generated(
        frame=pandas.DataFrame(
            {
                **dict(zip(names, x, strict=True)),
                "a": a,
                "y": low + a * effect + rng.standard_normal(rows),
            }
        ),
        graph="a <- x1 -> y; a <- x3 -> y; a <- x6 -> y; {x2 x5 x7 a} -> y; x4; x8; x9; x10",
        adjustment=names,
        ate=1.0,
        att=float("nan"),
        propensity=propensity,
        effect=effect,
    )


def weak_overlap(rows: int, seed: int | Seed) -> Generated:
    """A treatment that many could hardly have had otherwise: everyone's effect is out of reach.

    ``logit e(x) = 3 x1 + 0.5 x2`` and ``E[y | a, x] = x1 + 0.5 x2^2 + a (1 + x1)`` with standard
    normal ``x1, x2`` and noise. By symmetry the effect is 1 both over everyone and in the overlap;
    a fifth of the propensities lie within 2 % of 0 or 1.

    Args:
        rows: How many units.
        seed: Decides every draw.

    >>> data = weak_overlap(1000, seed=1)
    >>> bool(((data.propensity < 0.02) | (data.propensity > 0.98)).mean() > 0.15)
    True
    """
    rng = seeded(seed, "weak overlap").numpy()
    x1, x2 = rng.standard_normal((2, rows))
    propensity = _expit(3.0 * x1 + 0.5 * x2)
    effect = 1.0 + x1
    return _two_arms({"x1": x1, "x2": x2}, propensity, x1 + 0.5 * x2**2, effect, 1.0, rng)


def heavy_tails(rows: int, seed: int | Seed) -> Generated:
    """An outcome whose noise has Student's t distribution with 3 degrees of freedom.

    ``logit e(x) = 0.8 x1 - 0.4 x2`` and ``y = x1 + x2 + a (1 + 0.5 x2) + t_3`` with standard
    normal covariates: the noise has a variance (3) but no third moment.

    Args:
        rows: How many units.
        seed: Decides every draw.

    >>> heavy_tails(100, seed=1).ate
    1.0
    """
    rng = seeded(seed, "heavy tails").numpy()
    x1, x2 = rng.standard_normal((2, rows))
    propensity = _expit(0.8 * x1 - 0.4 * x2)
    noise = rng.standard_t(3, rows)
    columns = {"x1": x1, "x2": x2}
    return _two_arms(columns, propensity, x1 + x2, 1.0 + 0.5 * x2, 1.0, rng, noise)


def clustered(rows: int, seed: int | Seed, size: int = 20) -> Generated:
    """Units in groups that share part of their treatment's causes and of their outcome's noise.

    Every group has a covariate ``x1`` of its own, which moves the treatment, and a shared noise
    ``u`` of standard deviation 0.7; ``logit e(x) = x1 + 0.5 x2`` and
    ``y = x1 + x2 + a (1 + 0.5 x1) + u + N(0, 1)``. Standard errors that take the rows for
    independent are too small. The column ``group`` tells who belongs together.

    Args:
        rows: How many units.
        seed: Decides every draw.
        size: Units a group.

    >>> clustered(100, seed=1).frame["group"].nunique()
    5
    """
    rng = seeded(seed, "clusters").numpy()
    group = np.arange(rows) // size
    count = int(group[-1]) + 1
    x1 = rng.standard_normal(count)[group]
    shared = 0.7 * rng.standard_normal(count)[group]
    x2 = rng.standard_normal(rows)
    propensity = _expit(x1 + 0.5 * x2)
    noise = shared + rng.standard_normal(rows)
    columns = {"x1": x1, "x2": x2}
    made = _two_arms(columns, propensity, x1 + x2, 1.0 + 0.5 * x1, 1.0, rng, noise)
    return replace(made, frame=made.frame.assign(group=group))


def unevenly_sampled(rows: int, seed: int | Seed) -> Generated:
    """A sample in which some kinds of people are rarer than where they come from.

    Of a population with ``x1, x2`` standard normal a person is asked with probability
    ``expit(-0.5 + x1)``; the column ``weight`` holds its inverse. ``logit e(x) = 0.7 x1`` and
    ``y = x1 + x2 + a (1 + x1) + N(0, 1)``: the effect is 1 in the population, and larger among
    those in the sample.

    Args:
        rows: How many units are in the sample.
        seed: Decides every draw.

    >>> data = unevenly_sampled(1000, seed=1)
    >>> bool(data.effect.mean() > 1.2)
    True
    """
    rng = seeded(seed, "uneven sampling").numpy()
    asked = rng.standard_normal((2, 4 * rows + 100))
    chance = _expit(-0.5 + asked[0])
    chosen = np.flatnonzero(rng.random(len(chance)) < chance)[:rows]
    x1, x2 = asked[:, chosen]
    made = _two_arms({"x1": x1, "x2": x2}, _expit(0.7 * x1), x1 + x2, 1.0 + x1, 1.0, rng)
    return replace(made, frame=made.frame.assign(weight=1.0 / chance[chosen]))


def missing_cells(rows: int, seed: int | Seed) -> Generated:
    """A confounder that nobody wrote down for a third of the units, who were treated otherwise.

    With standard normal ``x1, x2`` and ``m`` telling where ``x1`` is missing,
    ``logit e = 0.8 x1 (1 - m) + 0.8 m + 0.3 x2`` and ``y = x1 (1 - m) + m + x2 + a + N(0, 1)``:
    confounding runs through what is observed and through being missing, as it does where the
    treatment was chosen by somebody who had the same records.

    Args:
        rows: How many units.
        seed: Decides every draw.

    >>> bool(0.2 < missing_cells(1000, seed=1).frame["x1"].isna().mean() < 0.45)
    True
    """
    rng = seeded(seed, "missing cells").numpy()
    x1, x2 = rng.standard_normal((2, rows))
    absent = rng.random(rows) < 1.0 / 3.0
    told = np.where(absent, 1.0, x1)
    propensity = _expit(0.8 * told + 0.3 * x2)
    columns = {"x1": np.where(absent, np.nan, x1), "x2": x2}
    return _two_arms(columns, propensity, told + x2, np.ones(rows), 1.0, rng)


def three_arms(rows: int, seed: int | Seed) -> Generated:
    """A treatment with the arms ``"none"``, ``"old"`` and ``"new"``.

    The logits of ``old`` and ``new`` against ``none`` are ``0.6 x1`` and ``0.6 x2 - 0.3 x1``, and
    ``y = x1 + x2 + 0.5 [old] + (1.5 + x1) [new] + N(0, 1)`` with standard normal covariates. The
    truth told is that of ``new`` against ``none``, 1.5; that of ``old`` is 0.5.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame and its truth; ``propensity`` is that of ``new``.

    >>> sorted(three_arms(100, seed=1).frame["a"].unique())
    ['new', 'none', 'old']
    """
    import pandas

    rng = seeded(seed, "three arms").numpy()
    x1, x2 = rng.standard_normal((2, rows))
    odds = np.exp(np.column_stack([np.zeros(rows), 0.6 * x1, 0.6 * x2 - 0.3 * x1]))
    chances = odds / odds.sum(axis=1, keepdims=True)
    arm = (rng.random(rows)[:, None] > np.cumsum(chances, axis=1)).sum(axis=1)
    effect = 1.5 + x1
    y = x1 + x2 + 0.5 * (arm == 1) + effect * (arm == 2) + rng.standard_normal(rows)
    a = np.array(["none", "old", "new"])[arm]
    return Generated(
        frame=pandas.DataFrame({"x1": x1, "x2": x2, "a": a, "y": y}),
        graph=_GRAPH,
        adjustment=("x1", "x2"),
        ate=1.5,
        att=float("nan"),
        propensity=chances[:, 2],
        effect=effect,
    )


_GRAPH = "x1 -> a <- x2; x1 -> y <- x2; a -> y"


def _two_arms(
    columns: dict[str, "NDArray[np.float64]"],
    propensity: "NDArray[np.float64]",
    low: "NDArray[np.float64]",
    effect: "NDArray[np.float64]",
    ate: float,
    rng: np.random.Generator,
    noise: "NDArray[np.float64] | None" = None,
) -> Generated:
    """A treatment drawn by its propensity, and an outcome with this mean and noise."""
    import pandas

    rows = len(low)
    a = (rng.random(rows) < propensity).astype(np.int64)
    shaken = rng.standard_normal(rows) if noise is None else noise
    return Generated(
        frame=pandas.DataFrame({**columns, "a": a, "y": low + a * effect + shaken}),
        graph=_GRAPH,
        adjustment=tuple(columns),
        ate=ate,
        att=float("nan"),
        propensity=propensity,
        effect=effect,
    )


def _expit(score: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """The probability of a logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-score)), dtype=np.float64)
