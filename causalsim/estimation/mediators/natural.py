"""Natural direct and indirect effects: the outcome in one world, the mediators in another."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.errors.mediators import MediatorError
from causalsim.estimand.query import Query
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.mediators.crossfit import DEFAULT, MediatorCrossFit, MediatorNuisances
from causalsim.estimation.mediators.front_door import check_crossfit, quicker
from causalsim.estimation.mediators.roles import NestedMean, natural_roles, nested_means
from causalsim.estimation.mediators.scores import (
    averaged,
    nested_score,
    nested_support,
    overlap_notes,
)
from causalsim.estimation.mediators.task import MediatorTask
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.recipe import Recipe
from causalsim.seeds import Seed


@final
@dataclass(frozen=True, slots=True)
class NaturalEffects:
    """Any weighted sum of nested means ``E[Y(a, M(b))]``, multiply robust.

    It takes the questions that `causalsim.estimand.contrasts` and the parser write: natural direct
    and indirect effects and what is left of the total, with any interaction of treatment and
    mediators, several mediators jointly. All means come from one cross-fit, so that effects of one
    seed add up exactly. An estimate is right when two of the three parts are: the outcome
    regressions with the propensity, the propensities with and without the mediators, or the
    outcome regressions with their regression on the covariates. Covariates must not be affected by
    the treatment; a confounder of mediator and outcome that is affected makes the question
    unidentified, which ``identify`` tells.

    Args:
        crossfit: Folds and learners.

    Examples:
        >>> from causalsim.datasets.mediators import direct_and_indirect
        >>> from causalsim.estimand.contrasts import natural_direct_effect
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> from sklearn.linear_model import LinearRegression, LogisticRegression
        >>> data = direct_and_indirect(2000, seed=1)
        >>> linear, logistic = LinearRegression(), LogisticRegression()
        >>> by = NaturalEffects(MediatorCrossFit(2, 1, linear, linear, logistic, logistic))
        >>> answer = identify(Graph(data.graph), natural_direct_effect("y", "a", "m"))
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.direct in effect.interval()
        True

    References:
        E. Tchetgen Tchetgen, I. Shpitser (2012), Semiparametric theory for causal mediation
        analysis, Annals of Statistics 40.
    """

    crossfit: MediatorCrossFit = DEFAULT

    def __post_init__(self) -> None:
        """Check the setting."""
        check_crossfit(self.crossfit)

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "multiply robust mediation"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "a question such as E[Y(X=1, M(X=0)) - Y(X=0)] with covariates that free M"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the question is about nested means and its covariates free the mediators."""
        return natural_roles(answer) is not None

    def read(self, answer: Any, frame: Any, roles: Roles) -> MediatorTask:  # noqa: ANN401
        """The data in their roles."""
        read = natural_roles(answer)
        if read is None:
            raise EstimationError.unusable_answer(self.name, self.needs, str(answer), "by=Plugin()")
        through, means = read
        levels = _levels(means)
        # Arms that the question names itself are what a recipe remembers of it.
        if roles.arms not in (None, (levels[-1], levels[0])):
            raise MediatorError.arms_named(answer.query)
        if len(levels) == 1:
            query, roles = Query(through.outcome, do={through.treatment: levels[0]}), roles
        else:
            query = Query(through.outcome, do=through.treatment)
            roles = replace(roles, arms=(levels[1], levels[0]))
        return MediatorTask.of(frame, answer.query, query, through, roles)

    def quick(self) -> "NaturalEffects":
        """Fewer folds and one division."""
        return NaturalEffects(quicker(self.crossfit))

    def fit(self, task: MediatorTask, seed: int | Seed) -> Effect:
        """Estimate the effect of a task."""
        return self.effect(task, self.crossfit.fit(task, seed), seed)

    def effect(self, task: MediatorTask, nuisances: MediatorNuisances, seed: int | Seed) -> Effect:
        """Estimate from nuisances that are already there.

        Args:
            task: The data in their roles, with the question.
            nuisances: A cross-fit of the same rows.
            seed: Written into the recipe.
        """
        read = nested_means(task.question)
        assert read is not None  # the task was made from such a question
        _, _, _, means = read
        values, influences, supports = [], [], [1.0]
        for division in nuisances.divisions:
            scores = np.zeros(task.given.height)
            for mean in means:
                own, through = (_place(task, level) for level in (mean.own, mean.through))
                supports.append(nested_support(task.given, division, own, through))
                scores += mean.weight * nested_score(task.given, division, own, through)
            found = averaged(task.given, scores[:, None])
            values.append(float(found.values[0]))
            influences.append(found.influence[:, 0])
        whole = combined(values, influences, task.given.clusters)
        return Effect(
            value=whole.value,
            influence=whole.influence,
            estimator=self.name,
            estimand=str(task.question),
            recipe=Recipe.of_question(task, self, seed, nuisances.learners),
            clusters=task.given.clusters,
            spread=whole.spread,
            notes=(
                *nuisances.notes,
                *overlap_notes(min(supports), task.through.treatment),
                *task.given.notes,
            ),
        )


def _levels(means: tuple[NestedMean, ...]) -> tuple[Level, ...]:
    """The levels that a question names, each once."""
    return tuple(dict.fromkeys(level for mean in means for level in (mean.own, mean.through)))


def _place(task: MediatorTask, level: Level) -> int:
    """The place of a level among the arms."""
    levels = task.given.levels
    if level not in levels:
        raise EstimationError.unknown_level(task.through.treatment, level, levels)
    return levels.index(level)
