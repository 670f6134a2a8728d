"""Bounds that were published, closed forms against programs, and data that hold no bound."""

from typing import Any

import numpy as np
import pytest

from causalsim.errors.base import CausalsimError
from causalsim.errors.identification import BoundsError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.attribution import attribution_bounds
from causalsim.identification.bounding.bounds import bound, bound_counterfactual, bound_effect
from causalsim.identification.bounding.partial_assumptions import (
    MeanIndependence,
    MonotoneInstrument,
    MonotoneResponse,
    MonotoneSelection,
    bound_mean,
    bound_mean_effect,
)
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.bounding.symbolic_bounds import (
    confounded_bounds,
    confounded_effect_bounds,
    instrument_effect_bounds,
)
from causalsim.identification.verification import DiscreteModel
from tests.oracles.fuse import no_hang

INSTRUMENT = Graph("z -> x -> y; x <-> y")
BOW = Graph("x -> y; x <-> y")
ONE, ZERO = {"x": 1}, {"x": 0}


def lipid() -> Table:
    """Balke and Pearl (1997), section 4: P(y, x | z) of the cholestyramine trial; axes z, x, y."""
    values = np.zeros((2, 2, 2))
    values[0] = [[0.919, 0.081], [0.0, 0.0]]
    values[1] = [[0.315, 0.073], [0.139, 0.473]]
    return Table.of(["z", "x", "y"], values / 2)


def test_lipid_trial() -> None:
    found = bound_effect(INSTRUMENT, "y", ONE, ZERO, lipid())
    assert found.sharp
    assert (round(found.lower, 3), round(found.upper, 3)) == (0.392, 0.780)


def test_lipid_trial_in_symbols() -> None:
    found = instrument_effect_bounds("y", "x", "z").evaluate(lipid())
    assert (round(found.lower, 3), round(found.upper, 3)) == (0.392, 0.780)


def test_tian_and_pearl_drug() -> None:
    """Tian and Pearl (2000), section 5: PN is 1 although the drug seems harmless."""
    table = Table.of(["x", "y"], np.array([[0.486, 0.014], [0.499, 0.001]]))
    found = attribution_bounds(table, "y", "x", with_treatment=0.016, without_treatment=0.014)
    assert found.necessity.identified
    assert found.necessity.lower == pytest.approx(1.0)
    assert (round(found.sufficiency.lower, 3), round(found.sufficiency.upper, 3)) == (0.002, 0.031)
    assert (round(found.both.lower, 3), round(found.both.upper, 3)) == (0.002, 0.016)


@pytest.mark.parametrize("seed", range(20))
def test_instrument_in_symbols_equals_the_program(seed: int) -> None:
    table = DiscreteModel.draw(INSTRUMENT, seed, hidden_levels=2 + seed % 6).joint()
    by_program = bound_effect(INSTRUMENT, "y", ONE, ZERO, table)
    by_symbols = instrument_effect_bounds("y", "x", "z").evaluate(table)
    assert by_program.lower == pytest.approx(by_symbols.lower, abs=1e-9)
    assert by_program.upper == pytest.approx(by_symbols.upper, abs=1e-9)


def test_confounded_in_symbols_equals_program_and_manski() -> None:
    table = DiscreteModel.draw(BOW, 3).joint()
    for found in (
        bound(BOW, Query({"y": 1}, do=ONE), table),
        bound_mean(table, "y", "x", 1, (0, 1)),
    ):
        symbols = confounded_bounds("y", "x").evaluate(table)
        assert (found.lower, found.upper) == pytest.approx((symbols.lower, symbols.upper))
    symbols = confounded_effect_bounds("y", "x").evaluate(table)
    for found in (
        bound_effect(BOW, "y", ONE, ZERO, table),
        bound_mean_effect(table, "y", "x", (1, 0), (0, 1)),
    ):
        assert (found.lower, found.upper) == pytest.approx((symbols.lower, symbols.upper))
    assert found.width == pytest.approx(1.0)  # Manski (1990): the width is always one


def test_monotone_response_equals_the_program() -> None:
    table = DiscreteModel.draw(BOW, 5).joint()
    one = bound_effect(BOW, "y", ONE, ZERO, table, assumptions=[Monotone("x", "y")])
    other = bound_mean_effect(table, "y", "x", (1, 0), (0, 1), [MonotoneResponse()])
    assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper))
    assert one.assumptions == ("more x never lowers y",)


