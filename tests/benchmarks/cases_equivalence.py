"""Random equivalence classes against brute force, many of them.

    PYTHONPATH=. python tests/benchmarks/cases_equivalence.py --cases 100000 --seed 1

prints, for every question, how many cases were tried and how many answers were wrong. MAGs and PAGs
cost most: ``--only pags`` runs one question alone, ``--seconds 300`` stops each question early.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from causalsim import Graph
from causalsim.graph.effects.adjustment import causal_nodes
from causalsim.graph.equivalence import (
    CPDAG,
    MPDAG,
    PAG,
    count_members,
    cpdag_of,
    mag_member,
    mag_of,
    members,
    orient,
    pag_of,
    possible_descendants,
)
from causalsim.graph.equivalence import adjustment as class_adjustment
from tests.oracles.equivalence import (
    admgs_behind,
    ancestors,
    equivalent_dags,
    equivalent_mags,
    essential,
    marks_of,
    projected,
    shared,
    subsets,
    valid_in_admg,
)
from tests.oracles.graphs import random_graph, random_roles

Case = Callable[[np.random.Generator], bool | None]


def cpdags(rng: np.random.Generator) -> bool | None:
    """CPDAG, its members, their number, and possible descendants."""
    graph = random_graph(rng, int(rng.integers(2, 7)), degree=float(rng.uniform(1, 4)))
    if len(graph.directed) > 8:
        return None
    wanted = equivalent_dags(graph.nodes, marks_of(graph))
    cpdag = cpdag_of(graph)
    return (
        marks_of(cpdag) == essential(wanted)
        and CPDAG(str(cpdag), nodes=cpdag.nodes) == cpdag
        and count_members(cpdag) == len(wanted) == len(set(members(cpdag)))
    )


def mpdags(rng: np.random.Generator) -> bool | None:
    """MPDAG from knowledge, its members, and possible descendants."""
    graph = random_graph(rng, int(rng.integers(2, 7)), degree=float(rng.uniform(2, 5)))
    if len(graph.directed) > 9:
        return None
    picked = [pair for pair in graph.directed if rng.random() < 0.25]
    wanted = [
        marks
        for marks in equivalent_dags(graph.nodes, marks_of(graph))
        if all(marks[a, b] == ">" for a, b in picked)
    ]
    mpdag = orient(cpdag_of(graph), picked)
    node = str(rng.choice(graph.nodes))
    below = {n for marks in wanted for n, up in ancestors(graph.nodes, marks).items() if node in up}
    return (
        marks_of(mpdag) == essential(wanted)
        and MPDAG(str(mpdag), nodes=mpdag.nodes) == mpdag
        and count_members(mpdag) == len(wanted)
        and set(possible_descendants(mpdag, node)) == below
    )


def mags(rng: np.random.Generator) -> bool:
    """The MAG of a graph with hidden and selected nodes."""
    graph = random_graph(rng, int(rng.integers(2, 7)), 2.5, shared=0.8, latent=0.25)
    chosen = tuple(node for node in graph.observed if rng.random() < 0.15)
    return marks_of(mag_of(graph, selected=chosen)) == projected(graph, chosen)


def pags(rng: np.random.Generator) -> bool | None:
    """The PAG of a MAG, with and without selection, and one member of it."""
    selection = rng.random() < 0.3
    size = int(rng.integers(3, 8 if selection else 7))
    graph = random_graph(rng, size, 2.2, shared=1.2, latent=0.1)
    chosen = tuple(node for node in graph.observed if rng.random() < 0.3) if selection else ()
    mag = mag_of(graph, selected=chosen)
    if len(mag.edges) > (6 if selection else 8):
        return None
    kinds = ("->", "<-", "<->", "--") if selection else ("->", "<-", "<->")
    wanted = equivalent_mags(mag.nodes, marks_of(mag), kinds)
    pag = pag_of(mag)
    return (
        marks_of(pag) == shared(wanted, "o")
        and PAG(str(pag), nodes=pag.nodes) == pag
        and marks_of(mag_member(pag)) in wanted
    )


def adjustment_of_dags(rng: np.random.Generator) -> bool:
    """Adjustment in CPDAGs and MPDAGs: every set is right iff it is right in every member."""
    graph = random_graph(rng, int(rng.integers(2, 7)), degree=float(rng.uniform(1, 5)))
    picked = [pair for pair in graph.directed if rng.random() < rng.choice([0, 0.3, 0.6])]
    cpdag = cpdag_of(graph)
    found = orient(cpdag, picked) if picked else cpdag
    return _adjusts(found, list(members(found)), rng)


def adjustment_of_mags(rng: np.random.Generator) -> bool | None:
    """Adjustment in MAGs: right iff it is right in every ADMG behind the MAG."""
    mag = mag_of(random_graph(rng, int(rng.integers(2, 6)), 2.0, shared=0.6))
    if len(mag.edges) > 5:
        return None
    return _adjusts(mag, admgs_behind(mag.nodes, marks_of(mag)), rng)


def adjustment_of_pags(rng: np.random.Generator) -> bool | None:
    """Adjustment in PAGs: right iff it is right in every ADMG behind every member."""
    mag = mag_of(random_graph(rng, int(rng.integers(2, 6)), 2.0, shared=0.5))
    if len(mag.edges) > 4:
        return None
    behind = [
        graph
        for marks in equivalent_mags(mag.nodes, marks_of(mag))
        for graph in admgs_behind(mag.nodes, marks)
    ]
    return _adjusts(pag_of(mag), behind, rng)


def _adjusts(graph: class_adjustment.Class, behind: list[Graph], rng: np.random.Generator) -> bool:
    x, y = random_roles(rng, behind[0])
    rest = [node for node in graph.nodes if node not in (*x, *y)]
    causal = {node for other in behind for node in causal_nodes(other, x, y)}
    exact = isinstance(graph, CPDAG | MPDAG)
    exact = exact or class_adjustment.explain_adjustment(graph, x, y).edge is None
    if exact and set(class_adjustment.possible_causal_nodes(graph, x, y)) != causal:
        return False
    wanted = [z for z in subsets(rest) if all(valid_in_admg(other, x, y, z) for other in behind)]
    found = [z for z in subsets(rest) if class_adjustment.is_adjustment_set(graph, x, y, z)]
    smallest = class_adjustment.minimal_adjustment_set(graph, x, y)
    return found == wanted and (
        smallest is None
        if not wanted
        else smallest in wanted and not any(set(z) < set(smallest) for z in wanted)
    )


QUESTIONS: dict[str, Case] = {
    "cpdags": cpdags,
    "mpdags": mpdags,
    "mags": mags,
    "pags": pags,
    "adjustment_of_dags": adjustment_of_dags,
    "adjustment_of_mags": adjustment_of_mags,
    "adjustment_of_pags": adjustment_of_pags,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--only", choices=sorted(QUESTIONS), default=None)
    chosen = parser.parse_args()
    for name, case in QUESTIONS.items():
        if chosen.only not in (None, name):
            continue
        rng = np.random.default_rng(chosen.seed)
        began = time.process_time()
        tried = wrong = 0
        while tried < chosen.cases and time.process_time() - began < chosen.seconds:
            found = case(rng)
            if found is not None:
                tried += 1
                wrong += not found
        spent = time.process_time() - began
        print(f"{name}: {tried} cases, {wrong} errors, {spent:.0f} s", flush=True)


if __name__ == "__main__":
    main()
