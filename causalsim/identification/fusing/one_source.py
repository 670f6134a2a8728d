"""Does one data set show how some variables answer to others: an effect from P(w | do(z))."""

from collections.abc import Iterable
from dataclasses import dataclass

from causalsim.estimand.expression import Expression, Free, P, Product, Ratio, Sum
from causalsim.graph.graph import Graph
from causalsim.graph.surgery import latent_projection
from causalsim.identification.c_factors import Hedge, identify_effect
from causalsim.identification.fusing.available import Source


@dataclass(frozen=True, slots=True)
class Stalled:
    """Why a data set does not show an effect.

    Attributes:
        source: The data set.
        why: What forbids it, as a clause that follows the data set's name.
        hedge: The two sets that forbid it, when it is a hedge that does.
    """

    source: Source
    why: str
    hedge: Hedge | None = None

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        hedge = self.hedge
        return {
            "source": str(self.source),
            "why": self.why,
            "hedge": hedge and {"inner": list(hedge.inner), "outer": list(hedge.outer)},
        }


def from_source(
    graph: Graph, outcome: tuple[str, ...], acts: tuple[str, ...], source: Source
) -> Expression | Stalled:
    """P(outcome | do(acts)) of our population, as a formula in one known distribution.

    The data set serves when the mechanisms between the actions and the outcome are the same in its
    population, what it sets is either among the actions or without effect beside them, and the
    rest is identified in the graph of the experiment.
    """
    needed, reached = _between(graph, outcome, acts)
    lacking = [name for name in outcome if name not in source.measured]
    fixed = [name for name in outcome if name in source.do]
    meddling = [name for name in source.do if name in needed]
    foreign = [name for name in source.differs if name in needed]
    rest = tuple(name for name in acts if name in reached and name not in source.do)
    unseen = [name for name in rest if name not in source.measured]
    if fixed or meddling:
        return Stalled(source, f"sets {', '.join(fixed or meddling)} itself")
    if foreign:
        return Stalled(source, f"is of a population in which {', '.join(foreign)} may differ")
    if lacking or unseen:
        return Stalled(source, f"does not measure {', '.join(lacking or unseen)}")
    small = projected(graph, source.measured, source.do)
    found = identify_effect(small, outcome, rest)
    if isinstance(found, Hedge):
        why = f"leaves {', '.join(found.outer)} confounded (a hedge for {', '.join(found.inner)})"
        return Stalled(source, why, found)
    return _attributed(found, source)


def projected(graph: Graph, kept: Iterable[str], cut: Iterable[str] = ()) -> Graph:
    """The graph on the variables ``kept`` alone, after an action on ``cut`` removed those."""
    wanted, gone = set(kept), set(cut)
    if not gone and len(wanted) == len(graph):
        return graph
    directed = [(a, b) for a, b in graph.directed if a not in gone and b not in gone]
    shared = [(a, b) for a, b in graph.bidirected if a not in gone and b not in gone]
    nodes = [node for node in graph.nodes if node not in gone]
    latent = [node for node in nodes if node not in wanted]
    whole = Graph(directed, nodes=nodes, bidirected=shared, latent=latent)
    if not latent:
        return whole
    return latent_projection(whole)


def _between(
    graph: Graph, outcome: tuple[str, ...], acts: tuple[str, ...]
) -> tuple[set[str], set[str]]:
    """What the effect depends on: nodes above the outcome short of the actions, and those met."""
    core, stop = graph.core, set(graph.indices(acts))
    found = set(graph.indices(outcome))
    met: set[int] = set()
    stack = list(found)
    while stack:
        for parent in core.parents[stack.pop()]:
            if parent in stop:
                met.add(parent)
            elif parent not in found:
                found.add(parent)
                stack.append(parent)
    return set(graph.names(found)), set(graph.names(met))


def _attributed(expression: Expression, source: Source) -> Expression:
    """An observational formula of the experiment's graph, as one about the experiment."""
    if not source.do and not source.domain:
        return expression
    do = tuple(Free(name) for name in source.do)
    seen: dict[int, Expression] = {}

    def visit(part: Expression) -> Expression:
        if id(part) not in seen:
            match part:
                case P(heads, given):
                    seen[id(part)] = P(heads, given, do, source.domain)
                case Sum(over, body):
                    seen[id(part)] = Sum(over, visit(body))
                case Product(factors):
                    seen[id(part)] = Product(tuple(map(visit, factors)))
                case Ratio(numerator, denominator):
                    seen[id(part)] = Ratio(visit(numerator), visit(denominator))
                case _:
                    seen[id(part)] = part
        return seen[id(part)]

    return visit(expression)
