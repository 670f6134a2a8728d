"""What an attempt to break an effect may look at: the effect, its frame, and its task."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.checks.refutation import Refutation
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimator import Estimator
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task
from causalsim.identification.answer import NoEffect
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An effect on trial.

    Attributes:
        effect: What was estimated.
        frame: The frame that it was estimated from.
        task: What its estimator read from the frame.
    """

    effect: Effect
    frame: Any
    task: Any

    @classmethod
    def of(cls, effect: Effect, frame: Any) -> "Case":  # noqa: ANN401
        """An effect with the frame it came from.

        Raises:
            EstimationError: Not an effect, another frame, or an effect that the graph alone
                decided or that was computed from others.
        """
        if not isinstance(effect, Effect):
            raise EstimationError.not_an_effect(effect)
        recipe = effect.recipe
        if isinstance(recipe.answer, NoEffect):
            raise EstimationError.nothing_to_check("the graph alone says that there is no effect")
        if recipe.estimator is None:
            raise EstimationError.nothing_to_check("this effect was computed from other effects")
        task = recipe.read(frame)
        if task.digest != recipe.digest:
            raise EstimationError.other_frame()
        return cls(effect, frame, task)

    @property
    def estimator(self) -> Estimator:
        """What estimated the effect."""
        found: Estimator = self.effect.recipe.estimator
        return found

    @property
    def treatment(self) -> str:
        """The treatment's name.

        Raises:
            EstimationError: The question is about several worlds or several treatments.
        """
        return self._named("treatment")

    @property
    def outcome(self) -> str:
        """The outcome's name, under the same conditions."""
        return self._named("outcome")

    @property
    def arms(self) -> Task | None:
        """The task, where it compares arms; None for doses, formulae and instruments."""
        return self.task if isinstance(self.task, Task) else None

    def contrast(self) -> None:
        """Refuse the mean of one arm, which nothing makes zero.

        Raises:
            EstimationError: The effect compares nothing.
        """
        recipe = self.effect.recipe
        free = isinstance(recipe.query, Query) and all(one.value is None for one in recipe.query.do)
        if recipe.low is None and not free:
            raise CheckError.nothing_to_check(
                "the effect is the mean of one arm, which a shuffled treatment does not make zero"
            )

    def again(
        self,
        seed: int | Seed,
        columns: Mapping[str, Any] | None = None,
        rows: NDArray[np.int_] | None = None,
        roles: Roles | None = None,
        quick: bool = False,
    ) -> Effect:
        """The whole recipe once more, on other columns or other rows.

        Args:
            seed: Decides the estimator's chance.
            columns: Columns to replace or add, before rows are taken.
            rows: Places of the rows to keep; repeated ones are there several times.
            roles: How the frame is to be read; None as before.
            quick: Whether the estimator's cheaper version is used.
        """
        if rows is not None and frames.height(self.frame) != self.effect.n:
            raise CheckError.not_for(
                "refit on some of the rows",
                self.effect.estimator,
                "its rows are those of several frames",
                "leave refit=True out, which reads the influence values of all of them.",
            )
        frame = self.frame if columns is None else frames.put(self.frame, columns)
        if rows is not None:
            frame = nw.from_native(frame, eager_only=True)[rows].to_native()
        recipe = self.effect.recipe
        task: Any = replace(recipe, roles=recipe.roles if roles is None else roles).read(frame)
        return chosen(self.estimator, quick).fit(task, seed)

    def _named(self, role: str) -> str:
        """The one variable of a role."""
        query = self.effect.recipe.query
        names: tuple[str, ...] = ()
        if isinstance(query, Query):
            names = query.treatments if role == "treatment" else query.outcome
        if len(names) != 1:
            raise CheckError.not_for(
                f"check of one {role}",
                f"{query}",
                f"the question has {len(names) or 'no single'} {role}",
                "ask Query(outcome, do=treatment) and check that effect.",
            )
        return names[0]


@runtime_checkable
class Refuter(Protocol):
    """A way to break an estimate."""

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Try to break the effect of this case.

        Raises:
            EstimationError: The attempt would say nothing about such an effect.
        """


def task_behind(effect: Effect, frame: Any) -> Task:  # noqa: ANN401
    """The task of arms that an effect was estimated from, read again from its frame.

    Raises:
        EstimationError: The frame holds other outcomes or treatments, the effect is one that the
            graph alone decided, or it compares no arms.
    """
    case = Case.of(effect, frame)
    if case.arms is None:
        raise EstimationError.nothing_to_check(
            f"{effect.estimator} reads a formula or a dose, and this check compares arms"
        )
    return case.arms


def chosen(estimator: Estimator, quick: bool) -> Estimator:
    """The estimator itself or its cheaper version."""
    return estimator.quick() if quick else estimator


def settings(effect: Effect, repetitions: int) -> str:
    """How the repetitions were fitted."""
    return f"{repetitions} refits by {effect.estimator}; {effect.recipe.learners}"


def check_repetitions(found: object, least: int = 1) -> None:
    """A whole number, large enough, or None for the default."""
    if found is None:
        return
    if not isinstance(found, int) or isinstance(found, bool) or found < least:
        raise EstimationError.bad_setting("repetitions", found, f"a whole number from {least}")


def count_of(repetitions: int | None, refit: bool, refits: int, stored: int = 100) -> int:
    """How many repetitions: what the user said, else few refits or many readings of scores."""
    return repetitions or (refits if refit else stored)