def test_mean_independence_is_wider_than_the_program() -> None:
    """Manski's instrument bounds are wider than Balke and Pearl's: the lipid trial shows it."""
    table = lipid()
    manski = bound_mean_effect(table, "y", "x", (1, 0), (0, 1), [MeanIndependence("z")])
    sharp = bound_effect(INSTRUMENT, "y", ONE, ZERO, table)
    assert manski.lower <= sharp.lower + 1e-12
    assert manski.upper >= sharp.upper - 1e-12


ATTRIBUTION: dict[str, tuple[str, Any, Any]] = {
    "PN": ("necessity", [Query({"y": 0}, do=ZERO)], {"x": 1, "y": 1}),
    "PS": ("sufficiency", [Query({"y": 1}, do=ONE)], {"x": 0, "y": 0}),
    "PNS": ("both", [Query({"y": 1}, do=ONE), Query({"y": 0}, do=ZERO)], None),
}


@pytest.mark.parametrize("kind", ATTRIBUTION)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("case", ["observed", "experiment", "exogenous", "monotone"])
def test_attribution_equals_the_program(kind: str, seed: int, case: str) -> None:
    field, events, given = ATTRIBUTION[kind]
    graph = Graph("x -> y") if case == "exogenous" else BOW
    model = DiscreteModel.draw(graph, seed)
    table = model.joint()
    effect = model.answer(Query("y", do="x")).at(["x", "y"])[:, 1]
    known, options, assumptions = {}, {}, []
    if case == "monotone":
        # Truth within what monotonicity allows: P(y | do(x')) <= P(y) <= P(y | do(x)).
        observed = table.values.sum(axis=0)[1]
        effect = np.array([(observed + table.values[0, 1]) / 2, (observed + 1) / 2])
        effect[1] = min(effect[1], 1 - table.values[1, 0])
        assumptions = [Monotone("x", "y")]
        options["monotone"] = True
    if case in ("experiment", "monotone"):
        options |= {"with_treatment": effect[1], "without_treatment": effect[0]}
        known = {Query({"y": 1}, do=ONE): effect[1], Query({"y": 1}, do=ZERO): effect[0]}
    if case == "exogenous":
        options["exogenous"] = True
    closed = getattr(attribution_bounds(table, "y", "x", **options), field)
    program = bound_counterfactual(
        graph, events, table, given=given, known=known, assumptions=assumptions
    )
    assert program.lower == pytest.approx(closed.lower, abs=1e-8)
    assert program.upper == pytest.approx(closed.upper, abs=1e-8)


def test_manski_and_pepper_both_monotone() -> None:
    """Manski and Pepper (2000), equation 16, by hand for three treatments."""
    t = np.array([0, 0, 1, 1, 2, 2, 2, 2])
    y = np.array([1, 3, 2, 4, 5, 3, 4, 4])
    found = bound_mean(
        {"t": t, "y": y}, "y", "t", 1, (0, 10), [MonotoneResponse(), MonotoneSelection()]
    )
    assert found.lower == pytest.approx((2 * 2 + 3 * 6) / 8)
    assert found.upper == pytest.approx((3 * 4 + 4 * 4) / 8)


def test_monotone_instrument_lies_between_none_and_independence() -> None:
    table = lipid()
    none = bound_mean(table, "y", "x", 1, (0, 1))
    some = bound_mean(table, "y", "x", 1, (0, 1), [MonotoneInstrument("z")])
    most = bound_mean(table, "y", "x", 1, (0, 1), [MeanIndependence("z")])
    assert none.lower <= some.lower <= most.lower
    assert most.upper <= some.upper <= none.upper
    assert most.width < none.width


def test_four_by_three_by_three_instrument_takes_less_than_a_second() -> None:
    model = DiscreteModel.draw(INSTRUMENT, 3, levels=3)
    z = np.random.default_rng(1).dirichlet(np.ones(3), size=4)
    joint = np.einsum("az,zxy->axy", z / 4, model.joint().values * 3)
    joint /= joint.sum()
    with no_hang():
        found = bound_effect(INSTRUMENT, "y", ONE, ZERO, Table.of(["z", "x", "y"], joint))
    assert found.sharp
    assert 0 < found.width < 4


def test_covariates_are_solved_stratum_by_stratum() -> None:
    graph = Graph("c -> x; c -> y; x -> y; x <-> y; z -> x; c -> z")
    table = DiscreteModel.draw(graph, 2, levels=3).joint()
    found = bound(graph, Query({"y": 1}, do=ONE), table)
    assert found.sharp
    assert len(found.extremes[0].members) == 3


