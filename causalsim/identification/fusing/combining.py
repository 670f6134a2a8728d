"""Can several data sets together answer it: experiments, other populations, partial measurements.

The effect is a sum of products of c-factors Q[C] = P(c | do(everything else)), one a district of
the ancestors of the outcome. Each c-factor is looked for in each known distribution P(w | do(z)) of
each population whose selection variables do not point into C. With every variable measured this is
complete: one c-factor that is found nowhere proves that no formula exists.

References:
    Lee, Correa and Bareinboim, "General identifiability with arbitrary surrogate experiments"
    (2019), theorems 1 and 3; the same, "General transportability: synthesizing observations and
    experiments from heterogeneous domains" (2020), algorithm GTRU; Bareinboim and Pearl, "Causal
    inference by surrogate experiments: z-identifiability" (2012); Tikka and Karvanen, "Surrogate
    outcomes and transportability" (2019); Lee and Bareinboim, "Causal effect identifiability under
    partial-observability" (2020); Kivva, Mokhtarian, Etesami and Kiyavash, "Revisiting the general
    identifiability problem" (2022), theorem 1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, final

from causalsim.errors.identification import AvailabilityError
from causalsim.estimand.expression import (
    Expression,
    Ratio,
    free_variables,
    product,
    total,
)
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.asking import check_query, exchanged, held, spoken
from causalsim.identification.c_factors import ancestors, districts
from causalsim.identification.fusing.available import Available, Source
from causalsim.identification.fusing.one_source import Stalled, from_source, projected

#: How many ways of leaving variables out are tried when some data measure only a part.
_FUSE = 1000


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Combined(Answer):
    """The effect is a formula in the distributions that are available, taken together.

    Attributes:
        available: The data at hand.
        formula: In terms such as ``P^trial(y | x, do(z))``.
        parts: Each group of variables and the distribution that gives its c-factor.
    """

    available: Available
    formula: Expression
    parts: tuple[tuple[tuple[str, ...], Source], ...]
    kind: ClassVar[str] = "combined"

    def __str__(self) -> str:
        """One line."""
        count = len(self.parts_used)
        return f"identified from {count} data set{'s' * (count > 1)}: {self.formula}"

    @property
    def parts_used(self) -> tuple[str, ...]:
        """The distributions that the formula uses, each once."""
        return tuple(dict.fromkeys(str(source) for _, source in self.parts))

    def _details(self) -> dict[str, object]:
        return {
            "parts": [{"variables": list(c), "source": str(source)} for c, source in self.parts]
        }


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Insufficient(Answer):
    """The available distributions do not determine the effect.

    Attributes:
        available: The data at hand.
        part: The group of variables whose c-factor is found in no distribution.
        obstacles: For each distribution, what forbids finding it there (together, the thicket).
        proven: Whether no formula exists at all, or merely none was found (data sets that measure
            only some variables, or a condition combined with other populations).
    """

    available: Available
    part: tuple[str, ...]
    obstacles: tuple[Stalled, ...]
    proven: bool
    kind: ClassVar[str] = "insufficient"
    identified: ClassVar[bool] = False

    def __str__(self) -> str:
        """One line."""
        verdict = "not identified" if self.proven else "no formula found"
        return f"{verdict}: none of the data sets determines the part of {', '.join(self.part)}"

    def _details(self) -> dict[str, object]:
        return {
            "part": list(self.part),
            "obstacles": [stalled.to_dict() for stalled in self.obstacles],
            "proven": self.proven,
        }


def combine(graph: Graph, query: Query, available: Available) -> Combined | Insufficient:
    """Answer a causal question from several data sets together, or say what none of them tells.

    One data set is tried first, our own before those of other populations; then the effect is
    taken apart and each part is looked for. The query is about our own population.

    Args:
        graph: The causal graph, common to all populations.
        query: The question.
        available: What data exist.

    Raises:
        QueryError: a variable of the query that the graph lacks, or that is latent.
        AvailabilityError: data on a variable that the graph lacks, or that is latent.

    >>> graph = Graph("x -> z -> y; x <-> z; x <-> y; z <-> y")
    >>> print(combine(graph, Query("y", do="x"), Available(experiments="z")))
    not identified: none of the data sets determines the part of z, y
    >>> from causalsim.identification.fusing.available import Domain
    >>> graph = Graph("age -> dose -> cure; age -> cure")
    >>> trial = Domain("trial", differs="age", observational=False, experiments=["dose"])
    >>> print(combine(graph, Query("cure", do="dose"), Available("age", domains=trial)).formula)
    Σ_age P(age) P^trial(cure | do(dose), age)
    """
    check_query(graph, query)
    if not isinstance(available, Available):
        raise AvailabilityError.not_available(available)
    sources = available.sources(graph)
    acts, given, moved = exchanged(graph, query)
    outcome = (*query.outcome, *given)
    effect = _Effect(graph, outcome, acts, sources)
    found = effect.whole() or effect.by_parts()
    if isinstance(found, _Lost):
        proven = all(source.complete for source in sources) and not (
            query.given and any(source.domain for source in sources)
        )
        why = _why_not(query, found, proven)
        return Insufficient(
            query=query,
            graph=graph,
            available=available,
            part=found.part,
            obstacles=found.obstacles,
            proven=proven,
            why=why,
        )
    formula = found.formula
    if given:
        formula = Ratio(formula, total(query.outcome, formula))
    formula = held(query, formula)
    return Combined(
        query=query,
        graph=graph,
        available=available,
        formula=formula,
        parts=found.parts,
        why=_why(found, query, moved),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A formula for a joint effect, and where its parts come from."""

    formula: Expression
    parts: tuple[tuple[tuple[str, ...], Source], ...]


