"""Separation in the multi-world network is independence in every model of the graph."""

from collections import Counter
from itertools import product

import numpy as np
import pytest

from causalsim.errors import QueryError
from causalsim.estimand.events import Counterfactual, Probability
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.multiworld import independent, multiworld_network
from tests.oracles.graphs import random_graph
from tests.oracles.response_models import ResponseModel


def dependence(model: ResponseModel, roles: list[list[Counterfactual]]) -> float:
    """The largest |P(a, b, c) P(c) - P(a, c) P(b, c)| over all levels."""
    one, other, given = (
        np.array([model.value(of) for of in role], dtype=np.int64).reshape(
            len(role), len(model.chance)
        )
        for role in roles
    )

    def mass(*wanted: tuple[np.ndarray, tuple[int, ...]]) -> float:
        held = np.ones(len(model.chance), dtype=bool)
        for values, levels in wanted:
            held &= (values == np.array(levels, dtype=np.int64)[:, None]).all(axis=0)
        return float(model.chance[held].sum())

    largest = 0.0
    for a in product((0, 1), repeat=len(one)):
        for b in product((0, 1), repeat=len(other)):
            for c in product((0, 1), repeat=len(given)):
                first = mass((one, a), (other, b), (given, c)) * mass((given, c))
                second = mass((one, a), (given, c)) * mass((other, b), (given, c))
                largest = max(largest, abs(first - second))
    return largest


def draw(rng: np.random.Generator, nodes: tuple[str, ...]) -> Counterfactual:
    actions = {str(n): int(rng.integers(2)) for n in rng.permutation(nodes)[: rng.integers(0, 3)]}
    return Counterfactual(str(rng.choice(nodes)), actions)


def test_separated_variables_are_independent_in_random_models() -> None:
    counts: Counter[str] = Counter()
    for seed in range(400):
        rng = np.random.default_rng(seed)
        graph = random_graph(rng, int(rng.integers(2, 6)), 1.8, 0.5)
        if len(graph.bidirected) > 3:
            continue
        sizes = (1, 1, int(rng.integers(0, 3)))
        roles = [[draw(rng, graph.nodes) for _ in range(size)] for size in sizes]
        said = independent(graph, *roles)
        found = [dependence(ResponseModel(graph, 3 * seed + k), roles) for k in range(2)]
        if said:
            assert max(found) < 1e-12, (graph, [[str(v) for v in role] for role in roles])
        counts["separated" if said else "dependent" if max(found) > 1e-9 else "accident"] += 1
    assert counts["separated"] > 80
    assert counts["dependent"] > 100
    # A verdict that always said no would be sound too; it would find accidents only.
    assert counts["accident"] < 0.1 * counts["dependent"]


@pytest.mark.parametrize(
    "graph, one, other, given, answer",
    [
        # Ignorability, and what breaks it.
        ("X -> Y", "Y(1)", "X", [], True),
        ("X -> Y; X <-> Y", "Y(1)", "X", [], False),
        ("Z -> X -> Y; Z -> Y", "Y(1)", "X", ["Z"], True),
        ("Z -> X -> Y; Z -> Y", "Y(1)", "X", [], False),
        ("X -> M -> Y; X -> Y", "Y(1)", "X", ["M"], False),
        # Instruments: Z is independent of what would be, not of what is.
        ("Z -> X -> Y; X <-> Y", "Y(1)", "Z", [], True),
        ("Z -> X -> Y; X <-> Y", "Y(1)", "Z", ["X"], False),
        # Two worlds of one variable.
        ("X -> Y", "Y(1)", "Y(0)", [], False),
        ("X -> Y", "Y(1)", "Y", ["X"], False),
    ],
)
def test_textbook_independences(
    graph: str, one: str, other: str, given: list[str], answer: bool
) -> None:
    def read(text: str) -> Counterfactual:
        name, _, level = text.rstrip(")").partition("(")
        return Counterfactual(name, {"X": int(level)} if level else {})

    assert independent(Graph(graph), read(one), read(other), map(read, given)) is answer


def test_what_is_known_or_set_is_independent_of_everything() -> None:
    graph = Graph("X -> Y")
    held = Counterfactual("X", {"X": 1})
    assert independent(graph, held, "Y")
    assert independent(graph, "X", "Y", given="X")
    assert not independent(graph, "X", "X")


def test_worlds_that_do_not_matter_are_one_node() -> None:
    graph = Graph("Z -> X -> Y")
    worlds = [Counterfactual("Z", {"X": 0}), Counterfactual("Y", {"X": 1, "Z": 0}), "Y"]
    network = multiworld_network(graph, worlds)
    assert network.nodes == ("Z", "X", "Y", "Y(X=1)", "U[Y]")
    assert network.latent == ("U[Y]",)


def test_a_hidden_cause_reaches_all_copies() -> None:
    graph = Graph("X -> Y; X <-> Y")
    network = multiworld_network(graph, ["Y", Counterfactual("Y", {"X": 1})])
    assert set(network.latent) == {"U[Y]", "U[X,Y]"}
    assert network.children("U[X,Y]") == ("X", "Y", "Y(X=1)")


def test_bad_variables() -> None:
    graph = Graph("X -> M -> Y; X -> Y; U -> Y; U [latent]")
    nested = Counterfactual("Y", {"M": Counterfactual("M", {"X": 0})})
    with pytest.raises(QueryError, match="separation is not"):
        independent(graph, nested, "X")
    with pytest.raises(QueryError, match="does not have"):
        independent(graph, "W", "X")
    with pytest.raises(QueryError, match="latent"):
        independent(graph, "U", "X")
    with pytest.raises(QueryError, match="one of counterfactual variables; found Probability"):
        independent(graph, Probability({"Y": 1}), "X")  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="names no outcome"):
        independent(graph, [], "X")
