"""The last step that every estimator of a sequence shares: regimes' means become an effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.errors.sequences import SequenceError
from causalsim.estimation.averaging.contrasts import Contrast
from causalsim.estimation.averaging.targets import ArmMeans
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.recipe import Recipe
from causalsim.estimation.sequences.asking import plain_question, stages_of
from causalsim.estimation.sequences.reading import Matrix, SequenceTask
from causalsim.estimation.sequences.regimes import Regime
from causalsim.seeds import Seed

_FEW_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class _Arms:
    """Regimes as the arms that a contrast compares."""

    contrast: tuple[float, ...]

    @property
    def pair(self) -> tuple[int, int]:
        """The places of the low and the high regime."""
        if sorted(self.contrast) != [-1.0, 1.0]:
            raise EstimationError.bad_setting(
                "contrast", "a ratio", "Difference() where one mean, or several, are asked for"
            )
        return self.contrast.index(-1.0), self.contrast.index(1.0)


def compared(
    task: SequenceTask,
    means: Sequence[ArmMeans],
    contrast: Contrast,
    estimator: Any,  # noqa: ANN401
    seed: int | Seed,
    learners: str,
    notes: tuple[str, ...] = (),
) -> Effect:
    """Contrast the regimes in every division and combine the divisions.

    Args:
        task: The data in their roles.
        means: The regimes' means, one entry for each random division into folds.
        contrast: How the regimes are compared.
        estimator: Written into the recipe; its name is printed.
        seed: Written into the recipe.
        learners: How the nuisances were learnt, in words.
        notes: What a careful reader must know.

    Returns:
        The effect.
    """
    arms: Any = _Arms(task.comparison.signs)
    pairs = [contrast.of(one, arms) for one in means]
    found = combined([value for value, _ in pairs], [psi for _, psi in pairs], task.clusters)
    few: tuple[str, ...] = ()
    if task.clusters is not None and (count := int(task.clusters.max()) + 1) < _FEW_CLUSTERS:
        few = (f"only {count} clusters: the interval is probably too short",)
    return Effect(
        value=found.value,
        influence=found.influence,
        estimator=estimator.name,
        estimand=contrast.in_words(task.comparison.in_words),
        recipe=Recipe.of_question(task, estimator, seed, learners),
        clusters=task.clusters,
        spread=found.spread,
        multiplicative=contrast.multiplicative,
        notes=(*notes, *task.notes, *few),
    )


def within_words(task: SequenceTask) -> str:
    """What is compared, and what each treatment is compared within."""
    known: list[str] = []
    parts = []
    for period in task.periods:
        known.extend(dict.fromkeys(period.learnt.sources))
        parts.append(f"{period.treatment} within {{{', '.join(known)}}}")
        known.append(period.treatment)
    return f", for the {task.comparison.in_words}; {', '.join(parts)}"


def takes(answer: Any, regime: Regime | None, against: Regime | None, least: int = 2) -> bool:  # noqa: ANN401
    """Whether an answer is about treatments that have sequential back-door sets.

    Raises:
        SequenceError: They have, but a rule reads what is not known in time.
    """
    query = plain_question(answer)
    if query is None or len(query.treatments) < (1 if regime is not None else least):
        return False
    if stages_of(answer, regime, against) is not None:
        return True
    if regime is not None and stages_of(answer) is not None:
        raise SequenceError.late_rule(regime if against is None else f"{regime}; {against}")
    return False


def check_regimes(regime: Regime | None, against: Regime | None) -> None:
    """Regimes, or None; and none to compare with where there is none to compare."""
    for name, one in (("regime", regime), ("against", against)):
        if one is not None and not isinstance(one, Regime):
            raise EstimationError.bad_setting(name, one, "a Regime({treatment: level or rule})")
    if regime is None and against is not None:
        raise EstimationError.bad_setting("against", str(against), "given with regime=")


def centered(values: Sequence[float], influence: Sequence[Matrix]) -> ArmMeans:
    """Means and influence values of the regimes side by side."""
    return ArmMeans(np.array(values, dtype=np.float64), np.stack(influence, axis=1))
