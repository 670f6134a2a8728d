"""Whom an effect is of: the user's own rows, by which it is told apart among people."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, final

from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimator import Telling
from causalsim.estimation.reading.task import Task, row_mark

if TYPE_CHECKING:
    from causalsim.estimation.comparison import Comparison
    from causalsim.estimation.heterogeneity.conditional import ConditionalEffects


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The rows that an effect was estimated from.

    The frame is the user's own and is not copied, so that keeping it costs nothing. A mark of the
    covariates tells when it was changed since: what is learnt from changed rows would not go with
    the effect's nuisances.

    Attributes:
        frame: The user's frame.
        mark: The mark of covariates, weights and clusters as they were.
    """

    frame: Any = field(repr=False)
    mark: str
    # The user asks for the same thing again and again, and learning it takes seconds.
    _learnt: "dict[tuple[str, ...], ConditionalEffects]" = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, frame: Any, task: Any) -> Self:  # noqa: ANN401
        """The rows of a frame that was read as a task."""
        return cls(frame, _mark(task))

    def given(self, effect: Effect, columns: tuple[str, ...]) -> "ConditionalEffects":
        """The effect as a function of covariates, learnt at the first call.

        Args:
            effect: An effect by AIPW or TMLE on these rows.
            columns: The covariates; none are the whole adjustment set.

        Raises:
            EstimationError: An effect without nuisances, or a frame that was changed since.
        """
        from causalsim.estimation.heterogeneity.conditional import conditional_effects
        from causalsim.estimation.heterogeneity.holding_out import behind

        known = self._learnt.get(columns)
        if known is not None and known.effect is effect:
            return known
        self._check(behind(effect, self.frame)[0])
        on = columns or None
        made = conditional_effects(effect, self.frame, on=on, seed=effect.recipe.seed)
        self._learnt[columns] = made
        return made

    def at(self, effect: Effect, rows: Any, level: float | None) -> Any:  # noqa: ANN401
        """The effect for each row of a frame.

        Args:
            effect: An effect on these rows.
            rows: People with the covariates that it is adjusted for.
            level: Pointwise coverage; None for predictions alone.

        Raises:
            EstimationError: As for `given`.
            DataError: A covariate is missing or incomplete.
        """
        estimator = effect.recipe.estimator
        if not isinstance(estimator, Telling):
            return self.given(effect, ()).at(rows, level)
        task = effect.recipe.read(self.frame)
        self._check(task)
        return estimator.predicted(task, self.frame, rows, level)

    def by(self, effect: Effect, column: str, groups: int) -> "Comparison":
        """The average effect within groups of rows.

        Args:
            effect: Everyone's difference by AIPW or TMLE on these rows.
            column: What divides them.
            groups: Into how many groups a number is cut.

        Raises:
            EstimationError: Another kind of effect, a changed frame, or small groups.
            DataError: The column is missing or incomplete.
        """
        from causalsim.estimation.subgroups import by_group

        return by_group(effect, self.frame, column, groups)

    def _check(self, task: Any) -> None:  # noqa: ANN401
        """The rows are what they were."""
        if _mark(task) != self.mark:
            raise HeterogeneityError.changed()


def _mark(task: Any) -> str:  # noqa: ANN401
    """A mark of what people are told apart by; empty where a task has no covariates."""
    if not isinstance(task, Task):
        return ""
    columns = (task.design.matrix, task.weights, task.clusters)
    return row_mark([one for one in columns if one is not None])
