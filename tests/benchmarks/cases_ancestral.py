"""Every MAG and PAG on few nodes, every question to it, against the definitions.

    PYTHONPATH=. python tests/benchmarks/cases_ancestral.py --seed 1

goes through all graphs up to the names of their nodes, each under random names (so that another
seed tries another order of the nodes), and prints how many answers were right. ``--share 0.1``
takes a tenth of the graphs; ``--only pags`` asks one question alone.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from causalsim import Graph
from causalsim.graph.equivalence import MAG, PAG, mag_member, mag_of, pag_of
from causalsim.graph.equivalence import adjustment as class_adjustment
from tests.oracles import small_graphs as oracle
from tests.oracles.equivalence import marks_of, shared
from tests.oracles.small_graphs import Edges

#: Whether the answers to one graph are right, one by one.
Verdicts = Iterator[bool]
Sampled = Callable[[], bool]

EVERY_MARK = (oracle.FORWARD, oracle.BACKWARD, oracle.BOTH, oracle.PLAIN)
_TAIL = {False: "-", True: ">"}


class Names:
    """Random names for the nodes of a small graph, listed in a random order."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.of = [f"v{number}" for number in rng.permutation(size).tolist()]
        self.listed = rng.permutation(self.of).tolist()

    def marked(self, edges: Edges) -> list[tuple[str, str, str, str]]:
        """The edges as a class reads them."""
        return [(self.of[a], self.of[b], _TAIL[at_a], _TAIL[at_b]) for a, b, at_a, at_b in edges]

    def marks(self, edges: Edges) -> dict[tuple[str, str], str]:
        """The edges as the mark at the second of two nodes."""
        return {
            key: mark
            for a, b, at_a, at_b in self.marked(edges)
            for key, mark in (((a, b), at_b), ((b, a), at_a))
        }

    def mag(self, edges: Edges) -> MAG:
        return MAG(self.marked(edges), nodes=self.listed)

    def graph(self, edges: Edges, latent: int) -> Graph:
        arrows = [(self.of[b], self.of[a]) if at_a else (self.of[a], self.of[b])
                  for a, b, at_a, at_b in edges if at_a != at_b]  # fmt: skip
        both = [(self.of[a], self.of[b]) for a, b, at_a, at_b in edges if at_a and at_b]
        return Graph(arrows, nodes=self.listed, bidirected=both, latent=self.set(latent))

    def set(self, bits: int) -> tuple[str, ...]:
        return tuple(name for node, name in enumerate(self.of) if bits >> node & 1)

    def bits(self, names: tuple[str, ...]) -> int:
        return sum(1 << self.of.index(name) for name in names)


def mags(rng: np.random.Generator, chosen: Sampled) -> Verdicts:
    """The MAG of every graph on four nodes, each measured, hidden or selected."""
    for size in (1, 2, 3, 4):
        for edges in oracle.mixed_graphs(size, 6):
            for role in product("mhs", repeat=size):
                if chosen():
                    names = Names(size, rng)
                    kept, hidden, selected = (
                        sum(1 << node for node, found in enumerate(role) if found == kind)
                        for kind in "mhs"
                    )
                    found = mag_of(names.graph(edges, hidden), selected=names.set(selected))
                    wanted = oracle.projected(size, edges, kept, selected)
                    yield marks_of(found) == names.marks(wanted)


def pags(rng: np.random.Generator, chosen: Sampled) -> Verdicts:
    """The PAG of every MAG on five nodes, and on six with up to eight edges; its text, a member."""
    for size, most in ((2, 1), (3, 3), (4, 6), (5, 10), (6, 8)):
        yield from pags_of(rng, chosen, size, most, EVERY_MARK[:3])


def selected_pags(rng: np.random.Generator, chosen: Sampled) -> Verdicts:
    """The same under selection: four nodes, and five with up to seven edges."""
    for size, most in ((2, 1), (3, 3), (4, 6), (5, 7)):
        yield from pags_of(rng, chosen, size, most, EVERY_MARK)


def pags_of(
    rng: np.random.Generator,
    chosen: Sampled,
    size: int,
    most: int,
    kinds: tuple[tuple[bool, bool], ...],
) -> Verdicts:
    for members in oracle.classes(size, most, kinds):
        for edges in members:
            if chosen():
                names = Names(size, rng)
                every = [names.marks(member) for member in members]
                pag = pag_of(names.mag(edges))
                yield (
                    marks_of(pag) == shared(every, "o")
                    and PAG(str(pag), nodes=pag.nodes) == pag
                    and marks_of(mag_member(pag)) in every
                )


def adjustment_of_mags(rng: np.random.Generator, chosen: Sampled) -> Verdicts:
    """Every question to every MAG on four nodes, and on five with up to five edges."""
    for size, most in ((2, 1), (3, 3), (4, 6), (5, 5)):
        for members in oracle.classes(size, most):
            for edges in members:
                if chosen():
                    wanted = oracle.adjusting_behind(size, edges, every=size < 5)
                    names = Names(size, rng)
                    yield from _adjusted(names.mag(edges), names, wanted)


def adjustment_of_pags(rng: np.random.Generator, chosen: Sampled) -> Verdicts:
    """Every question to every PAG on four nodes, and on five with up to five edges."""
    for size, most in ((2, 1), (3, 3), (4, 6), (5, 5)):
        for members in oracle.classes(size, most):
            if chosen():
                found = (oracle.adjusting_behind(size, one, every=size < 5) for one in members)
                wanted = oracle.agreed(found)
                names = Names(size, rng)
                yield from _adjusted(pag_of(names.mag(members[0])), names, wanted)


def _adjusted(graph: MAG | PAG, names: Names, wanted: list[oracle.Adjusting]) -> Verdicts:
    size = len(graph)
    for (x, y), right in zip(oracle.questions(size), wanted, strict=True):
        question = graph, names.set(x), names.set(y)
        found = sum(
            1 << z
            for z in oracle.subsets((1 << size) - 1 & ~(x | y))
            if class_adjustment.is_adjustment_set(*question, names.set(z))
        )
        smallest = class_adjustment.minimal_adjustment_set(*question)
        fits = smallest is None if not right.valid else smallest is not None
        if fits and smallest is not None:
            bits = names.bits(smallest)
            fits = [z for z in oracle.subsets(bits) if right.valid >> z & 1] == [bits]
        # What lies on a causal path is told exactly where some set could be valid, or in a MAG.
        if class_adjustment.explain_adjustment(*question).edge is None:
            causal = class_adjustment.possible_causal_nodes(*question)
            fits = fits and names.bits(causal) == right.causal
        yield fits and found == right.valid


QUESTIONS: dict[str, Callable[[np.random.Generator, Sampled], Verdicts]] = {
    "mags": mags,
    "pags": pags,
    "selected_pags": selected_pags,
    "adjustment_of_mags": adjustment_of_mags,
    "adjustment_of_pags": adjustment_of_pags,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--only", choices=sorted(QUESTIONS), default=None)
    options = parser.parse_args()
    for name, question in QUESTIONS.items():
        if options.only in (None, name):
            rng = np.random.default_rng(options.seed)
            began = time.process_time()
            verdicts = question(rng, lambda rng=rng: rng.random() < options.share)
            tried = wrong = 0
            for right in verdicts:
                tried += 1
                wrong += not right
            spent = time.process_time() - began
            print(f"{name}: {tried} cases, {wrong} errors, {spent:.0f} s", flush=True)


if __name__ == "__main__":
    main()
