"""Conditional effects: planted differences are found, and absent ones are not."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Regression
from causalsim.estimation.crossfitting.learners import Ridge
from causalsim.estimation.heterogeneity import (
    DRLearner,
    RLearner,
    TLearner,
    XLearner,
    calibration,
    conditional_effects,
    targeting,
)
from causalsim.estimation.heterogeneity.metalearners import Materials
from causalsim.estimation.reading.task import Task
from causalsim.seeds import seeded

DATA = nonlinear_confounding(1500, seed=11)
TASK = Task.of(DATA.frame, Query("y", do="a"), DATA.adjustment)
EFFECT = AIPW(folds=3, repeats=1).fit(TASK, seed=1)
NEW = nonlinear_confounding(500, seed=12)
SMOOTH = (DRLearner(), XLearner(), TLearner())
FOUND = conditional_effects(EFFECT, DATA.frame, by=SMOOTH, seed=1)


def materials(seed: int, rows: int = 3000) -> tuple[Materials, np.ndarray]:
    """What an oracle would know; the effect is x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    e = 1 / (1 + np.exp(-x))
    treated = rng.random(rows) < e
    y = x**2 + treated * x + rng.normal(size=rows)
    made = Materials(x[:, None], y, treated, e, x**2, x**2 + x, np.ones(rows))
    return made, x


@pytest.mark.parametrize("way", [DRLearner(), RLearner(), XLearner(), TLearner()])
def test_every_metalearner_finds_the_effect_from_true_nuisances(way: DRLearner) -> None:
    made, x = materials(1)
    found = way.learn(made, seeded(1))(made.covariates)
    middle = np.abs(x) < 1.5
    assert np.sqrt(np.mean((found - x)[middle] ** 2)) < 0.25


def test_doubly_robust_scores_survive_one_wrong_nuisance() -> None:
    made, x = materials(2, rows=20_000)
    for wrong in (
        Materials(made.covariates, made.outcome, made.treated, made.propensity,
                  0 * x, 0 * x, made.weights),
        Materials(made.covariates, made.outcome, made.treated, 0 * x + 0.5,
                  made.low, made.high, made.weights),
    ):  # fmt: skip
        bins = pd.qcut(x, 5, labels=False)
        for code in range(5):
            gap = (wrong.scores - x)[bins == code]
            assert abs(gap.mean()) < 4 * gap.std() / len(gap) ** 0.5


def test_new_people_are_predicted_with_intervals() -> None:
    table = FOUND.at(NEW.frame)
    assert list(table.columns) == ["effect", "low", "high"]
    error = np.sqrt(np.mean((table.effect - NEW.effect) ** 2))
    # The true effects vary by 1.03; predicting the average for all would be off by as much.
    assert error < 0.4
    inside = ((table.low <= NEW.effect) & (NEW.effect <= table.high)).mean()
    assert inside > 0.88
    assert (table.low < table.effect).all()
    assert list(FOUND.at(NEW.frame, level=None).columns) == ["effect"]


def test_real_differences_are_calibrated_and_worth_targeting() -> None:
    found = calibration(FOUND)
    assert abs(found.slope - 1.0) < 4 * found.standard_error
    assert found.p_value < 1e-6
    assert "people differ" in str(found)
    gain = targeting(FOUND)
    # With true effects 1 + x3 + x5 / 2, normal but for a coin, AUTOC is near their deviation, 1.03.
    assert abs(gain.value - 0.93) < 4 * gain.standard_error + 0.1
    assert gain.p_value < 1e-6


def test_no_differences_are_not_invented() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1200, 2))
    a = rng.integers(0, 2, 1200)
    frame = pd.DataFrame(
        {"u": x[:, 0], "v": x[:, 1], "a": a, "y": x[:, 0] + a + rng.normal(size=1200)}
    )
    task = Task.of(frame, Query("y", do="a"), ("u", "v"))
    effect = AIPW(folds=3, repeats=1, propensity=0.5, outcome=Ridge(products=False)).fit(task, 1)
    found = conditional_effects(effect, frame, seed=1)
    assert np.std(found.held_out) < 0.2
    assert abs(targeting(found).z) < 4


def test_targeting_error_is_that_of_repeated_studies() -> None:
    from dataclasses import replace

    values, errors = [], []
    for seed in range(200):
        made, x = materials(seed, rows=400)
        one = np.zeros(400, dtype=int)
        found = targeting(replace(FOUND, held_out=x, materials=made, parts=one))
        values.append(found.value)
        errors.append(found.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)


def test_fewer_covariates_polars_and_words() -> None:
    one = conditional_effects(EFFECT, DATA.frame, on=("x5",), by=(DRLearner(),), seed=1)
    table = one.at(pl.DataFrame({"x5": [0.0, 1.0]}))
    assert isinstance(table, pl.DataFrame)
    low, high = table["effect"].to_list()
    assert abs(high - low - 0.5) < 0.5
    assert "given x5" in str(one)
    assert one.to_dict()["shares"] == {"DRLearner (Ridge)": pytest.approx(1.0)}
    assert "DRLearner (Ridge) 100%" in one.why
    again = conditional_effects(EFFECT, DATA.frame, on=("x5",), by=(DRLearner(),), seed=1)
    assert (again.held_out == one.held_out).all()


def test_what_cannot_be_learnt_is_said() -> None:
    with pytest.raises(EstimationError, match="such as"):
        conditional_effects(EFFECT, DATA.frame, by=())
    with pytest.raises(EstimationError, match="at least one covariate"):
        conditional_effects(EFFECT, DATA.frame, on=())
    with pytest.raises(EstimationError, match="a list of covariates"):
        conditional_effects(EFFECT, DATA.frame, on="x5")
    for name, role in (("a", "treatment"), ("y", "outcome")):
        with pytest.raises(EstimationError, match=f"'{name}' is the {role}"):
            conditional_effects(EFFECT, DATA.frame, on=("x5", name))
    with pytest.raises(DataError, match="x55"):
        conditional_effects(EFFECT, DATA.frame, on=("x55",))
    with pytest.raises(EstimationError, match="by regression"):
        conditional_effects(Regression().fit(TASK, 1), DATA.frame)
    with pytest.raises(EstimationError):
        conditional_effects(EFFECT, DATA.frame.assign(y=0.0))
    with pytest.raises(DataError, match="x3"):
        FOUND.at(NEW.frame.drop(columns="x3"))


def test_a_category_that_was_never_seen_is_refused() -> None:
    frame = DATA.frame.assign(kind=np.where(DATA.frame.x5 == 1, "new", "old"))
    task = Task.of(frame, Query("y", do="a"), (*DATA.adjustment, "kind"))
    effect = AIPW(folds=2, repeats=1, outcome=Ridge(products=False), propensity=0.5).fit(task, 1)
    found = conditional_effects(effect, frame, on=("kind",), by=(DRLearner(),), seed=1)
    with pytest.raises(DataError, match=r"'kind' is 'odd'[\s\S]*new, old"):
        found.at(pd.DataFrame({"kind": ["odd"]}))
