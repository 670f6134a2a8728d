"""What can be wrong with a question about why something came about."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError


class ExplainingError(ModelError):
    """An attribution or an evaluation that cannot be made as asked."""

    @classmethod
    def one_row(cls, found: int) -> Self:
        """An outlier that is not one row."""
        return cls(
            f"An outlier is one row; found {found} rows.",
            "select it: explain_outlier(model, frame.iloc[[7]], target) in pandas, "
            "frame[7] in polars.",
        )

    @classmethod
    def not_a_model(cls, what: str, found: object) -> Self:
        """Something else where a model should be."""
        return cls(
            f"{what} must be a structural causal model; found {type(found).__name__}.",
            "give SCM(...) or SCM.fit(graph, frame).",
        )

    @classmethod
    def other_variables(cls, before: Iterable[str], after: Iterable[str]) -> Self:
        """Two models of different things."""
        first, second = list(before), list(after)
        lone = [f"{name} (before)" for name in first if name not in second]
        lone += [f"{name} (after)" for name in second if name not in first]
        return cls(
            f"The two models have different variables; only one has: {listed(lone)}.",
            "fit both on the same graph.",
        )

    @classmethod
    def other_values(cls, node: str, before: object, after: object) -> Self:
        """A variable whose levels are not the same in both models."""
        return cls(
            f"{node!r} has other values before ({before}) than after ({after}).",
            "give both models the same levels, for example by an ordered categorical column.",
        )

    @classmethod
    def no_common_order(cls, node: str, parent: str) -> Self:
        """Arrows that point one way before and the other way after."""
        return cls(
            f"{node!r} listens to {parent!r} after the change, and comes before it before; the two "
            "models have no causal order in common.",
            "give both models graphs whose arrows together make no circle.",
        )

    @classmethod
    def bad_measure(cls, found: object) -> Self:
        """A functional that is none."""
        return cls(
            f"The measure of the target gave {found}, not one finite number a row of draws.",
            "give a function that reduces the last axis, such as "
            "measure=lambda y: np.quantile(y, 0.9, axis=-1).",
        )

    @classmethod
    def few_draws(cls, found: int, needed: int) -> Self:
        """Too few draws for a standard error."""
        return cls(
            f"{found} draws are too few to tell a contribution from chance; at least {needed} are "
            "needed.",
            "leave draws= out for a number that is enough.",
        )

    @classmethod
    def few_rows(cls, found: int, needed: int) -> Self:
        """Too few rows to judge a mechanism by."""
        return cls(
            f"{found} rows say nothing about how good a mechanism is; at least {needed} are "
            "needed.",
            "give more rows.",
        )
