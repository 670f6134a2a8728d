"""What follows from assumptions: the forms of the literature, refusals in words, misuse."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from causalsim import Graph, Query, identify
from causalsim.errors.assumption import AssumptionError
from causalsim.errors.base import CausalsimError
from causalsim.errors.identification import BoundsError
from causalsim.errors.verification import VerificationError
from causalsim.estimand import Table, contrasts, parse_query
from causalsim.identification import Available
from causalsim.identification.answer import Adjustment, Unidentified
from causalsim.identification.assuming import (
    AmongCompliers,
    Bounded,
    Levels,
    Linear,
    LinearEffect,
    LinearFormula,
    Monotone,
)
from causalsim.identification.assuming.linear_check import verified_linear
from causalsim.identification.counterfactual.answer import (
    CounterfactualFormula,
    CounterfactualUnidentified,
)
from causalsim.identification.linear.linear_effects import Regression, identify_coefficient
from tests.oracles.fuse import no_hang

BOW = Graph("x -> y; x <-> y")
INSTRUMENT = Graph("z -> x -> y; x <-> y")
MEDIATED = Graph("x -> m -> y; x -> y; m <-> y")
EFFECT = Query("y", do="x")
ATE = contrasts.average_effect("y", "x")
PN = contrasts.probability_of_necessity("y", "x")
LATE = parse_query("E[y(x=1) - y(x=0) | x(z=1)=1, x(z=0)=0]")
WALD = "[E[y | z=1] - E[y | z=0]] / [P(x=1 | z=1) - P(x=1 | z=0)]"

LINEAR: dict[str, tuple[Graph, Any, str]] = {
    "instrument (Wright 1928)": (INSTRUMENT, EFFECT, "σ(z, y) / σ(z, x)"),
    "its average effect": (INSTRUMENT, ATE, "σ(z, y) / σ(z, x)"),
    "twice the change": (
        INSTRUMENT,
        contrasts.average_effect("y", "x", to=3, baseline=1),
        "2 [σ(z, y) / σ(z, x)]",
    ),
    "the effect on the treated": (
        INSTRUMENT,
        contrasts.effect_on_treated("y", "x"),
        "σ(z, y) / σ(z, x)",
    ),
    "conditional instrument (Pearl 2009, figure 7.8)": (
        Graph("w -> z -> x -> y; w -> y; x <-> y"),
        EFFECT,
        "σ(z, y · w) / σ(z, x · w)",
    ),
    "controlled direct effect past a confounded mediator": (
        Graph("z -> m; x -> m -> y; x -> y; m <-> y"),
        contrasts.controlled_direct_effect("y", "x", {"m": 0}),
        "λ(x,y) where σ(z,y) = λ(m,y) σ(z,m) + λ(x,y) σ(z,x); "
        "σ(x,y) = λ(m,y) σ(x,m) + λ(x,y) σ(x,x)",
    ),
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear(name: str) -> None:
    graph, question, formula = LINEAR[name]
    assert not identify(graph, question).identified
    answer = identify(graph, question, assuming=Linear())
    assert isinstance(answer, LinearEffect)
    assert str(answer.formula) == formula
    assert answer.why.startswith("Assumed: every variable is a linear function")
    assert answer.to_dict()["assumptions"] == [str(Linear())]
    assert "if everything is linear" in str(answer)


@pytest.mark.parametrize("name", LINEAR)
def test_linear_formulae_are_verified_on_request(name: str) -> None:
    graph, question, _ = LINEAR[name]
    answer = identify(graph, question, assuming=Linear(), verify=True)
    assert answer.why.endswith("random linear models the formula equals the truth to 1e-06.")


def test_a_wrong_linear_formula_is_found_out() -> None:
    answer = identify(INSTRUMENT, EFFECT, assuming=Linear())
    assert isinstance(answer, LinearEffect)
    slope = identify_coefficient(Graph("x -> y"), "x", "y")
    assert isinstance(slope, Regression)
    with pytest.raises(VerificationError, match="is wrong by"):
        verified_linear(replace(answer, formula=LinearFormula(((1.0, slope),))))


@pytest.mark.parametrize(
    "graph, question",
    [
        (BOW, EFFECT),
        (BOW, ATE),
        (INSTRUMENT, Query({"y": 1}, do="x")),
        (INSTRUMENT, parse_query("E[y(x=1)]")),
        (INSTRUMENT, parse_query("E[y(x=1) | z=1] - E[y(x=0) | z=0]")),
        (INSTRUMENT, parse_query("E[y(x=high)] - E[y(x=low)]")),
        (INSTRUMENT, PN),
    ],
)
def test_linearity_does_not_answer_everything(graph: Graph, question: Any) -> None:
    answer = identify(graph, question, assuming=Linear())
    assert not answer.identified
    assert "by assuming that every variable is a linear function" in answer.why
    assert answer.assumptions == ()


def test_no_assumption_is_used_where_none_is_needed() -> None:
    graph = Graph("z -> x -> y; z -> y")
    stated = [Linear(), Monotone("z", "x"), Levels.binary("x", "y", "z")]
    answer = identify(graph, EFFECT, assuming=stated)
    assert isinstance(answer, Adjustment)
    assert answer.assumptions == ()
    assert "ssume" not in answer.why


def test_the_effect_among_compliers_is_never_passed_off_as_everyones() -> None:
    answer = identify(INSTRUMENT, ATE, assuming=Monotone("z", "x"))
    assert isinstance(answer, AmongCompliers)
    assert not answer.identified
    assert answer.asked == ATE
    assert answer.query == LATE
    assert str(answer.formula) == WALD
    assert str(answer).startswith("not identified: E[y(x=1)] - E[y(x=0)]; only among those")
    assert "this is no answer to it" in answer.why
    assert "more z never lowers x" in answer.why
    assert answer.help == (
        "measuring the common cause of x and y",
        "an experiment that sets x",
        "linearity: assuming=Linear()",
    )
    found = answer.to_dict()
    assert (found["identified"], found["asked"], found["query"]) == (False, str(ATE), str(LATE))


def test_the_effect_among_compliers_is_identified_when_it_is_asked_for() -> None:
    assert isinstance(identify(INSTRUMENT, LATE), CounterfactualUnidentified)
    answer = identify(INSTRUMENT, LATE, assuming=Monotone("z", "x"))
    assert isinstance(answer, CounterfactualFormula)
    assert str(answer.formula) == WALD
    assert answer.query == LATE
    assert answer.to_dict()["assumptions"] == ["more z never lowers x"]
    assert "Imbens and Angrist 1994" in answer.why


@pytest.mark.parametrize(
    "graph",
    [
        Graph("z -> x -> y; x <-> y; z -> y"),
        Graph("z -> x -> y; x <-> y; z -> m -> y"),
        Graph("z -> x -> y; x <-> y; z <-> y"),
        Graph("z -> x -> y; x <-> y; z <-> x"),
        Graph("z -> x -> y; x <-> y; z -> u -> y; u [latent]"),
    ],
)
def test_no_effect_among_compliers_without_exclusion_and_without_a_clean_instrument(
    graph: Graph,
) -> None:
    for question in (ATE, LATE):
        answer = identify(graph, question, assuming=Monotone("z", "x"))
        assert not isinstance(answer, AmongCompliers)
        assert not answer.identified


def test_defiers_are_no_compliers() -> None:
    swapped = parse_query("E[y(x=1) - y(x=0) | x(z=1)=0, x(z=0)=1]")
    assert not identify(INSTRUMENT, swapped, assuming=Monotone("z", "x")).identified
    assert identify(INSTRUMENT, swapped, assuming=Monotone("z", "x", increasing=False)).identified


def test_three_levels_of_treatment_leave_no_compliers() -> None:
    stated = [Monotone("z", "x"), Levels({"x": [0, 1, 2]})]
    assert not identify(INSTRUMENT, LATE, assuming=stated).identified


CAUSATION: dict[str, tuple[str, str, str]] = {
    # question, assumption, formula without confounding (Tian and Pearl 2000)
    "PN": (
        "P(y(x=0)=0 | x=1, y=1)",
        "up",
        "[P(y=1, x=1) - P(x=1) P(y=1 | x=0)] / [P(y=1, x=1)]",
    ),
    "PS": (
        "P(y(x=1)=1 | x=0, y=0)",
        "up",
        "[P(x=0) P(y=1 | x=1) - P(y=1, x=0)] / [P(y=0, x=0)]",
    ),
    "PNS": ("P(y(x=1)=1, y(x=0)=0)", "up", "P(y=1 | x=1) - P(y=1 | x=0)"),
    "PNS, other order": ("P(y(x=0)=0, y(x=1)=1)", "up", "P(y=1 | x=1) - P(y=1 | x=0)"),
    "a harm that never happens": ("P(y(x=1)=0, y(x=0)=1)", "up", "0"),
    "a protection": ("P(y(x=1)=0, y(x=0)=1)", "down", "P(y=0 | x=1) - P(y=0 | x=0)"),
    "the lack as the cause": ("P(y(x=1)=0 | x=0, y=1)", "up", "0"),
}


@pytest.mark.parametrize("name", CAUSATION)
def test_probabilities_of_causation(name: str) -> None:
    text, way, formula = CAUSATION[name]
    graph, question = Graph("x -> y"), parse_query(text)
    assert not identify(graph, question).identified
    stated = Monotone("x", "y", increasing=way == "up")
    answer = identify(graph, question, assuming=stated)
    assert answer.identified
    assert str(answer.formula) == formula
    assert str(stated) in answer.why
    assert str(Monotone("x", "y", increasing=way != "up")) not in answer.why
    assert answer.assumptions == (stated,)


def test_levels_with_names_need_an_order() -> None:
    question = contrasts.probability_of_necessity("y", "x", "drug", "placebo", "ill", "well")
    with pytest.raises(AssumptionError, match="have none") as caught:
        identify(Graph("x -> y"), question, assuming=Monotone("x", "y"))
    assert "Levels(" in caught.value.hint
    levels = Levels({"x": ["placebo", "drug"], "y": ["well", "ill"]})
    answer = identify(Graph("x -> y"), question, assuming=[Monotone("x", "y"), levels])
    assert str(answer.formula).endswith("P(y=ill, x=drug)]")


def test_levels_alone_identify_the_effect_on_the_treated_from_an_experiment() -> None:
    question, trial = contrasts.effect_on_treated("y", "x"), Available(experiments="x")
    assert not identify(BOW, question, available=trial).identified
    answer = identify(BOW, question, available=trial, assuming=Levels.binary("x", "y"))
    assert answer.identified
    assert answer.why.startswith("Assumed: x, y have the levels 0, 1.")


BOUNDS: dict[str, tuple[Graph, Any, str]] = {
    "P(y | do(x)), anything confounded (Manski 1990)": (
        BOW,
        EFFECT,
        "P(y, x) to P(y, x) + 1 - P(x)",
    ),
    "the same, in values": (
        BOW,
        Query({"y": 1}, do={"x": 0}),
        "P(y=1, x=0) to P(y=1, x=0) + 1 - P(x=0)",
    ),
    "its average effect": (
        BOW,
        ATE,
        "-P(y=1, x=0) - P(y=0, x=1) to P(y=1, x=1) + P(y=0, x=0)",
    ),
    "PNS (Tian and Pearl 2000)": (
        BOW,
        contrasts.probability_of_necessity_and_sufficiency("y", "x"),
        "0 to P(y=1, x=1) + P(y=0, x=0)",
    ),
    "PN, nothing confounded": (
        Graph("x -> y"),
        PN,
        "max(0; [P(y=1 | x=1) - P(y=1 | x=0)] / [P(y=1 | x=1)]) to "
        "min(1; [P(y=0 | x=0)] / [P(y=1 | x=1)])",
    ),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_classical_bounds_are_formulae(name: str) -> None:
    graph, question, formula = BOUNDS[name]
    answer = identify(graph, question, assuming=Levels.binary("x", "y"))
    assert isinstance(answer, Bounded)
    assert not answer.identified
    assert answer.formula is not None
    assert answer.formula.sharp
    assert str(answer.formula) == formula
    assert answer.why.startswith("Assumed: x, y have the levels 0, 1.")
    assert json.loads(json.dumps(answer.to_dict()))["formula"] == formula


def lipid() -> Table:
    """Balke and Pearl (1997), section 4: P(y, x | z) of the cholestyramine trial; axes z, x, y."""
    arms = np.array([[[0.919, 0.081], [0.0, 0.0]], [[0.315, 0.073], [0.139, 0.473]]])
    return Table.of(["z", "x", "y"], arms / 2)


def test_lipid_trial_by_identify() -> None:
    answer = identify(INSTRUMENT, ATE, assuming=Levels.binary("x", "y", "z"))
    assert isinstance(answer, Bounded)
    assert answer.formula is not None
    assert len(answer.formula.lower) == len(answer.formula.upper) == 8
    for found in (answer.evaluate(lipid()), answer.formula.evaluate(lipid())):
        assert (round(found.lower, 3), round(found.upper, 3)) == (0.392, 0.780)
    # Nobody took it without being assigned to, so that nobody defies: the data know that already.
    narrowed = identify(
        INSTRUMENT, ATE, assuming=[Levels.binary("x", "y", "z"), Monotone("z", "x")]
    )
    assert isinstance(narrowed, Bounded)
    assert str(narrowed.evaluate(lipid())) == str(answer.evaluate(lipid()))
    assert "more z never lowers x" in narrowed.evaluate(lipid()).assumptions


def test_free_variables_take_their_values_when_evaluated() -> None:
    answer = identify(INSTRUMENT, EFFECT, assuming=Levels.binary("x", "y", "z"))
    assert isinstance(answer, Bounded)
    found = answer.evaluate(lipid(), at={"y": 1, "x": 1})
    asked = identify(
        INSTRUMENT, Query({"y": 1}, do={"x": 1}), assuming=Levels.binary("x", "y", "z")
    )
    assert isinstance(asked, Bounded)
    assert str(found) == str(asked.evaluate(lipid()))
    with pytest.raises(AssumptionError, match="has no value yet"):
        answer.evaluate(lipid(), at={"y": 1})


def test_a_declared_level_that_the_data_never_show_is_kept() -> None:
    table = Table.of(["x", "y"], np.array([[0.3, 0.2], [0.1, 0.4]]))
    question = parse_query("E[y(x=1)]")
    narrow = identify(BOW, question, assuming=Levels({"x": [0, 1], "y": [0, 1]}))
    wide = identify(BOW, question, assuming=Levels({"x": [0, 1], "y": [0, 1, 5]}))
    assert isinstance(narrow, Bounded)
    assert isinstance(wide, Bounded)
    assert str(narrow.evaluate(table)) == "between 0.4 and 0.9"
    assert str(wide.evaluate(table)) == "between 0.4 and 2.9"
    rows = {"x": [0] * 5 + [1] * 5, "y": [0] * 3 + [1] * 2 + [0] + [1] * 4}
    assert str(wide.evaluate(rows)) == "between 0.4 and 2.9"
    with pytest.raises(AssumptionError, match="not among the levels declared"):
        narrow.evaluate({"x": [0, 1], "y": [0, 7]})
    for data in (None, 3):
        with pytest.raises(BoundsError, match="is wanted; found"):
            narrow.evaluate(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("graph", [BOW, Graph("z -> x -> y; z -> y")])
def test_a_level_that_was_not_declared_is_no_question(graph: Graph) -> None:
    with pytest.raises(AssumptionError, match="'y' has the level 5"):
        identify(graph, Query({"y": 5}, do={"x": 1}), assuming=Levels.binary("x", "y"))


def test_what_was_not_found_under_an_assumption_is_not_called_impossible() -> None:
    graph = Graph("z1 -> x1 -> y <- x2 <- z2; x1 <-> y; x2 <-> y")
    joint = identify(graph, Query("y", do=["x1", "x2"]), assuming=Linear())
    assert joint.why.endswith("with an error added.")
    assert "No way was found" in joint.why
    recorded = Graph("x -> y; x -> r")
    necessity = contrasts.probability_of_necessity("y", "x")
    partly = Available(missing={"y": "r"})
    unused = identify(recorded, necessity, available=partly, assuming=Monotone("x", "y"))
    assert "is not used beside" in unused.why


def test_a_program_too_large_says_so_and_stays_valid() -> None:
    answer = identify(MEDIATED, contrasts.natural_direct_effect("y", "x", "m"),
                      assuming=Levels.binary("x", "m", "y"))  # fmt: skip
    assert isinstance(answer, Bounded)
    rng = np.random.default_rng(1)
    table = Table.of(["x", "m", "y"], rng.dirichlet(np.ones(8)).reshape(2, 2, 2))
    whole, cut = answer.evaluate(table), answer.evaluate(table, limit=3)
    assert whole.sharp
    assert not cut.sharp
    assert cut.lower <= whole.lower
    assert whole.upper <= cut.upper
    assert "at most 3 are allowed" in cut.why
    assert "valid but may be too wide" in cut.why


def test_formulae_on_a_table_that_lacks_an_arm() -> None:
    answer = identify(INSTRUMENT, ATE, assuming=Levels.binary("x", "y", "z"))
    assert isinstance(answer, Bounded)
    assert answer.formula is not None
    one_arm = np.array([[[0.5, 0.1], [0.3, 0.1]], [[0.0, 0.0], [0.0, 0.0]]])
    found = answer.formula.evaluate(Table.of(["z", "x", "y"], one_arm))
    # Only what needs no second arm is left: the bounds of a confounded effect.
    assert (found.lower, found.upper) == pytest.approx((-0.4, 0.6))
    assert not found.sharp
    pair = identify(BOW, PN, assuming=Levels.binary("x", "y"))
    assert isinstance(pair, Bounded)
    never = Table.of(["x", "y"], np.array([[0.5, 0.2], [0.3, 0.0]]))
    with pytest.raises(CausalsimError, match="say nothing"):
        pair.evaluate(never)


def test_very_many_mediators_are_not_listed() -> None:
    names = [f"m{i}" for i in range(40)]
    graph = Graph(
        [("x", "y"), *(("x", name) for name in names), *((name, "y") for name in names)],
        bidirected=[("x", "y")],
    )
    question = contrasts.natural_direct_effect("y", "x", names)
    with no_hang():
        answer = identify(graph, question, assuming=Levels.binary(*graph.nodes))
    assert not answer.identified
    assert not isinstance(answer, Bounded)


def test_what_levels_leave_open_is_refused_as_before() -> None:
    for question in (
        contrasts.risk_ratio("y", "x"),
        parse_query("P(y(x=1) | x=0)"),
        contrasts.conditional_effect("y", "x", {"z": None}),
        LATE,
    ):
        answer = identify(INSTRUMENT, question, assuming=Levels.binary("x", "y", "z"))
        assert not answer.identified
        assert not isinstance(answer, Bounded)
    assert isinstance(identify(BOW, EFFECT, assuming=Levels.binary("x")), Unidentified)


def test_monotonicity_of_a_whole_effect_is_not_read_as_that_of_an_arrow() -> None:
    stated = [Levels.binary("x", "m", "y"), Monotone("x", "y")]
    graph = Graph("x -> m -> y; x -> y; x <-> y")
    answer = identify(graph, ATE, assuming=stated)
    assert isinstance(answer, Bounded)
    assert answer.assumptions == (stated[0],)
    assert "is not used: it is not about a single arrow" in answer.why


HELP: dict[str, tuple[Graph, Any, str]] = {
    "an instrument": (INSTRUMENT, EFFECT, "linearity: assuming=Linear()"),
    "an instrument, for compliers": (
        INSTRUMENT,
        ATE,
        'monotonicity, for the effect among compliers alone: assuming=Monotone("z", "x")',
    ),
    "PN": (Graph("x -> y"), PN, 'monotonicity: assuming=Monotone("x", "y")'),
    "PN, confounded": (
        Graph("x -> y; x <- u -> y"),
        PN,
        'monotonicity: assuming=Monotone("x", "y")',
    ),
    "the effect on the treated": (
        BOW,
        contrasts.effect_on_treated("y", "x"),
        "measuring the common cause of x and y",
    ),
    "a natural effect": (
        MEDIATED,
        contrasts.natural_direct_effect("y", "x", "m"),
        "measuring the common cause of m and y",
    ),
}


@pytest.mark.parametrize("name", HELP)
def test_a_refusal_names_the_assumption_that_would_help(name: str) -> None:
    graph, question, step = HELP[name]
    answer = identify(graph, question)
    assert not answer.identified
    assert step in answer.help
    assert identify(Graph("x -> y"), EFFECT).help == ()


MISUSE: dict[str, Any] = {
    "a text": lambda: identify(BOW, EFFECT, assuming="linear"),  # type: ignore[arg-type]
    "the class": lambda: identify(BOW, EFFECT, assuming=Linear),  # type: ignore[arg-type]
    "a number": lambda: identify(BOW, EFFECT, assuming=3),  # type: ignore[arg-type]
    "a list of texts": lambda: identify(BOW, EFFECT, assuming=["linear"]),  # type: ignore[list-item]
    "unknown cause": lambda: identify(BOW, EFFECT, assuming=Monotone("w", "y")),
    "unknown levels": lambda: identify(BOW, EFFECT, assuming=Levels.binary("w")),
    "no path": lambda: identify(BOW, EFFECT, assuming=Monotone("y", "x")),
    "of itself": lambda: identify(BOW, EFFECT, assuming=Monotone("x", "x")),
    "both ways": lambda: identify(
        BOW, EFFECT, assuming=[Monotone("x", "y"), Monotone("x", "y", increasing=False)]
    ),
    "one level": lambda: Levels({"x": [1]}),
    "a level twice": lambda: Levels({"x": [1, 1]}),
    "levels as text": lambda: Levels({"x": "01"}),
    "levels not a number": lambda: Levels({"x": [0, float("nan")]}),
    "no levels": lambda: Levels({}),
    "levels twice": lambda: identify(
        BOW, EFFECT, assuming=[Levels.binary("x"), Levels({"x": [0, 2]})]
    ),
    "a value outside a domain": lambda: identify(
        BOW, Query({"y": 7}, do={"x": 1}), assuming=Levels.binary("x", "y")
    ),
    "data that are none": lambda: identify(BOW, EFFECT, available="x"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_explained(name: str) -> None:
    with pytest.raises(CausalsimError) as caught:
        MISUSE[name]()
    assert "Hint:" in str(caught.value)
