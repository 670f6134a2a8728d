"""Shapley values of a change of a mean in closed form, where every equation is a line.

The mean of a target is a sum over directed paths of products of slopes, each from one of two
models. A mechanism stands in a path at most once, so the mean with every slope and intercept a
share q on its way from the one model to the other is the multilinear extension ``f`` of the game,
and the Shapley value of a mechanism is

    ``∫₀¹ ∂f/∂q_i (q, …, q) dq  =  ∫₀¹ λ_i(q) (Δc_i + Σ_p Δb_ip m_p(q)) dq``

with the total effect ``λ_i`` on the target and the means ``m_p`` at that share: a polynomial in q,
which Gauss's rule integrates exactly.

References:
    Owen, "Multilinear extensions of games" (1972), theorem 5; Budhathoki, Janzing, Blöbaum and Ng,
    "Why did the distribution change?" (2021), for the game.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from causalsim.scm.explaining.worlds_of_noises import Mechanisms
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.parts.terms import Predictor, Slope


@dataclass(frozen=True, slots=True)
class MeanLine:
    """The mean of a variable given its parents': ``centre + Σ slope · parent``.

    Args:
        centre: The intercept and the mean of the noise.
        slopes: Of each parent.
    """

    centre: float
    slopes: Mapping[str, float]


def mean_line(mechanism: Mechanism) -> MeanLine | None:
    """How a variable's mean follows from its parents'; None where that is no line."""
    if isinstance(mechanism, Additive) and isinstance(mechanism.predictor, Predictor):
        slopes: dict[str, float] = {}
        terms, weights = mechanism.predictor.terms, mechanism.predictor.weights
        for term, weight in zip(terms, weights, strict=True):
            if not isinstance(term, Slope) or weight.numel() != 1:
                return None
            slopes[term.parent] = slopes.get(term.parent, 0.0) + float(weight.reshape(()))
        centre = float(mechanism.predictor.intercept) + float(mechanism.noise.mean)
        return MeanLine(centre, slopes) if isfinite(centre) else None
    if not mechanism.parents:
        given = mechanism.given({})
        if isinstance(given, LevelDistribution):
            return MeanLine(float((given.probabilities * given.points).sum()), {})
    return None


def linear_shares(before: Mechanisms, after: Mechanisms, target: str) -> dict[str, float] | None:
    """What each mechanism adds to the change of the target's mean; None where one is no line.

    Args:
        before: The mechanisms of the target and all that influences it, in causal order.
        after: Of the same variables, in the same order.
        target: Whose mean changes.

    Examples:
        Two factors of a product share what they do together.

        >>> from causalsim.scm import linear
        >>> before = {"x": linear({}, intercept=1.0), "y": linear({"x": 2.0})}
        >>> after = {"x": linear({}, intercept=3.0), "y": linear({"x": 4.0})}
        >>> found = linear_shares(before, after, "y")
        >>> {part: round(share, 6) for part, share in found.items()}
        {'x': 6.0, 'y': 4.0}
    """
    pairs: dict[str, tuple[MeanLine, MeanLine]] = {}
    for node in before:
        old, new = mean_line(before[node]), mean_line(after[node])
        if old is None or new is None:
            return None
        pairs[node] = old, new
    shares = dict.fromkeys(before, 0.0)
    # The integrand has a degree below the number of mechanisms.
    nodes, weights = np.polynomial.legendre.leggauss(len(before) // 2 + 1)
    for q, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        for node, slope in _derivatives(pairs, target, float(q)).items():
            shares[node] += float(weight) * slope
    return shares


def _derivatives(
    pairs: Mapping[str, tuple[MeanLine, MeanLine]], target: str, q: float
) -> dict[str, float]:
    """How fast the target's mean changes with each mechanism's share, all being at the share q."""
    mixed = {node: _between(old, new, q) for node, (old, new) in pairs.items()}
    means: dict[str, float] = {}
    for node, line in mixed.items():
        means[node] = line.centre + sum(b * means[name] for name, b in line.slopes.items())
    effects = dict.fromkeys(pairs, 0.0)
    effects[target] = 1.0
    for node in reversed(list(mixed)):
        for name, slope in mixed[node].slopes.items():
            effects[name] += effects[node] * slope
    found: dict[str, float] = {}
    for node, (old, new) in pairs.items():
        direct = new.centre - old.centre
        for name in _read((old, new)):
            direct += (new.slopes.get(name, 0.0) - old.slopes.get(name, 0.0)) * means[name]
        found[node] = effects[node] * direct
    return found


def _between(old: MeanLine, new: MeanLine, q: float) -> MeanLine:
    """A share q on the way from one line to another."""
    slopes = {
        name: (1 - q) * old.slopes.get(name, 0.0) + q * new.slopes.get(name, 0.0)
        for name in _read((old, new))
    }
    return MeanLine((1 - q) * old.centre + q * new.centre, slopes)


def _read(pair: tuple[MeanLine, MeanLine]) -> tuple[str, ...]:
    """What either of two lines reads."""
    return tuple(dict.fromkeys((*pair[0].slopes, *pair[1].slopes)))
