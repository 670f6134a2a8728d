"""An interventional probability as a linear function of one district's response functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors import QueryError
from causalsim.errors.identification import BoundsError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.frequencies import (
    Columns,
    frequencies,
    level_index,
    sizes_of,
)
from causalsim.identification.bounding.response_functions import (
    Monotone,
    ResponseSpace,
    combinations_of,
    count_of,
    space_of,
)
from causalsim.identification.bounding.response_program import Stratum
from causalsim.identification.c_factors import Hedge, ancestors, districts, identify_effect

Array = NDArray[np.float64]
#: The largest joint table that is laid out, and the most programs that are solved side by side.
MOST_CELLS = 50_000
MOST_STRATA = 64


@dataclass(frozen=True, slots=True)
class Term:
    """A weight times an interventional probability, every variable at a value."""

    weight: float
    query: Query

    def __post_init__(self) -> None:
        """Every variable has a value."""
        if not isinstance(self.query, Query):
            raise QueryError.not_a_query(self.query)
        settings = (*self.query.events, *self.query.do, *self.query.given)
        bare = [setting.variable for setting in settings if setting.value is None]
        if bare:
            raise BoundsError.no_value(bare)

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable of the query."""
        query = self.query
        return (*query.outcome, *query.treatments, *query.conditions)

    def indices(self, table: Table) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        """Outcomes, actions and conditions as positions on the table's axes."""
        roles = (self.query.events, self.query.do, self.query.given)
        outcome, do, given = (
            {
                s.variable: level_index(table, s.variable, s.value)
                for s in role
                if s.value is not None
            }
            for role in roles
        )
        return outcome, do, given


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What is bounded: (constant + a linear function of response functions) / divisor."""

    space: ResponseSpace | None
    strata: list[Stratum]
    constant: float
    divisor: float
    sharp: bool
    why: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A program with too many unknowns, or too large a table (``sparse``), and its variables."""

    count: int
    relevant: tuple[str, ...]
    sparse: bool = False


def effect_program(
    graph: Graph,
    terms: list[Term],
    data: Table | Columns,
    assumptions: tuple[Monotone, ...],
    known: Mapping[Query, float],
    limit: int,
) -> Program | TooLarge:
    """The program of a weighted sum of interventional probabilities."""
    facts = [(Term(1.0, query), value) for query, value in known.items()]
    everything = [*terms, *(term for term, _ in facts)]
    check_names(graph, everything, assumptions)
    above = graph.ancestors(
        {n for t in everything for n in (*t.query.outcome, *t.query.conditions)}
    )
    extra = sorted({n for t in everything for n in t.query.treatments if n not in above})
    cells = prod(sizes_of(data, [*above, *extra]).values())
    if cells > MOST_CELLS:
        return TooLarge(cells, tuple(above), sparse=True)
    small = projected_ancestors(graph, above)
    table = frequencies(data, [*above, *extra])
    hidden = hidden_districts(small, everything)
    if not hidden:
        constant = sum(t.weight * _constant(small, t, table, ()) for t in terms)
        return Program(None, [], float(constant), 1.0, True, "The effect is identified.")
    levels = {n: len(found) for n, found in zip(table.axes, table.levels, strict=True)}
    district = [name for part in hidden for name in part]
    # Known effects join the strata, which are otherwise solved apart.
    coupled = above if facts else ()
    count = count_of(small, district, levels, (*coupled, *(a.cause for a in assumptions)))
    around = {parent for name in district for parent in small.parents(name)} - set(district)
    # Each outside setting holds every combination once.
    if count > limit or count * prod(levels[name] for name in around) > 200 * MOST_CELLS:
        return TooLarge(count, tuple(above))
    space = space_of(small, district, levels, assumptions, coupled)
    if prod(size for _, size in space.stratum) > MOST_STRATA:
        return TooLarge(count, tuple(above), sparse=True)
    factor = factor_of(small, space, table)
    strata = [
        stratum_of(
            space,
            stratum,
            factor,
            sum(
                (t.weight * interventional_weights(small, space, stratum, t, table) for t in terms),
                np.zeros(1),
            ),
            [
                (interventional_weights(small, space, stratum, t, table), value)
                for t, value in facts
            ],
        )
        for stratum in space.strata()
    ]
    return Program(space, strata, 0.0, 1.0, *verdict(small, hidden))


def verdict(graph: Graph, hidden: list[tuple[str, ...]]) -> tuple[bool, str]:
    """Whether the program of hidden districts is exact, and why."""
    names = ", ".join(name for part in hidden for name in part)
    found = f"A linear program in the response functions of {names} (Balke and Pearl 1997)"
    if len(hidden) > 1:
        return False, (
            f"{found}; they are {len(hidden)} districts whose hidden causes are independent, which "
            "is not linear: the program ignores it, so that the bound is valid but may be too wide."
        )
    part = hidden[0]
    whole = all(b in graph.siblings(a) for i, a in enumerate(part) for b in part[i + 1 :])
    if whole:
        return True, f"{found}, which is exact."
    return False, (
        f"{found}; some of them share no hidden cause, and that their responses are then "
        "independent is not linear: the program ignores it, so that the bound is valid but may be "
        "too wide."
    )


