"""What the data at hand would be in a random model: the exact table of each data set."""

from collections.abc import Sequence

from causalsim.errors.verification import VerificationError
from causalsim.estimand.evaluation import SourceTable, Table
from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression, P, parts
from causalsim.identification.fusing.available import Source
from causalsim.identification.verification.discrete_model import DiscreteModel
from causalsim.identification.verification.response_model import ResponseModel

Model = DiscreteModel | ResponseModel


def used(sources: Sequence[Source], question: Question, formula: Expression) -> list[Source]:
    """The data sets that the terms of a formula are read off.

    Raises:
        VerificationError: a term that no data set holds.
    """
    found: dict[Source, None] = {}
    for term in parts(formula):
        if isinstance(term, P):
            holding = [source for source in sources if _holds(source, term)]
            if not holding:
                raise VerificationError.unavailable(
                    str(question), str(formula), str(term), map(str, sources)
                )
            found[holding[0]] = None
    return list(found)


def _holds(source: Source, term: P) -> bool:
    """Whether a term is read off a data set."""
    done = {slot.variable for slot in term.do}
    named = {slot.variable for slot in (*term.heads, *term.given)}
    same = source.domain == term.domain and set(source.do) == done
    return same and named.issubset(source.measured)


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
