"""ID and IDC as Shpitser and Pearl print them, line by line, with every line said aloud.

`causalsim.identify` uses c-factors, which are quicker and give shorter formulae. These two are for
reading: the code is the published algorithm, and its trace is a derivation that one can check.

References:
    Shpitser and Pearl, "Identification of joint interventional distributions in recursive
    semi-Markovian causal models" (2006), figure 3 (ID); "Identification of conditional
    interventional distributions" (2006), figure 6 (IDC).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import final

from causalsim.errors import QueryError
from causalsim.estimand.expression import (
    Expression,
    Ratio,
    free_variables,
    probability,
    product,
    total,
)
from causalsim.graph.graph import Graph, Names
from causalsim.graph.surgery import induced, latent_projection, without_arrows
from causalsim.identification.c_factors import Hedge
from causalsim.identification.calculus import rule_2

Set = frozenset[str]


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One line of the algorithm at work.

    Attributes:
        algorithm: ID or IDC.
        line: The line of the published figure.
        depth: How many calls it stands inside.
        said: What the line does here.
    """

    algorithm: str
    line: int
    depth: int
    said: str

    def __str__(self) -> str:
        """The step, indented by its depth."""
        return f"{'  ' * self.depth}{self.algorithm} line {self.line}: {self.said}"


@final
@dataclass(frozen=True, slots=True)
class Lesson:
    """A run of the algorithm.

    Attributes:
        formula: What it found, or None.
        hedge: What stopped it, or None.
        steps: Every line in the order in which it was entered.
    """

    formula: Expression | None
    hedge: Hedge | None
    steps: tuple[Step, ...]

    @property
    def identified(self) -> bool:
        """Whether a formula was found."""
        return self.formula is not None

    def __str__(self) -> str:
        """The trace, and the formula or the hedge."""
        end = f"Result: {self.formula}"
        if self.hedge is not None:
            inner, outer = (", ".join(found) for found in (self.hedge.inner, self.hedge.outer))
            end = f"Fail: the districts {{{outer}}} and {{{inner}}} form a hedge."
        return "\n".join([*map(str, self.steps), end])

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "formula": None if self.formula is None else str(self.formula),
            "hedge": self.hedge and [list(self.hedge.inner), list(self.hedge.outer)],
            "steps": [str(step) for step in self.steps],
        }


def teach_identification(graph: Graph, outcome: Names, do: Names, given: Names = ()) -> Lesson:
    """P(y | do(x)) by ID, or P(y | do(x), z) by IDC, with every line it passes.

    Args:
        graph: The causal graph; latent nodes are projected out first.
        outcome: Y.
        do: X.
        given: Z; when there is any, the algorithm is IDC.

    Raises:
        GraphError: an unknown node.
        QueryError: no outcome, a latent node, or a node in two roles.

    >>> print(teach_identification(Graph("x -> m -> y; x <-> y"), "y", do="x"))
    ID line 4: without x the graph falls into the districts {m} and {y}, each identified by \
itself; their product is summed over m.
      ID line 2: no ancestors of m, so summed out: y.
      ID line 6: {m} is a district: read off given all that come before them.
      ID line 7: go on inside the district {x, y}, all else held.
      ID line 2: no ancestors of y, so summed out: x.
      ID line 1: nothing is done: P(y) is read off the distribution at hand.
    Result: Σ_m P(m | x) Σ_x′ P(y | x′, m) P(x′)
    """
    y, x, z = (graph.names(graph.indices(role)) for role in (outcome, do, given))
    _check(graph, y, x, z)
    run = _Run([])
    small = latent_projection(graph)
    law = _Law(small.order(), None)
    try:
        formula = run.conditional(y, x, z, law, small) if z else run.identify(y, set(x), law, small)
    except _Fail as failure:
        return Lesson(None, failure.hedge, tuple(run.steps))
    return Lesson(formula, None, tuple(run.steps))


class _Fail(Exception):
    """Line 5."""

    def __init__(self, hedge: Hedge) -> None:
        self.hedge = hedge
        super().__init__(str(hedge))


@dataclass(frozen=True, slots=True)
class _Law:
    """The distribution P that a call works with: the observed one, or one that a call made.

    Attributes:
        order: Its variables, causes first (π in the paper).
        joint: Its density as a formula; None for the observed distribution itself.
    """

    order: tuple[str, ...]
    joint: Expression | None

    def margin(self, keep: Set) -> "_Law":
        """The distribution of some of the variables."""
        order = tuple(name for name in self.order if name in keep)
        if self.joint is None:
            return _Law(order, None)
        return _Law(order, total([name for name in self.order if name not in keep], self.joint))

    def density(self, names: Set) -> Expression:
        """P(names)."""
        kept = tuple(name for name in self.order if name in names)
        return probability(kept) if self.joint is None else self.margin(names).joint or product([])

    def conditional(self, name: str) -> Expression:
        """P(v_i | v_1, …, v_{i-1})."""
        place = self.order.index(name)
        before = self.order[:place]
        if self.joint is None:
            return probability(name, before)
        up_to = total(self.order[place + 1 :], self.joint)
        return Ratio(up_to, total(name, up_to)) if before else up_to


