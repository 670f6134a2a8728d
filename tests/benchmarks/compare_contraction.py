"""Exact queries of discrete networks beside pgmpy: CPU time, and the largest difference.

    python -m tests.benchmarks.compare_contraction

The networks are those that pgmpy ships (bnlearn's repository), and random ones of 10 to 80 nodes.
A query is P(target | do(action), two others), of the last effect of the variable with the most
effects. "First" is everything from the model on; "later" is the same query at other levels of what
is known, looked up where all answers were kept; "re-run" multiplies the tables again. pgmpy's first
query mutilates the network and builds its engine; later ones use the engine again. The second table
asks what would have been, given what was: pgmpy has no such query.
"""

import argparse
import gzip
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from causalsim.scm import SCM
from causalsim.scm.networks import Place, contraction, products
from causalsim.scm.networks.exchange.bif import parse_bif
from causalsim.scm.networks.exchange.conversion import mechanisms_of, pgmpy_network
from causalsim.scm.networks.exchange.discrete import DiscreteNetwork
from causalsim.scm.networks.parallel import parallel_network
from causalsim.scm.networks.products import sum_product

SHIPPED = ("asia", "child", "insurance", "alarm", "hailfinder", "hepar2", "win95pts")


def shipped(name: str) -> DiscreteNetwork | None:
    spec = find_spec("pgmpy")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "utils" / "example_models" / f"{name}.bif.gz"
    return parse_bif(gzip.decompress(path.read_bytes()).decode()) if path.exists() else None


def random_network(nodes: int, seed: int = 0) -> DiscreteNetwork:
    rng = np.random.default_rng(seed)
    names = [f"v{i}" for i in range(nodes)]
    levels = {name: tuple("abc"[: int(rng.integers(2, 4))]) for name in names}
    parents, tables = {}, {}
    for i, name in enumerate(names):
        near = np.arange(max(0, i - 6), i)
        chosen = sorted(rng.permutation(near)[: int(rng.integers(0, min(len(near), 3) + 1))])
        parents[name] = tuple(names[j] for j in chosen)
        shape = [len(levels[p]) for p in parents[name]]
        tables[name] = rng.dirichlet(np.ones(len(levels[name])), shape)
    return DiscreteNetwork(levels, parents, tables)


def question(network: DiscreteNetwork, model: SCM) -> tuple[str, str, list[str]]:
    """An action with many descendants, the last of them as target, and evidence beside it."""
    graph = model.graph
    order = graph.order()
    action = max(order, key=lambda node: (len(graph.descendants(node)), -order.index(node)))
    below = [node for node in order if node in graph.descendants(action) and node != action]
    target = below[-1]
    above = [n for n in graph.ancestors(target) if n not in (action, target)]
    known = above[-2:] if len(above) > 1 else above
    return action, target, known


def best(work: Callable[[], object], times: int = 15) -> float:
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found) * 1e3


def settings(network: DiscreteNetwork, known: list[str], seed: int) -> dict[str, str]:
    rng = np.random.default_rng(seed)
    return {
        name: str(network.levels[name][int(rng.integers(len(network.levels[name])))])
        for name in known
    }


def do_query(network: DiscreteNetwork) -> list[object]:
    from pgmpy.inference import VariableElimination

    model = SCM(*mechanisms_of(network))
    action, target, known = question(network, model)
    level = str(network.levels[action][0])
    evidence = [settings(network, known, seed) for seed in range(8)]
    began = time.process_time()
    world = {"": model.do({action: level}).mechanisms}
    ready = contraction(world, [Place("", target)], [Place("", name) for name in known])
    cases = [{Place("", name): value for name, value in one.items()} for one in evidence]
    ours = [ready(case).probabilities for case in cases[:1]]
    first = (time.process_time() - began) * 1e3
    cached = best(lambda: ready(cases[1]))
    product = ready.product
    levels = dict.fromkeys(product.chosen, 0)
    with patch.object(products, "_MOST_KEPT", 0):
        plain = sum_product(product.factors, product.chosen, product.axes, again=True)
    rerun = best(lambda: plain.one(levels))
    ours = [ready(case).probabilities for case in cases]

    theirs_network = pgmpy_network(network)
    began = time.process_time()
    engine = VariableElimination(theirs_network.do([action]))

    def ask(one: dict[str, str]) -> np.ndarray:
        given = {**one, action: level}
        found = engine.query([target], evidence=given, show_progress=False)
        names = found.state_names[target]
        return np.array([found.values[names.index(x)] for x in network.levels[target]])

    ask(evidence[0])
    peer_first = (time.process_time() - began) * 1e3
    peer = best(lambda: ask(evidence[1]), 5)
    gaps = [
        np.nanmax(np.abs(a - ask(one)))
        for a, one in zip(ours, evidence, strict=True)
        if not np.isnan(a).any()
    ]
    gap = max(gaps, default=np.nan)
    return [first, cached, rerun, peer_first, peer, peer / cached, peer / rerun, gap]


def twin_query(network: DiscreteNetwork) -> list[object]:
    model = SCM(*mechanisms_of(network))
    action, target, known = question(network, model)
    worlds = {
        "": model.mechanisms,
        "w": model.do({action: str(network.levels[action][0])}).mechanisms,
    }
    places = [Place("", name) for name in (*known, target)]
    began = time.process_time()
    ready = contraction(worlds, [Place("w", target)], places)
    cases = [
        {place: settings(network, [place.variable], seed)[place.variable] for place in places}
        for seed in range(4)
    ]
    ready(cases[0])
    first = (time.process_time() - began) * 1e3
    copies = len(parallel_network(worlds, [Place("w", target), *places]).copies)
    cached = best(lambda: ready(cases[1]))
    return [copies, first, cached, ready.order.operations]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-twin", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    networks = {name: found for name in SHIPPED if (found := shipped(name)) is not None}
    networks |= {f"random {size}": random_network(size) for size in (10, 20, 40, 80)}
    head = "nodes | first ms | later ms | re-run ms | pgmpy first | pgmpy later"
    print(f"| network | {head} | later ratio | re-run ratio | gap |")
    print("|---" * 10 + "|")
    for name, network in networks.items():
        row = do_query(network)
        cells = " | ".join(f"{value:.2g}" for value in row)
        print(f"| {name} | {len(network.levels)} | {cells} |", flush=True)
    if options.skip_twin:
        return
    print(
        "\n| twin network | nodes | distinct | first ms | later ms | operations |\n"
        + "|---" * 6
        + "|"
    )
    for name, network in networks.items():
        try:
            row = twin_query(network)
        except Exception as error:
            print(
                f"| {name} | {len(network.levels)} | refused: {str(error).splitlines()[0]} |",
                flush=True,
            )
            continue
        cells = " | ".join(f"{value:.3g}" for value in row)
        print(f"| {name} | {len(network.levels)} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
