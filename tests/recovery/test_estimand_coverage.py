"""Do intervals of quantiles, curves, weights, instruments and policies hold in 95 % of studies?

``python -m tests.recovery.test_estimand_coverage --write`` goes on where the last call stopped
(with ``--only WORD`` for some studies) and writes ``docs/studies/estimand_coverage.md``; pytest
runs them with ``-m slow``.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import t as student
from scipy.stats import truncnorm
from sklearn.linear_model import LogisticRegression

from causalsim.datasets.doses import confounded_doses, dose_and_recovery
from causalsim.datasets.generators import heavy_tails, nonlinear_confounding, three_arms
from causalsim.datasets.instruments import encouragement
from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    PLR,
    Difference,
    OddsRatio,
    Ratio,
    Task,
    Treated,
    by_group,
    estimate,
    every_arm,
)
from causalsim.estimation.crossfitting.learners import LogisticRidge, Ridge
from causalsim.estimation.curves import DoseResponse, QuantileEffect, estimate_curve
from causalsim.estimation.estimators import (
    CBPS,
    EntropyBalancing,
    Mahalanobis,
    Matching,
    PropensityScore,
)
from causalsim.estimation.heterogeneity import BCF, conditional_effects
from causalsim.estimation.instruments import LATE, PLIV, TwoStage, anderson_rubin
from causalsim.estimation.policies import Always, Rule, policy_value
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear, Monotone
from causalsim.identification.strategy import identify
from tests.recovery.replications import COLUMNS, Study, Told, check, main, told

NAN = float("nan")
STRAIGHT = Ridge(products=False)
SMALL: dict[str, Any] = {
    "folds": 2,
    "repeats": 1,
    "outcome": STRAIGHT,
    "propensity": LogisticRidge(products=False),
}
WAVY: dict[str, Any] = {
    "repeats": 1,
    "outcome": Ridge(),
    "propensity": (LogisticRidge(False), LogisticRidge()),
}
LEVELS = (0.25, 0.5, 0.75)
DOSES = (-1.0, -0.5, 0.0, 0.5, 1.0)
TAILS = Graph(heavy_tails(10, 1).graph)
EFFECT = identify(TAILS, Query("y", do="a"))


def quantile(level: float, middle: float, variance: float) -> float:
    """The quantile of a normal variable plus one with Student's t distribution, 3 degrees."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(99)

    def above(value: float) -> float:
        below = student.cdf(value - middle - np.sqrt(variance) * nodes, 3)
        return float(weights @ below / weights.sum()) - level

    return float(brentq(above, middle - 30, middle + 30))


# The arms of `heavy_tails`: N(0, 2) + t_3 and N(1, 3.25) + t_3.
SHIFTS = {level: quantile(level, 1.0, 3.25) - quantile(level, 0.0, 2.0) for level in LEVELS}


def quantiles(seed: int) -> list[Told]:
    """Three quantiles of an outcome with heavy tails."""
    data = heavy_tails(1000, seed)
    by = QuantileEffect(
        LEVELS, folds=2, repeats=1, outcome=STRAIGHT, propensity=SMALL["propensity"]
    )
    curve = estimate_curve(EFFECT, data.frame, by=by, seed=seed)
    made = [told(f"effect on the {at:g} quantile", curve[at], SHIFTS[at]) for at in LEVELS]
    rows = curve.to_frame(seed=seed)
    truth = np.array(list(SHIFTS.values()))
    inside = bool(((rows["band_low"] <= truth) & (truth <= rows["band_high"])).all())
    return [*made, Told("all three at once", NAN, NAN, inside)]


def doses(height: int, places: tuple[float, ...]) -> Callable[[int], list[Told]]:
    """The mean outcome at some doses, their band, and the difference of two."""
    by = DoseResponse(at=places, folds=2, repeats=1, outcome=Ridge(), dose=STRAIGHT)

    def once(seed: int) -> list[Told]:
        data = confounded_doses(height, seed)
        answer = identify(Graph(data.graph), Query("y", do="d"))
        curve = estimate_curve(answer, data.frame, by=by, seed=seed)
        made = [told(f"mean at dose {at:g}", curve[at], data.mean(at)) for at in places]
        gain = data.mean(1.0) - data.mean(-1.0)
        made.append(told("dose 1 against dose -1", curve.between(-1.0, 1.0), gain))
        rows = curve.to_frame(seed=seed)
        truth = np.array([data.mean(at) for at in places])
        inside = bool(((rows["band_low"] <= truth) & (truth <= rows["band_high"])).all())
        return [*made, Told(f"all {len(places)} doses at once", NAN, NAN, inside)]

    return once