@dataclass(slots=True)
class _Run:
    """One run, with the lines it has passed."""

    steps: list[Step] = field(default_factory=list)

    def say(self, line: int, depth: int, said: str, algorithm: str = "ID") -> None:
        """Note a line."""
        self.steps.append(Step(algorithm, line, depth, said))

    def identify(
        self, y: tuple[str, ...], x: set[str], law: _Law, graph: Graph, depth: int = 0
    ) -> Expression:
        """Function ID(y, x, P, G)."""
        every = set(graph.nodes)
        # line 1: if x is empty, return the sum of P over v \ y.
        if not x:
            self.say(
                1, depth, f"nothing is done: P({_list(y)}) is read off the distribution at hand."
            )
            return law.density(frozenset(y))
        # line 2: if V differs from An(Y), return ID(y, x ∩ An(Y), P(An(Y)), G[An(Y)]).
        above = set(graph.ancestors(y))
        if above != every:
            gone = [name for name in graph.nodes if name not in above]
            self.say(2, depth, f"no ancestors of {_list(y)}, so summed out: {_list(gone)}.")
            kept = induced(graph, above)
            return self.identify(y, x & above, law.margin(frozenset(above)), kept, depth)
        # line 3: let W = (V \ X) \ An(Y) in G with X overlined; if W is not empty, do W as well.
        cut = without_arrows(graph, into=x)
        idle = [n for n in graph.nodes if n not in x and n not in set(cut.ancestors(y))]
        if idle:
            done = _list(n for n in graph.nodes if n in x)
            self.say(3, depth, f"once {done} is set, setting {_list(idle)} too changes nothing.")
            return self.identify(y, x | set(idle), law, graph, depth)
        return self.by_districts(y, x, law, graph, depth)

    def by_districts(
        self, y: tuple[str, ...], x: set[str], law: _Law, graph: Graph, depth: int
    ) -> Expression:
        """Lines 4 to 7."""
        rest = [name for name in graph.nodes if name not in x]
        districts = induced(graph, rest).districts()
        # line 4: if C(G \ X) = {S1, …, Sk}, return the sum over v \ (y ∪ x) of the product.
        if len(districts) > 1:
            over = [name for name in law.order if name in rest and name not in y]
            summed = f"; their product is summed over {_list(over)}" if over else ""
            self.say(
                4,
                depth,
                f"without {_list(n for n in graph.nodes if n in x)} the graph falls into the "
                f"districts {_sets(districts)}, each identified by itself{summed}.",
            )
            factors = [
                self.identify(part, set(graph.nodes) - set(part), law, graph, depth + 1)
                for part in districts
            ]
            return total(over, product(factors))
        (part,) = districts
        whole = graph.districts()
        # line 5: if C(G) = {G}, fail with the hedge (G, S).
        if len(whole) == 1:
            self.say(5, depth, f"{_sets(whole)} is one district, and {_sets(districts)} its part.")
            raise _Fail(Hedge(part, whole[0]))
        inside = next(found for found in whole if set(part) <= set(found))
        chosen = [name for name in law.order if name in inside]
        factors = [law.conditional(name) for name in reversed(chosen)]
        # line 6: if S ∈ C(G), return the sum over s \ y of the product of P(v_i | v^(i-1)).
        if set(inside) == set(part):
            over = [name for name in chosen if name not in y]
            summed = f", summed over {_list(over)}" if over else ""
            given = "given all that come before them"
            self.say(6, depth, f"{_sets([part])} is a district: read off {given}{summed}.")
            return total(over, product(factors))
        # line 7: if S ⊂ S' ∈ C(G), return ID(y, x ∩ S', the product over S', G[S']).
        self.say(7, depth, f"go on inside the district {_sets([inside])}, all else held.")
        small = _Law(tuple(chosen), product(factors))
        return self.identify(y, x & set(inside), small, induced(graph, inside), depth)

    def conditional(
        self,
        y: tuple[str, ...],
        x: tuple[str, ...],
        z: tuple[str, ...],
        law: _Law,
        graph: Graph,
    ) -> Expression:
        """Function IDC(y, x, z, P, G)."""
        # line 1: if some z may be done as well as seen (rule 2), return IDC(y, x ∪ z, z \ {z}).
        for name in z:
            others = tuple(other for other in z if other != name)
            if rule_2(graph, y, x, name, others):
                self.say(1, 0, f"seeing {name} is as good as setting it (rule 2).", "IDC")
                return self.conditional(y, (*x, name), others, law, graph)
        if not z:
            return self.identify(y, set(x), law, graph)
        # line 2: let P' = ID(y ∪ z, x); return P' divided by its sum over y.
        self.say(2, 0, f"P({_list((*y, *z))} | do({_list(x)})), divided by its sum over y.", "IDC")
        joint = self.identify((*y, *z), set(x), law, graph, 1)
        return Ratio(joint, total([n for n in y if n in free_variables(joint)], joint))


def _check(graph: Graph, y: tuple[str, ...], x: tuple[str, ...], z: tuple[str, ...]) -> None:
    """The query is one."""
    if not y:
        raise QueryError.empty_outcome()
    for first, one, second, other in (
        ("outcome", y, "do", x),
        ("outcome", y, "given", z),
        ("do", x, "given", z),
    ):
        if set(one) & set(other):
            raise QueryError.two_roles([n for n in one if n in other], first, second)
    for name in (*y, *x, *z):
        if name in graph.latent:
            raise QueryError.latent_variable(name, "variable")


def _list(names: Iterable[str]) -> str:
    """Names in a row."""
    return ", ".join(names)


def _sets(found: Iterable[Iterable[str]]) -> str:
    """Sets of names, joined as a sentence joins them."""
    texts = [f"{{{_list(names)}}}" for names in found]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
