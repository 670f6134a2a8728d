"""A study and a target side by side, and the target's mean outcome in every arm."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.targets import ArmMeans
from causalsim.estimation.crossfitting.folds import check_clusters, dealt
from causalsim.estimation.crossfitting.subsets import (
    Mask,
    Whole,
    chances_by_fold,
    means_by_fold,
    own_fold,
)
from causalsim.estimation.reading.task import Task, row_mark
from causalsim.estimation.transport.reading import Carried
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]
#: The chance to be in the study under which a kind of people is hardly there.
ALONE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class TransportTask:
    """A study and a sample of the target population, side by side.

    Attributes:
        study: The study in its roles.
        carried: By what the effect is carried over.
        matrix: The covariates of the study's rows, then of the target's.
        weights: The weight of each of these rows, with mean one.
        clusters: The cluster of each, or None.
    """

    study: Task
    carried: Carried
    matrix: Matrix
    weights: Matrix
    clusters: Whole | None

    @property
    def digest(self) -> str:
        """A mark of the outcomes and of both samples' covariates, a dash and one of the arms."""
        return f"{row_mark([self.study.outcome, *self.matrix.T])}-{row_mark([self.study.arm])}"

    @property
    def inside(self) -> Mask:
        """Which rows are the study's."""
        found: Mask = np.arange(len(self.matrix)) < self.study.height
        return found


class Recipe(Protocol):
    """The settings that the means are learnt by."""

    @property
    def folds(self) -> int:
        """How many parts."""

    @property
    def outcome(self) -> Any:  # noqa: ANN401
        """What learns the outcome."""

    @property
    def propensity(self) -> Any:  # noqa: ANN401
        """What learns the treatment, or its known probability."""

    @property
    def selection(self) -> Any:  # noqa: ANN401
        """What learns who is in the study."""

    @property
    def clip(self) -> float:
        """The smallest chance that is divided by."""


def target_means(task: TransportTask, by: Recipe, seed: Seed) -> tuple[ArmMeans, int, int]:
    """The mean of the target in every arm, and how many chances were small, in each sample."""
    study, inside, weights = task.study, task.inside, task.weights
    height, given = len(inside), study.height
    arm = np.concatenate([study.arm, np.full(height - given, -1)])
    outcome = np.concatenate([study.outcome, np.zeros(height - given)])
    folds = _divided(arm, by.folds, task.clusters, seed.child("folds").numpy())
    among = inside
    share = weights if study.weights is not None else None
    chance = chances_by_fold(
        task.matrix,
        inside,
        np.ones(height, bool),
        share,
        folds,
        by.selection,
        seed.child("selection"),
    )
    raw = own_fold(chance, folds)
    # A large target makes every chance small; kinds of people are rare by the chance they had
    # if the two samples were of one size.
    base = float(np.average(inside, weights=weights))
    fair = raw * (1.0 - base) / (raw * (1.0 - base) + (1.0 - raw) * base)
    odds = (1.0 - fair) / np.maximum(fair, max(by.clip, 1e-12)) * (1.0 - base) / base
    low = inside & (fair < by.clip)
    size = float(np.mean(weights * ~inside))
    values, influence = np.empty(len(study.levels)), np.empty((height, len(study.levels)))
    target = np.tile(outcome, (int(folds.max()) + 1, 1))
    for code in range(len(study.levels)):
        took = arm == code
        mean = own_fold(
            means_by_fold(
                task.matrix, target, took, share, folds, by.outcome,
                seed.child(f"outcome {code}"),
            ),
            folds,
        )  # fmt: skip
        treated = own_fold(
            chances_by_fold(
                task.matrix, took, among, share, folds, _known(by, code, study),
                seed.child(f"propensity {code}"),
            ),
            folds,
        )  # fmt: skip
        low |= took & (treated < by.clip)
        ratio = took * odds / np.maximum(treated, max(by.clip, 1e-12))
        added = np.where(inside, ratio * (outcome - mean), mean)
        values[code] = float(np.mean(weights * added)) / size
        influence[:, code] = weights * (added - np.where(inside, 0.0, values[code])) / size
    lonely = int((~inside & (fair < max(by.clip, ALONE))).sum())
    return ArmMeans(values, influence), int(low.sum()), lonely


def _known(by: Recipe, code: int, study: Task) -> Any:  # noqa: ANN401
    """The propensity of an arm, if it is known, or what learns it."""
    if not isinstance(by.propensity, int | float):
        return by.propensity
    if len(study.levels) != 2:
        raise EstimationError.bad_setting(
            "propensity", by.propensity, f"a classifier of {len(study.levels)} arms"
        )
    return float(by.propensity) if code == 1 else 1.0 - float(by.propensity)


def _divided(arm: Whole, count: int, clusters: Whole | None, rng: np.random.Generator) -> Whole:
    """Folds in which the arms and the target are about balanced."""
    check_clusters(clusters, count, "Transport")
    return dealt(arm + 1, clusters, count, rng)
