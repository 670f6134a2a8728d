"""What can go wrong when it is decided who gets which treatment."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import did_you_mean, listed
from causalsim.errors.estimation import EstimationError


class PolicyError(EstimationError):
    """A policy that cannot be learnt, applied or valued."""

    @classmethod
    def not_a_policy(cls, found: object) -> Self:
        """Something else stands where a policy is expected."""
        return cls(
            f"A policy is expected; found {found!r}.",
            'pass Always(level), Rule("the old", lambda rows: rows["age"] > 50), or what '
            "learn_policy gave.",
        )

    @classmethod
    def not_a_way(cls, found: object) -> Self:
        """Something else stands where a way to learn policies is expected."""
        return cls(
            f"A way to learn a policy is expected as by=; found {found!r}.",
            "pass PolicyTree(depth=2) or PolicyForest(), from causalsim.estimation.policies.",
        )

    @classmethod
    def unknown_arm(cls, where: str, arm: object, levels: Iterable[object]) -> Self:
        """A treatment that nobody in the data had."""
        found = [repr(level) for level in levels]
        return cls(
            f"{where} names the treatment {arm!r}, which nobody in the frame had.",
            did_you_mean(repr(arm), found, "the treatments are"),
        )

    @classmethod
    def wrong_length(cls, name: str, found: object, rows: int) -> Self:
        """A rule that does not decide for each row."""
        return cls(
            f"The rule {name!r} gave {found} for {rows} rows; one decision a row is expected.",
            'decide by whole columns: Rule("the old", lambda rows: rows["age"] > 50).',
        )

    @classmethod
    def failed_rule(cls, name: str, reason: object) -> Self:
        """A user's rule stopped with an error of its own."""
        return cls(
            f"The rule {name!r} stopped: {reason!r}",
            "call its function on the frame by hand to see why.",
        )

    @classmethod
    def needs_arms(cls, name: str, levels: Iterable[object]) -> Self:
        """A yes-or-no rule, and treatments that are not two."""
        found = [repr(level) for level in levels]
        return cls(
            f"The rule {name!r} says yes or no, and there are {len(found)} treatments: "
            f"{listed(found)}.",
            f"let it return one of them for each row, such as {found[0]}.",
        )

    @classmethod
    def seen_before(cls) -> Self:
        """A learnt policy valued on the rows that it was learnt from."""
        return cls(
            "This policy was learnt from these very rows, on which it looks better than it is.",
            "its .value was estimated on rows held out; or pass new people.",
        )

    @classmethod
    def no_tree(cls) -> Self:
        """A picture of a forest."""
        return cls(
            "A forest has no tree that could be drawn.",
            "learn by=PolicyTree(depth=2), which can be read.",
        )

    @classmethod
    def bad_cost(cls, arm: object, found: object) -> Self:
        """A cost that is no number."""
        return cls(
            f"The cost of {arm!r} must be a finite number or the name of a column of them; found "
            f"{found!r}.",
            f"Aim(cost={{{arm!r}: 2.5}}), in the outcome's unit.",
        )