@dataclass(frozen=True, slots=True)
class _Lost:
    """A part found nowhere."""

    part: tuple[str, ...]
    around: tuple[str, ...]
    obstacles: tuple[Stalled, ...]


@dataclass(frozen=True, slots=True)
class _Effect:
    """P(outcome | do(acts)), sought in sources."""

    graph: Graph
    outcome: tuple[str, ...]
    acts: tuple[str, ...]
    sources: tuple[Source, ...]

    def whole(self) -> _Found | None:
        """From one source alone."""
        for source in self.sources:
            found = from_source(self.graph, self.outcome, self.acts, source)
            if not isinstance(found, Stalled):
                return _Found(found, ((self.outcome, source),))
        return None

    def by_parts(self) -> _Found | _Lost:
        """Each c-factor from any source; variables are left out where data measure only some."""
        first: _Lost | None = None
        for kept in self.kept_sets():
            found = self.within(kept)
            if isinstance(found, _Found):
                return found
            first = first or found
        assert first is not None
        return first

    def kept_sets(self) -> Iterator[tuple[str, ...]]:
        """The sets of variables that the effect may be written in: all, then fewer."""
        graph = self.graph
        yield graph.observed
        if all(source.complete for source in self.sources):
            return
        core = graph.core
        everything = set(range(len(graph)))
        relevant = ancestors(
            core, graph.indices(self.outcome), everything - set(graph.indices(self.acts))
        )
        fixed = {*self.outcome, *self.acts}
        # Only what some data set lacks is worth leaving out.
        lacked = {n for s in self.sources for n in graph.observed if n not in (*s.measured, *s.do)}
        free = [n for n in graph.names(sorted(relevant)) if n in lacked and n not in fixed]
        tried = 0
        for count in range(1, len(free) + 1):
            for dropped in combinations(free, count):
                tried += 1
                if tried > _FUSE:
                    return
                yield tuple(name for name in graph.observed if name not in dropped)

    def within(self, kept: Sequence[str]) -> _Found | _Lost:
        """The effect written in some of the variables (theorem 1 of the 2019 paper)."""
        small = projected(self.graph, kept)
        core = small.core
        y, x = small.indices(self.outcome), set(small.indices(self.acts))
        # Lines 2 to 4: the ancestors of Y without X, and their districts.
        wanted = ancestors(core, y, set(range(len(small))) - x)
        factors: list[Expression] = []
        parts: list[tuple[tuple[str, ...], Source]] = []
        for district in districts(core, wanted):
            part = small.names(sorted(district))
            around = {parent for node in district for parent in core.parents[node]} - district
            found = self.part(part, small.names(sorted(around)))
            if isinstance(found, _Lost):
                return found
            factors.append(found.formula)
            parts.extend(found.parts)
        order = small.order()
        over = [small.nodes[node] for node in sorted(wanted - set(y))]
        over.sort(key=order.index)
        return _Found(summed(factors, over), tuple(parts))

    def part(self, part: tuple[str, ...], around: tuple[str, ...]) -> _Found | _Lost:
        """One c-factor, from the first source that has it (lines 5 to 8)."""
        obstacles: list[Stalled] = []
        for source in self.sources:
            found = from_source(self.graph, part, around, source)
            if not isinstance(found, Stalled):
                return _Found(found, ((part, source),))
            obstacles.append(found)
        return _Lost(part, around, tuple(obstacles))


def summed(factors: list[Expression], over: list[str]) -> Expression:
    """The sum of a product over variables, each pushed in to the factors that mention it."""
    for name in reversed(over):
        apart = [factor for factor in factors if name not in free_variables(factor)]
        inside = [factor for factor in factors if name in free_variables(factor)]
        factors = [*apart, total(name, product(inside))]
    return product(factors)


def _why(found: _Found, query: Query, moved: tuple[str, ...]) -> str:
    """Where each part comes from, in words."""
    said = (
        [f"Observing {spoken(moved)} is here the same as setting it (rule 2 of do-calculus)."]
        if moved
        else []
    )
    if len(found.parts) == 1:
        said.append(f"One data set answers it: {found.parts[0][1]}.")
    else:
        said.append("The effect splits into parts, each of which some data set determines:")
        said.append(
            "; ".join(f"that of {spoken(part)} by {src}" for part, src in found.parts) + "."
        )
    borrowed = tuple(dict.fromkeys(source.domain for _, source in found.parts if source.domain))
    if borrowed:
        said.append(
            f"What is taken from {spoken(borrowed)} does not differ between the populations."
        )
    named = {*query.outcome, *query.treatments, *query.conditions}
    extra = tuple(name for name in free_variables(found.formula) if name not in named)
    if extra:
        said.append(f"The formula has the same value for every level of {spoken(extra)}.")
    return " ".join(said)


def _why_not(query: Query, lost: _Lost, proven: bool) -> str:
    """What stands in the way, in words."""
    reasons = "; ".join(f"{stalled.source} {stalled.why}" for stalled in lost.obstacles)
    end = (
        f"So two models exist that agree on all these data and differ in {query} (a thicket; Lee, "
        "Correa and Bareinboim 2019)."
        if proven
        else "No formula was found; that none exists is not proven."
    )
    part = spoken(lost.part)
    helps = (
        f"An experiment in our population that sets {spoken(lost.around)} and measures {part} "
        "would show it."
        if lost.around
        else f"Observations of {part} in our population would show it."
    )
    return f"The c-factor of {part} is needed, and no data show it: {reasons}. {end} {helps}"
