"""Which metalearner predicts the effects best, on people that it never saw?"""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from causalsim.estimation.comparison import Comparison
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.effect import Effect
from causalsim.estimation.heterogeneity.conditional import ConditionalEffects
from causalsim.estimation.heterogeneity.ranking import as_effect, check_conditional

MIXTURE = "all of them, mixed"


@dataclass(frozen=True, slots=True, eq=False)
class LeaderBoard:
    """The held-out losses of several metalearners, less those of the same effect for everyone.

    Attributes:
        names: The metalearners, the best by DR-loss first.
        by_scores: How much less each loses against the doubly robust scores: one effect each.
        by_residuals: How much less each loses in predicting outcome residuals (R-loss).
    """

    names: tuple[str, ...]
    by_scores: Comparison
    by_residuals: Comparison

    def to_frame(self) -> Any:  # noqa: ANN401
        """A pandas frame with one row a metalearner: both gains with their standard errors."""
        import pandas

        return pandas.DataFrame(
            {
                "metalearner": list(self.names),
                "dr_gain": [one.value for one in self.by_scores],
                "dr_error": [one.standard_error for one in self.by_scores],
                "r_gain": [one.value for one in self.by_residuals],
                "r_error": [one.standard_error for one in self.by_residuals],
            }
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {str(key): value for key, value in self.to_frame().to_dict("list").items()}

    def __str__(self) -> str:
        """One sentence about the leader."""
        lead = self.by_scores[0]
        inside = lead.interval()
        if inside.low > 0.0:
            verdict = "and beats the same effect for everyone"
        else:
            verdict = "but may be no better than the same effect for everyone"
        return (
            f"{self.names[0]} leads, {verdict}: its DR-loss is smaller by {lead.value:.3g} "
            f"({inside.low:.3g} to {inside.high:.3g})"
        )

    @property
    def why(self) -> str:
        """What the losses are, and how to read them."""
        return (
            "Each metalearner predicted rows that it had not seen. How much smaller its squared "
            "error against doubly robust scores (DR-loss), and that of the outcome's residuals "
            "(R-loss), is than with one effect for everyone estimates how much nearer it is to "
            f"the truth; gains within two standard errors of each other are no ranking: {self}."
        )

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        return f"<p>{escape(str(self))}</p>{self.to_frame().round(4).to_html(index=False)}"


def leader_board(effects: ConditionalEffects) -> LeaderBoard:
    """Compare the metalearners by two losses whose expectations rank them as the truth would.

    With the held-out prediction ``tau`` of each row, its doubly robust score ``s``, the propensity
    ``e`` and the mean outcome ``m``:

        DR-loss  mean (s - tau)^2               = mean (tau - tau_0)^2 + constant
        R-loss   mean (Y - m - (A - e) tau)^2   = mean e (1 - e) (tau - tau_0)^2 + constant

    up to the errors of the nuisances: the first counts everyone alike, the second those who could
    have had either treatment, and is less noisy where overlap is weak. The constants cannot be
    known, so that each loss is given as a gain over the best guess of one effect for all (the mean
    score of the other parts), in the outcome's unit squared, with its standard error. The mixture
    was weighted to make the DR-loss small on these very rows, so that its own gain is a little
    flattered.

    Args:
        effects: What `conditional_effects` learnt.

    Returns:
        The metalearners and their mixture, best first.

    References:
        X. Nie, S. Wager (2021), Quasi-oracle estimation of heterogeneous treatment effects,
        Biometrika 108. E. Kennedy (2023), Electronic Journal of Statistics 17.
    """
    check_conditional(effects)
    names = [name for name, _ in effects.shares]
    guesses = list(effects.members.T)
    if len(names) > 1:
        names, guesses = [*names, MIXTURE], [*guesses, effects.held_out]
    base = _alike(effects)
    by_scores = [_gain(effects, guess, base, _dr_loss, "DR-loss") for guess in guesses]
    by_residuals = [_gain(effects, guess, base, _r_loss, "R-loss") for guess in guesses]
    order = sorted(range(len(names)), key=lambda place: -by_scores[place].value)
    return LeaderBoard(
        tuple(names[place] for place in order),
        Comparison(tuple(by_scores[place] for place in order)),
        Comparison(tuple(by_residuals[place] for place in order)),
    )


def _dr_loss(effects: ConditionalEffects, guess: Matrix) -> Matrix:
    """The squared distance from the doubly robust score, for each row."""
    return np.asarray((effects.scores - guess) ** 2, dtype=np.float64)


def _r_loss(effects: ConditionalEffects, guess: Matrix) -> Matrix:
    """The squared error of the outcome's residual, for each row."""
    made = effects.materials
    left = made.outcome - made.mean - (made.treated - made.propensity) * guess
    return np.asarray(left**2, dtype=np.float64)


def _gain(
    effects: ConditionalEffects,
    guess: Matrix,
    base: Matrix,
    loss: Any,  # noqa: ANN401
    name: str,
) -> Effect:
    """How much smaller the loss is than with the same effect for everyone."""
    weights = effects.materials.weights
    gap = loss(effects, base) - loss(effects, guess)
    value = float(np.mean(weights * gap))
    return as_effect(effects, value, weights * (gap - value), f"{name} saved")


def _alike(effects: ConditionalEffects) -> Matrix:
    """The mean score of the other parts of the data."""
    weights = effects.materials.weights
    sums = np.bincount(effects.parts, weights=weights * effects.scores)
    totals = np.bincount(effects.parts, weights=weights)
    others = (sums.sum() - sums) / (totals.sum() - totals)
    return np.asarray(others[effects.parts], dtype=np.float64)