def slope(seed: int) -> list[Told]:
    """A dose whose effect is a straight line."""
    frame = dose_and_recovery(500, seed)
    answer = identify(Graph("age -> dose -> recovery <- age"), Query("recovery", do="dose"))
    by = PLR(folds=2, repeats=1, outcome=STRAIGHT, dose=STRAIGHT)
    return [told("PLR", estimate(answer, frame, by=by, seed=seed), 1.5)]


def among_treated() -> float:
    """The effect on the treated in `heavy_tails`, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(99)
    chance = expit(0.8 * nodes[:, None] - 0.4 * nodes[None, :]) * np.outer(weights, weights)
    return float((chance * (1.0 + 0.5 * nodes[None, :])).sum() / chance.sum())


ATT = among_treated()
BALANCED = (
    ("entropy balancing", EntropyBalancing(), 1.0),
    ("entropy balancing, the treated", EntropyBalancing(target=Treated()), ATT),
    ("CBPS", CBPS(), 1.0),
    ("matching, Mahalanobis", Matching(Mahalanobis()), 1.0),
    ("matching, 4 neighbours", Matching(Mahalanobis(), neighbours=4), 1.0),
    ("matching, the treated", Matching(Mahalanobis(), target=Treated()), ATT),
    ("matching on the propensity", Matching(PropensityScore()), 1.0),
)


def balanced(seed: int) -> list[Told]:
    """Weights and matches."""
    frame = heavy_tails(1000, seed).frame
    task = Task.of(frame, Query("y", do="a"), ("x1", "x2"))
    return [told(label, by.fit(task, seed), truth) for label, by, truth in BALANCED]


def rarely(rows: int, seed: int) -> pd.DataFrame:
    """An outcome that happens or not."""
    rng = np.random.default_rng(seed)
    x1, x2 = rng.standard_normal((2, rows))
    a = (rng.random(rows) < expit(0.7 * x1 - 0.3 * x2)).astype(np.int64)
    y = rng.random(rows) < expit(-1.0 + 0.8 * x1 + 0.5 * x2 + a * (0.8 + 0.4 * x2))
    return pd.DataFrame({"x1": x1, "x2": x2, "a": a, "y": y.astype(np.int64)})


def chance_of(arm: int) -> float:
    """How often it happens in `rarely`, had everyone been in the arm."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(99)
    score = -1.0 + 0.8 * arm + np.sqrt(0.64 + (0.5 + 0.4 * arm) ** 2) * nodes
    return float(weights @ expit(score) / weights.sum())


LOW, HIGH = chance_of(0), chance_of(1)
CONTRASTS = (
    ("odds ratio", OddsRatio(), HIGH / (1 - HIGH) / (LOW / (1 - LOW))),
    ("risk ratio", Ratio(), HIGH / LOW),
    ("risk difference", Difference(), HIGH - LOW),
)


def happening(seed: int) -> list[Told]:
    """Three ways to compare two shares."""
    task = Task.of(rarely(600, seed), Query("y", do="a"), ("x1", "x2"))
    first = AIPW(folds=2, repeats=1, outcome=LogisticRegression(), propensity=LogisticRegression())
    nuisances = first.crossfit.fit(task, seed)
    return [
        told(
            label,
            AIPW(folds=2, repeats=1, contrast=contrast).effect(task, nuisances, seed),
            truth,
        )
        for label, contrast, truth in CONTRASTS
    ]


def arms(seed: int) -> list[Told]:
    """Every arm against none, each and both at once."""
    data = three_arms(1200, seed)
    answer = identify(Graph(data.graph), Query("y", do="a"))
    both = every_arm(answer, data.frame, against="none", by=AIPW(**SMALL), seed=seed)
    truths = [{"new": 1.5, "old": 0.5}[str(one.recipe.high)] for one in both]
    joint = both.joint_intervals(seed=seed)
    inside = all(truth in one for truth, one in zip(truths, joint, strict=True))
    made = [
        told(f"{one.recipe.high} against none", one, truth)
        for one, truth in zip(both, truths, strict=True)
    ]
    return [*made, Told("both at once", NAN, NAN, inside)]


