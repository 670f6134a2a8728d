"""Several data sets together: published verdicts and formulae, partial data, misuse."""

from typing import Any

import pytest

from causalsim.errors import QueryError
from causalsim.errors.base import CausalsimError
from causalsim.errors.identification import AvailabilityError
from causalsim.estimand.evaluation import evaluate
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.fusing.available import Available, Domain, Experiment
from causalsim.identification.fusing.combining import Combined, Insufficient, combine
from tests.oracles.sources import Populations, undetermined

TRIAL: Any = {"observational": False, "experiments": ["x"]}

IDENTIFIED = {
    "z-identification: do(z) breaks the confounding of x (Bareinboim and Pearl 2012)": (
        "z -> x -> y; z <-> x; z <-> y",
        Query("y", do="x"),
        Available(experiments="z"),
        "P(y | do(z), x)",
    ),
    "an experiment on the treatment itself": (
        "x -> y; x <-> y",
        Query("y", do="x"),
        Available(experiments="x"),
        "P(y | do(x))",
    ),
    "gID: one experiment each for two districts (Lee, Correa and Bareinboim 2019)": (
        "x -> z -> y; x <-> z; x <-> y",
        Query("y", do="x"),
        Available(experiments=[("x", "y"), "z"]),
        "Σ_z P(z | do(x, y)) P(y | do(z))",
    ),
    "transport by recalibrating a covariate (Pearl and Bareinboim 2014, figure 3a)": (
        "z -> x -> y; z -> y; x <-> y",
        Query("y", do="x"),
        Available(domains=Domain("π", "z", **TRIAL)),
        "Σ_z P(z) P^π(y | do(x), z)",
    ),
    "transport without recalibration: a proxy differs (figure 3b)": (
        "u -> x -> y; u -> z; u -> y; u [latent]",
        Query("y", do="x"),
        Available(domains=Domain("π", "z", **TRIAL)),
        "P^π(y | do(x))",
    ),
    "transport through a biomarker that differs (figure 3c)": (
        "x -> z -> y; x <-> y; x -> y",
        Query("y", do="x"),
        Available(domains=Domain("π", "z", **TRIAL)),
        "Σ_z P(z | x) P^π(y | do(x), z)",
    ),
    "surrogate outcome: the trial measured only the mediator": (
        "x -> m -> y; x <-> m",
        Query("y", do="x"),
        Available(["m", "y"], experiments=[Experiment("x", "m")]),
        "Σ_m P(m | do(x)) P(y | m)",
    ),
    "partial data: the mediator was never measured": (
        "x -> m -> y; x <-> y",
        Query("y", do="x"),
        Available(False, experiments=[Experiment("x", "y")]),
        "P(y | do(x))",
    ),
}


@pytest.mark.parametrize("name", IDENTIFIED)
def test_formula(name: str) -> None:
    source, query, available, formula = IDENTIFIED[name]
    graph = Graph(source)
    answer = combine(graph, query, available)
    assert isinstance(answer, Combined)
    assert str(answer.formula) == formula
    assert Populations.draw(graph, available, seed=3).error(query, answer.formula) < 1e-12


FORBIDDEN = {
    "the experiment sets what must respond": (
        "x -> z -> y; x <-> z; x <-> y; z <-> y",
        Available(experiments="z"),
        "sets z itself",
    ),
    "the bow stays closed under do(z)": (
        "z -> x -> y; x <-> y",
        Available(experiments="z"),
        "leaves x, y confounded",
    ),
    "the outcome's own mechanism differs": (
        "x -> y; x <-> y",
        Available(domains=Domain("π", "y", **TRIAL)),
        "a population in which y may differ",
    ),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_refusal_is_worded_and_right(name: str) -> None:
    source, available, clause = FORBIDDEN[name]
    graph, query = Graph(source), Query("y", do="x")
    answer = combine(graph, query, available)
    assert isinstance(answer, Insufficient)
    assert answer.proven
    assert clause in answer.why
    assert "would show it" in answer.why
    assert undetermined(graph, query, available, seed=1) > 1e-6


def test_two_populations_each_give_a_part() -> None:
    """Neither population alone can be transported; together they can (mz-transportability)."""
    graph, query = Graph("x -> z -> y; x <-> z; x <-> y"), Query("y", do="x")
    one = Domain("a", "y", observational=False, experiments=["x"])
    other = Domain("b", "z", observational=False, experiments=["z"])
    for domains in ([one], [other]):
        assert not combine(graph, query, Available(domains=domains)).identified
    available = Available(domains=[one, other])
    answer = combine(graph, query, available)
    assert isinstance(answer, Combined)
    assert Populations.draw(graph, available, seed=5).error(query, answer.formula) < 1e-12
    assert {source.domain for _, source in answer.parts} == {"a", "b"}


def test_values_of_the_query_stand_in_the_formula() -> None:
    answer = combine(Graph("x -> y; x <-> y"), Query({"y": 1}, do={"x": 0}), Available(False, "x"))
    assert str(answer.formula) == "P(y=1 | do(x=0))"
    assert answer.to_dict()["formula"] == "P(y=1 | do(x=0))"


def test_condition_is_exchanged_for_an_action() -> None:
    graph = Graph("x -> z -> y; x <-> y")
    answer = combine(graph, Query("y", do="x", given="z"), Available(experiments="z"))
    assert isinstance(answer, Combined)
    assert "rule 2" in answer.why


MISUSE = {
    "no description": lambda: ask("x"),
    "no data": lambda: Available(observational=False),
    "two populations of one name": lambda: Available(domains=[Domain("a"), Domain("a")]),
    "a population without a name": lambda: Available(domains=Domain("")),
    "an experiment on nothing": lambda: Available(experiments=[()]),
    "an experiment that is a number": lambda: Available(experiments=[3]),
    "experiments that are a number": lambda: Available(experiments=3),
    "set and measured": lambda: Experiment("x", measured=["x", "y"]),
    "unknown experiment": lambda: ask(Available(experiments="w")),
    "unknown difference": lambda: ask(Available(domains=Domain("a", "w"))),
    "latent measured": lambda: ask(Available(observational=["u"])),
}


def ask(available: Available) -> Any:
    return combine(Graph("u -> x -> y; u -> y; u [latent]"), Query("y", do="x"), available)


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_explained(name: str) -> None:
    with pytest.raises(AvailabilityError) as caught:
        MISUSE[name]()
    assert "Hint:" in str(caught.value)


@pytest.mark.parametrize("query", [Query("w", do="x"), Query("y", do="u"), "y"])
def test_query_is_checked(query: Query) -> None:
    with pytest.raises(QueryError):
        combine(Graph("u -> x -> y; u -> y; u [latent]"), query, Available())


def test_missing_table_names_what_is_there() -> None:
    answer = combine(Graph("x -> y; x <-> y"), Query("y", do="x"), Available(experiments="x"))
    with pytest.raises(CausalsimError, match="P\\(y \\| do\\(x\\)\\)"):
        evaluate(answer.formula, [])


def test_what_would_help_does_help() -> None:
    """The experiment that a refusal asks for turns it into a formula."""
    graph, query = Graph("x -> y; x <-> y"), Query("y", do="x")
    refused = combine(graph, query, Available())
    assert not refused.identified
    assert "An experiment in our population that sets x and measures y would show it" in refused.why
    assert combine(graph, query, Available(experiments=[Experiment("x", "y")])).identified
