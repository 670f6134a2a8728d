"""Every estimator of one effect with quick settings, and rows that all of them can read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from causalsim import Graph, Query, estimate, identify
from causalsim.estimation import AIPW, IPW, PLR, TMLE, Effect, Overlap, Plugin, Regression, Treated
from causalsim.estimation.crossfitting.learners import LogisticRidge, Ridge
from causalsim.estimation.curves import DoseResponse, QuantileEffect
from causalsim.estimation.estimators import CBPS, Covariances, EntropyBalancing, Matching
from causalsim.estimation.estimators.matching import PropensityScore
from causalsim.estimation.instruments import LATE, PLIV, TwoStage
from causalsim.identification.assuming import Linear, Monotone

BACK_DOOR = identify(Graph("{x g} -> a; {x g a} -> y"), Query("y", do="a"))
BY_DOSE = identify(Graph("{x g} -> d; {x g d} -> y"), Query("y", do="d"))
_HIDDEN = Graph("x -> z; x -> y; z -> a -> y; a <-> y")
COMPLIERS = identify(_HIDDEN, Query("y", do="a"), assuming=Monotone("z", "a"))
ONE_UNIT = identify(_HIDDEN, Query("y", do="a"), assuming=Linear())
_SPLINES: dict[str, Any] = {"outcome": Ridge(), "folds": 2, "repeats": 1}
_BOTH: dict[str, Any] = {**_SPLINES, "propensity": LogisticRidge()}
_DOSE: dict[str, Any] = {**_SPLINES, "dose": Ridge()}


@dataclass(frozen=True)
class Way:
    """An answer and an estimator of it.

    Attributes:
        answer: The answer.
        by: The estimator.
        reads: The columns it reads, in the roles of outcome, treatment and covariates.
        drawn: Whether it divides the rows at random, so that their order decides a little.
        arms: The doses compared, where there are no arms.
    """

    answer: Any
    by: Any
    reads: tuple[str, ...]
    drawn: bool
    arms: tuple[float, float] | None = None

    def __call__(self, frame: Any, **roles: Any) -> Effect:
        """The effect in a frame."""
        if self.arms is not None:
            roles.setdefault("arms", self.arms)
        return estimate(self.answer, frame, by=self.by, seed=1, **roles)


def _back_door(by: Any, drawn: bool = False) -> Way:
    return Way(BACK_DOOR, by, ("y", "a", "x", "g"), drawn)


ARMS: dict[str, Way] = {
    "AIPW": _back_door(AIPW(**_BOTH), drawn=True),
    "AIPW among the treated": _back_door(AIPW(**_BOTH, target=Treated()), drawn=True),
    "AIPW in the overlap": _back_door(AIPW(**_BOTH, target=Overlap()), drawn=True),
    "TMLE": _back_door(TMLE(**_BOTH), drawn=True),
    "IPW": _back_door(IPW()),
    "regression": _back_door(Regression()),
    "regression without products": _back_door(Regression(interactions=())),
    "entropy balancing": _back_door(EntropyBalancing(moments=2)),
    "CBPS": _back_door(CBPS()),
    "matching": _back_door(Matching()),
    "matching by scores": _back_door(Matching(PropensityScore())),
    "quantile": _back_door(QuantileEffect(0.5, **_BOTH), drawn=True),
}
DOSES: dict[str, Way] = {
    "PLR": Way(BY_DOSE, PLR(**_DOSE), ("y", "d", "x", "g"), True),
    "dose-response": Way(BY_DOSE, DoseResponse(**_DOSE), ("y", "d", "x", "g"), True, (-0.5, 0.5)),
}
INSTRUMENTS: dict[str, Way] = {
    "LATE": Way(COMPLIERS, LATE(**_SPLINES, instrument=LogisticRidge()), ("y", "a", "x"), True),
    "2SLS": Way(ONE_UNIT, TwoStage(), ("y", "a", "x"), False),
    "PLIV": Way(ONE_UNIT, PLIV(**_DOSE, instrument=Ridge()), ("y", "a", "x"), True),
    "covariances": Way(ONE_UNIT, Covariances(), ("y", "a", "x"), False),
}
_BY_X = identify(Graph("x -> a; {x a} -> y"), Query("y", do="a"))
FORMULAE: dict[str, Way] = {
    "plug-in": Way(
        _BY_X,
        Plugin(folds=2, bootstraps=50, outcome=Ridge(), propensity=LogisticRidge()),
        ("y", "a", "x"),
        True,
    ),
}
EVERY: dict[str, Way] = {**ARMS, **DOSES, **INSTRUMENTS, **FORMULAE}
UNWEIGHTED = ("matching", "matching by scores")


def people(rows: int = 240, seed: int = 1) -> pd.DataFrame:
    """A covariate, a category, an instrument, a treatment, a dose, an outcome; weights, clusters.

    A hidden cause ``u`` confounds for the instrument's sake; it shifts all back-door estimates
    alike, which does no harm to what is compared here.
    """
    rng = np.random.default_rng(seed)
    x, u = rng.normal(size=(2, rows))
    g = rng.choice(["north", "south", "west"], rows, p=[0.5, 0.3, 0.2])
    z = (rng.random(rows) < 1 / (1 + np.exp(-0.5 * x))).astype(int)
    push = (
        0.5 * x + 0.4 * (g == "south") + 2.5 * (z - 0.5) + 0.7 * u + 0.7 * rng.logistic(size=rows)
    )
    a = (push > 0).astype(int)
    d = x + (g == "south") + rng.normal(size=rows)
    y = x + a + 0.5 * d + (g == "west") + u + rng.normal(size=rows)
    w = rng.uniform(0.5, 2, rows)
    return pd.DataFrame(
        {"x": x, "g": g, "z": z, "a": a, "d": d, "y": y, "w": w, "c": np.arange(rows) // 6}
    )


Change = Callable[[pd.DataFrame], Any]
