"""One test that several effects are the same."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from causalsim.datasets.generators import uneven_effects
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect, Task
from causalsim.estimation.comparison import Comparison
from causalsim.estimation.crossfitting.learners import Logistic, Ridge
from causalsim.estimation.recipe import Recipe
from causalsim.estimation.subgroups import by_group

DATA = uneven_effects(400, seed=2)
FRAME = DATA.frame.assign(g=np.arange(400) // 4)
TASK = Task.of(FRAME, Query("y", do="a"), DATA.adjustment)
BY = AIPW(folds=2, repeats=1, outcome=Ridge(), propensity=Logistic())
EFFECT = BY.fit(TASK, 1)


def test_of_two_it_is_the_square_of_the_z_value_of_their_difference() -> None:
    no, yes = by_group(EFFECT, FRAME, "x5")
    found = Comparison((no, yes)).same()
    assert found.statistic == pytest.approx((yes - no).z ** 2)
    assert found.freedom == 1
    assert found.p_value == pytest.approx((yes - no).p_value)
    clusters = np.arange(400) // 4
    grouped = Comparison(tuple(replace(one, clusters=clusters) for one in (no, yes)))
    assert grouped.same().statistic == pytest.approx((grouped[1] - grouped[0]).z ** 2)
    assert grouped.same().statistic != pytest.approx(found.statistic)


def test_of_groups_it_is_the_sum_of_squares_between_them() -> None:
    """Groups of rows are independent, so that Cochran's Q is the same number."""
    quarters = by_group(EFFECT, FRAME, "x1")
    values = np.array([one.value for one in quarters])
    precision = 1.0 / np.array([one.standard_error for one in quarters]) ** 2
    middle = np.average(values, weights=precision)
    found = quarters.same()
    assert found.statistic == pytest.approx(precision @ (values - middle) ** 2)
    assert found.freedom == 3
    assert found.p_value == pytest.approx(chi2.sf(found.statistic, 3))
    backwards = Comparison(tuple(reversed(quarters.effects))).same()
    assert backwards.statistic == pytest.approx(found.statistic)
    assert "differ" in str(found)


def made(values: Any, influence: Any, **more: Any) -> Comparison:
    """Effects with these values and influence values."""
    recipe = replace(Recipe.of(TASK, BY, 1, ""), estimator=None)
    effects = (
        Effect(value, psi, "made", f"effect {place}", recipe, **more)
        for place, (value, psi) in enumerate(zip(values, influence, strict=True))
    )
    return Comparison(tuple(effects))


def test_where_nothing_differs_the_p_value_is_uniform() -> None:
    rng = np.random.default_rng(1)
    root = np.linalg.cholesky(0.5 * np.eye(3) + 0.5)
    found = []
    for _ in range(400):
        rows = rng.normal(size=(300, 3)) @ root.T
        found.append(made(rows.mean(axis=0), (rows - rows.mean(axis=0)).T).same().p_value)
    assert kstest(found, "uniform").pvalue > 0.01


def test_ratios_are_compared_on_the_log_scale_and_a_repeated_effect_adds_nothing() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(200, 2))
    psi = (rows - rows.mean(axis=0)).T
    plain = made([0.1, 0.3], psi).same()
    values = np.exp([0.1, 0.3])
    ratios = made(values, psi * values[:, None], multiplicative=True).same()
    assert ratios.statistic == pytest.approx(plain.statistic)
    thrice = made([0.1, 0.3, 0.3], [*psi, psi[1]]).same()
    assert thrice.statistic == pytest.approx(plain.statistic)
    equal = made([0.1, 0.1], [psi[0], psi[0]]).same()
    assert (equal.statistic, equal.p_value) == (0.0, 1.0)
    assert made([0.1, 0.9], [psi[0], psi[0]]).same().p_value == 0.0


def test_what_cannot_be_compared() -> None:
    psi = np.array([1.0, -1.0])
    with pytest.raises(EstimationError, match="two or more; found 1"):
        made([1.0], [psi]).same()
    with pytest.raises(EstimationError, match="different rows"):
        made([1.0, 2.0], [psi, np.array([1.0, 0.0, -1.0])]).same()
    one, ratio = made([1.0], [psi])[0], made([1.0], [psi], multiplicative=True)[0]
    with pytest.raises(EstimationError, match="A ratio and a difference"):
        Comparison((one, ratio)).same()


def test_it_explains_itself() -> None:
    found = by_group(EFFECT, FRAME, "x1").same()
    assert set(found.to_dict()) == {"statistic", "degrees_of_freedom", "p_value"}
    assert "3 df" in found._repr_html_()
    assert "covariance between them" in found.why
