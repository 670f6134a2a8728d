"""What can be estimated though something is odd about it: the number stands, with a note."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.errors.base import CausalsimError
from causalsim.estimation.crossfitting.learners import Ridge
from causalsim.estimation.curves import DoseResponse, estimate_curve
from tests.oracles.every_way import ARMS, BY_DOSE, EVERY, UNWEIGHTED, Change, Way, people

FRAME = people()
ROW = np.arange(len(FRAME))
ALL = pytest.mark.parametrize("way", EVERY.values(), ids=EVERY)
WEIGHTED = pytest.mark.parametrize("name", [name for name in EVERY if name not in UNWEIGHTED])


def finite(effect: Any) -> bool:
    """Nothing about an effect is missing or infinite, and it can be told."""
    told = f"{effect}{effect.why}{effect.summary()}{effect._repr_html_()}{effect.to_dict()}"
    numbers = [effect.value, effect.standard_error, effect.p_value, *effect.influence]
    return bool(np.isfinite(numbers).all()) and "nan" not in told.lower().replace("nancy", "")


@WEIGHTED
def test_fewer_than_ten_clusters_are_told(name: str) -> None:
    effect = EVERY[name](FRAME.assign(c=ROW % 8), clusters="c")
    assert "only 8 clusters" in str(effect)
    assert "clusters" not in str(EVERY[name](FRAME, clusters="c").notes)


@WEIGHTED
def test_one_row_a_cluster_is_no_cluster(name: str) -> None:
    if EVERY[name].drawn:  # folds are dealt otherwise
        return
    alone = EVERY[name](FRAME.assign(c=ROW), clusters="c")
    plain = EVERY[name](FRAME)
    assert alone.value == pytest.approx(plain.value, rel=1e-12)
    ratio = (len(FRAME) / (len(FRAME) - 1)) ** 0.5
    assert alone.standard_error == pytest.approx(plain.standard_error * ratio, rel=1e-9)


@WEIGHTED
def test_weights_that_leave_few_rows_are_told(name: str) -> None:
    frame = FRAME.assign(w=np.where(ROW % 12 == 0, 100.0, 1.0))
    effect = EVERY[name](frame, weights="w")
    assert "240 rows say as much as 2" in str(effect)
    assert "say as much" not in str(EVERY[name](FRAME, weights="w"))


ODD: dict[str, Change] = {
    "constant category": lambda f: f.assign(g="here"),
    "constant number": lambda f: f.assign(x=3.0),
    "a number twice": lambda f: f.assign(g=2 * f.x),
    "a category of two rows": lambda f: f.assign(g=np.where(ROW < 2, "rare", f.g)),
    "categories of no rows": lambda f: f.assign(g=pd.Categorical(f.g, ["a", *sorted(set(f.g))])),
    "cells of any kind": lambda f: f.assign(g=[(1, 2) if n % 3 else "one" for n in ROW]),
    "mixed": lambda f: f.assign(g=["one" if n % 3 else 1.5 for n in ROW]),
    "truth values": lambda f: f.assign(g=f.x > 0),
    "intervals": lambda f: f.assign(g=pd.cut(f.x, [-np.inf, -0.5, 0.5, np.inf])),
    "an outlier": lambda f: f.assign(y=f.y.where(ROW != 5, 1e9)),
    "0 and 1": lambda f: f.assign(y=(f.y > 0.5).astype(int)),
    "yes or no": lambda f: f.assign(y=f.y > 0.5),
}


LACKING = {
    ("regression", "a category of two rows"): "do not tell what some of the people",
    ("entropy balancing", "a category of two rows"): "at or beyond the edge",
    ("CBPS", "a category of two rows"): "at or beyond the edge",
}


@pytest.mark.parametrize("name", [name for name in ARMS if name != "quantile"])
@pytest.mark.parametrize("odd", ODD)
def test_odd_columns_give_finite_numbers_or_are_refused(name: str, odd: str) -> None:
    frame = ODD[odd](FRAME)
    if (name, odd) in LACKING:
        with pytest.raises(CausalsimError, match=LACKING[name, odd]):
            EVERY[name](frame)
        return
    assert finite(EVERY[name](frame))


@pytest.mark.parametrize("way", ARMS.values(), ids=ARMS)
def test_missing_covariates_are_told_and_need_no_dropping(way: Way) -> None:
    holes = FRAME.assign(x=FRAME.x.where(ROW % 7 != 3), g=FRAME.g.where(ROW % 5 != 2, None))
    effect = way(holes)
    assert finite(effect)
    assert "missing in x (34 of 240), g (48 of 240)" in str(effect)
    nullable = way(holes.astype({"x": "Float64", "g": "string"}))
    assert nullable.value == effect.value


INTEGERS = np.array([0.0, 5, -3, 4, -6, 2, 7, -4, 1, 3])


@pytest.mark.parametrize("name", ["AIPW", "regression", "matching", "PLR", "2SLS", "quantile"])
def test_integers_that_behave_like_names_are_told(name: str) -> None:
    rng = np.random.default_rng(1)
    code = rng.integers(0, 10, 600)
    frame = people(600).assign(x=code, y=lambda d: d.y + INTEGERS[code])
    assert "'x' holds integers at which the outcome goes up and down" in str(EVERY[name](frame))


def test_a_constant_says_as_much_as_no_covariate() -> None:
    for name in ("regression", "matching", "CBPS"):
        still = EVERY[name](FRAME.assign(x=7.0))
        other = EVERY[name](FRAME.assign(x=-1e9))
        assert still.value == pytest.approx(other.value, rel=1e-9)
        assert still.standard_error == pytest.approx(other.standard_error, rel=1e-9)


def test_which_arm_is_low_is_told_where_only_names_decide() -> None:
    named = np.where(FRAME.a == 1, "high", "low")
    plain = EVERY["regression"](FRAME).value
    effect = EVERY["regression"](FRAME.assign(a=named))
    assert effect.value == pytest.approx(-plain)
    assert "a = low is compared with a = high, by the alphabet" in str(effect)
    for levels in (named, pd.Categorical(named)):
        turned = EVERY["regression"](FRAME.assign(a=levels), arms=("low", "high"))
        assert turned.value == pytest.approx(plain)
        assert turned.notes == ()
    ranked = FRAME.assign(a=pd.Categorical(named, ["low", "high"], ordered=True))
    kept = pl.DataFrame({name: FRAME[name].to_list() for name in FRAME}).with_columns(
        a=pl.Series(named, dtype=pl.Enum(["low", "high"]))
    )
    for frame in (ranked, kept, FRAME.assign(a=np.where(FRAME.a == 1, "Yes", "No"))):
        found = EVERY["regression"](frame)
        assert found.value == pytest.approx(plain)
        assert found.notes == ()


def test_integers_of_128_bits_and_bandwidths_beyond_the_doses_are_read() -> None:
    frame = pl.DataFrame({name: FRAME[name].to_list() for name in FRAME})
    wide = frame.with_columns(pl.col("a").cast(pl.Int128))
    assert EVERY["regression"](wide).value == EVERY["regression"](frame).value
    by = DoseResponse((0.0, 1.0), 2, 1, Ridge(), Ridge(), bandwidth=1e9)
    line = estimate_curve(BY_DOSE, FRAME, by=by, seed=1)
    other = estimate_curve(BY_DOSE, FRAME, by=replace(by, bandwidth=1e4), seed=1)
    assert line[1.0].value == pytest.approx(other[1.0].value, rel=1e-6)


def test_a_slope_has_no_arms() -> None:
    for name in ("PLR", "2SLS", "PLIV", "covariances"):
        with pytest.raises(CausalsimError, match="a slope has no arms"):
            EVERY[name](FRAME, arms=(0, 2))
