"""Standard errors, intervals and numbers as they are printed."""

import math
from dataclasses import replace

import numpy as np
import pytest

from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation.effect import Effect
from causalsim.estimation.intervals import p_value, standard_error, wald
from causalsim.estimation.recipe import Recipe

RECIPE = Recipe(
    answer=None, estimator="none", seed=1, query=Query("y", do="a"), high=1, low=0,
    covariates=("x",), units="kg", learners="", digest="",
)  # fmt: skip


def effect(value: float, error: float, n: int = 100) -> Effect:
    influence = np.tile([1.0, -1.0], n // 2) * error * math.sqrt(n)
    return Effect(value, influence, "AIPW", "average effect", RECIPE)


def test_the_standard_error_is_that_of_a_mean() -> None:
    x = np.random.default_rng(1).normal(size=50)
    assert standard_error(x - x.mean()) == pytest.approx(x.std() / math.sqrt(50))


def test_doubling_rows_within_clusters_adds_no_information() -> None:
    x = np.random.default_rng(1).normal(size=50)
    x -= x.mean()
    alone = standard_error(x, np.arange(50))
    twice = standard_error(np.repeat(x, 2), np.repeat(np.arange(50), 2))
    assert twice == pytest.approx(alone)
    assert alone == pytest.approx(standard_error(x) * math.sqrt(50 / 49))


@pytest.mark.parametrize(
    ("level", "z"), [(0.95, 1.959964), (0.9, 1.644854), (0.99, 2.575829), (0.5, 0.674490)]
)
def test_normal_quantiles(level: float, z: float) -> None:
    assert wald(1.0, 2.0, level).high == pytest.approx(1 + 2 * z, rel=1e-6)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.5])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(EstimationError, match="level must be a number between 0 and 1"):
        wald(0.0, 1.0, level)


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (1.959964, 1.0, 0.05),
        (-1.959964, 1.0, 0.05),
        (0.0, 1.0, 1.0),
        (0.0, 0.0, 1.0),
        (1.0, 0.0, 0.0),
    ],
)
def test_p_values(value: float, error: float, expected: float) -> None:
    assert p_value(value, error) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (3.4312, 0.49, "3.4 kg (95 % CI 2.5 to 4.4), AIPW, n = 100"),
        (1794.34, 671.0, "1794 kg (95 % CI 479 to 3109), AIPW, n = 100"),
        (0.1315, 0.055, "0.13 kg (95 % CI 0.02 to 0.24), AIPW, n = 100"),
        (-0.04, 1.2, "-0.0 kg (95 % CI -2.4 to 2.3), AIPW, n = 100"),
        (0.0, 0.0, "0 kg (95 % CI 0 to 0), AIPW, n = 100"),
    ],
)
def test_a_number_is_printed_as_precisely_as_it_is_known(
    value: float, error: float, text: str
) -> None:
    assert str(effect(value, error)) == text


def test_a_ratio_has_its_interval_on_the_log_scale() -> None:
    ratio = replace(effect(2.0, 0.5), multiplicative=True)
    inside = ratio.interval()
    assert inside.low * inside.high == pytest.approx(4.0)
    assert math.log(inside.high / 2) == pytest.approx(1.959964 * 0.25, rel=1e-6)
    assert ratio.p_value == pytest.approx(p_value(math.log(2), 0.25))
    assert ratio.null == 1.0
