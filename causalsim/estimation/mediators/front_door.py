"""The doubly robust front door: an effect carried by mediators, whatever was not measured."""

from dataclasses import dataclass, replace
from typing import Any, final

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.assembly import assembled
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.averaging.targets import EVERYONE
from causalsim.estimation.effect import Effect
from causalsim.estimation.mediators.crossfit import DEFAULT, MediatorCrossFit
from causalsim.estimation.mediators.roles import front_door_roles
from causalsim.estimation.mediators.scores import (
    averaged,
    front_door_scores,
    front_door_support,
    overlap_notes,
)
from causalsim.estimation.mediators.task import MediatorTask
from causalsim.estimation.reading.roles import Roles
from causalsim.seeds import Seed


@final
@dataclass(frozen=True, slots=True)
class DoublyRobustFrontDoor:
    """The front door by regressions, corrected by ratios of propensities.

    ``E[Y(a)] = E[sum_k e_k(C) E[mu_k(M, C) | A=a, C]]`` with ``mu_k`` the mean outcome given arm
    ``k``, mediators and covariates. One or several mediators of any kind: their density is never
    modelled, since ``f(m | a, c) / f(m | k, c)`` is a ratio of propensities with and without the
    mediators. Without covariates it is right when ``mu`` is, or when the propensity given the
    mediators is; with covariates when the propensity given them and one of these two are, or when
    ``mu`` and its regression on the covariates are. It fails where some mediator values hardly
    occur in one of the arms, which a note on clipping tells.

    Args:
        crossfit: Folds and learners.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.mediators import hidden_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> from sklearn.linear_model import LinearRegression, LogisticRegression
        >>> data = hidden_confounding(2000, seed=1)
        >>> linear, logistic = LinearRegression(), LogisticRegression()
        >>> by = DoublyRobustFrontDoor(MediatorCrossFit(2, 1, linear, linear, logistic, logistic))
        >>> answer = identify(Graph(data.graph), Query("y", do="a"))
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.effect in effect.interval()
        True

    References:
        I. Fulcher, I. Shpitser, S. Marealle, E. Tchetgen Tchetgen (2020), Robust inference on
        population indirect causal effects: the generalized front door criterion, JRSS B 82.
    """

    crossfit: MediatorCrossFit = DEFAULT
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check both settings."""
        check_crossfit(self.crossfit)
        if isinstance(self.contrast, type) or not isinstance(self.contrast, Contrast):
            raise EstimationError.bad_setting(
                "contrast", self.contrast, "Difference(), Ratio() or OddsRatio()"
            )

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "doubly robust front door"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "mediators that open the front door"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is a front door, with or without covariates."""
        return front_door_roles(answer) is not None

    def read(self, answer: Any, frame: Any, roles: Roles) -> MediatorTask:  # noqa: ANN401
        """The data in their roles."""
        through = front_door_roles(answer)
        if through is None:
            raise EstimationError.unusable_answer(self.name, self.needs, str(answer), "by=Plugin()")
        return MediatorTask.of(frame, answer.query, answer.query, through, roles)

    def quick(self) -> "DoublyRobustFrontDoor":
        """Fewer folds and one division."""
        return DoublyRobustFrontDoor(quicker(self.crossfit), self.contrast)

    def fit(self, task: MediatorTask, seed: int | Seed) -> Effect:
        """Estimate the effect of a task."""
        nuisances = self.crossfit.fit(task, seed)
        support = min(front_door_support(task.given, one) for one in nuisances.divisions)
        notes = overlap_notes(support, task.through.treatment)
        means = [
            averaged(task.given, front_door_scores(task.given, division))
            for division in nuisances.divisions
        ]
        effect = assembled(
            task.given,
            means,
            EVERYONE,
            self.contrast,
            self,
            seed,
            learners=nuisances.learners,
            notes=(*nuisances.notes, *notes),
        )
        # The mediators are no covariates, though they stand in the design of the outcome.
        recipe = replace(effect.recipe, covariates=task.through.covariates)
        return replace(effect, recipe=recipe)


def check_crossfit(found: object) -> None:
    """A cross-fit for mediators, not another one."""
    if not isinstance(found, MediatorCrossFit):
        raise EstimationError.bad_setting("crossfit", found, "MediatorCrossFit(folds=5)")


def quicker(crossfit: MediatorCrossFit) -> MediatorCrossFit:
    """The same recipe with two folds, once."""
    return replace(crossfit, folds=min(crossfit.folds, 2), repeats=1)
