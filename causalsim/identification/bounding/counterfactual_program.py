"""The probability of events in several worlds as a linear function of response functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.identification import BoundsError, IntractableError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.query import Level, Query
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.effect_program import (
    MOST_CELLS,
    Program,
    Term,
    check_names,
    factor_of,
    interventional_weights,
    projected_ancestors,
    stratum_of,
    verdict,
)
from causalsim.identification.bounding.frequencies import Columns, frequencies, sizes_of
from causalsim.identification.bounding.response_functions import (
    Monotone,
    ResponseSpace,
    count_of,
    space_of,
)
from causalsim.identification.fusing.one_source import projected

Array = NDArray[np.float64]
World = tuple[dict[str, int], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Conjunction:
    """A weight times the probability that several things hold at once, each in its own world.

    Attributes:
        events: One query with values a world; none for a certainty.
    """

    weight: float
    events: tuple[Query, ...]


def counterfactual_program(
    graph: Graph,
    parts: tuple[Conjunction, ...],
    data: Table | Columns,
    given: dict[str, Level],
    assumptions: tuple[Monotone, ...],
    known: Mapping[Query, float],
    limit: int,
) -> Program:
    """The program of a weighted sum of P(all events | given), one condition for all."""
    if not any(part.events for part in parts):
        raise BoundsError.not_ours((), "At least one event, such as Query({'y': 1}, do={'x': 0}),")
    if given:
        among = Query(dict(given))
        parts = tuple(Conjunction(part.weight, (*part.events, among)) for part in parts)
    terms = [Term(1.0, query) for part in parts for query in part.events]
    facts = [(Term(1.0, query), value) for query, value in known.items()]
    both = [*terms, *(term for term, _ in facts)]
    graph = projected(graph, graph.observed)
    check_names(graph, both, assumptions)
    if any(term.query.given for term in terms):
        raise BoundsError.unsupported("a condition inside an event; conditions stand in given=")
    names = dict.fromkeys(name for term in both for name in term.names)
    small = projected_ancestors(graph, graph.ancestors(names))
    cells = prod(sizes_of(data, small.nodes).values())
    if cells > MOST_CELLS:
        raise IntractableError.too_large(cells, MOST_CELLS)
    table = frequencies(data, small.nodes)
    hidden = responding_districts(small, terms)
    district = [name for part in hidden for name in part]
    acts = tuple(dict.fromkeys(name for term in both for name in term.query.treatments))
    coupled = small.nodes if facts else acts
    levels = {n: len(found) for n, found in zip(table.axes, table.levels, strict=True)}
    count = count_of(small, district, levels, (*coupled, *(a.cause for a in assumptions)))
    if count > limit:
        raise IntractableError.too_large(count, limit)
    space = space_of(small, district, levels, assumptions, coupled)
    _refuse_fed_back(small, district, space)
    factor = factor_of(small, space, table)
    strata = [
        stratum_of(
            space,
            stratum,
            factor,
            _sum_of_weights(space, stratum, parts, table),
            [(interventional_weights(small, space, stratum, t, table), v) for t, v in facts],
        )
        for stratum in space.strata()
    ]
    return Program(space, strata, 0.0, _share(given, table), *verdict(small, hidden))


def responding_districts(graph: Graph, terms: list[Term]) -> list[tuple[str, ...]]:
    """The districts of what the actions change, on the way to what is asked."""
    changed: set[str] = set()
    for term in terms:
        acts = term.query.treatments
        changed |= set(graph.descendants(acts)) - set(acts) if acts else set()
    asked = {name for term in terms for name in term.query.outcome}
    on_the_way = changed & set(graph.ancestors(asked))
    found = [part for part in graph.districts() if on_the_way.intersection(part)]
    return found or [graph.district(next(iter(terms)).query.outcome[0])]


def _refuse_fed_back(graph: Graph, district: list[str], space: ResponseSpace) -> None:
    """What stands outside the district must not depend on it."""
    outside = [name for name, _ in (*space.outside, *space.stratum)]
    fed = set(graph.descendants(district)).intersection(outside)
    if fed:
        raise IntractableError.unsupported(
            f"{', '.join(sorted(fed))} both depends on {', '.join(district)} and feeds it"
        )


def _sum_of_weights(
    space: ResponseSpace,
    stratum: dict[str, int],
    parts: tuple[Conjunction, ...],
    table: Table,
) -> Array:
    """The coefficient of each combination in a weighted sum of conjunctions."""
    found = np.zeros(space.count)
    for part in parts:
        worlds = [Term(1.0, query).indices(table)[:2] for query in part.events]
        found += part.weight * _joint_weights(space, stratum, worlds, table)
    return found


def _joint_weights(
    space: ResponseSpace, stratum: dict[str, int], worlds: list[World], table: Table
) -> Array:
    """For each combination, how likely the settings are in which every event comes true."""
    members = {respondent.name for respondent in space.respondents}
    around = {name for name, _ in (*space.outside, *space.stratum)}
    beside = {n for outcome, do in worlds for n in (*outcome, *do)} - members - around
    axes = tuple(name for name in table.axes if name not in members)
    found = np.zeros(space.count)
    kept = [name for name in axes if name in around or name in beside]
    rest = tuple(i for i, name in enumerate(table.axes) if name not in kept)
    share = table.values.sum(axis=rest)
    for place in np.ndindex(*share.shape):
        natural = dict(zip(kept, place, strict=True))
        if any(natural[name] != level for name, level in stratum.items()):
            continue
        true = np.ones(space.count, dtype=bool)
        for outcome, do in worlds:
            values = space.run(natural, do)
            for name, level in outcome.items():
                true &= np.asarray(values[name]) == level
        found += np.where(true, share[place], 0.0)
    return found


def _share(given: Mapping[str, Level], table: Table) -> float:
    """P(given)."""
    if not given:
        return 1.0
    held = Term(1.0, Query(dict(given))).indices(table)[0]
    found = float(table.values[tuple(held.get(n, slice(None)) for n in table.axes)].sum())
    if found <= 0:
        raise BoundsError.empty_stratum(given)
    return found
