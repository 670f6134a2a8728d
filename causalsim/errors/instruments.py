"""What can be wrong when an effect is estimated through instruments."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.estimation import EstimationError


class InstrumentError(EstimationError):
    """An effect that these instruments do not give."""

    @classmethod
    def idle(cls, instrument: str, treatment: str) -> Self:
        """An instrument that moves nobody."""
        return cls(
            f"{instrument!r} moves nobody's {treatment!r} in these rows, so that the effect would "
            "be divided by zero.",
            "look for an instrument that changes the treatment; or estimate the effect of the "
            "instrument itself.",
        )

    @classmethod
    def not_valid(cls, instrument: str, given: Iterable[str], why: str) -> Self:
        """A variable that the graph does not let stand as an instrument."""
        held = listed(given) or "nothing"
        return cls(
            f"{instrument!r} is no instrument given {held}: {why}",
            "leave instruments= out to use the one of the answer, or ask "
            "graph.instruments(treatment, outcome) which there are.",
        )

    @classmethod
    def doubled(cls, names: Iterable[str]) -> Self:
        """Instruments of which one follows from the others."""
        return cls(
            f"The instruments {listed(names)} determine each other once the covariates are taken "
            "off.",
            "leave one of them out.",
        )

    @classmethod
    def more_levels(cls, treatment: str, levels: Iterable[object], two: Iterable[object]) -> Self:
        """A treatment with more levels than compliers are defined for."""
        found = [repr(level) for level in levels]
        return cls(
            f"Compliers are told by a treatment of two levels, {listed(map(repr, two))}; "
            f"{treatment!r} has {len(found)}: {listed(found[:6])}"
            f"{', …' if len(found) > 6 else ''}.",
            "cut the treatment in two, name its levels with Levels({...}), or take "
            "assuming=Linear() and by=PLIV() for the effect of one unit.",
        )

    @classmethod
    def just_identified(cls, count: int) -> Self:
        """As many instruments as treatments: nothing is left to test."""
        return cls(
            f"The effect rests on {count} instrument; one alone fits any data, so that nothing "
            "is left to test.",
            "estimate with two instruments or more: by=TwoStage(instruments=('z1', 'z2')).",
        )

    @classmethod
    def no_names(cls, found: object) -> Self:
        """Instruments that are not names."""
        return cls(
            f"instruments must be a tuple of different column names, or None; found {found!r}.",
            "pass instruments=('z1', 'z2').",
        )
