"""What can be wrong when several treatments in time order are to be compared."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import did_you_mean, listed
from causalsim.errors.estimation import EstimationError


class SequenceError(EstimationError):
    """Treatments in sequence that cannot be compared as it was asked for."""

    @classmethod
    def no_stages(cls, names: Iterable[str]) -> Self:
        """The sequential back-door criterion fails."""
        return cls(
            f"Nothing measured blocks the back doors of {listed(names)} one after the other "
            "(sequential back-door criterion), or a rule reads what is not known in time.",
            "by=Plugin() evaluates whatever formula identify found; a rule may read what comes "
            "before its treatment only.",
        )

    @classmethod
    def half_free(cls, free: Iterable[str], held: Iterable[str]) -> Self:
        """Some treatments at values, others free."""
        return cls(
            f"The question holds {listed(held)} at values and leaves {listed(free)} free.",
            "hold all of them, Query(y, do={first: 1, second: 1}), or none, which compares the "
            "highest levels with the lowest.",
        )

    @classmethod
    def other_treatments(cls, found: Iterable[str], expected: Iterable[str]) -> Self:
        """A regime about other treatments than the question's."""
        return cls(
            f"The regime sets {listed(found)}; the question is about {listed(expected)}.",
            "give the regime one entry for each treatment: Regime({first: 1, second: rule}).",
        )

    @classmethod
    def bad_step(cls, name: str, found: object) -> Self:
        """Something else where a level or a rule is expected."""
        return cls(
            f"The regime sets {name!r} to {found!r}, which is neither a level nor a rule.",
            "write a level, such as 1, or a rule, such as when('cd4', below=350).",
        )

    @classmethod
    def no_regime(cls, found: object) -> Self:
        """Something else where treatments and what is done about them are expected."""
        return cls(
            f"A regime says for each treatment what is done; found {found!r}.",
            "write Regime({'a0': 1, 'a1': when('cd4', below=350)}).",
        )

    @classmethod
    def failed_rule(cls, name: str, reason: object) -> Self:
        """A rule that stops with an error of its own."""
        told = f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else reason
        return cls(
            f"The rule of {name!r} stopped with {told}.",
            "it gets the columns that it reads, by name, as arrays: Rule(reads=['x'], "
            "decide=lambda known: known['x'] > 0); when() is for columns of numbers.",
        )

    @classmethod
    def late_rule(cls, regime: object) -> Self:
        """A rule that looks at what is not known in time."""
        return cls(
            f"A rule of the regime ({regime}) reads what is not known when its treatment is taken, "
            "or what leaves a back door open.",
            "a rule may read what comes before its treatment in the graph.",
        )

    @classmethod
    def unread_rule(cls, name: str, found: object) -> Self:
        """A rule whose decisions are not one level a row."""
        return cls(
            f"The rule of {name!r} must return one level a row; found {found!r}.",
            "Rule(reads=['x'], decide=lambda known: known['x'] > 0) gets arrays and returns one.",
        )

    @classmethod
    def unknown_decision(cls, name: str, level: object, levels: Iterable[object]) -> Self:
        """A rule that wants what nobody ever took."""
        told = [repr(one) for one in levels]
        return cls(
            f"The regime sets {name!r} to {level!r}, but nobody in the frame has that value.",
            did_you_mean(repr(level), told, f"the values of {name!r} are"),
        )

    @classmethod
    def nobody_follows(cls, regime: str, stage: str, count: int, needed: int) -> Self:
        """Too few rows that do what is asked about."""
        return cls(
            f"Only {count} rows follow the regime {regime} up to and including {stage!r}; "
            f"{needed} are needed.",
            "ask about a regime that more people follow, use fewer folds=, or pooled=True, which "
            "learns from the others too.",
        )

    @classmethod
    def unknown_outcome(cls, name: str, count: int) -> Self:
        """A missing outcome where it is needed."""
        return cls(
            f"The outcome {name!r} is missing in {count} rows that follow a regime to its end.",
            "make being observed the last treatment of the graph: with a 0/1 column dropped and "
            "an arrow into it from all that decides it, ask do={..., 'dropped': 0}.",
        )

    @classmethod
    def unknown_treatment(cls, name: str, count: int) -> Self:
        """A missing treatment in rows that still follow a regime."""
        return cls(
            f"The treatment {name!r} is missing in {count} rows that follow a regime up to it.",
            "drop these rows, or make being observed a treatment of its own that comes before.",
        )

    @classmethod
    def late_modifier(cls, name: str, treatments: Iterable[str]) -> Self:
        """An effect that depends on what an earlier treatment changes."""
        return cls(
            f"{name!r} is learnt after the first treatment ({listed(treatments)}), so that the "
            "mean effect of the whole sequence depends on how treatment moves it.",
            "use modifiers known before the first treatment, or by=LTMLE().",
        )

    @classmethod
    def two_levels_only(cls, what: str, name: str, count: int) -> Self:
        """A method for 0/1 treatments."""
        return cls(
            f"{what} takes treatments with two levels; {name!r} has {count}.",
            "by=LTMLE() takes several levels.",
        )
