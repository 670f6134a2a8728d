"""Many random graphs through every notation and back, and random texts through every parser.

python tests/benchmarks/cases_notation.py --cases 100000 --seed 1
With --speed the time to write and read one graph of 10,000 nodes and 30,000 arrows, by notation.
"""

import argparse
import time

import numpy as np

from causalsim import Graph
from causalsim.errors.base import CausalsimError
from causalsim.graph.notation.networks import from_networkx, to_networkx
from causalsim.graph.randomness import random_admg
from tests.laws.test_notation import PIECES, READERS, TRAPS, WRITERS, everything

PLAIN = [f"{letter}{number}" for letter in "abcxyz" for number in range(4)]


def random_marked(rng: np.random.Generator, names: list[str]) -> Graph:
    """A random graph with roles and positions, under names from a list."""
    size = int(rng.integers(0, 7))
    nodes = [str(name) for name in rng.choice(names, size, replace=False)]
    pairs = [(a, b) for place, a in enumerate(nodes) for b in nodes[place + 1 :]]
    kept = [[item for item in pairs if rng.random() < 0.4] for _ in range(2)]
    some = [[node for node in nodes if rng.random() < 0.3] for _ in range(5)]
    return Graph(
        kept[0],
        nodes=[nodes[place] for place in rng.permutation(size)],
        bidirected=kept[1],
        latent=some[0],
        exposures=some[1],
        outcomes=some[2],
        adjusted=some[3],
        positions=[(node, tuple(rng.normal(size=2).tolist())) for node in some[4]],
    )


def round_trip(graph: Graph, notation: str) -> int:
    """Whether a graph does not come back (1), comes back (0), or cannot be written (0)."""
    try:
        text = WRITERS[notation](graph)
    except CausalsimError:
        return 0
    again = READERS[notation](text)
    kept = 6 if notation in ("arrows", "dagitty", "dot", "gml") else 0
    return int(again != graph or everything(again)[:kept] != everything(graph)[:kept])


def speed() -> None:
    """Seconds to write and to read a large graph."""
    graph = random_admg(10_000, 6.0, 0.5, seed=1)
    for notation, write in WRITERS.items():
        began = time.process_time()
        text = write(graph)
        written = time.process_time()
        READERS[notation](text)
        print(
            f"{notation:10s} write {written - began:6.2f} s, "
            f"read {time.process_time() - written:6.2f} s, {len(text):,} characters"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        speed()
        return
    rng = np.random.default_rng(options.seed)
    wrong = strange = 0
    odd = [*TRAPS, *PLAIN]
    for case in range(options.cases):
        graph = random_marked(rng, odd if case % 2 else PLAIN)
        for notation, reader in READERS.items():
            wrong += round_trip(graph, notation)
            text = " ".join(rng.choice(PIECES, int(rng.integers(1, 20))))
            try:
                reader(text)
            except CausalsimError:
                pass
            except Exception as error:
                strange += 1
                print(notation, repr(text), repr(error))
        wrong += from_networkx(to_networkx(graph)) != graph
    print(
        f"{options.cases} graphs through {len(READERS) + 1} notations: {wrong} errors; "
        f"{options.cases * len(READERS)} random texts: {strange} unknown errors"
    )


if __name__ == "__main__":
    main()
