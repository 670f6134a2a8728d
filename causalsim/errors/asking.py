"""What can be wrong with a question that a model is to answer."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError


class AskingError(ModelError):
    """A question that this model cannot answer, or an answer that is read wrongly."""

    @classmethod
    def continuous_event(cls, node: str, value: object) -> Self:
        """The probability of one value of a continuous variable."""
        return cls(
            f"{node!r} is continuous, so the probability that it is exactly {value!r} is zero.",
            f"ask for its mean, E[{node}(...)], draw from model.worlds and count, or give it "
            "levels where the model is written.",
        )

    @classmethod
    def continuous_axis(cls, node: str) -> Self:
        """A table over a continuous variable."""
        return cls(
            f"{node!r} is continuous, so there is no table over its values.",
            f"give a value, as in do={{{node!r}: 1.0}}; for a curve type "
            f"model.dose_response({node!r}, grid, outcome).",
        )

    @classmethod
    def not_a_question(cls, found: object) -> Self:
        """Something else than a question."""
        return cls(
            f"Found {found!r} ({type(found).__name__}), which is no question.",
            'type model.answer("P(y | do(x=1))"), or give a Query, Probability or Expectation.',
        )

    @classmethod
    def probability_zero(cls, known: Iterable[str]) -> Self:
        """Evidence of probability zero."""
        return cls(
            f"The model gives probability zero to what is taken as known: {listed(known)}.",
            "leave out or change what contradicts the model.",
        )

    @classmethod
    def a_table(cls, axes: Iterable[str]) -> Self:
        """A table read as one number."""
        return cls(
            f"The answer is a table over {listed(axes)}, not one number.",
            "read .table, or give these variables values in the question.",
        )

    @classmethod
    def no_ratio(cls, question: object) -> Self:
        """Division by zero."""
        return cls(
            f"{question} is zero, and nothing can be divided by it.",
            "ask for a difference instead.",
        )

    @classmethod
    def other_axes(cls, one: Iterable[str], other: Iterable[str]) -> Self:
        """Terms of a sum that are tables over different variables."""
        return cls(
            f"One part of the question is a table over ({listed(one)}), another over "
            f"({listed(other)}).",
            "leave the same variables free in every part.",
        )

    @classmethod
    def bad_grid(cls, treatment: str, found: object) -> Self:
        """Doses that are no list of different numbers."""
        return cls(
            f"The doses of {treatment!r} must be different numbers in a list; found {found!r}.",
            f"type dose_response(model, {treatment!r}, [0.0, 0.5, 1.0], outcome).",
        )

    @classmethod
    def bad_predictor(cls, found: tuple[int, ...], rows: int) -> Self:
        """A predictor that does not give one number a row."""
        return cls(
            f"The predictor gave shape {found} for {rows} row(s).",
            "give a function from a frame to one number a row, such as "
            "lambda people: estimator.predict(people[columns]).",
        )
