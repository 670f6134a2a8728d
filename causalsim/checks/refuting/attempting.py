"""The verb: try to break an effect."""

from collections.abc import Sequence
from typing import Any

from causalsim.checks.refutation import Refutation, Refutations
from causalsim.checks.refuting.case import Case, Refuter
from causalsim.checks.refuting.common_causes import RandomCommonCause
from causalsim.checks.refuting.placebos import DummyOutcome, PlaceboTreatment
from causalsim.checks.refuting.planting import PlantedTruth
from causalsim.checks.refuting.resampling import Bootstrap, Subsets
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.seeds import Seed

#: Every attempt that needs to be told nothing, in the order in which they are made.
SUITE: tuple[Refuter, ...] = (
    PlaceboTreatment(),
    RandomCommonCause(),
    DummyOutcome(),
    Subsets(),
    Bootstrap(),
    PlantedTruth(),
)


def refute(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    by: Refuter | Sequence[Refuter] | None = None,
    seed: int | Seed = 0,
) -> Refutations:
    """Try to break an effect in several ways.

    Each attempt either reads the scores behind the effect again or, with ``refit=True`` and for
    estimators without scores, runs the whole recipe on altered data. Verdicts are calibrated: a
    sound estimator fails an attempt in at most about one study of twenty.

    Args:
        effect: What ``estimate`` gave.
        frame: The frame that it was estimated from; it is never changed.
        by: The ways to try, in order; None is every way of `SUITE` that applies to the estimator.
        seed: Decides every random choice; equal seeds give equal verdicts.

    Returns:
        One refutation for each way, each with its verdict.

    Raises:
        EstimationError: Not an effect, another frame, an effect that no data stand behind, or a
            way that was asked for and does not apply.
        DataError: The frame no longer holds the columns.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(300, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> found = refute(effect, data.frame, by=(RandomCommonCause(refit=True),), seed=1)
        >>> [(one.name, one.passed) for one in found]
        [('random common cause', True)]
    """
    ways = SUITE if by is None else (by,) if isinstance(by, Refuter) else tuple(by)
    for way in ways:
        if isinstance(way, type) or not isinstance(way, Refuter):
            raise EstimationError.not_a_check(way)
    if not ways:
        raise EstimationError.bad_setting("by", by, "one or several attempts, or None for all")
    case = Case.of(effect, frame)
    if by is not None:
        return Refutations(tuple(way.attempt(case, seed) for way in ways))
    made: list[Refutation] = []
    left_out = []
    for way in ways:
        try:
            made.append(way.attempt(case, seed))
        except CheckError as reason:
            left_out.append(str(reason).split("\n")[0])
    return Refutations(tuple(made), tuple(left_out))