def compliers(seed: int) -> list[Told]:
    """Those whom encouragement moves; strongly, and hardly."""
    made = []
    for label, share in (("half comply", 0.5), ("4 % comply", 0.04)):
        data = encouragement(1000, seed, share=share)
        answer = identify(Graph(data.graph), Query("y", do="a"), assuming=Monotone("z", "a"))
        by = LATE(
            repeats=1,
            folds=2,
            outcome=STRAIGHT,
            treatment=STRAIGHT,
            instrument=LogisticRidge(products=False),
        )
        effect = estimate(answer, data.frame, by=by, seed=seed)
        held = data.late in anderson_rubin(effect, data.frame)
        made.append(told(f"LATE, {label}", effect, data.late))
        made.append(Told(f"Fieller's set, {label}", NAN, NAN, held))
    return made


def pulled(rows: int, seed: int, strength: float, bent: float) -> pd.DataFrame:
    """A treatment moved by an instrument and by a hidden cause that moves the outcome more."""
    rng = np.random.default_rng(seed)
    w, u, e, f = rng.standard_normal((4, rows))
    z = (np.sin(2 * w) if bent else 0.5 * w) + f
    x = strength * z + u
    y = 2.0 * x + 3.0 * u + (2.0 * np.sin(2 * w) if bent else w) + e
    return pd.DataFrame({"w": w, "z": z, "x": x, "y": y})


def instruments(seed: int) -> list[Told]:
    """Slopes through an instrument, strong and weak."""
    graph = Graph("w -> z -> x -> y; w -> y; x <-> y")
    answer = identify(graph, Query("y", do="x"), assuming=Linear())
    made = []
    pliv = PLIV(repeats=1, outcome=STRAIGHT, dose=STRAIGHT, instrument=STRAIGHT)
    for label, strength, bent, by in (
        ("2SLS, strong", 0.5, False, TwoStage()),
        ("2SLS, F of about 2", 0.06, False, TwoStage()),
        ("PLIV, two folds, strong", 0.5, True, replace(pliv, folds=2)),
        ("PLIV, strong", 0.5, True, pliv),
        ("PLIV, F of about 2", 0.06, True, replace(pliv, folds=2)),
    ):
        frame = pulled(500, seed, strength, bent)
        effect = estimate(answer, frame, by=by, seed=seed)
        made.append(told(label, effect, 2.0))
        held = 2.0 in anderson_rubin(effect, frame)
        made.append(Told(f"Anderson-Rubin, {label}", NAN, NAN, held))
    return made


def deciding(seed: int) -> list[Told]:
    """What a rule is worth, and whom the effect is larger for."""
    data = nonlinear_confounding(1000, seed)
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    effect = AIPW(**WAVY).fit(task, seed)
    some = policy_value(effect, data.frame, Rule("x3 > -1", lambda rows: rows["x3"] > -1.0))
    nobody = policy_value(effect, data.frame, Always(0))
    # E[2 sin(2 x1) + x2^2 + x3 / 2 + x1 x5] = 1; E[(1 + x3 + x5 / 2) 1{x3 > -1}].
    gain = 1.25 * 0.8413447461 + 0.2419707245
    low, high = by_group(effect, data.frame, "x5")
    made = [
        told("value of treating where x3 > -1", some, 1.0 + gain),
        told("its gain over treating nobody", some - nobody, gain),
        told("effect where x5 = 0", low, 1.0),
        told("effect where x5 = 1", high, 1.5),
        told("their difference", high - low, 0.5),
    ]
    fourths = by_group(effect, data.frame, "x3")
    x3 = data.frame["x3"].to_numpy()
    cuts = (-np.inf, *np.quantile(x3, [0.25, 0.5, 0.75]).tolist(), np.inf)
    truths = [1.25 + truncnorm.mean(*ends) for ends in pairwise(cuts)]
    for number, (one, truth) in enumerate(zip(fourths, truths, strict=True), start=1):
        made.append(told(f"effect in quarter {number} of x3", one, truth))
    joint = fourths.joint_intervals(seed=seed)
    inside = all(truth in one for truth, one in zip(truths, joint, strict=True))
    return [*made, Told("all quarters at once", NAN, NAN, inside)]


