"""What can go wrong with effects through mediators."""

from typing import Self

from causalsim.errors.estimation import EstimationError


class MediatorError(EstimationError):
    """A question about mediators that these rows or settings cannot answer."""

    @classmethod
    def arms_named(cls, question: object) -> Self:
        """Arms beside a question that names its levels."""
        return cls(
            f"The question {question} names the levels that it compares.",
            "leave arms= out, or name other levels in the question.",
        )

    @classmethod
    def two_levels(cls, question: object) -> Self:
        """A question that does not compare two levels."""
        return cls(
            f"The question {question} does not compare two levels of one treatment.",
            "ask contrasts.natural_direct_effect(outcome, treatment, mediators).",
        )

    @classmethod
    def no_such_combination(cls, label: str, count: int) -> Self:
        """A combination that no row has."""
        return cls(
            f"No row has {label}; there are {count} combinations in the data.",
            "ask about levels that occur together; cut a continuous mediator into a few levels "
            "before, or use by=Plugin(), which smooths over neighbouring values.",
        )

    @classmethod
    def decided(cls, treatment: str, share: float) -> Self:
        """Mediators that decide the treatment."""
        return cls(
            f"The mediators all but decide {treatment!r}: those that go with one arm are found in "
            f"another for about {share:.0%} of what is averaged, so that no data part the two.",
            "a mediator must vary within each arm; look for one that is the treatment under "
            "another name.",
        )
