"""Which counterfactual variables are independent, whatever the worlds they live in.

References:
    Correa, Lee and Bareinboim, "Nested counterfactual identification from arbitrary surrogate
    experiments" (2021), definition of the ancestral multi-world network and theorem of its
    separation; Shpitser and Pearl, "What counterfactuals can be tested" (2007).
"""

from collections.abc import Iterable
from itertools import combinations

from causalsim.errors import QueryError
from causalsim.estimand.events import Counterfactual
from causalsim.estimand.expression import Slot
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import latent_projection, unused
from causalsim.identification.counterfactual.worlds import Variable, Worlds

Several = str | Counterfactual | Iterable[str | Counterfactual]


def multiworld_network(graph: Graph, variables: Several) -> Graph:
    """The ancestral multi-world network: every variable with its ancestors, each in its world.

    Variables that no action tells apart are one node. Copies of one variable share its noise, drawn
    as a latent node ``U[y]``; copies of two variables with a hidden common cause share that.

    Args:
        graph: The causal graph; latent nodes are projected out.
        variables: Counterfactual variables, or names for the actual world.

    Raises:
        QueryError: a variable that the graph lacks; a world that sets a variable to its value in
            another world.

    >>> y = Counterfactual("Y", {"X": 1})
    >>> print(multiworld_network(Graph("X -> Y <- Z"), [y, "Y"]))
    X -> Y
    Z -> Y
    Z -> "Y(X=1)"
    "U[Y]" -> Y
    "U[Y]" -> "Y(X=1)"
    "U[Y]" [latent]
    """
    worlds = Worlds(latent_projection(graph))
    for found in _several(variables):
        _reduced(graph, worlds, found)
    return _network(worlds)


def independent(graph: Graph, one: Several, other: Several, given: Several = ()) -> bool:
    """Whether counterfactual variables are independent given others, by the graph alone.

    They are when separated in the multi-world network; a variable that is known, or that its own
    world sets, is independent of everything. What is not separated may be independent by accident.

    Args:
        graph: The causal graph.
        one: Counterfactual variables, or names for the actual world.
        other: The same.
        given: What is conditioned on.

    Raises:
        QueryError: a variable that the graph lacks; a world that sets a variable to its value in
            another world; no variable where one is needed.

    >>> graph = Graph("Z -> X -> Y; Z -> Y")
    >>> y = Counterfactual("Y", {"X": 1})
    >>> independent(graph, y, "X"), independent(graph, y, "X", given="Z")
    (False, True)
    """
    worlds = Worlds(latent_projection(graph))
    roles = [
        {v for v in (_reduced(graph, worlds, found) for found in _several(role)) if v is not None}
        for role in (one, other, given)
    ]
    left, right = roles[0] - roles[2], roles[1] - roles[2]
    if left & right:
        return False
    if not left or not right:
        if not (_several(one) and _several(other)):
            raise QueryError.empty_outcome()
        return True
    network = _network(worlds)
    names = [[str(variable) for variable in role] for role in (left, right, roles[2])]
    return separated(network, names[0], names[1], names[2])


def _several(found: Several) -> list[Counterfactual]:
    """Names and counterfactual variables as the latter."""
    if not isinstance(found, str | Counterfactual | Iterable):
        raise QueryError.not_variables(found)
    items = [found] if isinstance(found, str | Counterfactual) else list(found)
    return [item if isinstance(item, Counterfactual) else Counterfactual(item) for item in items]


def _reduced(graph: Graph, worlds: Worlds, of: Counterfactual) -> Variable | None:
    """A variable with the actions that matter to it; None when an action sets it."""
    names = [of.variable, *(action.variable for action in of.do)]
    for name in names:
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
        if name in graph.latent:
            raise QueryError.latent_variable(name, "variable")
    if any(isinstance(action, Counterfactual) for action in of.do):
        raise QueryError.nested_independence(str(of))
    found = worlds.unnested(of.variable, of.do)
    if not isinstance(found, Variable):
        return None
    worlds.put(found, worlds.symbol(found.name))
    return found


def _network(worlds: Worlds) -> Graph:
    """The variables met so far and their ancestors, as one graph."""
    worlds.close()
    graph = worlds.graph
    place = {name: at for at, name in enumerate(graph.order())}
    variables = sorted(worlds.values, key=lambda v: (place[v.name], [_text(s) for _, s in v.world]))
    copies: dict[str, list[str]] = {}
    for variable in variables:
        copies.setdefault(variable.name, []).append(str(variable))
    arrows = [
        (str(parent), str(variable))
        for variable in variables
        for _, parent in worlds.parents(variable)
        if isinstance(parent, Variable)
    ]
    nodes = [str(variable) for variable in variables]
    taken, causes, shared = set(nodes), list[str](), list[tuple[str, str]]()
    noises = [(f"U[{name}]", found) for name, found in copies.items() if len(found) > 1]
    for one, other in graph.bidirected:
        both = [*copies.get(one, ()), *copies.get(other, ())]
        if one in copies and other in copies and len(both) > 2:
            noises.append((f"U[{one},{other}]", both))
        elif one in copies and other in copies:
            shared += combinations(both, 2)
    for wanted, found in noises:
        cause = unused(wanted, taken)
        taken.add(cause)
        causes.append(cause)
        arrows += [(cause, copy) for copy in found]
    return Graph(arrows, nodes=[*nodes, *causes], bidirected=shared, latent=causes)


def _text(slot: Slot) -> str:
    """What worlds are ordered by."""
    return repr(slot)