def test_experiment_narrows() -> None:
    model = DiscreteModel.draw(INSTRUMENT, 8)
    table = model.joint()
    truth = float(model.answer(Query("y", do="x")).at(["x", "y"])[0, 1])
    wide = bound_effect(INSTRUMENT, "y", ONE, ZERO, table)
    narrow = bound_effect(
        INSTRUMENT, "y", ONE, ZERO, table, known={Query({"y": 1}, do=ZERO): truth}
    )
    assert narrow.width < wide.width
    assert float(model.answer(Query("y", do="x")).at(["x", "y"])[1, 1]) - truth in narrow


def test_too_large_a_graph_gives_a_wider_bound_and_says_so() -> None:
    graph = Graph("z -> x; x -> y; z -> w -> y; x <-> y; w <-> y; v -> y; v -> x")
    model = DiscreteModel.draw(graph, 4)
    query = Query({"y": 1}, do=ONE)
    truth = float(model.answer(Query("y", do="x")).at(["x", "y"])[1, 1])
    full = bound(graph, query, model.joint())
    less = bound(graph, query, model.joint(), limit=20)
    assert "treated as hidden" in less.why
    assert not less.sharp
    assert less.lower <= full.lower + 1e-9
    assert less.upper >= full.upper - 1e-9
    assert truth in full


def test_when_nothing_can_be_left_out_what_holds_in_every_graph_is_given() -> None:
    model = DiscreteModel.draw(BOW, 3)
    query = Query({"y": 1}, do=ONE)
    full, less = (bound(BOW, query, model.joint(), limit=n) for n in (100, 3))
    assert not less.sharp
    assert "holds in every graph" in less.why
    assert (less.lower, less.upper) == pytest.approx((full.lower, full.upper))
    wide = bound_effect(INSTRUMENT, "y", ONE, ZERO, lipid(), limit=3)
    assert wide.lower <= 0.392
    assert wide.upper >= 0.780


def test_two_hidden_districts_are_said_to_be_loose() -> None:
    graph = Graph("x1 -> y1 -> y; x2 -> y; x1 <-> y1; x2 <-> y")
    model = DiscreteModel.draw(graph, 4)
    found = bound(graph, Query({"y": 1}, do={"x1": 1, "x2": 0}), model.joint())
    truth = model.answer(Query("y", do=["x1", "x2"])).at(["x1", "x2", "y"])[1, 0, 1]
    assert not found.sharp
    assert "2 districts" in found.why
    assert float(truth) in found
    assert found.width < 1


def test_a_district_without_one_common_cause_is_said_to_be_loose() -> None:
    graph = Graph("x -> y; x <-> y; x -> w; w -> y; w <-> x")
    found = bound(graph, Query({"y": 1}, do=ONE), DiscreteModel.draw(graph, 4).joint())
    assert not found.sharp
    assert "share no hidden cause" in found.why


def test_columns_and_table_agree() -> None:
    rng = np.random.default_rng(0)
    rows = {"x": rng.integers(0, 2, 500), "y": rng.choice(["ill", "well"], 500)}
    values = np.array(
        [[np.mean((rows["x"] == x) & (rows["y"] == y)) for y in ("ill", "well")] for x in (0, 1)]
    )
    table = Table.of(["x", "y"], values, {"y": ("ill", "well")})
    query = Query({"y": "ill"}, do=ONE)
    one, other = bound(BOW, query, rows), bound(BOW, query, table)
    assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper))


def broken_instrument() -> Table:
    """Data that violate Pearl's instrumental inequality."""
    values = np.array([[[0.9, 0.05], [0.03, 0.02]], [[0.05, 0.9], [0.03, 0.02]]])
    return Table.of(["z", "x", "y"], values / 2)


def test_instrumental_inequality() -> None:
    with pytest.raises(BoundsError, match="instrumental inequality"):
        bound_effect(INSTRUMENT, "y", ONE, ZERO, broken_instrument())


