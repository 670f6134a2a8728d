"""What the data at hand would be in a random model: the exact table of each data set."""

from collections.abc import Sequence

from causalsim.errors.verification import VerificationError
from causalsim.estimand.evaluation import SourceTable, Table
from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression, P, Value, parts
from causalsim.graph.graph import Graph
from causalsim.identification.fusing.available import Available, Source
from causalsim.identification.verification.discrete_model import DiscreteModel
from causalsim.identification.verification.response_model import ResponseModel

Model = DiscreteModel | ResponseModel


def used(
    graph: Graph, available: Available, question: Question, formula: Expression
) -> list[Source]:
    """The data sets that the terms of a formula are read off; incomplete ones with their gaps.

    Raises:
        VerificationError: a term that no data set holds.
    """
    gaps = available.incomplete
    whole = Source((), graph.observed, "", (), True)
    sources = [whole] if gaps else available.sources(graph)
    found: dict[Source, None] = {}
    for term in (part for part in parts(formula) if isinstance(part, P)):
        holding = [source for source in sources if _holds(source, term)]
        if not holding or (gaps and not _recorded(available, term)):
            present = ["the incomplete data"] if gaps else map(str, sources)
            raise VerificationError.unavailable(str(question), str(formula), str(term), present)
        found[holding[0]] = None
    return list(found)


def _holds(source: Source, term: P) -> bool:
    """Whether a term is read off a data set."""
    done = {slot.variable for slot in term.do}
    named = {slot.variable for slot in (*term.heads, *term.given)}
    same = source.domain == term.domain and set(source.do) == done
    return same and named.issubset(source.measured)


def _recorded(available: Available, term: P) -> bool:
    """Whether incomplete data show a term: of the selected, and of those whose values are known."""
    slots = (*term.heads, *term.given)
    named = {slot.variable for slot in slots}
    marked = {slot.variable for slot in slots if isinstance(slot, Value) and slot.level == 1}
    known = available.populations[0].observational or ()
    selected = available.selected is None or available.selected in marked or named.issubset(known)
    return selected and all(mark in marked for name, mark in available.missing if name in named)


def tables(ours: Model, sources: Sequence[Source], seed: int) -> list[SourceTable]:
    """The exact table of each data set, for what of it the model has.

    Args:
        ours: The model of our population.
        sources: The data sets; what they set, the model has.
        seed: Of what differs in other populations; the same in all data sets of one.
    """
    models: dict[str, Model] = {"": ours}
    for source in sources:
        if source.domain not in models:
            differs = [name for name in source.differs if name in ours.graph]
            number = seed + 7919 * len(models)
            models[source.domain] = ours.differing(differs, number)
    return [_table(models[source.domain], source) for source in sources]


def _table(model: Model, source: Source) -> SourceTable:
    """One data set in one population."""
    whole = model.intervened(source.do)
    kept = [name for name in whole.axes if name in (*source.measured, *source.do)]
    rest = tuple(place for place, name in enumerate(whole.axes) if name not in kept)
    levels = dict(zip(whole.axes, whole.levels, strict=True))
    return SourceTable(
        source.do, source.domain, Table.of(kept, whole.values.sum(axis=rest), levels)
    )
