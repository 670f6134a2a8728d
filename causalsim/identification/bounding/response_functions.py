"""Every way a district can respond to its causes: the unknowns of a linear program.

A variable with k levels and m combinations of its parents' levels has k^m response functions, one
for each way of answering every combination. Whatever the hidden causes of a district are, all they
do is draw one response function for each of its variables; so the joint distribution of these draws
is all there is to know of the hidden causes, and observed and interventional probabilities are
linear in it.

References:
    Balke and Pearl, "Counterfactual probabilities: computational methods, bounds and applications"
    (1994); Sachs, Jonzon, Sjölander and Gabriel, "A general method for deriving tight symbolic
    bounds on causal effects" (2023).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim.graph.graph import Graph

Integers = NDArray[np.int64]
Levels = Mapping[str, int]


@final
@dataclass(frozen=True, slots=True)
class Monotone:
    """The assumption that a cause never pushes its effect the other way, in any unit.

    Levels count in the order in which the data list them.

    Attributes:
        cause: A parent of ``effect``.
        effect: The variable that responds.
        increasing: Whether more of the cause gives at least as much of the effect, or at most.
    """

    cause: str
    effect: str
    increasing: bool = True

    def __str__(self) -> str:
        """The assumption as a sentence."""
        way = "lowers" if self.increasing else "raises"
        return f"more {self.cause} never {way} {self.effect}"


@dataclass(frozen=True, slots=True, eq=False)
class Respondent:
    """One variable and all its response functions.

    Attributes:
        name: The variable.
        parents: Its parents, those of the stratum left out.
        levels: How many levels each parent has.
        functions: One row a function; the columns are the combinations of the parents' levels.
    """

    name: str
    parents: tuple[str, ...]
    levels: tuple[int, ...]
    functions: Integers

    def respond(self, which: Integers, values: Mapping[str, Integers | int]) -> Integers:
        """The variable's level for each of several functions, at given levels of its parents."""
        column: Integers | int = 0
        for parent, count in zip(self.parents, self.levels, strict=True):
            column = column * count + values[parent]
        found: Integers = self.functions[which, column]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ResponseSpace:
    """All combinations of response functions of a district, within one stratum.

    Attributes:
        respondents: The variables of the district, causes first.
        outside: The parents of the district that are not in it, and how many levels each has;
            those of the stratum left out.
        stratum: Parents common to the whole district, by which the program is taken apart.
    """

    respondents: tuple[Respondent, ...]
    outside: tuple[tuple[str, int], ...]
    stratum: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        """How many combinations there are."""
        return prod(len(respondent.functions) for respondent in self.respondents)

    def settings(self) -> Iterator[dict[str, int]]:
        """Every combination of levels of the parents outside."""
        return combinations_of(self.outside)

    def strata(self) -> Iterator[dict[str, int]]:
        """Every combination of levels of the common parents."""
        return combinations_of(self.stratum)

    def run(self, outside: Levels, do: Levels) -> dict[str, Integers | int]:
        """The level of each variable under an action, for every combination of functions."""
        values: dict[str, Integers | int] = {**outside, **do}
        for respondent, which in zip(self.respondents, self._which(), strict=True):
            if respondent.name in do:
                values[respondent.name] = do[respondent.name]
            else:
                values[respondent.name] = respondent.respond(which, values)
        return values

    def member(self, number: int) -> dict[str, tuple[tuple[str, ...], tuple[int, ...]]]:
        """One combination: for each variable its parents and its answers, last parent fastest."""
        found: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {}
        for respondent, which in zip(self.respondents, self._which(), strict=True):
            answers = respondent.functions[which[number]]
            found[respondent.name] = (respondent.parents, tuple(int(a) for a in answers))
        return found

    def _which(self) -> list[Integers]:
        """For each variable, which of its functions stands in each combination."""
        sizes = [len(respondent.functions) for respondent in self.respondents]
        return list(np.unravel_index(np.arange(self.count), sizes)) if sizes else []


def space_of(
    graph: Graph,
    district: Iterable[str],
    levels: Levels,
    assumptions: Iterable[Monotone] = (),
    coupled: Iterable[str] = (),
) -> ResponseSpace:
    """The response functions of a district, those that an assumption excludes left out.

    A parent common to the whole district takes the program apart, unless it is ``coupled``: what
    happens at one of its levels is then compared, in one unit, with what happens at another.
    """
    members = [node for node in graph.order() if node in set(district)]
    parents = {node: graph.parents(node) for node in members}
    around = [n for n in graph.nodes if any(n in parents[m] for m in members) and n not in members]
    given = tuple(assumptions)
    joined = {*coupled, *(assumed.cause for assumed in given)}
    common = [n for n in around if n not in joined and all(n in parents[m] for m in members)]
    respondents = tuple(
        _respondent(m, [p for p in parents[m] if p not in common], levels, given) for m in members
    )
    outside = tuple((node, levels[node]) for node in around if node not in common)
    return ResponseSpace(respondents, outside, tuple((node, levels[node]) for node in common))


def count_of(
    graph: Graph, district: Iterable[str], levels: Levels, coupled: Iterable[str] = ()
) -> int:
    """How many combinations `space_of` would hold, without making them."""
    members = list(district)
    parents = {node: set(graph.parents(node)) for node in members}
    shared = set.intersection(*parents.values()) if members else set()
    common = shared - set(members) - set(coupled)
    exponents = (prod(levels[p] for p in parents[m] - common) for m in members)
    # A power with a huge exponent is not worked out: 64 binary digits are more than any limit.
    return prod(
        levels[m] ** exponent if exponent < 64 else 2**64
        for m, exponent in zip(members, exponents, strict=True)
    )


def combinations_of(sizes: Iterable[tuple[str, int]]) -> Iterator[dict[str, int]]:
    """Every combination of levels of some variables, the last one fastest."""
    pairs = tuple(sizes)
    for found in product(*(range(count) for _, count in pairs)):
        yield dict(zip((name for name, _ in pairs), found, strict=True))


def _respondent(
    name: str, parents: list[str], levels: Levels, assumptions: tuple[Monotone, ...]
) -> Respondent:
    """A variable with the functions that no assumption excludes."""
    sizes = tuple(levels[parent] for parent in parents)
    columns = prod(sizes)
    grid = np.indices((levels[name],) * columns).reshape(columns, -1).T
    kept = np.ones(len(grid), dtype=bool)
    for assumed in assumptions:
        if assumed.effect == name and assumed.cause in parents:
            shaped = grid.reshape(len(grid), *sizes)
            steps = np.diff(shaped, axis=1 + parents.index(assumed.cause))
            right = steps >= 0 if assumed.increasing else steps <= 0
            kept &= right.reshape(len(grid), -1).all(axis=1)
    return Respondent(name, tuple(parents), sizes, np.ascontiguousarray(grid[kept]))
