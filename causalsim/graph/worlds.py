"""Several worlds in one graph: what is, and what would have been.

A variable in a world is named with the actions that matter to it: ``y(x=1)`` is y in a world
where x was set to 1, and plain ``y`` in every world whose actions do not reach it. So a variable
that two worlds share is one node, and separation sees that it is. What an action sets is a node
``x=1`` that never varies; it stands among ``Graph.adjusted``, and separation should be asked
given it (without it the graph is still right but says less).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product

from causalsim.errors.surgery import SurgeryError
from causalsim.graph.graph import Graph, Names, Pair, causal_graph
from causalsim.graph.surgery import unused

World = Mapping[str, object]


def swig(graph: Graph, do: World | Names) -> Graph:
    """The single-world intervention graph: each treated node is split in two.

    The random half ``x`` keeps the edges into x; the fixed half ``x=1`` takes the arrows out of
    it; what lies below becomes a potential outcome, ``y(x=1)``. So one graph holds both the
    treatment as it came and the outcome as it would have been, and shows whether they are
    independent: Y(x) ⊥ X | Z when m-separated given Z and the fixed halves.

    Args:
        graph: The causal graph.
        do: The values set, by node; or nodes alone, whose values are then written in lower case
            (``A`` is set to ``a``, ``smoking`` to ``smoking*``).

    Returns:
        A graph in which the fixed halves stand in ``adjusted``.

    Raises:
        GraphError: an unknown node.
        SurgeryError: a label that is a node's name already.

    >>> graph = swig(Graph("Z -> A -> Y <- Z"), "A")
    >>> graph.directed
    (('Z', 'A'), ('a', 'Y(a)'), ('Z', 'Y(a)'))

    References:
        Richardson and Robins, "Single world intervention graphs" (2013), sections 3.1 to 3.3;
        labels are the minimal ones.
    """
    graph = causal_graph(graph)
    values = _spelled(graph, do)
    fixed = {graph.indices(node)[0]: label for node, label in values.items()}
    labels = _labels(graph, fixed)
    _refuse_repeated(graph, fixed, labels)
    halves = [fixed.get(node, labels[node]) for node in range(len(graph))]
    core = graph.core
    arrows = [
        (halves[tail], labels[head])
        for tail, head in ((graph.indices(a)[0], graph.indices(b)[0]) for a, b in graph.directed)
    ]
    nodes: list[str] = []
    for node in range(core.size):
        nodes.append(labels[node])
        if node in fixed:
            nodes.append(fixed[node])
    return Graph(
        arrows,
        nodes=nodes,
        bidirected=[
            (labels[graph.indices(a)[0]], labels[graph.indices(b)[0]]) for a, b in graph.bidirected
        ],
        latent=[labels[node] for node in graph.indices(graph.latent)],
        exposures=[labels[node] for node in graph.indices(graph.exposures)],
        outcomes=[labels[node] for node in graph.indices(graph.outcomes)],
        adjusted=list(fixed.values()),
    )


def twin(graph: Graph, do: World | Names, *, explicit: bool = True) -> Graph:
    """The world as it is and the world after an action, joined by what they share.

    Args:
        graph: The causal graph.
        do: The values set, by node; or nodes alone (see `swig`).
        explicit: Whether shared noise is drawn as latent nodes ``U[y]``; else as ``<->``.

    Raises:
        GraphError: an unknown node.
        SurgeryError: a label that is a node's name already.

    >>> graph = twin(Graph("x -> y"), {"x": 1}, explicit=False)
    >>> graph.directed, graph.bidirected
    ((('x', 'y'), ('x=1', 'y(x=1)')), (('y', 'y(x=1)'),))

    References:
        Balke and Pearl, "Probabilistic evaluation of counterfactual queries" (1994).
    """
    graph = causal_graph(graph)
    return parallel_worlds(graph, [{}, do], explicit=explicit)


def parallel_worlds(
    graph: Graph, worlds: Iterable[World | Names], *, explicit: bool = True
) -> Graph:
    """Several worlds in one graph, in which equal variables are one node.

    Each world is the graph after its action; all share their noise. Every copy of a node bears
    the actions that reach it, so that copies which no action tells apart are the same node, and
    an action's node is shared by the worlds that set the same value.

    Args:
        graph: The causal graph.
        worlds: What is set in each world: values by node, or nodes alone (see `swig`); ``{}`` is
            the world as it is.
        explicit: Whether shared noise is drawn as latent nodes: ``U[y]`` for the noise of y and
            ``U[x,y]`` for a hidden cause ``x <-> y`` with several copies; else as ``<->``
            between all copies, which is the latent projection of the same.

    Returns:
        A graph in which the nodes set by actions stand in ``adjusted``.

    Raises:
        GraphError: an unknown node.
        SurgeryError: a label that is a node's name already.

    >>> graph = parallel_worlds(Graph("z; x -> y"), [{}, {"x": 0}, {"x": 1}])
    >>> graph.nodes
    ('z', 'x', 'y', 'x=0', 'y(x=0)', 'x=1', 'y(x=1)', 'U[y]')

    References:
        Avin, Shpitser and Pearl, "Identifiability of path-specific effects" (2005), section 4;
        Shpitser and Pearl, "What counterfactuals can be tested" (2007), lemma 24, for merging.
    """
    graph = causal_graph(graph)
    copies: list[dict[str, None]] = [{} for _ in graph.nodes]
    nodes: dict[str, int] = {}
    arrows: dict[Pair, None] = {}
    constants: dict[str, None] = {}
    for world in worlds:
        fixed = {graph.indices(node)[0]: text for node, text in _spelled(graph, world).items()}
        labels = _labels(graph, fixed)
        for node in range(len(graph)):
            label = fixed.get(node, labels[node])
            if nodes.setdefault(label, node) != node:
                raise SurgeryError.label_taken(label, graph.nodes[nodes[label]], graph.nodes[node])
            if node in fixed:
                constants[label] = None
                continue
            copies[node][label] = None
            for parent in graph.core.parents[node]:
                arrows[fixed.get(parent, labels[parent]), label] = None
    latent = [label for node in graph.indices(graph.latent) for label in copies[node]]
    shared: list[Pair] = []
    taken = set(nodes)
    for name, left, right in _noises(graph, copies):
        if not explicit or len(left) == len(right) == 1:
            shared += product(left, right) if right else combinations(left, 2)
            continue
        cause = unused(name, taken)
        nodes[cause] = -1
        latent.append(cause)
        arrows.update({(cause, label): None for label in (*left, *right)})
    return Graph(arrows, nodes=nodes, bidirected=shared, latent=latent, adjusted=constants)


def _noises(
    graph: Graph, copies: list[dict[str, None]]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """What copies share: the noise of a node with several, and every hidden cause of two nodes."""
    for node, found in zip(graph.nodes, copies, strict=True):
        if len(found) > 1:
            yield f"U[{node}]", tuple(found), ()
    for one, other in graph.bidirected:
        left, right = (tuple(copies[graph.indices(node)[0]]) for node in (one, other))
        if left and right:
            yield f"U[{one},{other}]", left, right


def _spelled(graph: Graph, do: World | Names) -> dict[str, str]:
    """The node that stands for each value set, by treated node."""
    if isinstance(do, Mapping):
        graph.indices(do)
        return {node: f"{node}={value}" for node, value in do.items()}
    if not isinstance(do, Iterable):
        raise SurgeryError.not_a_world(do)
    names = graph.names(graph.indices(do))
    return {node: node.lower() if node.lower() != node else f"{node}*" for node in names}


def _labels(graph: Graph, fixed: Mapping[int, str]) -> list[str]:
    """Each node's name in a world, with the actions that reach it."""
    core = graph.core
    place = {node: bit for bit, node in enumerate(sorted(fixed))}
    reached = [0] * core.size
    for node in core.order() or []:
        for parent in core.parents[node]:
            # What lies beyond a fixed parent cannot be felt.
            reached[node] |= 1 << place[parent] if parent in place else reached[parent]
    said = {0: ""}
    for bits in reached:
        if bits not in said:
            texts = (fixed[node] for node, bit in place.items() if bits >> bit & 1)
            said[bits] = f"({','.join(texts)})"
    return [f"{name}{said[bits]}" for name, bits in zip(graph.nodes, reached, strict=True)]


def _refuse_repeated(graph: Graph, fixed: Mapping[int, str], labels: list[str]) -> None:
    """Two halves of different nodes may not bear one name."""
    owner: dict[str, str] = {}
    for label, node in (
        *zip(labels, graph.nodes, strict=True),
        *((text, graph.nodes[node]) for node, text in fixed.items()),
    ):
        if label in owner:
            raise SurgeryError.label_taken(label, owner[label], node)
        owner[label] = node
