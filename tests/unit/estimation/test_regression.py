"""Least squares against statsmodels and the bootstrap; weighting against arithmetic."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causalsim import Graph, Query, estimate, identify
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation import IPW, Overlap, Ratio, Regression, Task, Treated, Untreated

DATA = nonlinear_confounding(300, seed=4)
TASK = Task.of(DATA.frame, Query("y", do="a"), ("x1", "x3"))


def test_without_products_it_is_the_treatment_s_coefficient_with_hc0_errors() -> None:
    effect = Regression(interactions=()).fit(TASK, seed=1)
    rows = sm.add_constant(DATA.frame[["a", "x1", "x3"]])
    fitted = sm.OLS(DATA.frame["y"], rows).fit(cov_type="HC0")
    assert effect.value == pytest.approx(fitted.params["a"], rel=1e-10)
    assert effect.standard_error == pytest.approx(fitted.bse["a"], rel=1e-10)


@pytest.mark.parametrize("target", [None, Treated(), Untreated()])
def test_with_all_products_it_is_a_regression_in_each_arm(target: object) -> None:
    effect = (Regression() if target is None else Regression(target=target)).fit(TASK, seed=1)
    frame = DATA.frame
    x = sm.add_constant(frame[["x1", "x3"]])
    arms = [sm.OLS(frame["y"][frame["a"] == a], x[frame["a"] == a]).fit() for a in (0, 1)]
    change = arms[1].predict(x) - arms[0].predict(x)
    chosen = {None: frame["a"] >= 0, Treated(): frame["a"] == 1, Untreated(): frame["a"] == 0}
    assert effect.value == pytest.approx(change[chosen[target]].mean(), rel=1e-10)


def test_its_standard_error_is_that_of_the_bootstrap() -> None:
    effect = Regression(interactions=("x3",), target=Treated()).fit(TASK, seed=1)
    rng = np.random.default_rng(1)
    again = [
        Regression(interactions=("x3",), target=Treated())
        .fit(
            Task.of(DATA.frame.iloc[rng.integers(0, 300, 300)], Query("y", do="a"), ("x1", "x3")),
            seed=1,
        )
        .value
        for _ in range(300)
    ]
    # The bootstrap's own error with 300 draws is 4 %; the two differ by O(1/n) besides.
    assert effect.standard_error == pytest.approx(np.std(again), rel=0.15)


def test_columns_that_repeat_others_are_said_and_do_no_harm() -> None:
    frame = DATA.frame.assign(x9=2 * DATA.frame["x1"])
    plain = Regression().fit(TASK, seed=1)
    doubled = Regression().fit(Task.of(frame, Query("y", do="a"), ("x1", "x3", "x9")), seed=1)
    assert doubled.value == pytest.approx(plain.value, rel=1e-8)
    assert doubled.standard_error == pytest.approx(plain.standard_error, rel=1e-6)
    assert doubled.notes == ("2 columns of the regression repeat others",)


def test_bad_settings_of_a_regression() -> None:
    with pytest.raises(EstimationError, match="for a regression"):
        Regression(target=Overlap())
    with pytest.raises(DataError, match="did you mean 'x1'"):
        Regression(interactions=("x11",)).fit(TASK, seed=1)


def test_normalised_weights_by_hand() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2, 200)
    a = (rng.random(200) < 0.3 + 0.4 * x).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": rng.normal(a + x)})
    task = Task.of(frame, Query("y", do="a"), ("x",))
    effect = IPW(propensity=0.4).fit(task, seed=1)
    # A known constant propensity and normalised weights: the difference in means.
    means = frame.groupby("a")["y"].mean()
    assert effect.value == pytest.approx(means[1] - means[0], rel=1e-12)
    variance = frame.groupby("a")["y"].var(ddof=0) / frame.groupby("a").size()
    assert effect.standard_error == pytest.approx(np.sqrt(variance.sum()), rel=1e-12)
    from sklearn.tree import DecisionTreeClassifier

    cells = IPW(propensity=DecisionTreeClassifier(), target=Overlap()).fit(task, seed=1)
    e = frame.groupby("x")["a"].mean()
    share = frame.groupby("x").size() * e * (1 - e)
    mean = frame.groupby(["x", "a"])["y"].mean().unstack()
    by_hand = (share * (mean[1] - mean[0])).sum() / share.sum()
    assert cells.value == pytest.approx(by_hand, rel=1e-10)
    assert cells.estimand == "average effect in the overlap"


@pytest.mark.parametrize("clustered", [False, True])
def test_it_tells_the_effect_of_each_row_as_its_products_do(clustered: bool) -> None:
    frame = DATA.frame.assign(g=np.arange(300) // 3, kind=np.where(DATA.frame.x3 > 0, "b", "c"))
    graph = Graph("{x1 kind} -> a; {x1 kind a} -> y")
    effect = estimate(
        identify(graph, Query("y", do="a")),
        frame,
        by=Regression(interactions=("kind",)),
        clusters="g" if clustered else None,
    )
    rows = pd.DataFrame({"x1": [0.0, 5.0, 1.0], "kind": ["b", "b", "c"]}, index=[4, 5, 6])
    found = effect.at(rows, level=0.9)
    columns = frame[["a", "x1"]].assign(c=frame.kind == "c", ac=frame.a * (frame.kind == "c"))
    how = {"groups": frame.g, "use_correction": False} if clustered else {}
    model = sm.OLS(frame.y, sm.add_constant(columns.astype(float)))
    fitted = model.fit(cov_type="cluster" if clustered else "HC0", cov_kwds=how or None)
    told = fitted.t_test([[0, 1, 0, 0, 0], [0, 1, 0, 0, 1]])
    few = np.sqrt(100 / 99) if clustered else 1.0
    assert found.index.tolist() == [4, 5, 6]
    assert found.effect.tolist() == pytest.approx(told.effect[[0, 0, 1]], rel=1e-9)
    half = few * told.sd[[0, 0, 1]] * 1.6448536
    assert (found.high - found.effect).tolist() == pytest.approx(half, rel=1e-6)
    assert (found.effect - found.low).tolist() == pytest.approx(half, rel=1e-6)
    assert list(effect.at(rows, level=None).columns) == ["effect"]


def test_ratios_and_single_arms_have_no_difference_for_rows() -> None:
    graph = Graph("x1 -> a; {x1 a} -> y")
    frame = DATA.frame.assign(y=np.exp(DATA.frame.y / 10))
    ratio = estimate(identify(graph, Query("y", do="a")), frame, by=Regression(contrast=Ratio()))
    with pytest.raises(EstimationError, match="contrast"):
        ratio.at(frame)
    mean = estimate(identify(graph, Query("y", do={"a": 1})), frame, by=Regression())
    with pytest.raises(EstimationError, match="Two values"):
        mean.at(frame)
    effect = estimate(identify(graph, Query("y", do="a")), frame, by=Regression())
    with pytest.raises(DataError, match="x1"):
        effect.at(frame[["x3"]])


@pytest.mark.parametrize("products", [None, (), ("x3",)])
def test_units_and_origins_of_covariates_make_no_difference(
    products: tuple[str, ...] | None,
) -> None:
    plain = Regression(interactions=products).fit(TASK, seed=1)
    for scale, origin in ((1e12, 0.0), (1e-12, 0.0), (1.0, 1e6), (1e-9, -1e-3), (1e9, 1e12)):
        frame = DATA.frame.assign(x1=lambda d, s=scale, o=origin: s * d.x1 + o)
        task = Task.of(frame, Query("y", do="a"), ("x1", "x3"))
        found = Regression(interactions=products).fit(task, seed=1)
        assert found.value == pytest.approx(plain.value, rel=1e-7)
        assert found.standard_error == pytest.approx(plain.standard_error, rel=1e-7)
        assert found.notes == plain.notes


def test_more_coefficients_than_rows_can_tell_are_refused() -> None:
    few = DATA.frame.groupby("a").head(3)
    with pytest.raises(EstimationError, match="as many coefficients as rows for the 3 rows"):
        Regression().fit(Task.of(few, Query("y", do="a"), ("x1", "x3")), seed=1)
    one = pd.concat([DATA.frame[DATA.frame.a == 0], DATA.frame[DATA.frame.a == 1].head(1)])
    for products in (None, ()):
        with pytest.raises(EstimationError, match="for the 1 row with a = 1"):
            Regression(interactions=products).fit(Task.of(one, Query("y", do="a"), ("x1",)), seed=1)
    some = DATA.frame.groupby("a").head(6)
    told = Regression().fit(Task.of(some, Query("y", do="a"), ("x1", "x3")), seed=1)
    assert "3 coefficients for 6 rows with a = 0: the interval is too short" in told.notes


def test_people_whom_an_arm_lacks_are_not_made_up() -> None:
    town = np.where(DATA.frame.x1 > 0.8, "far", np.where(DATA.frame.x1 > 0, "near", "here"))
    frame = DATA.frame.assign(town=town)
    frame = frame[~((frame.town == "far") & (frame.a == 1))]
    task = Task.of(frame, Query("y", do="a"), ("town", "x3"))
    with pytest.raises(EstimationError, match="rows with a = 1 do not tell"):
        Regression().fit(task, seed=1)
    # Those who are treated have nobody among them who is missing, and lines need no products.
    assert np.isfinite(Regression(target=Treated()).fit(task, seed=1).value)
    assert np.isfinite(Regression(interactions=("x3",)).fit(task, seed=1).value)
    graph = Graph("{town x3} -> a; {town x3 a} -> y")
    effect = estimate(identify(graph, Query("y", do="a")), frame, by=Regression(target=Treated()))
    with pytest.raises(EstimationError, match="nobody like them"):
        effect.at(frame)
    assert np.isfinite(effect.at(frame[frame.town != "far"]).effect).all()
