"""When no program joins the worlds: each event bounded by itself, and what follows for all.

References:
    Fréchet, "Généralisation du théorème des probabilités totales" (1935).
"""

from collections.abc import Callable, Mapping

from causalsim.errors.identification import BoundsError
from causalsim.estimand.query import Level, Query
from causalsim.identification.bounding.bounded import Bounds
from causalsim.identification.bounding.counterfactual_program import Conjunction
from causalsim.identification.bounding.effect_program import Term

#: Bounds of a weighted sum of single effects.
Single = Callable[[list[Term]], Bounds]


def conjunctions_apart(
    parts: tuple[Conjunction, ...], given: Mapping[str, Level], single: Single, obstacle: str
) -> Bounds:
    """A weighted sum of P(events | given), from the bounds of every event by itself.

    max(0, Σ P(e) - (n - 1)) ≤ P(all n events) ≤ min P(e); with a condition c, P(a | c) is
    P(a, c) / P(c), and P(c) is known.

    Args:
        parts: Each conjunction with its weight.
        given: What was observed of the unit.
        single: Bounds of single effects.
        obstacle: Why no program was solved.

    Raises:
        BoundsError: the condition never holds.
    """
    among = Query(dict(given)) if given else None
    share = single([Term(1.0, among)]).lower if among else 1.0
    if share <= 0:
        raise BoundsError.empty_stratum(given)
    low = high = 0.0
    for part in parts:
        events = part.events if among is None else (*part.events, among)
        ends = [single([Term(1.0, event)]) for event in events]
        least = max(0.0, sum(end.lower for end in ends) - len(ends) + 1) / share
        most = min((end.upper for end in ends), default=1.0) / share
        low += part.weight * (least if part.weight > 0 else most)
        high += part.weight * (most if part.weight > 0 else least)
    why = (
        f"{obstacle} So each event is bounded by itself, and what is given follows for all of them "
        "together (Fréchet 1935): it is valid but may be too wide."
    )
    return Bounds(low, high, False, why, ())