def factor_of(graph: Graph, space: ResponseSpace, table: Table) -> Table:
    """The observed c-factor of the district, given all its parents."""
    members = tuple(respondent.name for respondent in space.respondents)
    around = tuple(name for name, _ in (*space.outside, *space.stratum))
    return table_of(graph, members, around, table)


def stratum_of(
    space: ResponseSpace,
    stratum: dict[str, int],
    factor: Table,
    weight: Array,
    known: list[tuple[Array, float]],
) -> Stratum:
    """The observed c-factor of a district within a stratum, cell by cell."""
    members = tuple(respondent.name for respondent in space.respondents)
    settings = list(space.settings())
    sizes = [factor.values.shape[factor.axes.index(name)] for name in members]
    cells = int(np.prod(sizes))
    rows = np.zeros((len(settings), space.count), dtype=np.int64)
    seen = np.zeros(cells * len(settings))
    for place, outside in enumerate(settings):
        values = space.run({**outside, **stratum}, {})
        flat = np.ravel_multi_index([np.asarray(values[name]) for name in members], sizes)
        rows[place] = flat + cells * place
        index = tuple({**outside, **stratum}.get(name, slice(None)) for name in factor.axes)
        seen[cells * place : cells * (place + 1)] = factor.values[index].ravel()
    full = np.broadcast_to(weight, (space.count,)).copy()
    return Stratum(stratum, rows, seen, full, tuple(known))


def table_of(
    graph: Graph, members: tuple[str, ...], around: tuple[str, ...], table: Table
) -> Table:
    """Q[members] = P(members | do(their parents)), an identified c-factor, as numbers."""
    found = identify_effect(graph, members, around)
    assert not isinstance(found, Hedge)  # a whole district, or one that was tried before
    value = evaluate(found, table)
    # A variable that the formula names without depending on it is held at its first level.
    index = tuple(slice(None) if name in members or name in around else 0 for name in value.axes)
    kept = [name for name in value.axes if name in members or name in around]
    order = [name for name in (*around, *members) if name in kept]
    values = value.values[index].transpose([kept.index(name) for name in order])
    full = (*around, *members)
    shape = [slice(None) if name in order else np.newaxis for name in full]
    sizes = [table.values.shape[table.axes.index(name)] for name in full]
    return Table.of(full, np.broadcast_to(values[tuple(shape)], sizes))


def hidden_districts(graph: Graph, terms: list[Term]) -> list[tuple[str, ...]]:
    """The districts of which some term needs a part that the data do not show."""
    found: dict[tuple[str, ...], None] = {}
    whole = graph.districts()
    for term in terms:
        for part, around in _parts(graph, term):
            if isinstance(identify_effect(graph, part, around), Hedge):
                found[next(d for d in whole if part[0] in d)] = None
    return list(found)


