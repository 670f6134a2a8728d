"""How far do the data narrow it down: sharp bounds for small discrete graphs.

The effect is taken apart by districts. Where exactly one district hides what is asked, observed
and asked probabilities are linear in the distribution of its response functions, and the program
is exact. Where several hide it the program would be a product of unknowns: they are then treated
as one district, which allows more models, so that the bound is valid but may be too wide.

References:
    Balke and Pearl, "Bounds on treatment effects from studies with imperfect compliance" (1997);
    Tian and Pearl, "Probabilities of causation: bounds and identification" (2000); Sachs, Jonzon,
    Sjölander and Gabriel, "A general method for deriving tight symbolic bounds on causal effects"
    (2023).
"""

from collections.abc import Iterable, Mapping
from functools import partial
from math import prod

from causalsim.errors import QueryError
from causalsim.errors.identification import BoundsError, IntractableError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.query import Level, Query
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.apart import conjunctions_apart
from causalsim.identification.bounding.bounded import Bounds
from causalsim.identification.bounding.counterfactual_program import (
    Conjunction,
    counterfactual_program,
)
from causalsim.identification.bounding.effect_program import (
    MOST_CELLS,
    Program,
    Term,
    effect_program,
)
from causalsim.identification.bounding.frequencies import Columns, frequencies, sizes_of
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.bounding.response_program import optimum
from causalsim.identification.fusing.one_source import projected

#: The largest number of combinations of response functions that a program may have.
LIMIT = 200_000


def bound(
    graph: Graph,
    query: Query,
    data: Table | Columns,
    *,
    assumptions: Iterable[Monotone] = (),
    known: Mapping[Query, float] | None = None,
    limit: int = LIMIT,
) -> Bounds:
    """The interval in which P(y | do(x)) or P(y | do(x), z) must lie.

    Args:
        graph: The causal graph of discrete variables.
        query: A question with a value for every variable; conditions must not be effects of the
            treatments.
        data: The joint table, or one array of levels a variable.
        assumptions: Monotone responses, if they may be assumed.
        known: Results of experiments: P(y | do(x)) for queries of the same kind.
        limit: Programs with more combinations of response functions are not tried; variables are
            left out of the graph until one fits, which keeps the bound valid.

    Returns:
        `Bounds`; a point where the effect is identified.

    Raises:
        BoundsError: a variable without a value, data that contradict the graph.

    >>> import numpy as np
    >>> table = Table.of(["x", "y"], np.array([[0.3, 0.2], [0.1, 0.4]]))
    >>> print(bound(Graph("x -> y; x <-> y"), Query({"y": 1}, do={"x": 1}), table))
    between 0.4 and 0.9
    """
    return _bounded(graph, [Term(1.0, query)], data, tuple(assumptions), known or {}, limit)


def bound_effect(
    graph: Graph,
    outcome: str,
    treated: Mapping[str, Level],
    control: Mapping[str, Level],
    data: Table | Columns,
    *,
    assumptions: Iterable[Monotone] = (),
    known: Mapping[Query, float] | None = None,
    limit: int = LIMIT,
) -> Bounds:
    """The interval of the average effect E[Y | do(treated)] - E[Y | do(control)].

    Args:
        graph: The causal graph of discrete variables.
        outcome: Y; its levels are numbers.
        treated: The values set in one world.
        control: The values set in the other.
        data: The joint table, or one array of levels a variable.
        assumptions: Monotone responses, if they may be assumed.
        known: Results of experiments: P(y | do(x)).
        limit: As for `bound`.

    Raises:
        BoundsError: levels that are no numbers, data that contradict the graph.

    >>> import numpy as np
    >>> table = Table.of(["x", "y"], np.array([[0.3, 0.2], [0.1, 0.4]]))
    >>> print(bound_effect(Graph("x -> y; x <-> y"), "y", {"x": 1}, {"x": 0}, table))
    between -0.3 and 0.7
    """
    levels = frequencies(data, [outcome]).levels[0]
    terms: list[Term] = []
    for level in levels:
        if isinstance(level, str):
            raise BoundsError.not_ours(level, f"A number as level of {outcome!r}")
        terms.append(Term(float(level), Query({outcome: level}, do=treated)))
        terms.append(Term(-float(level), Query({outcome: level}, do=control)))
    return _bounded(graph, terms, data, tuple(assumptions), known or {}, limit)


