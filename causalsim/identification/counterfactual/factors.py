"""Districts of counterfactual events: whether the worlds of one agree, and what data show it.

References:
    Correa, Lee and Bareinboim, "Nested counterfactual identification from arbitrary surrogate
    experiments" (2021), theorem 3 (ctf-factorisation), definition 3.3 and theorem 4 (consistency).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from causalsim.estimand.expression import (
    Bound,
    Expression,
    Slot,
    Value,
    fix,
    free_variables,
    product,
    total,
)
from causalsim.estimand.query import Level
from causalsim.graph.graph import Graph
from causalsim.identification.c_factors import connected
from causalsim.identification.counterfactual.answer import Conflict, NoData
from causalsim.identification.counterfactual.worlds import Response, shown
from causalsim.identification.fusing.available import Source
from causalsim.identification.fusing.one_source import Stalled, from_source


@dataclass(frozen=True, slots=True)
class Case:
    """A graph, the same without latent nodes, the data, and the levels of variables if known."""

    graph: Graph
    projected: Graph
    sources: tuple[Source, ...]
    levels: Mapping[str, tuple[Level, ...]]


class Blocked(Exception):
    """What stands in the way, found on the way to a formula."""

    def __init__(self, obstacle: Conflict | NoData, why: str) -> None:
        self.obstacle, self.why = obstacle, why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Factor:
    """The events of one district, which hidden causes join."""

    responses: tuple[Response, ...]

    def slots(self) -> set[Slot]:
        """Every value that the factor mentions."""
        heads = {response.value for response in self.responses}
        return heads | {slot for response in self.responses for _, slot in response.parents}

    def symbols(self) -> set[Slot]:
        """The values that are summed over, or asked for."""
        return {slot for slot in self.slots() if isinstance(slot, Bound)}

    def events(self) -> tuple[str, ...]:
        """The events as text."""
        return tuple(map(str, self.responses))


def factors_of(graph: Graph, responses: Sequence[Response]) -> list[Factor]:
    """Responses by the districts of the graph on their variables (theorem 3)."""
    core = graph.core
    within = set(graph.indices(response.name for response in responses))
    found: dict[int, list[Response]] = {}
    root: dict[int, int] = {}
    for index in sorted(within):
        if index not in root:
            root.update(dict.fromkeys(connected(core, index, within), index))
    for response in responses:
        found.setdefault(root[graph.indices(response.name)[0]], []).append(response)
    return [Factor(tuple(group)) for group in found.values()]


def linked(factors: Sequence[Factor], to: Iterable[Slot]) -> list[Factor]:
    """The factors that share a symbol with ``to``, directly or through other factors.

    All others stand above and below the line alike, and cancel.
    """
    reached: set[Slot] = {slot for slot in to if isinstance(slot, Bound)}
    kept: set[int] = set()
    grown = True
    while grown:
        grown = False
        for place, factor in enumerate(factors):
            if place not in kept and not reached.isdisjoint(factor.symbols()):
                kept.add(place)
                reached |= factor.symbols()
                grown = True
    return [factor for place, factor in enumerate(factors) if place in kept]


def formula_of(case: Case, factor: Factor) -> tuple[Expression, str]:
    """The factor as a formula in the data, and the reason.

    Symbols stand as free variables of their name: in a factor whose worlds agree, and in those
    beside it, a variable has one symbol at most.

    Raises:
        Blocked: its worlds do not agree, or no data show it.
    """
    slots = _agreed(factor)
    heads = tuple(response.name for response in factor.responses)
    acts = tuple(n for n in case.graph.nodes if n in slots and n not in heads)
    stalled: list[Stalled] = []
    for source in case.sources:
        found = from_source(case.graph, heads, acts, source)
        if isinstance(found, Stalled):
            stalled.append(found)
            continue
        held = {name: slot.level for name, slot in slots.items() if isinstance(slot, Value)}
        formula = fix(found, held)
        return formula, f"P({', '.join(factor.events())}) is read off {source}."
    hedge = next((item.hedge for item in stalled if item.hedge), None)
    reasons = "; ".join(f"{item.source} {item.why}" for item in stalled)
    why = f"No data show P({', '.join(factor.events())}): {reasons}."
    raise Blocked(NoData(factor.events(), hedge), why)


def _agreed(factor: Factor) -> dict[str, Slot]:
    """The one value of each variable of a factor (definition 3.3).

    Raises:
        Blocked: a variable stands at two values, so that no unit is seen in all the worlds.
    """
    found: dict[str, Slot] = {}
    for response in factor.responses:
        for name, slot in (*response.parents, (response.name, response.value)):
            other = found.setdefault(name, slot)
            if other != slot:
                values = (shown(other), shown(slot))
                if values[0] == values[1]:
                    values = (values[0], f"{values[1]}′")
                conflict = Conflict(name, values, factor.events())
                raise Blocked(conflict, _why_conflict(conflict))
    return found


def _why_conflict(conflict: Conflict) -> str:
    """A conflict in words."""
    one, other = conflict.values
    events = " and ".join(conflict.events)
    shared = "" if len(conflict.events) == 1 else " share their hidden causes, and"
    return (
        f"{events}{shared} need {conflict.variable} at {one} and at {other} in one unit, "
        "which no data show."
    )


def summed(factors: Iterable[Expression], names: Sequence[str]) -> Expression:
    """A product summed over names; what the sum does not touch stands before it."""
    over = set(names)
    mentions = [(factor, over.isdisjoint(free_variables(factor))) for factor in factors]
    inside = [factor for factor, apart in mentions if not apart]
    outside = [factor for factor, apart in mentions if apart]
    return product([*outside, total(names, product(inside))] if inside else outside)