def single(seed: int) -> list[Told]:
    """The share of 500 new people whose own effect lies in the interval around a BCF."""
    data, new = nonlinear_confounding(2000, seed), nonlinear_confounding(500, 10_000 + seed)
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    effect = AIPW(**WAVY).fit(task, seed)
    found = conditional_effects(effect, data.frame, by=BCF(), seed=seed).at(new.frame)
    inside = float(((found.low <= new.effect) & (new.effect <= found.high)).mean())
    return [Told("BCF, 500 new people", NAN, float((found.high - found.low).mean()) / 3.92, inside)]


STUDIES = (
    Study("heavy tails, n = 1,000: quantiles", quantiles),
    Study("bent dose response, n = 1,000", doses(1000, DOSES)),
    Study("bent dose response, n = 4,000", doses(4000, (-1.0, 0.0, 1.0))),
    Study("straight dose response, n = 500", slope),
    Study("heavy tails, n = 1,000: weights and matches", balanced),
    Study("an outcome of yes or no, n = 600", happening),
    Study("three arms, n = 1,200", arms),
    Study("encouragement, n = 1,000", compliers, fails=("LATE, 4 %",)),
    Study(
        "instrument, n = 500",
        instruments,
        fails=("2SLS, F", "PLIV, F"),
    ),
    Study("nonlinear confounding, n = 1,000: rules and groups", deciding),
    Study("nonlinear confounding, n = 2,000: single people", single, samples=6),
)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_the_interval_holds_the_truth(study: Study) -> None:
    check(study)


def page(table: str) -> str:
    """The page of all that is done."""
    return f"""# Coverage of quantiles, curves, weights, instruments and policies

`python -m tests.recovery.test_estimand_coverage`: independent samples whose truth is known, from
generators of `causalsim.datasets` and two in the script. Learners are small and suit the generator
(splines with penalties found from the data; two folds, five where the row has nonlinear confounding
or PLIV): the rows are about intervals, not about learners. Rows "at once" are about all intervals
of a band. The truth of a quarter of x3 is that of the people between the sample's own borders.

{COLUMNS}

{table}

As last run:

- **Weak instruments**: the normal intervals of LATE, 2SLS and PLIV hold the truth in 80 to 84 % of
  studies where F is about 2, and are meant to fail here; they carry a note that says so and gives
  the set of Anderson and Rubin (for LATE Fieller's), which holds it in 93.5 to 94.5 %.
- **A dose at the edge** (1, where some people hardly ever are): 91.0 % at 1,000 rows, 96.0 % at
  4,000. With the true regressions and densities 300 samples of 1,000 rows gave 97 %, and their sd
  (0.26) also exceeded the mean standard error (0.20): a few people with density ratios near 20
  decide the height. What is left is the product of two errors that are largest for just these
  people. Look at the band and at the note on clipped ratios at the ends of a curve.
- **PLIV with two folds** covers 90.5 %; with five, the default, 93.5 %, and with the true
  regressions 94.5 % of the same samples. The next 200 samples gave 93.0, 93.0 and 93.0 %.
- **The median** covers 98.5 % here and 96.0 % in the next 200 samples; its standard error is its
  standard deviation.
- **PLR** is off by +0.017, a quarter of its standard deviation: so is least squares on the same
  samples with the right model (+0.016), so that this is these samples' chance.
- **Matching on the propensity** takes the score as known: its interval is a quarter too wide.
- **Nonlinear confounding** has control weights of about exp(0.4 x2^2) with a normal x2, whose
  influence values have a variance and no third moment: standard errors are then themselves
  erratic, and the median one lies below the sd. Of the groups only the second quarter of x3 leaves
  the range of 92 to 98 % (91.5 %); all four at once hold in 94.5 %.
- **BCF**: the intervals of single people around the prediction of `by=BCF()`; *coverage* is the
  share of 500 people, *mean se* the mean length / 3.92. Each sample takes 26 CPU s, hence so few.
"""


if __name__ == "__main__":
    main(STUDIES, page, "estimand_coverage")
