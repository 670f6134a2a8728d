"""Is the graph better than one with its names shuffled?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations as orders
from math import factorial
from typing import Any

import numpy as np

from causalsim.checks.confronting.claims import claims_of, confronted
from causalsim.checks.confronting.dependence import GeneralisedCovariance, IndependenceTest
from causalsim.errors.confronting import ConfrontingError
from causalsim.graph.claims.independencies import Independence
from causalsim.graph.graph import Graph, causal_graph
from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True)
class Falsification:
    """A graph beside graphs of the same shape with other names at the nodes.

    Attributes:
        graph: The graph.
        claims: How many independencies it implies among what was measured.
        violations: How many of them the data contradict, each tested at ``level``.
        shuffled: The same count for each graph with shuffled names.
        equivalent: How many of those make the same claims, so that no data tell them apart.
        level: The level of every single test.
    """

    graph: Graph
    claims: int
    violations: int
    shuffled: tuple[int, ...] = field(repr=False)
    equivalent: int
    level: float

    @property
    def p_value(self) -> float:
        """The share of shuffled graphs that the data contradict as little or less."""
        return (1 + sum(one <= self.violations for one in self.shuffled)) / (1 + len(self.shuffled))

    @property
    def informative(self) -> bool:
        """Whether under 5 % of the shuffled graphs claim the same, so that the test can tell."""
        return self.equivalent <= 0.05 * len(self.shuffled)

    @property
    def passed(self) -> bool:
        """Whether the graph fits better than 95 % of its shuffles."""
        return self.p_value <= 0.05

    def __str__(self) -> str:
        """A verdict in a sentence."""
        told = (
            f"the data contradict {self.violations} of {self.claims} independencies of the graph; "
            f"with its names shuffled {np.mean(self.shuffled):.1f} on average, and as few or fewer "
            f"in {self.p_value:.1%} of shuffles"
        )
        if not self.informative:
            share = self.equivalent / len(self.shuffled)
            return f"{told}; {share:.0%} of the shuffles claim the same, so this says little"
        better = "better" if self.passed else "hardly better"
        return f"{told}: {better} than a graph of this shape drawn without knowledge"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "graph": str(self.graph),
            "claims": self.claims,
            "violations": self.violations,
            "shuffled": list(self.shuffled),
            "equivalent": self.equivalent,
            "p_value": self.p_value,
            "informative": self.informative,
            "passed": self.passed,
        }


def falsify(
    graph: Graph,
    frame: Any,  # noqa: ANN401
    permutations: int = 200,
    by: IndependenceTest = GeneralisedCovariance(),  # noqa: B008  (frozen)
    level: float = 0.05,
    seed: int | Seed = 0,
) -> Falsification:
    """Compare a graph with graphs of the same shape whose nodes have each other's names.

    The number of contradicted independencies by itself says little: a large graph has some by
    chance and a dense one hardly any to contradict. Shuffling the names keeps the shape, so that
    the share of shuffled graphs with as few contradictions tells whether whoever drew the arrows
    knew more than chance. Shuffles that make the same claims cannot do worse; where they are many,
    the comparison is not informative, and says so.

    Args:
        graph: The causal graph; nodes that the frame lacks keep their place.
        frame: A pandas or polars frame; rows with missing cells among the nodes are left out.
        permutations: How many shuffles; all of them where there are not more.
        by: The test of each independence.
        level: The level of each single test; nothing is corrected, since counts are compared.
        seed: Decides the shuffles and the test's random choices.

    Raises:
        ConfrontingError: Fewer than two measured nodes, too few rows, or no claim to test.

    Examples:
        >>> import numpy, pandas
        >>> rng = numpy.random.default_rng(1)
        >>> a, b, e = rng.normal(size=(3, 400))
        >>> rows = pandas.DataFrame({"a": a, "b": b, "c": a + b + e})
        >>> rows["d"] = rows.c + rng.normal(size=400)
        >>> rows["e"] = rows.d + rng.normal(size=400)
        >>> found = falsify(Graph("a -> c <- b; c -> d -> e"), rows)
        >>> found.violations, found.passed
        (0, True)

    References:
        E. Eulig, A. Mastakouri, P. Blöbaum, M. Hardt, D. Janzing (2023), Toward falsifying causal
        graphs using a permutation-based test.
    """
    whole = isinstance(permutations, int) and not isinstance(permutations, bool)
    if not whole or permutations < 1:
        raise ConfrontingError.bad_setting("permutations", permutations, "a whole number from 1")
    graph = causal_graph(graph)
    measured, judge = confronted(graph, frame, by, level, seed)
    claims = claims_of(graph, measured)
    own = {_same(claim) for claim in claims}
    known: dict[object, bool] = {}

    def contradicted(claim: Independence) -> bool:
        mark = _same(claim)
        if mark not in known:
            known[mark] = judge(claim).p_value < level
        return known[mark]

    counts, equivalent = [], 0
    rng = seeded(seed, "shuffled names").numpy()
    for other in _renamings(measured.names, permutations, rng):
        renamed = [_renamed(claim, other) for claim in claims]
        equivalent += {_same(claim) for claim in renamed} == own
        counts.append(sum(contradicted(claim) for claim in renamed))
    return Falsification(
        graph=graph,
        claims=len(claims),
        violations=sum(contradicted(claim) for claim in claims),
        shuffled=tuple(counts),
        equivalent=equivalent,
        level=level,
    )


def _renamings(
    names: tuple[str, ...], count: int, rng: np.random.Generator
) -> Iterator[dict[str, str]]:
    """Other orders of the names: all but the one given, or so many at random."""
    if factorial(min(len(names), 12)) - 1 <= count:
        for order in orders(names):
            if order != names:
                yield dict(zip(names, order, strict=True))
        return
    for _ in range(count):
        places = rng.permutation(len(names)).tolist()
        yield {name: names[place] for name, place in zip(names, places, strict=True)}


def _renamed(claim: Independence, other: dict[str, str]) -> Independence:
    """The claim about the variables that now bear these names."""
    x, y, given = (tuple(other[name] for name in part) for part in (claim.x, claim.y, claim.given))
    return Independence(x, y, given)


def _same(claim: Independence) -> tuple[frozenset[frozenset[str]], frozenset[str]]:
    """A mark that equal claims share, whatever the order of their names."""
    return frozenset((frozenset(claim.x), frozenset(claim.y))), frozenset(claim.given)
