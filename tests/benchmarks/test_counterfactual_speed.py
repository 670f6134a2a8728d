"""How long the counterfactual of a frame takes; run by hand with ``-m benchmark``."""

from typing import Any

import pytest
import torch

from causalsim.graph.graph import Graph
from causalsim.scm import SCM
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.terms import Curve, Predictor, Slope
from causalsim.scm.noise import normal

pytestmark = pytest.mark.benchmark


def chain(nodes: int, term: Any) -> Any:
    """Each node listens to the two before it; all continuous."""
    found, edges = {}, []
    for number in range(nodes):
        parents = [f"x{other}" for other in range(max(0, number - 2), number)]
        terms = tuple(term(parent) for parent in parents)
        weights = tuple(torch.full((one.width,), 0.3, dtype=torch.float64) for one in terms)
        found[f"x{number}"] = Additive(
            Predictor(terms, torch.tensor(0.0, dtype=torch.float64), weights), normal(1.0)
        )
        edges += [(parent, f"x{number}") for parent in parents]
    return SCM(Graph(edges), found)


TERMS = {"linear": Slope, "splines": lambda parent: Curve(parent, (-2.0, -1.0, 0.0, 1.0, 2.0))}


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("rows", [10_000, 100_000])
def test_counterfactual_of_ten_nodes(benchmark: Any, rows: int, terms: str) -> None:
    model = chain(10, TERMS[terms])
    people = model.sample(rows, seed=1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        result = benchmark(lambda: model.counterfactual(people, do={"x0": 1.0}))
    finally:
        torch.set_num_threads(threads)
    assert result.diagnostics.exact
    assert float(result["x0"].min()) == float(result["x0"].max()) == 1.0


@pytest.mark.parametrize("spread", ["one target", "eight targets"])
def test_eight_interventions_in_one_call(benchmark: Any, spread: str) -> None:
    model = chain(10, Slope)
    people = model.sample(10_000, seed=1)
    target = (lambda number: "x0") if spread == "one target" else (lambda number: f"x{number}")
    worlds = {f"w{number}": {target(number): float(number)} for number in range(8)}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        result = benchmark(lambda: model.worlds(worlds, people))
    finally:
        torch.set_num_threads(threads)
    assert result.diagnostics.exact


def test_fifty_doses_for_a_hundred_thousand_units(benchmark: Any) -> None:
    model = chain(10, Slope)
    grid = [number / 10 for number in range(50)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        curve = benchmark.pedantic(lambda: model.dose_response("x0", grid, "x9"), rounds=3)
    finally:
        torch.set_num_threads(threads)
    assert len(curve.means) == 50
