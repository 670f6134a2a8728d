"""What cannot be found must not be found, and only the graph says what cannot be found."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from causalsim.checks import NegativeControl
from causalsim.checks.refuting import refute
from causalsim.errors.base import CausalsimError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, PLR, Effect, Plugin, Ratio, Regression, Task, estimate
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

#: What the analyst believes: x is the only confounder.
BELIEVED = Graph("x -> a -> y <- x; x -> before; x -> other; free; y -> after; a -> side; z -> a")


def people(rows: int, hidden: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, u, z, free = rng.standard_normal((4, rows))
    noise = rng.standard_normal((5, rows))
    a = (0.7 * x + hidden * u + 0.5 * z + noise[0] > 0).astype(int)
    y = a + x + hidden * u + noise[1]
    return pd.DataFrame(
        {
            "x": x,
            "a": a,
            "y": y,
            "z": z,
            "free": free,
            "before": x + hidden * u + noise[2],
            "other": 0.5 * x + hidden * u + noise[3],
            "after": y + noise[4],
            "side": a + noise[2],
        }
    )


def effect_of(frame: pd.DataFrame, by: Any) -> Effect:
    return estimate(identify(BELIEVED, Query("y", do="a")), frame, by=by, seed=1)


WAYS = [
    NegativeControl(outcome="before"),
    NegativeControl(outcome="before", refit=True),
    NegativeControl(treatment="other"),
    NegativeControl(treatment="free"),
]
IDS = ["outcome", "outcome, refit", "treatment", "treatment, free"]
SMALL = AIPW(folds=2, repeats=1)


@pytest.mark.parametrize("by", [SMALL, IPW(), Regression(), PLR(folds=2, repeats=1)], ids=str)
def test_controls_see_a_hidden_confounder_and_nothing_else(by: Any) -> None:
    ways = WAYS if not isinstance(by, AIPW | IPW | Regression) else WAYS[:3]
    if isinstance(by, Regression):
        ways = WAYS[:2]  # a regression on arms cannot read a continuous treatment
    clean, spoilt = people(1500, 0.0, 3), people(1500, 1.0, 3)
    sound = refute(effect_of(clean, by), clean, by=ways, seed=1)
    assert sound.passed, str(sound)
    biased = refute(effect_of(spoilt, by), spoilt, by=ways[:3], seed=1)
    assert not any(one.passed for one in biased), str(biased)
    assert "a common cause was not measured" in biased[0].sentence
    assert "before is d-separated from a given x" in biased[0].sentence


@pytest.mark.parametrize("way", WAYS[:1] + WAYS[2:], ids=["outcome", "treatment", "free"])
def test_a_control_fails_a_sound_estimate_in_one_study_of_twenty(way: Any) -> None:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    by = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
    failed = 0
    for seed in range(40):
        frame = people(500, 0.0, 100 + seed)
        failed += not refute(effect_of(frame, by), frame, by=way, seed=seed).passed
    assert failed <= 7  # eight or more of forty have a chance of 1 in 1000 at a size of 5 %


FRAME = people(400, 0.0, 1)
EFFECT = effect_of(FRAME, SMALL)


@pytest.mark.parametrize(
    ("way", "message"),
    [
        (lambda: NegativeControl(), "one of the two"),
        (lambda: NegativeControl(outcome="before", treatment="free"), "one of the two"),
        (lambda: NegativeControl(outcome="before", graph="a -> b"), "graph must be a Graph"),
        (lambda: NegativeControl(outcome="side"), "no negative control in this graph"),
        (lambda: NegativeControl(outcome="after"), "not d-separated from 'a' given 'x'"),
        (lambda: NegativeControl(outcome="z"), "not d-separated from 'a'"),
        (lambda: NegativeControl(treatment="after"), "not d-separated from 'y'"),
        (lambda: NegativeControl(outcome="y"), "it is the outcome of this effect"),
        (lambda: NegativeControl(treatment="x"), "it is a covariate of this effect"),
        (lambda: NegativeControl(outcome="befor"), "no column 'befor'"),
    ],
)
def test_what_is_no_control_is_refused_with_a_hint(way: Any, message: str) -> None:
    with pytest.raises(CausalsimError, match=message) as caught:
        refute(EFFECT, FRAME, by=way())
    assert "Hint:" in str(caught.value)


def test_an_instrument_is_a_control_treatment_once_the_treatment_is_held() -> None:
    found = refute(EFFECT, FRAME, by=NegativeControl(treatment="z"), seed=1)
    assert "z is d-separated from y given x, a" in found[0].sentence
    assert found.passed


def test_somebody_must_vouch_for_a_control() -> None:
    task = Task.of(FRAME, Query("y", do="a"), ("x",))
    effect = SMALL.fit(task, seed=1)
    with pytest.raises(EstimationError, match="none is known"):
        refute(effect, FRAME, by=NegativeControl(outcome="before"))
    assert refute(effect, FRAME, by=NegativeControl(outcome="before", graph=BELIEVED)).passed


def test_a_formula_has_no_covariates_to_share() -> None:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.integers(0, 2, (300, 3)), columns=["a", "y", "w"])
    effect = estimate(identify(Graph("a -> y; w"), Query("y", do="a")), rows, by=Plugin(), seed=1)
    with pytest.raises(EstimationError, match="rests on no adjustment set"):
        refute(effect, rows, by=NegativeControl(outcome="w"))


def test_two_words_are_a_control_and_three_are_none() -> None:
    rng = np.random.default_rng(5)
    words = rng.choice(["no", "yes"], 400)
    frame = FRAME.assign(free=words)
    effect = effect_of(frame, SMALL)
    assert refute(effect, frame, by=NegativeControl(treatment="free"), seed=1).passed
    three = FRAME.assign(free=rng.choice(["a", "b", "c"], 400))
    with pytest.raises(CausalsimError, match="free"):
        refute(effect_of(three, SMALL), three, by=NegativeControl(outcome="free"))


def test_a_ratio_needs_a_positive_control() -> None:
    frame = people(800, 0.0, 2)
    frame = frame.assign(y=np.exp(frame["y"] / 4), before=np.exp(frame["before"] / 4))
    effect = effect_of(frame, AIPW(folds=2, repeats=1, contrast=Ratio()))
    found = refute(effect, frame, by=NegativeControl(outcome="before"), seed=1)
    assert found[0].expected == 1.0
    assert found.passed, str(found)
