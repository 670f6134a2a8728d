"""Several treatments in time order: what each has to be compared within.

A treatment taken later may depend on what earlier treatments changed, so that no single set can
be adjusted for. The sequential back-door criterion asks instead, treatment by treatment, for what
is to be known when it is taken; the effect of the whole plan is then a chain of averages.

References:
    J. Pearl, J. Robins (1995), Probabilistic evaluation of sequential plans from causal models
    with hidden variables, theorems 1 and 4.
    P. Dawid, V. Didelez (2010), Identifying the consequences of dynamic treatment strategies,
    Statistics Surveys 4, section 7 (treatments that follow a rule).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import final

from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import latent_projection, without_arrows

#: Orders of treatments that the graph leaves open are tried up to this many treatments.
_MOST_ORDERS = 6


@final
@dataclass(frozen=True, slots=True)
class Stage:
    """One treatment, and what is learnt before it is taken and after the one before it.

    Attributes:
        treatment: The treatment.
        learnt: The variables that join what it is compared within.
    """

    treatment: str
    learnt: tuple[str, ...]


def treatment_stages(
    graph: Graph,
    outcome: str,
    treatments: tuple[str, ...],
    reads: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Stage, ...] | None:
    """The treatments in time order, each with what must be known when it is taken.

    With ``H_k`` all that is learnt up to treatment ``k`` and the treatments before it, every
    ``H_k`` blocks all paths between treatment ``k`` and the outcome that leave neither the
    treatment forwards nor enter a later treatment; then
    ``P(y | do(x)) = Σ_h P(y | h, x) Π_k P(h_k | h_<k, x_<k)``. Such sets are found whenever some
    exist (theorem 4 of Pearl and Robins); what says nothing more about the outcome is left out.

    Args:
        graph: The causal graph.
        outcome: The outcome.
        treatments: The treatments, in any order.
        reads: For each treatment that follows a rule, the variables that the rule looks at.

    Returns:
        The stages, earliest first; None when the criterion fails, which does not mean that no
        other formula exists.

    >>> graph = Graph("l0 -> {a0 l1}; a0 -> {l1 y}; l1 -> {a1 y}; a1 -> y; l1 <-> y")
    >>> for stage in treatment_stages(graph, "y", ("a1", "a0")):
    ...     print(stage.treatment, stage.learnt)
    a0 ('l0',)
    a1 ('l1',)
    """
    small = latent_projection(graph)
    rules = {} if reads is None else {name: tuple(found) for name, found in reads.items()}
    for order in _orders(small, treatments):
        plan = _Plan(small, outcome, order, rules)
        found = plan.widest()
        if found is not None:
            return tuple(
                Stage(name, learnt) for name, learnt in zip(order, plan.lean(found), strict=True)
            )
    return None


def _orders(graph: Graph, treatments: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The orders in which no treatment comes after one that it causes; the graph's own first."""
    place = {name: number for number, name in enumerate(graph.order())}
    usual = tuple(sorted(treatments, key=place.__getitem__))
    if len(usual) > _MOST_ORDERS:
        return [usual]
    above = {name: set(graph.ancestors(name)) - {name} for name in usual}
    return [
        order
        for order in permutations(usual)
        if not any(set(order[k + 1 :]) & above[name] for k, name in enumerate(order))
    ]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Treatments in an order, and the rules that they follow."""

    graph: Graph
    outcome: str
    order: tuple[str, ...]
    rules: dict[str, tuple[str, ...]]

    def mutilated(self, k: int, *, passive: bool) -> Graph:
        """The graph in which later treatments follow the plan, and treatment k does nothing."""
        later = self.order[k + 1 :]
        cut = without_arrows(self.graph, into=later, out_of=self.order[k] if passive else ())
        told = [(name, later_one) for later_one in later for name in self.rules.get(later_one, ())]
        if passive:
            told = [pair for pair in told if pair[0] != self.order[k]]
        if not told:
            return cut
        return Graph([*cut.directed, *told], bidirected=cut.bidirected, nodes=cut.nodes)

    def widest(self) -> list[tuple[str, ...]] | None:
        """Everything known in time that matters for a treatment or the outcome (theorem 4)."""
        for k, treatment in enumerate(self.order):
            later = {*self.graph.descendants(self.order[k:]), self.outcome}
            if later & (set(self.rules.get(treatment, ())) - set(self.order[:k])):
                return None
        sets: list[tuple[str, ...]] = []
        known: set[str] = set()
        for k, treatment in enumerate(self.order):
            later = set(self.graph.descendants(self.order[k:]))
            asked = set(self.rules.get(treatment, ())) - set(self.order[:k])
            matters = set(self.mutilated(k, passive=True).ancestors([self.outcome, treatment]))
            # What a later rule reads and is known by now may be learnt by now.
            allowed = (matters | asked) - later - {self.outcome, *self.order}
            learnt = tuple(n for n in self.graph.nodes if n in allowed and n not in known)
            sets.append(learnt)
            known.update(learnt)
        return sets if self.holds(sets) else None

    def holds(self, sets: list[tuple[str, ...]]) -> bool:
        """Whether every treatment is compared within enough."""
        return all(
            separated(
                self.mutilated(k, passive=True), self.outcome, self.order[k], self.history(sets, k)
            )
            for k in range(len(self.order))
        )

    def history(self, sets: list[tuple[str, ...]], k: int) -> tuple[str, ...]:
        """What is known when treatment k is taken."""
        return (*self.order[:k], *(name for learnt in sets[: k + 1] for name in learnt))

    def lean(self, sets: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """The same without variables that say nothing more about the outcome."""
        needed = {name for found in self.rules.values() for name in found}
        for name in [name for learnt in reversed(sets) for name in reversed(learnt)]:
            if name in needed:
                continue
            fewer = [tuple(other for other in learnt if other != name) for learnt in sets]
            if self.silent(fewer, sets, name) and self.holds(fewer):
                sets = fewer
        return sets

    def silent(self, fewer: list[tuple[str, ...]], sets: list[tuple[str, ...]], name: str) -> bool:
        """Whether a variable says nothing about the outcome beside all else that is known."""
        first = next(k for k, learnt in enumerate(sets) if name in learnt)
        return all(
            separated(
                self.mutilated(k, passive=False),
                self.outcome,
                name,
                (*self.history(fewer, k), self.order[k]),
            )
            for k in range(first, len(self.order))
        )
