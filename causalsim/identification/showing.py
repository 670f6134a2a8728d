"""How an answer looks in a notebook: a small table, and the graph with the roles marked."""

from html import escape

from causalsim.estimand.expression import Expression
from causalsim.estimand.mathml import to_html
from causalsim.estimand.query import Query
from causalsim.estimand.questions import acted_on, asked_about
from causalsim.graph.drawing import Highlight, to_svg
from causalsim.graph.graph import Graph, Pair
from causalsim.identification.answer import Adjustment, Answer, Unidentified
from causalsim.identification.c_factors import Hedge
from causalsim.identification.counterfactual.answer import CounterfactualUnidentified, NoData
from causalsim.identification.fusing.combining import Insufficient

#: Larger graphs are not drawn beside an answer.
LARGEST = 60


def answer_to_html(answer: Answer) -> str:
    """The question, the verdict, the formula and the reasons as a table, above the graph.

    >>> from causalsim.identification.strategy import identify
    >>> shown = answer_to_html(identify(Graph("x -> y"), Query("y", do="x")))
    >>> "<th>why</th>" in shown, "<math" in shown, "<svg" in shown
    (True, True, True)
    """
    formula = answer.formula
    shown = to_html(formula) if isinstance(formula, Expression) else escape(str(formula))
    rows = [("question", escape(str(answer.query))), ("answer", escape(str(answer)))]
    rows += [("formula", shown)] if formula is not None else []
    rows += [("why", escape(answer.why))]
    lists = (("assumed", [str(each) for each in answer.assumptions]), ("would help", answer.help))
    rows += [(name, "<br>".join(map(escape, found))) for name, found in lists if found]
    cells = "".join(
        f'<tr><th>{name}</th><td style="text-align:left">{text}</td></tr>' for name, text in rows
    )
    drawing = answer_to_svg(answer) if len(answer.graph) <= LARGEST else ""
    return f"<table>{cells}</table>{drawing}"


def answer_to_svg(answer: Answer) -> str:
    """The graph with treatment and outcome, what is adjusted for, and what stands in the way."""
    query = answer.query
    held: tuple[str, ...] = ()
    if isinstance(answer, Adjustment):
        held = answer.adjustment
    elif isinstance(query, Query):
        held = query.conditions
    treatment = tuple(name for name in acted_on(query) if name in answer.graph)
    outcome = tuple(name for name in asked_about(query) if name not in treatment)
    hedge = _hedge(answer)
    biasing = hidden_edges(answer.graph, hedge.outer) if hedge else []
    return to_svg(answer.graph, Highlight(treatment, outcome, held, biasing), title=str(answer))


def hidden_edges(graph: Graph, nodes: tuple[str, ...]) -> list[Pair]:
    """The edges by which hidden causes join some nodes.

    >>> hidden_edges(Graph("u -> x -> y <- u; u [latent]; x <-> z"), ("x", "y"))
    [('u', 'x'), ('u', 'y')]
    """
    inside, latent = set(nodes), set(graph.latent)
    joined = [pair for pair in graph.bidirected if inside.issuperset(pair)]
    for cause in graph.latent:
        met = [child for child in graph.children(cause) if child in inside or child in latent]
        if len(inside.intersection(graph.descendants(met))) > 1 and len(met) > 1:
            joined += [(cause, child) for child in met]
    return joined


def _hedge(answer: Answer) -> Hedge | None:
    """The hedge that stands in the way, if it is one that does."""
    match answer:
        case Unidentified(hedge=hedge):
            return hedge
        case CounterfactualUnidentified(obstacle=NoData(hedge=hedge)):
            return hedge
        case Insufficient(obstacles=obstacles):
            return next((stalled.hedge for stalled in obstacles if stalled.hedge), None)
        case _:
            return None
