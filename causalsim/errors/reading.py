"""What can be wrong with columns in their roles, when each of them is fine by itself."""

from collections.abc import Iterable, Sequence
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.estimation import EstimationError


class ReadingError(EstimationError):
    """Columns that cannot play the roles they were given."""

    @classmethod
    def same_thing(cls, outcome: str, treatment: str) -> Self:
        """An outcome that is the treatment under another name."""
        return cls(
            f"The outcome {outcome!r} has one value in each arm of {treatment!r}: it is the "
            "treatment itself, or computed from it, and there is no effect to be estimated.",
            "look for the column that was measured after the treatment and not made from it.",
        )

    @classmethod
    def same_dose(cls, outcome: str, treatment: str) -> Self:
        """An outcome that is the dose in other units."""
        return cls(
            f"The outcome {outcome!r} lies on a straight line in {treatment!r}: it is the "
            "treatment itself, or computed from it, and there is no effect to be estimated.",
            "look for the column that was measured after the treatment and not made from it.",
        )

    @classmethod
    def separated(cls, treatment: str, rows: int, height: int, columns: Sequence[str]) -> Self:
        """Arms that share no kind of person."""
        named = f" ({columns[0]!r} alone tells them apart)" if columns else ""
        return cls(
            f"The covariates tell which value of {treatment!r} each row has{named}: only {rows} of "
            f"{height} rows had a chance of 1 % or more of another one. The arms share no kind of "
            "person, so the data hold no comparison, and any number would be extrapolation.",
            "leave out covariates that are consequences or copies of the treatment; where a rule "
            "decides at a threshold, compare rows next to it.",
        )

    @classmethod
    def saturated(cls, treatment: str, level: object, rows: int) -> Self:
        """A regression that says of some rows whatever they are."""
        return cls(
            f"The regression has as many coefficients as rows for the {rows} row"
            f"{'' if rows == 1 else 's'} with {treatment} = {level!r}: it meets them exactly and "
            "cannot tell how sure it is.",
            "adjust for less, leave out products with the treatment by interactions=(), or merge "
            "rare levels.",
        )

    @classmethod
    def nobody_there(cls, treatment: str, level: object, columns: Sequence[str]) -> Self:
        """A mean in an arm that has none of the people it is asked for."""
        told = f" ({columns[0]!r} never varies there)" if columns else ""
        return cls(
            f"The rows with {treatment} = {level!r} do not tell what some of the people would have "
            f"had{told}: the regression would have to invent a coefficient.",
            "merge rare categories, leave those people out, or leave out products with the "
            "treatment by interactions=().",
        )

    @classmethod
    def no_such_people(cls, treatment: str, rows: int, height: int) -> Self:
        """Rows unlike any that a regression learnt from."""
        return cls(
            f"For {rows} of {height} rows the effect of {treatment!r} is not told by the rows "
            "learnt from, where nobody like them had one of the treatments.",
            "leave these rows out, or merge rare categories before estimating.",
        )

    @classmethod
    def unweighted(cls, name: str, column: str | None, weights: bool) -> Self:
        """An estimator that has no use for weights or clusters."""
        what = "sampling weights" if weights else "clusters"
        return cls(
            f"{name} takes no {what}; {column!r} was named as such.",
            f"by=AIPW() takes {what}; leave them out only if every row counts alike and stands "
            "for itself.",
        )

    @classmethod
    def known_for_two(cls, column: str, treatment: str, levels: Iterable[object]) -> Self:
        """One column of propensities, and more than two arms."""
        found = list(levels)
        return cls(
            f"{column!r} is the known propensity of one of two arms; {treatment!r} has "
            f"{len(found)} ({listed(repr(level) for level in found)}).",
            f"keep two: frame[frame[{treatment!r}].isin([{found[0]!r}, {found[-1]!r}])], with the "
            "propensity among those two; or leave propensity= out, and it is learnt.",
        )

    @classmethod
    def no_probability(cls, column: str, value: float, count: int, height: int) -> Self:
        """Known propensities that decide the treatment, or are none."""
        return cls(
            f"The known propensity {column!r} is not strictly between 0 and 1 in {count} of "
            f"{height} rows (such as {value:g}): who could only get one arm shows no comparison.",
            "it is the probability of the higher level, in parts of one; leave such rows out.",
        )

    @classmethod
    def unused_propensity(cls, name: str, column: str) -> Self:
        """An estimator that has no use for a known propensity."""
        return cls(
            f"{name} makes no use of a known propensity; {column!r} was named as such.",
            "by=AIPW(), by=TMLE() or by=IPW() under an adjustment set does; leave propensity= out "
            "for this estimator.",
        )

    @classmethod
    def two_propensities(cls, column: str, learner: object) -> Self:
        """A propensity that is known and to be learnt, or known twice."""
        return cls(
            f"The propensity is known from {column!r}, and the estimator was given another: "
            f"{learner}.",
            "leave out one of them: propensity= of estimate, or propensity= of the estimator.",
        )

    @classmethod
    def unlike(cls, treatment: str) -> Self:
        """Nobody has a match that is anything like them."""
        return cls(
            f"Nobody has a match near them: whoever differs in {treatment!r} differs in everything "
            "else by more than people alike do. The arms share no kind of person, so the data "
            "hold no comparison, and any number would be extrapolation.",
            "leave out covariates that are consequences or copies of the treatment; where a rule "
            "decides at a threshold, compare rows next to it.",
        )

    @classmethod
    def small_arm(cls, treatment: str, level: object, rows: int, least: int, remedy: str) -> Self:
        """An arm of too few people."""
        return cls(
            f"{rows} row{'' if rows == 1 else 's'} with {treatment} = {level!r} "
            f"{'is' if rows == 1 else 'are'} too few; {least} are needed.",
            f"{remedy}, or merge rare levels of the treatment.",
        )

    @classmethod
    def too_many_categories(cls, name: str, levels: int, height: int) -> Self:
        """A category for almost every row, or a table that would not fit into memory."""
        return cls(
            f"{name!r} has {levels} categories in {height} rows, too many to adjust for.",
            "a name or an identifier is no covariate: leave it out; merge rare categories of "
            "anything else.",
        )
