"""Attributions: they add up, treat equals equally, meet closed forms, and find planted causes."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from pyro.distributions import Laplace
from scipy import stats

from causalsim import SCM, Graph
from causalsim.errors.base import CausalsimError
from causalsim.scm import frequencies, linear, logistic
from causalsim.scm.explaining import explain_change, explain_outlier
from causalsim.scm.explaining.shapley import shapley
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.terms import weighted
from causalsim.seeds import Seed

DIAMOND = Graph("a -> b -> d <- c <- a")


def diamond(b: float = 2.0, **intercepts: float) -> SCM:
    return SCM(
        DIAMOND,
        {
            "a": linear({}, intercept=intercepts.get("a", 0.0)),
            "b": linear({"a": b}, scale=0.5),
            "c": linear({"a": -1.0}, intercept=intercepts.get("c", 0.0), scale=2.0),
            "d": linear({"b": 1.5, "c": 0.5}, intercept=intercepts.get("d", 0.0)),
        },
    )


def heavy() -> SCM:
    """The diamond with Laplace noise, for which there is no closed form."""
    tail = Laplace(torch.tensor(0.0).double(), torch.tensor(1.0).double())
    return SCM(
        DIAMOND,
        {
            "a": Additive(weighted({}, 0.0), tail),
            "b": Additive(weighted({"a": 1.0}, 0.0), tail),
            "c": Additive(weighted({"a": 1.0}, 0.0), tail),
            "d": Additive(weighted({"b": 1.0, "c": 1.0}, 0.0), tail),
        },
    )


def test_shapley_of_an_additive_game_is_the_game_whether_exact_or_drawn() -> None:
    for players in (3, 14):
        weights = np.arange(1.0, players + 1)
        found = shapley(players, lambda some, w=weights: some @ w, Seed(0))  # type: ignore[misc]
        assert found.exact == (players == 3)
        np.testing.assert_allclose(found.values, weights)
        np.testing.assert_allclose(found.errors, 0.0, atol=1e-12)


def test_drawn_orders_agree_with_every_coalition_within_their_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = np.linspace(-1.0, 2.0, 12)
    drawn = shapley(12, lambda some: (some @ weights) ** 3, Seed(3))
    monkeypatch.setattr("causalsim.scm.explaining.shapley.MOST_EXACT", 12)
    exact = shapley(12, lambda some: (some @ weights) ** 3, Seed(3))
    assert exact.exact
    assert not drawn.exact
    assert (np.abs(drawn.values - exact.values) < 4 * drawn.errors).all()
    assert (drawn.errors > 0.0).all()
    assert drawn.values.sum() == pytest.approx(weights.sum() ** 3)


def test_an_outlier_score_is_the_tail_of_the_target_and_adds_up() -> None:
    row = pd.DataFrame({"a": [0.1], "b": [6.0], "c": [1.0], "d": [10.0]})
    found = explain_outlier(diamond(), row, "d")
    spread = math.sqrt((1.5 * 2 - 0.5) ** 2 + (1.5 * 0.5) ** 2 + (0.5 * 2) ** 2 + 1)
    assert found.exact
    assert found.total == pytest.approx(-math.log(2 * stats.norm.sf(10.0 / spread)))
    assert sum(found.parts.values()) == pytest.approx(found.total)
    assert found.ranked[0] == "b"
    assert found["b"] > 0.9 * found.total


def test_an_outlier_with_one_noise_and_with_two_equal_ones() -> None:
    one = explain_outlier(SCM(Graph("x"), {"x": linear({})}), pd.DataFrame({"x": [-9.0]}), "x")
    assert one["x"] == pytest.approx(-math.log(2) - stats.norm.logsf(9.0))
    two = SCM(
        Graph("x -> z <- y"),
        {"x": linear({}), "y": linear({}), "z": linear({"x": 1.0, "y": 1.0})},
    )
    found = explain_outlier(two, pd.DataFrame({"x": [3.0], "y": [3.0], "z": [6.5]}), "z")
    assert found["x"] == pytest.approx(found["y"])


def test_intercepts_and_means_of_noises_move_the_row_but_not_the_explanation() -> None:
    row = pd.DataFrame({"a": [0.1], "b": [6.0], "c": [1.0], "d": [10.0]})
    moved = row + pd.Series({"a": 1.0, "b": 2.0, "c": -1.0 + 3.0, "d": 1.5 * 2 + 0.5 * 2 + 7.0})
    plain = explain_outlier(diamond(), row, "d")
    shifted = explain_outlier(diamond(a=1.0, c=3.0, d=7.0), moved, "d")
    assert dict(shifted.parts) == pytest.approx(dict(plain.parts))


def test_draws_agree_with_the_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    row = pd.DataFrame({"a": [1.0], "b": [3.5], "c": [-2.0], "d": [4.5]})
    exact = explain_outlier(diamond(), row, "d")
    monkeypatch.setattr("causalsim.scm.explaining.outliers.lines", lambda _: None)
    drawn = explain_outlier(diamond(), row, "d", draws=40_000, seed=2)
    assert not drawn.exact
    for part, value in exact.parts.items():
        assert abs(drawn[part] - value) < 4 * drawn.errors[part]
        assert 0.0 < drawn.errors[part] < 0.1
    assert sum(drawn.parts.values()) == pytest.approx(drawn.total)


def test_a_planted_cause_is_found_in_a_model_without_closed_form() -> None:
    # The noise of c is 7 scales out, the others are usual.
    row = pd.DataFrame({"a": [0.2], "b": [0.5], "c": [7.2], "d": [8.0]})
    found = explain_outlier(heavy(), row, "d", draws=20_000, seed=1)
    assert found.ranked[0] == "c"
    assert found.total is not None
    assert found["c"] > 0.7 * found.total
    assert not found.doubts


def test_a_score_beyond_the_draws_is_said_to_be_doubtful() -> None:
    row = pl.DataFrame({"a": [0.2], "b": [0.5], "c": [40.0], "d": [41.0]})
    found = explain_outlier(heavy(), row, "d", draws=1_000)
    assert found.total == pytest.approx(math.log(2_000))
    assert "take draws=20000" in found.why
    # The score itself may be well known, and a coalition's not.
    usual = pl.DataFrame({"a": [0.0], "b": [0.0], "c": [0.0], "d": [5.0]})
    assert explain_outlier(heavy(), usual, "d", draws=1_000).doubts
    assert "doubtful" in str(found)


def test_levels_leave_their_noise_uncertain_and_still_add_up() -> None:
    model = SCM(
        Graph("t -> y"), {"t": frequencies({0: 0.99, 1: 0.01}), "y": linear({"t": 6.0}, scale=1.0)}
    )
    found = explain_outlier(model, pd.DataFrame({"t": [1], "y": [6.5]}), "y", draws=20_000)
    assert found.ranked[0] == "t"
    # |y - 0.06| >= 6.44 happens only with t = 1, and then to almost a third of them.
    tail = 0.01 * stats.norm.sf(0.5)
    assert found.total == pytest.approx(-math.log(tail), abs=4 / math.sqrt(20_000 * tail))
    assert sum(found.parts.values()) == pytest.approx(found.total)
    assert "uncertain" in found.why
    binary = SCM(Graph("x -> y"), {"x": linear({}), "y": logistic({"x": 1.0}, intercept=-4.0)})
    rare = explain_outlier(binary, pd.DataFrame({"x": [4.0], "y": [1]}), "y")
    assert rare.ranked[0] == "x"
    assert rare.errors["x"] > 0.0


def test_a_change_of_a_mean_meets_the_closed_form() -> None:
    before, after = diamond(), diamond(b=3.0, a=1.0, c=2.0)
    # E d = 1.5 b E a + 0.5 (c - E a): the change of a and that of b share 1.5 (3 - 2) 1.
    expected = {"a": 1.5 * 2 - 0.5 + 0.75, "b": 0.75, "c": 1.0, "d": 0.0}
    exact = explain_change(before, after, "d")
    assert exact.exact
    assert "closed form" in exact.why
    assert dict(exact.parts) == pytest.approx(expected, abs=1e-12)
    drawn = explain_change(before, after, "d", measure=lambda y: y.mean(axis=-1), seed=1)
    assert not drawn.exact
    for part, value in expected.items():
        assert abs(drawn[part] - value) <= 4 * drawn.errors[part] + 1e-9
    for found in (exact, drawn):
        assert found["d"] == 0.0
        assert found.total == pytest.approx(1.5 * 3 + 0.5 * (2 - 1), abs=0.1)
        assert sum(found.parts.values()) == pytest.approx(found.total)


def test_any_measure_of_a_change_and_frames_of_two_times() -> None:
    graph = Graph("x -> y")
    old = SCM(graph, {"x": linear({}), "y": linear({"x": 1.0})})
    new = SCM(graph, {"x": linear({}, scale=3.0), "y": linear({"x": 1.0})})
    fitted = [SCM.fit(graph, model.sample(4_000, seed=1)) for model in (old, new)]

    def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(values.std(axis=-1))

    found = explain_change(fitted[0], fitted[1], "y", measure=spread)
    assert found["x"] == pytest.approx(math.sqrt(10) - math.sqrt(2), abs=0.1)
    assert abs(found["y"]) < 0.05
    assert str(found).startswith("change of the spread of y = 1.")


def test_a_chain_of_fourteen_is_explained_by_drawn_orders() -> None:
    names = [f"v{i}" for i in range(14)]
    graph = Graph(" -> ".join(names))
    steps = {b: {a: 1.0} for a, b in itertools.pairwise(names)}
    old = SCM(graph, {name: linear(steps.get(name, {})) for name in names})
    new = SCM(graph, {name: linear(steps.get(name, {}), intercept=1.0) for name in names})
    found = explain_change(old, new, "v13", measure=lambda y: y.mean(axis=-1), draws=500)
    assert "drawn coalitions" in found.why
    assert list(explain_change(old, new, "v13").parts.values()) == pytest.approx([1.0] * 14)
    assert list(found.parts.values()) == pytest.approx([1.0] * 14)
    row = pd.DataFrame({name: [5.0 if i >= 4 else 0.0] for i, name in enumerate(names)})
    outlier = explain_outlier(old, row, "v13")
    assert outlier.ranked[0] == "v4"
    assert sum(outlier.parts.values()) == pytest.approx(outlier.total)


def test_attributions_tell_themselves() -> None:
    found = explain_change(diamond(), diamond(c=2.0), "d")
    assert list(found.to_frame().columns) == ["part", "contribution", "error", "share"]
    assert found.to_dict()["parts"] == dict(found.parts)
    assert "add up to" in found.why
    assert "<table>" in found._repr_html_()
    assert repr(found) == str(found)


def test_the_same_seed_gives_the_same_numbers() -> None:
    row = pd.DataFrame({"a": [0.2], "b": [0.5], "c": [4.0], "d": [5.0]})
    first, second, other = (explain_outlier(heavy(), row, "d", seed=s) for s in (1, 1, 2))
    assert dict(first.parts) == dict(second.parts)
    assert dict(first.parts) != dict(other.parts)


ROW = pd.DataFrame({"a": [0.1], "b": [6.0], "c": [1.0], "d": [10.0]})
NAMED = SCM(Graph("x"), {"x": frequencies({"no": 0.5, "yes": 0.5})})


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: explain_outlier(diamond(), pd.concat([ROW, ROW]), "d"), "one row; found 2"),
        (lambda: explain_outlier(diamond(), ROW, "dd"), "no variable 'dd'"),
        (lambda: explain_outlier(diamond(), ROW.drop(columns="a"), "d"), "'a'"),
        (lambda: explain_outlier(diamond(), ROW.assign(b=np.nan), "d"), "missing"),
        (lambda: explain_outlier(diamond(), ROW, "d", draws=0), "draws"),
        (lambda: explain_outlier("model", ROW, "d"), "found str"),  # type: ignore[arg-type]
        (lambda: explain_outlier(NAMED, pd.DataFrame({"x": ["no"]}), "x"), "are names"),
        (lambda: explain_change(diamond(), NAMED, "d"), "no variable 'd'"),
        (
            lambda: explain_change(diamond(), SCM(Graph("d"), {"d": linear({})}), "d"),
            "different variables",
        ),
        (
            lambda: explain_change(
                SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 1.0})}),
                SCM(Graph("y -> x"), {"y": linear({}), "x": linear({"y": 1.0})}),
                "y",
            ),
            "no causal order in common",
        ),
        (
            lambda: explain_change(
                SCM(Graph("x"), {"x": frequencies({0: 0.5, 1: 0.5})}),
                SCM(Graph("x"), {"x": frequencies({0: 0.5, 2: 0.5})}),
                "x",
            ),
            "other values before",
        ),
        (
            lambda: explain_change(diamond(), diamond(), "d", measure=lambda y: y.mean()),
            "one finite number",
        ),
    ],
)
def test_bad_questions_are_told(ask: Callable[[], Any], words: str) -> None:
    with pytest.raises(CausalsimError, match=words) as told:
        ask()
    assert told.value.hint
