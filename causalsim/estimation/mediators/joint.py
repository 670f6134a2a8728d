"""Several variables set at once, as the controlled direct effect asks."""

from dataclasses import dataclass, replace
from typing import Any, final

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.mediators import MediatorError
from causalsim.estimand.events import Combination, Expectation
from causalsim.estimand.query import Level, Query, Setting
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.doubly_robust import AIPW
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task, check_complete
from causalsim.identification.answer import Adjustment
from causalsim.identification.contrasting import Contrasted
from causalsim.seeds import Seed

Settings = tuple[tuple[str, Level], ...]

_AIPW = AIPW()


@final
@dataclass(frozen=True, slots=True)
class JointActions:
    """Means with several variables set at once, by AIPW over their combinations.

    ``E[Y(x, m)]`` for treatments and mediators with few levels is the mean outcome in the arm
    ``(x, m)`` of a treatment with as many arms as combinations, so that ``CDE(m) = E[Y(1, m)] -
    E[Y(0, m)]`` is a difference of two arms under one adjustment set. It fails where a
    combination has few rows, and says so; a continuous mediator has no arms.

    Args:
        by: The estimator of the arms, with its settings.

    Examples:
        >>> from causalsim.datasets.mediators import direct_and_indirect
        >>> from causalsim.estimand.contrasts import controlled_direct_effect
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> from sklearn.linear_model import LinearRegression, LogisticRegression
        >>> data = direct_and_indirect(2000, seed=1)
        >>> by = JointActions(AIPW(2, 1, LinearRegression(), LogisticRegression()))
        >>> cut = data.frame.assign(m=(data.frame.m > 0.5).astype(int))
        >>> answer = identify(Graph(data.graph), controlled_direct_effect("y", "a", {"m": 1}))
        >>> effect = by.fit(by.read(answer, cut, Roles()), seed=1)
        >>> effect.value > 0
        True

    References:
        J. Robins, S. Greenland (1992), Identifiability and exchangeability for direct and indirect
        effects, Epidemiology 3.
    """

    by: AIPW = _AIPW

    def __post_init__(self) -> None:
        """Check the setting."""
        if not isinstance(self.by, AIPW):
            raise EstimationError.bad_setting("by", self.by, "AIPW()")

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return f"{self.by.name} of joint actions"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an adjustment set for several variables that are set at once"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer adjusts for one set under several actions."""
        return _asked(answer) is not None

    def read(self, answer: Any, frame: Any, roles: Roles) -> Task:  # noqa: ANN401
        """The combinations as arms.

        Raises:
            MediatorError: A combination that nobody has.
            DataError: A column is missing, misspelt or incomplete.
        """
        asked = _asked(answer)
        if asked is None:
            raise EstimationError.unusable_answer(self.name, self.needs, str(answer), "by=Plugin()")
        outcome, covariates, means = asked
        names = [name for name, _ in means[0][1]]
        frames.require(frame, names)
        check_complete(frame, names)
        columns = [frames.values(frame, name).tolist() for name in names]
        labels = [_label(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        joined = " and ".join(names)
        arms = {_label(settings): 0.0 for _, settings in means}
        for label in arms:
            if label not in labels:
                raise MediatorError.no_such_combination(label, len(set(labels)))
        for weight, settings in means:
            arms[_label(settings)] += weight
        task = Task.of(
            frames.put(frame, {joined: labels}),
            Query(outcome, do={joined: next(iter(arms))}),
            covariates,
            replace(roles, arms=None),
        )
        return replace(task, contrast=tuple(arms.get(str(level), 0.0) for level in task.levels))

    def quick(self) -> "JointActions":
        """With a quicker estimator of the arms."""
        return JointActions(self.by.quick())

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Estimate the effect of a task."""
        effect = self.by.fit(task, seed)
        return replace(effect, estimator=self.name, recipe=replace(effect.recipe, estimator=self))


def _asked(
    answer: Any,  # noqa: ANN401
) -> tuple[str, tuple[str, ...], tuple[tuple[float, Settings], ...]] | None:
    """Outcome, adjustment set, and the weighted settings of a question about joint actions."""
    if isinstance(answer, Adjustment):
        query = answer.query
        settings = _levels(query.do)
        if settings is None or len(query.outcome) != 1 or query.given:
            return None
        return query.outcome[0], answer.adjustment, ((1.0, settings),)
    if not isinstance(answer, Contrasted) or len(answer.parts) != 1:
        return None
    (part,) = answer.parts
    question = answer.query
    terms = question.terms if isinstance(question, Combination) else ((1.0, question),)
    if not isinstance(part, Adjustment):
        return None
    found: list[tuple[float, Settings]] = []
    for weight, mean in terms:
        if not isinstance(mean, Expectation) or mean.given:
            return None
        settings = _levels(mean.of.do)
        if settings is None:
            return None
        found.append((weight, settings))
    return part.query.outcome[0], part.adjustment, tuple(found)


def _levels(actions: Any) -> Settings | None:  # noqa: ANN401
    """Two actions or more, each at a level."""
    found = [
        (action.variable, action.value)
        for action in actions
        if isinstance(action, Setting) and action.value is not None
    ]
    return tuple(sorted(found)) if len(found) == len(actions) > 1 else None


def _label(settings: Any) -> str:  # noqa: ANN401
    """A combination as the name of an arm; 1, 1.0 and True are one level."""
    return ", ".join(
        f"{name}={int(value) if isinstance(value, float) and value.is_integer() else value}"
        if not isinstance(value, bool)
        else f"{name}={int(value)}"
        for name, value in settings
    )
