"""Treatments that do nothing and outcomes that nothing moves: the estimator must find nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.checks.refutation import LEVEL, Refutation
from causalsim.checks.refuting.case import (
    Case,
    check_repetitions,
    chosen,
    count_of,
    settings,
)
from causalsim.checks.refuting.stored import Stored
from causalsim.checks.refuting.verdicts import deviate, judged
from causalsim.errors.checking import CheckError
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.task import Task
from causalsim.identification.answer import Adjustment, Formula, FrontDoor
from causalsim.seeds import Seed, seeded

_REFITS = 15
Matrix = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class PlaceboTreatment:
    """Replace the treatment by one that does nothing: the estimator must find nothing.

    On stored scores the placebo is drawn anew for everybody from their own propensities
    ``e_k(x)``, which are therefore known, and the regression of every arm is
    ``sum_k e_k(x) mu_k(x)``: the scores that belong to the placebo, not those of the treatment it
    replaces. That tests formula, weights and interval on the people at hand. With ``refit=True``
    the treatment is shuffled over the rows and the whole recipe is run again, nuisances included,
    which also catches leaks and overfitting inside the learners; where the propensity is known
    from a column the placebo is drawn from it. Estimators without stored scores
    are always refitted. Neither sees a hidden confounder.

    Args:
        repetitions: How many placebos; None is 100 on stored scores and 15 refits.
        refit: Whether the whole recipe is run again.
        quick: Whether each refit uses the estimator's cheaper version (fewer folds).

    Examples:
        >>> from causalsim.checks import refute
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(300, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> refute(effect, data.frame, by=PlaceboTreatment(), seed=1).passed
        True
    """

    repetitions: int | None = None
    refit: bool = False
    quick: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_repetitions(self.repetitions)

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Hand out placebos and compare with no effect.

        Raises:
            EstimationError: An effect that compares no arms, or that rests on an instrument,
                which a shuffled treatment would leave without anything to move.
        """
        case.contrast()
        start = seeded(seed, "placebo treatment")
        stored = None if self.refit else Stored.of(case)
        count = count_of(self.repetitions, stored is None, _REFITS)
        if stored is None:
            self._check(case)
            return _found(
                "placebo treatment",
                "with the treatment shuffled"
                if _assigned(case) is None
                else "with treatments drawn from the known propensities",
                case,
                [self._shuffled(case, start.child(str(turn))) for turn in range(count)],
            )
        rng = start.numpy()
        draws = (stored.handed_out(rng) for _ in range(count))
        return _read(
            "placebo treatment",
            "with treatments that do nothing, handed out by the same propensities",
            case,
            stored.arm_readings(stored.same(stored.blind), stored.task.outcome, draws),
        )

    def _check(self, case: Case) -> None:
        """Refuse what a shuffled treatment cannot test."""
        answer = case.effect.recipe.answer
        if case.arms is None and not isinstance(answer, Adjustment | FrontDoor | Formula):
            raise CheckError.not_for(
                "placebo treatment",
                case.effect.estimator,
                "what it rests on, such as an instrument, has nothing to move in a shuffled one",
                "by=DummyOutcome(), which shuffles the outcome instead.",
            )

    def _shuffled(self, case: Case, place: Seed) -> Effect:
        """The recipe on a shuffled treatment, or one drawn from the propensities that are known."""
        order = place.child("shuffle").numpy()
        task = _assigned(case)
        if task is not None and task.known is not None:
            drawn = (order.random(task.height) < task.known).astype(np.int_)
            if case.arms is not None:
                again = replace(task, arm=drawn)
                return chosen(case.estimator, self.quick).fit(again, place.child("fit"))
            cells = frames.values(case.frame, case.treatment)
            names = cells[[int(np.argmax(task.arm == code)) for code in (0, 1)]]
            return case.again(place.child("fit"), {case.treatment: names[drawn]}, quick=self.quick)
        if case.arms is not None:
            task = case.arms.with_treatment(order.permutation(case.arms.arm))
            return chosen(case.estimator, self.quick).fit(task, place.child("fit"))
        column = order.permutation(frames.values(case.frame, case.treatment))
        return case.again(place.child("fit"), {case.treatment: column}, quick=self.quick)


@final
@dataclass(frozen=True, slots=True)
class DummyOutcome:
    """Replace the outcome by one that nothing moves: the estimator must find nothing.

    On stored scores the outcome of every row is drawn from all observed outcomes, so that its
    regression is their mean; the weights are those of the effect. That tests whether the interval
    can be trusted with such weights and such an outcome: a few rows with large weights, or heavy
    tails, make it too short. With ``refit=True`` the outcome is shuffled and the whole recipe is
    run again, as it always is for estimators without stored scores; it applies to any estimator.

    Args:
        repetitions: How many outcomes; None is 100 on stored scores and 15 refits.
        refit: Whether the whole recipe is run again.
        quick: Whether each refit uses the estimator's cheaper version.
    """

    repetitions: int | None = None
    refit: bool = False
    quick: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_repetitions(self.repetitions)

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Draw outcomes and compare with no effect.

        Raises:
            EstimationError: An effect that compares nothing.
        """
        case.contrast()
        start = seeded(seed, "dummy outcome")
        stored = None if self.refit else Stored.of(case)
        count = count_of(self.repetitions, stored is None, _REFITS)
        if stored is None:
            made = [self._shuffled(case, start.child(str(turn))) for turn in range(count)]
            return _found("dummy outcome", "with the outcome shuffled", case, made)
        y, arm = stored.task.outcome, stored.task.arm
        read = stored.outcome_reader(stored.same(float(y.mean())), arm)
        rng = start.numpy()
        return _read(
            "dummy outcome",
            "with outcomes drawn at random from those observed",
            case,
            [read(drawn) for drawn in _drawn(y, count, rng)],
        )

    def _shuffled(self, case: Case, place: Seed) -> Effect:
        """The recipe on a shuffled outcome; a time keeps the event that it belongs to."""
        names = getattr(case.task, "outcome_columns", None) or (case.outcome,)
        columns = [frames.values(case.frame, name) for name in names]
        order = place.child("shuffle").numpy().permutation(len(columns[0]))
        moved = {name: column[order] for name, column in zip(names, columns, strict=True)}
        return case.again(place.child("fit"), moved, quick=self.quick)


def _assigned(case: Case) -> Task | None:
    """The task whose treatment was handed out by known propensities; None where they are learnt."""
    task = getattr(case.task, "base", case.task)  # times to an event have theirs inside
    return task if isinstance(task, Task) and task.known is not None else None


def _drawn(y: Matrix, count: int, rng: np.random.Generator) -> Iterator[Matrix]:
    """Outcomes drawn from those observed, each time in the same place in memory."""
    n = len(y)
    places, made = np.empty(n, dtype=np.intp), np.empty(n)
    for _ in range(count):
        places[:] = rng.integers(0, n, n, dtype=np.uint32)
        yield np.take(y, places, out=made, mode="clip")


def _found(name: str, when: str, case: Case, found: list[Effect]) -> Refutation:
    """The verdict on refits."""
    null = case.effect.null
    ratio = case.effect.multiplicative
    deviates = [deviate(one.value, one.standard_error, null, ratio) for one in found]
    return _told(
        name, when, null, [one.value for one in found], deviates, settings(found[0], len(found))
    )


def _read(name: str, when: str, case: Case, found: list[tuple[float, float]]) -> Refutation:
    """The verdict on readings of stored scores."""
    null, ratio = case.effect.null, case.effect.multiplicative
    deviates = [deviate(value, error, null, ratio) for value, error in found]
    told = f"{len(found)} readings of the stored scores by {case.effect.estimator}, no refit"
    return _told(name, when, null, [value for value, _ in found], deviates, told)


def _told(
    name: str, when: str, null: float, draws: list[float], deviates: list[float], how: str
) -> Refutation:
    """The verdict in words."""
    found = judged(deviates)
    passed = found.p_value >= LEVEL
    mean = float(np.mean(draws))
    verdict = "as it should" if passed else "where there is nothing to find"
    return Refutation(
        name=name,
        estimate=mean,
        expected=null,
        statistic=found.statistic,
        p_value=found.p_value,
        passed=passed,
        sentence=(
            f"{when}, the estimator finds {mean:.2g} on average over {len(draws)} of them "
            f"(expected {null:g}; {found.words}), {verdict}."
        ),
        draws=tuple(draws),
        settings=how,
    )