def bound_counterfactual(
    graph: Graph,
    events: Iterable[Query],
    data: Table | Columns,
    *,
    given: Mapping[str, Level] | None = None,
    assumptions: Iterable[Monotone] = (),
    known: Mapping[Query, float] | None = None,
    limit: int = LIMIT,
) -> Bounds:
    """The interval of the probability that several things hold at once, each in its own world.

    With ``given`` it is the probability among the units that were seen to be so. What the actions
    change must lie in one district for the bound to be sharp; what it does not change may lie
    anywhere above.

    Args:
        graph: The causal graph of discrete variables.
        events: One query with values a world; without ``do`` it is the world as it is.
        data: The joint table, or one array of levels a variable.
        given: What was observed of the unit.
        assumptions: Monotone responses, if they may be assumed.
        known: Results of experiments: P(y | do(x)).
        limit: As for `bound`, but nothing is left out: a larger program is refused.

    Raises:
        BoundsError: a variable without a value, a program too large or not linear.

    >>> import numpy as np
    >>> table = Table.of(["x", "y"], np.array([[0.3, 0.2], [0.1, 0.4]]))
    >>> spared = Query({"y": 0}, do={"x": 0})
    >>> print(bound_counterfactual(Graph("x -> y"), [spared], table, given={"x": 1, "y": 1}))
    between 0.5 and 0.75

    References:
        Tian and Pearl (2000), section 4.
    """
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    parts = (Conjunction(1.0, tuple(events)),)
    program = counterfactual_program(
        graph, parts, data, dict(given or {}), tuple(assumptions), known or {}, limit
    )
    return _solved(program, tuple(map(str, assumptions)), "")


def bound_conjunctions(
    graph: Graph,
    parts: tuple[Conjunction, ...],
    data: Table | Columns,
    given: Mapping[str, Level],
    assumptions: tuple[Monotone, ...] = (),
    known: Mapping[Query, float] | None = None,
    limit: int = LIMIT,
) -> Bounds:
    """The interval of a weighted sum of probabilities of events in several worlds.

    Where the program is too large, or is none, each event is bounded by itself: a conjunction is no
    likelier than its least likely event, and at least as likely as leaves no room for the others
    (Fréchet). That is valid, but may be too wide.

    Args:
        graph: The causal graph of discrete variables.
        parts: Each conjunction with its weight.
        data: The joint table, or one array of levels a variable.
        given: What was observed of the unit, the same for all parts.
        assumptions: Monotone responses, if they may be assumed.
        known: Results of experiments: P(y | do(x)).
        limit: Programs with more unknowns are not tried.

    Raises:
        BoundsError: a variable without a value, data that contradict the graph.
    """
    facts = known or {}
    try:
        program = counterfactual_program(graph, parts, data, dict(given), assumptions, facts, limit)
    except IntractableError as found:
        wide = partial(bound_terms, graph, data=data, assumptions=assumptions, known=known)
        return conjunctions_apart(parts, given, wide, str(found.message))
    return _solved(program, tuple(map(str, assumptions)), "")


def bound_terms(
    graph: Graph,
    terms: Iterable[Term],
    data: Table | Columns,
    assumptions: tuple[Monotone, ...] = (),
    known: Mapping[Query, float] | None = None,
    limit: int = LIMIT,
) -> Bounds:
    """The interval of a weighted sum of interventional probabilities.

    Args:
        graph: The causal graph of discrete variables.
        terms: Each query with its weight.
        data: The joint table, or one array of levels a variable.
        assumptions: Monotone responses, if they may be assumed.
        known: Results of experiments: P(y | do(x)).
        limit: As for `bound`.

    Raises:
        BoundsError: a variable without a value, data that contradict the graph.
    """
    return _bounded(graph, list(terms), data, assumptions, known or {}, limit)


