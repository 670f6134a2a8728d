"""A graph against data: right ones pass, wrong ones fail, and the wrong arrow is named."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import expit
from scipy.stats import binomtest, kstest
from sklearn.ensemble import HistGradientBoostingRegressor

from causalsim.checks.confronting import (
    GeneralisedCovariance,
    StratifiedPermutation,
    check_graph,
    falsify,
)
from causalsim.checks.confronting.measured import Measured
from causalsim.errors.confronting import ConfrontingError
from causalsim.errors.data import DataError
from causalsim.graph.claims.independencies import Independence
from causalsim.graph.graph import Graph
from causalsim.seeds import Seed

TRUTH = Graph("age -> smoker -> tar -> cough; age -> region; region -> smoker")


def mixed(rows: int, seed: int) -> pd.DataFrame:
    """Numbers, truth values, a count and strings, by the graph above; nothing is linear."""
    rng = np.random.default_rng(seed)
    age = rng.normal(50, 12, rows)
    region = rng.choice(["north", "south", "west"], rows, p=[0.4, 0.3, 0.3])
    region = np.where((age > 55) & (rng.random(rows) < 0.5), "south", region)
    chance = expit(-0.5 + 0.9 * np.sin(age / 8) + 0.8 * (region == "south"))
    smoker = (rng.random(rows) < chance).astype(int)
    tar = rng.poisson(1 + 2 * smoker)
    cough = np.tanh(tar / 2) + rng.normal(0, 0.5, rows)
    return pd.DataFrame(
        {"age": age, "region": region, "smoker": smoker, "tar": tar, "cough": cough}
    )


def p_value(test: object, frame: pd.DataFrame, claim: Independence, seed: int) -> float:
    graph = Graph(list(zip(frame.columns, frame.columns[1:], strict=False)))
    return test.on(Measured.of(graph, frame), Seed(seed))(claim).p_value  # type: ignore[attr-defined]


def test_p_values_of_true_claims_are_uniform_for_mixed_types() -> None:
    claim = Independence(("age",), ("cough",), ("tar",))
    found = [p_value(GeneralisedCovariance(), mixed(400, seed), claim, seed) for seed in range(200)]
    assert kstest(found, "uniform").pvalue > 0.01


def test_the_size_holds_for_columns_with_several_categories() -> None:
    claim = Independence(("region",), ("tar",), ("smoker", "age"))
    test = GeneralisedCovariance(draws=1000)
    rejected = sum(p_value(test, mixed(400, seed), claim, seed) < 0.05 for seed in range(200))
    assert binomtest(rejected, 200, 0.05, alternative="greater").pvalue > 0.005


def test_false_claims_are_found() -> None:
    for claim in (
        Independence(("age",), ("smoker",), ("region",)),
        Independence(("region",), ("age",)),
        Independence(("smoker",), ("cough",), ("age",)),
    ):
        assert p_value(GeneralisedCovariance(), mixed(1500, 1), claim, 1) < 1e-3


def test_a_learner_may_take_the_place_of_splines() -> None:
    test = GeneralisedCovariance(HistGradientBoostingRegressor(max_iter=40))
    frame = mixed(800, 3)
    assert p_value(test, frame, Independence(("age",), ("cough",), ("tar",)), 3) > 0.01
    assert p_value(test, frame, Independence(("smoker",), ("cough",), ("age",)), 3) < 1e-3


def test_permutation_is_exact_in_small_samples() -> None:
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        z = rng.integers(0, 3, 36)
        frame = pd.DataFrame({"x": rng.poisson(1 + z), "z": z, "y": rng.poisson(3 - z)})
        found.append(
            p_value(StratifiedPermutation(199), frame, Independence(("x",), ("y",), ("z",)), seed)
        )
    rejected = sum(one <= 0.05 for one in found)
    assert binomtest(rejected, 300, 0.05).pvalue > 0.005


def test_permutation_finds_dependence_between_categories() -> None:
    frame = mixed(600, 1)
    found = p_value(StratifiedPermutation(), frame, Independence(("region",), ("smoker",)), 1)
    assert found == pytest.approx(1 / 500)


def test_permutation_refuses_continuous_strata() -> None:
    with pytest.raises(ConfrontingError, match="GeneralisedCovariance"):
        check_graph(TRUTH, mixed(200, 1), by=StratifiedPermutation())


def test_the_right_graph_passes_and_says_how_little_that_proves() -> None:
    found = check_graph(TRUTH, mixed(1500, 2))
    assert found.passed
    assert not found.doubts
    assert not found.idle
    assert "does not prove" in found.why
    assert [one.adjusted for one in found.claims] == sorted(one.adjusted for one in found.claims)


def test_a_missing_arrow_is_named() -> None:
    found = check_graph(Graph("region -> smoker -> tar -> cough; age -> smoker"), mixed(1500, 2))
    assert not found.passed
    assert found.doubts[0].pair in (("age", "region"), ("region", "age"))
    assert len(found.doubts[0].explains) == len(found.contradicted)


def test_an_idle_arrow_is_named() -> None:
    found = check_graph(Graph([*TRUTH.directed, ("age", "cough")]), mixed(1500, 2))
    assert [set(one.claim.x + one.claim.y) for one in found.idle] == [{"age", "cough"}]


def test_unmeasured_nodes_count_as_hidden() -> None:
    frame = mixed(1500, 2).drop(columns="tar")
    found = check_graph(TRUTH, frame)
    assert found.passed
    assert all("tar" not in str(one.claim) for one in found.claims)


def test_polars_and_missing_cells() -> None:
    frame = mixed(1000, 2)
    frame.loc[:99, "age"] = np.nan
    found = check_graph(TRUTH, pl.DataFrame(frame.to_dict("list")))
    assert found.dropped == 100
    assert found.rows == 900
    assert "100 rows" in found.why


def test_the_right_graph_beats_its_shuffles_and_a_wrong_one_does_not() -> None:
    frame = mixed(1000, 4)
    assert falsify(TRUTH, frame).passed
    wrong = falsify(Graph("cough -> smoker -> age -> region; cough -> tar; tar -> smoker"), frame)
    assert not wrong.passed
    assert "hardly better" in str(wrong)


def test_shuffles_that_claim_the_same_make_it_uninformative() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])
    found = falsify(Graph(nodes=["a", "b", "c"]), frame)
    assert found.equivalent == len(found.shuffled) == 5
    assert not found.informative
    assert "says little" in str(found)


@pytest.mark.parametrize(
    ("graph", "frame", "message"),
    [
        (Graph("a -> b"), pd.DataFrame({"x": [1.0] * 50, "y": [2.0] * 50}), "rename the columns"),
        (Graph("a -> b -> c"), pd.DataFrame({n: np.arange(9.0) for n in "abc"}), "at least 30"),
        (
            Graph("a -> b -> c"),
            pd.DataFrame({"a": np.arange(50.0), "b": 1.0, "c": np.arange(50.0)}),
            "one value only",
        ),
        (
            Graph("a -> b; b -> c; a -> c"),
            pd.DataFrame({n: np.arange(50.0) for n in "abc"}),
            "claims no independence",
        ),
    ],
)
def test_bad_input_is_told(graph: Graph, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(ConfrontingError, match=message):
        check_graph(graph, frame)


def test_infinite_cells_are_told() -> None:
    frame = mixed(100, 1)
    frame.loc[3, "age"] = np.inf
    with pytest.raises(DataError, match="age"):
        check_graph(TRUTH, frame)


@pytest.mark.parametrize("wrong", [None, "gcm", GeneralisedCovariance])
def test_not_a_test(wrong: object) -> None:
    with pytest.raises(ConfrontingError, match="by=GeneralisedCovariance"):
        check_graph(TRUTH, mixed(100, 1), by=wrong)  # type: ignore[arg-type]


def test_equal_seeds_give_equal_verdicts_and_the_frame_is_untouched() -> None:
    frame = mixed(300, 5)
    before = frame.copy()
    assert check_graph(TRUTH, frame, seed=1) == check_graph(TRUTH, frame, seed=1)
    pd.testing.assert_frame_equal(frame, before)