def _parts(graph: Graph, term: Term) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The districts of the ancestors of the outcome without the treatment, with their parents."""
    core = graph.core
    y = graph.indices((*term.query.outcome, *term.query.conditions))
    x = {graph.indices(n)[0] for n in term.query.treatments if n in graph}
    wanted = ancestors(core, y, set(range(len(graph))) - x)
    found = []
    for part in districts(core, wanted):
        around = {parent for node in part for parent in core.parents[node]} - part
        found.append((graph.names(sorted(part)), graph.names(sorted(around))))
    return found


def _divisor(graph: Graph, term: Term, table: Table) -> float:
    """P(conditions), which the treatments do not change."""
    query = term.query
    if not query.given:
        return 1.0
    changed = set(graph.descendants([n for n in query.treatments if n in graph]))
    if changed & set(query.conditions):
        raise BoundsError.unsupported("a condition is an effect of a treatment")
    _, _, given = term.indices(table)
    index = tuple(given.get(name, slice(None)) for name in table.axes)
    found = float(table.values[index].sum())
    if found <= 0:
        raise BoundsError.empty_stratum(query.conditions)
    return found


def _known_factors(
    graph: Graph, term: Term, table: Table, hidden: tuple[str, ...]
) -> list[tuple[tuple[str, ...], Array]]:
    """The c-factors outside the hidden districts, with treatments, outcomes and conditions held."""
    outcome, do, given = term.indices(table)
    held = {**outcome, **do, **given}
    found: list[tuple[tuple[str, ...], Array]] = []
    for part, around in _parts(graph, term):
        if part[0] in hidden:
            continue
        factor = table_of(graph, part, around, table)
        kept = tuple(name for name in factor.axes if name not in held)
        index = tuple(held.get(name, slice(None)) for name in factor.axes)
        found.append((kept, factor.values[index]))
    return found


def _constant(graph: Graph, term: Term, table: Table, hidden: tuple[str, ...]) -> float:
    """An identified effect."""
    value = float(_contract(_known_factors(graph, term, table, hidden), ()))
    value /= _divisor(graph, term, table)
    if np.isnan(value):
        raise BoundsError.empty_stratum(graph.nodes)
    return value


def interventional_weights(
    graph: Graph, space: ResponseSpace, stratum: dict[str, int], term: Term, table: Table
) -> Array:
    """The coefficient of each combination of functions in an interventional probability."""
    outcome, do, given = term.indices(table)
    members = tuple(respondent.name for respondent in space.respondents)
    wanted = {name for part, _ in _parts(graph, term) for name in part}
    if any(do.get(name, level) != level for name, level in stratum.items()):
        return np.zeros(space.count)
    held = {**outcome, **given}
    inside = [name for name in members if name in wanted]
    if not inside:
        # The same in every stratum: it counts once.
        value = 0.0 if any(stratum.values()) else _constant(graph, term, table, ())
        return np.full(space.count, value)
    # The hidden district's part depends on these, each at all its levels or at the one set.
    around = [n for n, _ in (*space.outside, *space.stratum) if n in wanted and n not in held]
    factors = _known_factors(graph, term, table, members)
    sizes = {n: len(found) for n, found in zip(table.axes, table.levels, strict=True)}
    axes = [*around, *(name for name in inside if name not in held)]
    ones = [((name,), np.ones(sizes[name])) for name in axes]
    constant = _contract([*factors, *ones], tuple(axes))
    found = np.zeros(space.count)
    free = [n for n in around if n not in stratum]
    for setting in combinations_of((n, sizes[n]) for n in free):
        outside = {name: 0 for name, _ in space.outside}
        outside |= {n: level for n, level in held.items() if n in outside} | setting
        if any(held.get(n, level) != level for n, level in stratum.items() if n in wanted):
            return np.zeros(space.count)
        values = space.run({**outside, **stratum}, do)
        index = tuple(values[name] if name in values else stratum[name] for name in axes)
        right = np.ones(space.count, dtype=bool)
        for name in inside:
            if name in held:
                right &= np.asarray(values[name]) == held[name]
        found += np.where(right, constant[index], 0.0)
    if np.isnan(found).any():
        raise BoundsError.empty_stratum(graph.nodes)
    return found / _divisor(graph, term, table)


def _contract(factors: list[tuple[tuple[str, ...], Array]], kept: tuple[str, ...]) -> Array:
    """The product of factors, summed down to some axes; what is undefined counts times zero."""
    low = _product_sum(factors, kept, 0.0)
    if not any(np.isnan(values).any() for _, values in factors):
        return low
    # Where an undefined probability would make a difference the sum is undefined.
    high = _product_sum(factors, kept, 1.0)
    return np.where(high > low, np.nan, low)


def _product_sum(
    factors: list[tuple[tuple[str, ...], Array]], kept: tuple[str, ...], undefined: float
) -> Array:
    """The sum of the product, with a number for what is undefined."""
    places: dict[str, int] = {}
    operands: list[Any] = []
    for axes, values in factors:
        numbers = [places.setdefault(name, len(places)) for name in axes]
        operands += [np.where(np.isnan(values), undefined, values), numbers]
    if not operands:
        return np.ones(())
    result: Array = np.einsum(*operands, [places[name] for name in kept], optimize="greedy")
    return result


def check_names(graph: Graph, terms: list[Term], assumptions: tuple[Monotone, ...]) -> None:
    """Every name is a node of the graph, and every assumption is about an arrow."""
    for name in (name for term in terms for name in term.names):
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
        if name in graph.latent:
            raise QueryError.latent_variable(name, "variable")
    for assumed in assumptions:
        if not isinstance(assumed, Monotone):
            raise BoundsError.not_ours(assumed, 'An assumption such as Monotone("x", "y")')
        if assumed.effect not in graph or assumed.cause not in graph.parents(assumed.effect):
            raise BoundsError.no_parent(assumed.cause, assumed.effect)


def projected_ancestors(graph: Graph, above: tuple[str, ...]) -> Graph:
    """The graph on an ancestral set of nodes."""
    kept = set(above)
    return Graph(
        [pair for pair in graph.directed if kept.issuperset(pair)],
        nodes=above,
        bidirected=[pair for pair in graph.bidirected if kept.issuperset(pair)],
        latent=[name for name in graph.latent if name in kept],
    )