GOOD = Table.of(["x", "y"], np.array([[0.3, 0.2], [0.1, 0.4]]))
MISUSE: dict[str, Any] = {
    "no value": lambda: bound(BOW, Query("y", do=ONE), GOOD),
    "unknown level": lambda: bound(BOW, Query({"y": 7}, do=ONE), GOOD),
    "unknown variable": lambda: bound(BOW, Query({"w": 1}, do=ONE), GOOD),
    "no graph": lambda: bound("x -> y", Query({"y": 1}, do=ONE), GOOD),  # type: ignore[arg-type]
    "no data": lambda: bound(BOW, Query({"y": 1}, do=ONE), 3),  # type: ignore[arg-type]
    "no query": lambda: bound(BOW, "y", GOOD),  # type: ignore[arg-type]
    "missing column": lambda: bound(BOW, Query({"y": 1}, do=ONE), {"x": [0, 1]}),
    "missing value": lambda: bound(BOW, Query({"y": 1}, do=ONE), {"x": [0, 1], "y": [1, np.nan]}),
    "continuous": lambda: bound(
        BOW, Query({"y": 1}, do=ONE), {"x": np.arange(99) % 2, "y": np.arange(99) / 7}
    ),
    "lengths": lambda: bound(BOW, Query({"y": 1}, do=ONE), {"x": [0, 1], "y": [1, 0, 1]}),
    "empty": lambda: bound(BOW, Query({"y": 1}, do=ONE), {"x": [], "y": []}),
    "mixed": lambda: bound(
        BOW, Query({"y": 1}, do=ONE), {"x": [0, 1], "y": np.array([1, "a"], dtype=object)}
    ),
    "no arrow": lambda: bound(BOW, Query({"y": 1}, do=ONE), GOOD, assumptions=[Monotone("y", "x")]),
    "no numbers": lambda: bound_effect(BOW, "y", ONE, ZERO, {"x": [0, 1], "y": ["a", "b"]}),
    "not a distribution": lambda: bound(
        BOW, Query({"y": 1}, do=ONE), Table.of(["x", "y"], np.ones((2, 2)))
    ),
    "too large a counterfactual": lambda: bound_counterfactual(
        BOW, [Query({"y": 1}, do=ONE)], GOOD, limit=3
    ),
    "no event": lambda: bound_counterfactual(BOW, [], GOOD),
    "condition below the treatment": lambda: (
        bound(BOW, Query({"x": 1}, do={}, given={"y": 1}), GOOD, limit=3)
        and bound(
            Graph("x -> y -> w; x <-> y"),
            Query({"y": 1}, do=ONE, given={"w": 1}),
            Table.of(["x", "y", "w"], np.full((2, 2, 2), 1 / 8)),
        )
    ),
    "outside the support": lambda: bound_mean(GOOD, "y", "x", 1, (0.2, 1)),
    "no support": lambda: bound_mean(GOOD, "y", "x", 1, (1, 1)),
    "untaken treatment": lambda: bound_mean(GOOD, "y", "x", 5, (0, 1)),
    "two instruments": lambda: bound_mean(
        GOOD, "y", "x", 1, (0, 1), [MeanIndependence("x"), MonotoneInstrument("x")]
    ),
    "three levels": lambda: attribution_bounds({"x": [0, 1, 2], "y": [0, 1, 1]}, "y", "x"),
    "half an experiment": lambda: attribution_bounds(GOOD, "y", "x", with_treatment=0.5),
    "impossible experiment": lambda: attribution_bounds(
        GOOD, "y", "x", with_treatment=0.1, without_treatment=0.5
    ),
    "contradicted selection": lambda: bound_mean(
        {"x": [0, 0, 1, 1], "y": [1, 1, 0, 0]},
        "y",
        "x",
        1,
        (0, 1),
        [MonotoneResponse(), MonotoneSelection()],
    ),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_explained(name: str) -> None:
    with pytest.raises(CausalsimError) as caught:
        MISUSE[name]()
    assert "Hint:" in str(caught.value)


def test_forty_covariates_are_bounded_and_it_is_said_what_was_left_out() -> None:
    names = [f"c{i}" for i in range(40)]
    graph = Graph(
        [*((name, "x") for name in names), *((name, "y") for name in names), ("x", "y")],
        bidirected=[("x", "y")],
    )
    rng = np.random.default_rng(0)
    rows = {name: rng.integers(0, 2, 300) for name in (*names, "x", "y")}
    with no_hang():
        found = bound(graph, Query({"y": 1}, do=ONE), rows)
    assert "treated as hidden" in found.why
    assert 0 <= found.lower <= found.upper <= 1


def test_empty_cells_that_do_not_matter_are_no_obstacle() -> None:
    values = np.zeros((2, 2, 2))
    values[0] = [[0.25, 0.25], [0.1, 0.4]]  # nobody has c = 1
    table = Table.of(["c", "x", "y"], values)
    found = bound(Graph("c -> x -> y; c -> y"), Query({"y": 1}, do=ONE), table)
    assert found.identified
    assert found.lower == pytest.approx(0.8)


def test_empty_cells_that_matter_are_refused() -> None:
    values = np.zeros((2, 2, 2))
    values[0] = [[0.2, 0.2], [0.1, 0.2]]
    values[1] = [[0.1, 0.2], [0.0, 0.0]]  # with c = 1 nobody has x = 1
    table = Table.of(["c", "x", "y"], values)
    with pytest.raises(BoundsError, match="say nothing"):
        bound(Graph("c -> x -> y; c -> y"), Query({"y": 1}, do=ONE), table)
