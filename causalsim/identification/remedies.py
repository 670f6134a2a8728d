"""What would help: a measurement, experiment or assumption that makes a question answerable."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from causalsim.estimand.events import Question
from causalsim.estimand.query import Query
from causalsim.estimand.questions import variables_of
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer, Unidentified
from causalsim.identification.fusing.available import Available

#: How many candidates of each kind are tried, and the largest graph that assumptions are tried on.
MOST = 12
LARGEST = 200


def remedies(answer: Answer) -> tuple[str, ...]:
    """Single steps that would each make an unidentified question identified.

    Tried are: measuring one hidden common cause, measuring one latent node, an experiment that sets
    one further variable, beside the data at hand; then linearity, monotonicity of the treatment for
    probabilities of causation, and monotonicity in an instrument, which identifies the effect among
    compliers only and says so. A step is named only when the question is answered once it is taken.

    Args:
        answer: The refusal.

    Returns:
        One sentence a step; empty when no single step that was tried is enough.

    >>> from causalsim.identification.strategy import identify
    >>> for step in remedies(identify(Graph("z -> x -> y; x <-> y"), Query("y", do="x"))):
    ...     print(step)
    measuring the common cause of x and y
    linearity: assuming=Linear()
    monotonicity, for the effect among compliers alone: assuming=Monotone("z", "x")
    """
    available = getattr(answer, "available", None)
    if isinstance(available, Available) and available.incomplete:
        return tuple(_recorded(answer, available))
    asked = getattr(answer, "asked", answer.query)
    case = _Refused(answer.graph, asked, available, answer.assumptions)
    nodes = _scope(answer, asked)
    return (*case.measured(nodes), *case.tried(nodes), *case.assumed())


def _scope(answer: Answer, asked: Question) -> tuple[str, ...]:
    """The nodes between which a remedy is sought: the hedge, or all above the question."""
    if isinstance(answer, Unidentified):
        return answer.hedge.outer
    return answer.graph.ancestors(variables_of(asked))


@dataclass(frozen=True, slots=True)
class _Refused:
    """A question that a graph refuses to answer from the data at hand."""

    graph: Graph
    question: Question
    available: Available | None
    stated: tuple[object, ...]

    def measured(self, nodes: Iterable[str]) -> Iterator[str]:
        """Hidden causes and latent nodes whose measurement is enough."""
        near = set(nodes)
        pairs = [pair for pair in self.graph.bidirected if near.issuperset(pair)]
        for one, other in pairs[:MOST]:
            if self.answered(_measured(self.graph, (one, other))):
                yield f"measuring the common cause of {one} and {other}"
        above = set(self.graph.ancestors(near | set(variables_of(self.question))))
        for node in [node for node in self.graph.latent if node in above][:MOST]:
            if self.answered(_shown(self.graph, node)):
                yield f"measuring {node}"

    def tried(self, nodes: Iterable[str]) -> Iterator[str]:
        """Variables of which an experiment is enough."""
        named = set(variables_of(self.question)) if isinstance(self.question, Query) else set()
        free = [n for n in nodes if n not in named and n not in self.graph.latent]
        for node in free[:MOST]:
            if self.answered(self.graph, _with_experiment(self.available, node)):
                yield f"an experiment that sets {node}"

    def answered(self, graph: Graph, available: Available | None = None) -> bool:
        """Whether the data answer the question."""
        from causalsim.identification.strategy import identify

        return identify(graph, self.question, available=available or self.available).identified

    def assumed(self) -> Iterator[str]:
        """Assumptions that are enough."""
        from causalsim.identification.assuming.assumptions import Linear
        from causalsim.identification.bounding.response_functions import Monotone

        if len(self.graph) > LARGEST:
            return
        if self.follows(Linear()) is True:
            yield "linearity: assuming=Linear()"
        for cause, effect in self.graph.directed:
            if self.graph.latent and {cause, effect} & set(self.graph.latent):
                continue
            if effect not in variables_of(self.question):
                continue
            if Monotone(cause, effect) in self.stated:
                continue
            found = self.follows(Monotone(cause, effect))
            shown = f'assuming=Monotone("{cause}", "{effect}")'
            if found is True:
                yield f"monotonicity: {shown}"
            elif found is False:
                yield f"monotonicity, for the effect among compliers alone: {shown}"

    def follows(self, assumed: object) -> bool | None:
        """Whether an answer follows, to the question (True) or to another one (False)."""
        from causalsim.errors.assumption import AssumptionError
        from causalsim.identification.assuming.assumptions import Premises
        from causalsim.identification.assuming.consequences import answer_assuming

        premises = Premises((assumed,))  # type: ignore[arg-type]
        try:
            found = answer_assuming(self.graph, self.question, self.available, premises)
        except AssumptionError:  # levels without an order would have to be declared as well
            return None
        return None if found is None else found.identified


def _recorded(answer: Answer, available: Available) -> Iterator[str]:
    """What should be known of everyone, or recorded without holes."""
    from causalsim.identification.strategy import identify

    ours = available.populations[0]
    if available.selected is not None:
        known = ours.observational or ()
        rest = [n for n in answer.graph.observed if n not in (*known, available.selected)]
        for name in rest[:MOST]:
            more = Available((*known, name), selected=available.selected)
            if identify(answer.graph, answer.query, available=more).identified:
                yield f"data on {', '.join((*known, name))} from everyone, not only the selected"
    for name, _ in available.missing:
        left = {n: mark for n, mark in available.missing if n != name}
        more = Available(missing=left)
        if identify(answer.graph, answer.query, available=more).identified:
            yield f"recording every value of {name}"


def _with_experiment(available: Available | None, node: str) -> Available:
    """The data at hand, and an experiment in our population."""
    if available is None:
        return Available(experiments=node)
    ours, *others = available.populations
    observed = True if ours.observational is None else (ours.observational or False)
    return Available(observed, [*ours.experiments, node], [*others])


def _measured(graph: Graph, pair: tuple[str, str]) -> Graph:
    """The graph with a hidden common cause drawn and measured."""
    cause = f"{pair[0]}, {pair[1]}"
    return Graph(
        [*graph.directed, (cause, pair[0]), (cause, pair[1])],
        nodes=graph.nodes,
        bidirected=[other for other in graph.bidirected if other != pair],
        latent=graph.latent,
    )


def _shown(graph: Graph, node: str) -> Graph:
    """The graph with a latent node measured."""
    return Graph(
        graph.directed,
        nodes=graph.nodes,
        bidirected=graph.bidirected,
        latent=[other for other in graph.latent if other != node],
    )
