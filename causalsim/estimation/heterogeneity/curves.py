"""How much is gained by treating only so many: the uplift curve, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.comparison import Comparison
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.heterogeneity.conditional import ConditionalEffects
from causalsim.estimation.heterogeneity.ranking import Ranked, rank_weighted, ranked
from causalsim.plots.bands import band
from causalsim.plots.canvas import GREY
from causalsim.seeds import Seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TENTHS = tuple(number / 10 for number in range(1, 11))


@dataclass(frozen=True, slots=True, eq=False)
class Uplift:
    """The gain per person of treating the first share of people, for several shares.

    Attributes:
        shares: The share of people who are treated.
        gains: ``G(q)``, over treating nobody: one effect a share.
        beyond_chance: ``G(q) - q G(1)``, over treating as many at random (the Qini curve).
    """

    shares: tuple[float, ...]
    gains: Comparison = field(repr=False)
    beyond_chance: Comparison = field(repr=False)

    def to_frame(self, level: float = 0.95, seed: int | Seed = 0) -> Any:  # noqa: ANN401
        """A pandas frame with one row a share: both curves, each with its own joint band.

        Args:
            level: The probability with which a band holds the whole curve.
            seed: Decides the draws from which the bands are made.
        """
        import pandas

        columns: dict[str, object] = {"share": list(self.shares)}
        for name, curve in (("gain", self.gains), ("beyond_chance", self.beyond_chance)):
            # At a share of one, nothing is left to choose and the second curve is exactly zero.
            moving = [one for one in curve if one.standard_error > 0.0]
            bands = iter(Comparison(tuple(moving)).joint_intervals(level, seed) if moving else ())
            found = [next(bands) if one.standard_error > 0.0 else one.interval() for one in curve]
            columns[name] = [one.value for one in curve]
            columns[f"{name}_low"] = [one.low for one in found]
            columns[f"{name}_high"] = [one.high for one in found]
        return pandas.DataFrame(columns)

    def plot(self, ax: "Axes | None" = None, level: float = 0.95) -> "Axes":
        """The gain for every share with its intervals and joint band; dashed, the line of chance.

        Args:
            ax: The axes to draw on; by default those of a new figure.
            level: The coverage of both.
        """
        rows = self.to_frame(level)
        inside = [one.interval(level) for one in self.gains]
        recipe = self.gains[0].recipe
        unit = f" ({recipe.units})" if recipe.units else ""
        made = band(
            self.shares,
            rows["gain"],
            [one.low for one in inside],
            [one.high for one in inside],
            wide=(rows["gain_low"], rows["gain_high"]),
            null=0.0,
            labels=("share of people treated", f"{recipe.outcome} gained per person{unit}"),
            ax=ax,
        )
        if self.shares[-1] == 1.0:
            end = self.gains[-1].value
            made.plot([0.0, 1.0], [0.0, end], color=GREY, linewidth=1.4, linestyle=(0, (5, 3)))
        return made

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "shares": list(self.shares),
            "gains": [one.value for one in self.gains],
            "beyond_chance": [one.value for one in self.beyond_chance],
        }

    def __str__(self) -> str:
        """One sentence: the share at which choosing gains most over chance."""
        best = int(np.argmax([one.value for one in self.beyond_chance]))
        one = self.beyond_chance[best]
        if one.value <= 0.0:
            return "choosing by predicted effect gains nothing over chance, whatever the share"
        inside = one.interval()
        return (
            f"treating the {self.shares[best]:.0%} predicted to gain most adds {one.value:.3g} per "
            f"person ({inside.low:.3g} to {inside.high:.3g}) to treating as many at random"
        )

    @property
    def why(self) -> str:
        """What was averaged over whom."""
        return (
            "People were put in the order of effects predicted without their own rows; the gain of "
            "treating the first so many is the sum of their doubly robust scores, per person of "
            f"the whole population: {self}."
        )

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        return str(self.to_frame().round(4).to_html(index=False))


def uplift(effects: ConditionalEffects, shares: Sequence[float] = TENTHS) -> Uplift:
    """The uplift curve: the gain of treating the first share of people, over treating nobody.

    ``G(q) = E[1{V <= q} tau(X)]`` per person of the whole population, with ``V`` the rank share by
    held-out prediction, estimated by doubly robust scores; ``G(1)`` is the average effect. The
    influence values allow for the threshold being estimated, through the mean score near it.
    `qini` is the area between this curve and the straight line to ``G(1)``.

    Args:
        effects: What `conditional_effects` learnt.
        shares: The shares of people who are treated, above 0 and at most 1.

    Returns:
        The curve over treating nobody and the curve over chance.

    Raises:
        EstimationError: A share outside (0, 1].

    References:
        S. Yadlowsky, S. Fleming, N. Shah, E. Brunskill, S. Wager (2025), JASA 120, section 2.
    """
    wanted = tuple(float(share) for share in shares)
    if not wanted or not all(0.0 < share <= 1.0 for share in wanted):
        raise EstimationError.bad_setting("shares", shares, "numbers above 0 and at most 1")
    parts = ranked(effects)
    gains, beyond = [], []
    for q in wanted:

        def pull(part: Ranked, q: float = q) -> Matrix:
            return -part.at_threshold(q)

        def first(v: Matrix, q: float = q) -> Matrix:
            return np.minimum(v, q)

        def over(v: Matrix, q: float = q) -> Matrix:
            return np.minimum(v, q) - q * v

        name = f"gain of treating the first {q:.3g} by predicted effect"
        gains.append(rank_weighted(effects, parts, first, pull, name))
        beyond.append(rank_weighted(effects, parts, over, pull, f"{name} over chance"))
    return Uplift(wanted, Comparison(tuple(gains)), Comparison(tuple(beyond)))