def _bounded(
    graph: Graph,
    terms: list[Term],
    data: Table | Columns,
    assumptions: tuple[Monotone, ...],
    known: Mapping[Query, float],
    limit: int,
) -> Bounds:
    """The program of the whole graph, or of as much of it as fits."""
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    named = {n for t in (*terms, *(Term(1.0, q) for q in known)) for n in t.names}
    named |= {name for assumed in assumptions for name in (assumed.cause, assumed.effect)}
    small = projected(graph, graph.observed)
    dropped: list[str] = []
    while True:
        program = effect_program(small, terms, data, assumptions, known, limit)
        if isinstance(program, Program):
            break
        # The variable whose loss shrinks the program most is treated as hidden.
        free = [name for name in program.relevant if name not in named]
        if not free:
            return _widest(terms, data, limit, tuple(map(str, assumptions)))
        lost = _lost(small, terms, data, free, program.sparse)
        dropped.append(lost)
        small = projected(small, _without(small, lost))
    left_out = (
        f" {', '.join(dropped)} had to be treated as hidden, since the whole program has more than "
        f"{limit} unknowns: the bound is valid but may be too wide."
        if dropped
        else ""
    )
    return _solved(program, tuple(map(str, assumptions)), left_out)


def _widest(
    terms: list[Term], data: Table | Columns, limit: int, assumptions: tuple[str, ...]
) -> Bounds:
    """P(y, x | z) to P(y, x | z) + 1 - P(x | z) for each term, which holds in every graph."""
    low = high = 0.0
    for term in terms:
        cells = prod(sizes_of(data, term.names).values())
        if cells > MOST_CELLS:
            raise BoundsError.too_large(cells, MOST_CELLS)
        table = frequencies(data, term.names)
        outcome, do, given = term.indices(table)

        def share(held: dict[str, int], table: Table = table) -> float:
            return float(table.values[tuple(held.get(n, slice(None)) for n in table.axes)].sum())

        whole = share(given)
        if whole <= 0:
            raise BoundsError.empty_stratum(given)
        least = share({**outcome, **do, **given}) / whole
        most = least + 1 - share({**do, **given}) / whole
        low += term.weight * (least if term.weight > 0 else most)
        high += term.weight * (most if term.weight > 0 else least)
    why = (
        f"The linear program has more than {limit} unknowns: what is given is what holds in every "
        "graph (Manski 1990), which is valid but may be too wide."
    )
    return Bounds(low, high, False, why, assumptions)


def _lost(
    graph: Graph, terms: list[Term], data: Table | Columns, free: list[str], sparse: bool
) -> str:
    """The variable to leave out: far from the question, or what shrinks the program most."""
    if sparse:
        steps = _distances(graph, [name for term in terms for name in term.names])
        return max(free, key=lambda name: steps.get(name, len(graph)))
    return min(free, key=lambda name: _size(projected(graph, _without(graph, name)), terms, data))


def _distances(graph: Graph, names: list[str]) -> dict[str, int]:
    """How many edges lie between the nearest of some nodes and each node."""
    found = {name: 0 for name in names if name in graph}
    queue = list(found)
    for node in queue:
        for other in (*graph.parents(node), *graph.children(node), *graph.siblings(node)):
            if other not in found:
                found[other] = found[node] + 1
                queue.append(other)
    return found


def _size(graph: Graph, terms: list[Term], data: Table | Columns) -> int:
    """How many unknowns the program of a graph would have."""
    found = effect_program(graph, terms, data, (), {}, 0)
    return 0 if isinstance(found, Program) else found.count


def _without(graph: Graph, name: str) -> list[str]:
    """All nodes but one."""
    return [node for node in graph.nodes if node != name]


def _solved(program: Program, assumptions: tuple[str, ...], left_out: str) -> Bounds:
    """Both ends of the program."""
    if program.space is None:
        return Bounds(program.constant, program.constant, True, program.why, assumptions)
    low, least = optimum(program.space, program.strata, 1, assumptions)
    high, most = optimum(program.space, program.strata, -1, assumptions)
    scale = program.divisor
    return Bounds(
        (program.constant + low) / scale,
        (program.constant + high) / scale,
        program.sharp and not left_out,
        program.why + left_out,
        assumptions,
        (least, most),
    )
