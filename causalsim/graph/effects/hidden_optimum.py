"""The most precise adjustment set where variables are hidden, and whether there is one.

Beyond the parents of the causal nodes, a ``<->`` makes further nodes worth adjusting for: whoever
shares a hidden cause with Y tells about Y, and whoever shares one with such a node tells about Y
when both are held. They are worth it in every model as long as they tell nothing about X.
"""

from dataclasses import dataclass

from causalsim.graph.core import Core, marks
from causalsim.graph.effects.proper import Effect, candidates, effect, members
from causalsim.graph.graph import Graph
from causalsim.graph.separation.parting import adjusting
from causalsim.graph.surgery import latent_projection
from causalsim.graph.walk import ANCESTORS, CONNECTED, walk

#: The ways that are followed from one node; their number can grow exponentially with the graph.
_MOST_WAYS = 500


@dataclass(frozen=True, slots=True)
class Optimum:
    """The O-set of a graph with hidden variables, and what speaks against it.

    Attributes:
        adjustment: The set, in the graph's order; None when no set is valid.
        rivals: Nodes that another valid set may contain, with which it is better in some models.
        risky: Members that tell about X, of which another valid set may do without.
        undecided: Nodes of which it was not found out whether they are rivals: there are too many
            ways to join them to a causal node.
    """

    adjustment: tuple[str, ...] | None
    rivals: tuple[str, ...] = ()
    risky: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def everywhere(self) -> bool:
        """Whether no valid set is more precise in any model."""
        doubts = (*self.rivals, *self.risky, *self.undecided)
        return self.adjustment is not None and not doubts


def hidden_optimum(graph: Graph, x: str, y: str) -> Optimum:
    """The O-set of one treatment that affects one outcome, and whether it is the most precise.

    On the graph with its latent nodes projected out: O = P ∪ C ∪ pa(C), where P are the parents
    of the causal nodes, and C the nodes on paths of ``<->`` that end in a causal node and have no
    member that is forbidden or, if no ancestor of X or Y, connected with X given those ancestors.
    No valid set is better in any model exactly when (I) no further node joined by ``<->`` to a
    causal node or C can be adjusted for together with its way there, and (II) each member outside
    P that is connected with X given the other members tells about Y by ancestors of X or Y.

    Args:
        graph: The causal graph.
        x: The treatment.
        y: The outcome, a descendant of the treatment.

    Raises:
        GraphError: an unknown or latent node.

    References:
        Runge, "Necessary and sufficient graphical conditions for optimal adjustment sets in causal
        graphical models with hidden variables" (2021), definition 3 and theorems 1 to 3.
    """
    projected = latent_projection(graph)
    task = _Task.of(effect(projected, x, y))
    found = task.colliders()
    if found is None:
        return Optimum(None)
    core = projected.core
    parents = {up for node in task.causal for up in core.parents[node]} - task.forbidden
    beside = {up for node in found for up in core.parents[node]}
    chosen = parents | found | beside
    rivals, undecided = task.rivals(found, chosen)
    risky = task.risky(found, chosen, chosen - parents)
    order = {name: number for number, name in enumerate(graph.nodes)}
    best, others, doubtful, unknown = (
        tuple(sorted(projected.names(nodes), key=order.__getitem__))
        for nodes in (chosen, rivals, risky, undecided)
    )
    return Optimum(best, others, doubtful, unknown)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """The question on integers.

    Attributes:
        question: What X does to Y, in a graph without latent nodes.
        causal: The nodes on causal paths, Y among them.
        forbidden: The causal nodes, their descendants, and X.
        above: One byte a node: the ancestors of X and Y that are not forbidden.
        allowed: One byte a node: all but X and Y.
    """

    question: Effect
    causal: list[int]
    forbidden: set[int]
    above: bytearray
    allowed: bytearray

    @classmethod
    def of(cls, question: Effect) -> "_Task":
        """Prepare a question."""
        core = question.graph.core
        forbidden = {*members(question.forbidden), *question.x}
        above = walk(core, ANCESTORS, [*question.x, *question.y]).tail
        for node in forbidden:
            above[node] = 0
        _, allowed = candidates(question.graph, question.x, question.y, (), None)
        return cls(question, members(question.causal), forbidden, above, allowed)

    @property
    def core(self) -> Core:
        """The graph."""
        return self.question.graph.core

    def colliders(self) -> set[int] | None:
        """C: the valid nodes on paths of ``<->`` to causal nodes; None when one meets X."""
        connected = walk(self.core, CONNECTED, self.question.x, self.above)
        (treatment,) = self.question.x
        found: dict[int, None] = {}
        queue = list(self.causal)
        for node in queue:
            for other in self.core.siblings[node]:
                if other == treatment:
                    return None
                if other in found or other in self.forbidden:
                    continue
                if self.above[other] or other not in connected:
                    found[other] = None
                    queue.append(other)
        return set(found)

    def rivals(self, found: set[int], chosen: set[int]) -> tuple[list[int], list[int]]:
        """Condition I: further nodes that are valid together with their way to a causal node.

        The second list are those of which `_MOST_WAYS` ways did not decide it.
        """
        core = self.core
        around = {other for node in (*self.causal, *found) for other in core.siblings[node]}
        outside = sorted(around - self.forbidden - chosen)
        arrive = {node: self._arrives(node, found) for node in outside}
        return (
            [node for node in outside if arrive[node]],
            [node for node in outside if arrive[node] is None],
        )

    def _arrives(self, start: int, found: set[int]) -> bool | None:
        """Whether a path of ``<->`` through C leads to a causal node, all of it adjustable for.

        Ancestors of X and Y never matter to what is valid, so only the others are remembered.
        """
        ends = set(self.causal)
        first = (start, frozenset([start]))
        if not self._usable(first[1]):
            return False
        seen, queue = {first}, [first]
        for node, way in queue:
            if len(seen) > _MOST_WAYS:
                return None
            for other in self.core.siblings[node]:
                if other in ends:
                    return True
                if other not in found:
                    continue
                longer = way if self.above[other] else way | {other}
                if (other, longer) not in seen and (longer == way or self._usable(longer)):
                    seen.add((other, longer))
                    queue.append((other, longer))
        return False

    def _usable(self, nodes: frozenset[int]) -> bool:
        """Whether some valid set contains these nodes."""
        return adjusting(self.question, sorted(nodes), self.allowed) is not None

    def risky(self, found: set[int], chosen: set[int], doubtful: set[int]) -> list[int]:
        """Condition II: members that tell about X, and about Y only by nodes not above."""
        # What is held never carries a walk past itself: one walk finds who tells about X.
        telling = walk(self.core, CONNECTED, self.question.x, marks(self.core.size, chosen))
        firm = {node for node in found if self.above[node]}
        return [node for node in sorted(doubtful) if node in telling and not self._firm(node, firm)]

    def _firm(self, start: int, firm: set[int]) -> bool:
        """Whether ``<->`` leads to a causal node, or an edge into a way of firm colliders does."""
        ends, core = set(self.causal), self.core
        if ends.intersection(core.siblings[start]):
            return True
        queue = [n for n in (*core.siblings[start], *core.children[start]) if n in firm]
        seen = set(queue)
        for node in queue:
            for other in core.siblings[node]:
                if other in ends:
                    return True
                if other in firm and other not in seen:
                    seen.add(other)
                    queue.append(other)
        return False
