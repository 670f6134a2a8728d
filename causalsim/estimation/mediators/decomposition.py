"""A total effect, taken apart: what goes around the mediators and what goes through them."""

from dataclasses import dataclass, replace
from html import escape
from typing import Any

from causalsim.errors.estimation import EstimationError
from causalsim.errors.mediators import MediatorError
from causalsim.estimand.events import Counterfactual, Expectation, Question, combination
from causalsim.estimation.effect import Effect, answered
from causalsim.estimation.mediators.natural import NaturalEffects
from causalsim.estimation.mediators.roles import natural_roles
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """A total effect as the sum of its direct and its indirect part.

    ``E[Y(1) - Y(0)] = E[Y(1, M(0)) - Y(0)] + E[Y(1) - Y(1, M(0))]``: the interaction of treatment
    and mediators counts as indirect. The three share one cross-fit and add up exactly where there
    is one division into folds; medians over several need not.

    Attributes:
        total: ``E[Y(1) - Y(0)]``.
        direct: ``E[Y(1, M(0)) - Y(0)]``, the natural direct effect.
        indirect: ``E[Y(1) - Y(1, M(0))]``, the total indirect effect.
        interaction: How far the indirect effect of the treated exceeds that of the untreated,
            ``E[Y(1) - Y(1, M(0)) - Y(0, M(1)) + Y(0)]``.
    """

    total: Effect
    direct: Effect
    indirect: Effect
    interaction: Effect

    @property
    def share(self) -> Effect:
        """The share of the total that goes through the mediators.

        Raises:
            EstimationError: The total or the indirect effect is not positive, so that a share
                means nothing.
        """
        return self.indirect / self.total

    @property
    def why(self) -> str:
        """In English."""
        return (
            f"Of a total effect of {self.total.value:.4g}, {self.direct.value:.4g} would remain "
            f"if the mediators stayed as they are without the treatment, and "
            f"{self.indirect.value:.4g} comes of their change. {self.direct.why}"
        )

    def __str__(self) -> str:
        """One line."""
        return f"total {self.total}; direct {self.direct.value:.4g} {_ends(self.direct)}, " + (
            f"indirect {self.indirect.value:.4g} {_ends(self.indirect)}"
        )

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        rows = "".join(
            f"<tr><th>{name}</th><td>{one.value:.4g}</td><td>{escape(_ends(one))}</td></tr>"
            for name, one in self._parts()
        )
        return f"<table><tr><th></th><th>effect</th><th>95 % interval</th></tr>{rows}</table>"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {name: one.to_dict() for name, one in self._parts()}

    def _parts(self) -> tuple[tuple[str, Effect], ...]:
        """The effects with their names."""
        return (
            ("total", self.total),
            ("direct", self.direct),
            ("indirect", self.indirect),
            ("interaction", self.interaction),
        )


def decompose(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    by: NaturalEffects = NaturalEffects(),  # noqa: B008  (frozen)
    seed: int | Seed = 0,
    units: str | None = None,
    weights: str | None = None,
    clusters: str | None = None,
) -> Decomposition:
    """Take a total effect apart.

    Args:
        answer: What ``identify`` answered to a natural direct or indirect effect.
        frame: A pandas or polars DataFrame with one row a person; it is never changed.
        by: The estimator with its settings.
        seed: Decides every random choice; equal seeds give equal numbers.
        units: The outcome's unit.
        weights: The column of sampling weights.
        clusters: The column that tells which rows belong together.

    Returns:
        Total, direct and indirect effect from one cross-fit.

    Raises:
        EstimationError: The answer is to another question.
        DataError: A column is missing, misspelt, incomplete or not numeric.

    >>> from causalsim.datasets.mediators import direct_and_indirect
    >>> from causalsim.estimand.contrasts import natural_direct_effect
    >>> from causalsim.estimation.mediators.crossfit import MediatorCrossFit
    >>> from causalsim.graph.graph import Graph
    >>> from causalsim.identification.strategy import identify
    >>> from sklearn.linear_model import LinearRegression, LogisticRegression
    >>> data = direct_and_indirect(1000, seed=1)
    >>> linear, logistic = LinearRegression(), LogisticRegression()
    >>> by = NaturalEffects(MediatorCrossFit(2, 1, linear, linear, logistic, logistic))
    >>> answer = identify(Graph(data.graph), natural_direct_effect("y", "a", "m"))
    >>> found = decompose(answer, data.frame, by=by, seed=1)
    >>> abs(found.direct.value + found.indirect.value - found.total.value) < 1e-12
    True
    """
    read = natural_roles(answer)
    if read is None:
        raise EstimationError.unusable_answer(
            by.name, by.needs, str(answer), "ask contrasts.natural_direct_effect(...)."
        )
    through, means = read
    levels = {level for mean in means for level in (mean.own, mean.through)}
    if len(levels) != 2:
        raise MediatorError.two_levels(answer.query)
    high, low = _direction(means)
    task = by.read(answer, frame, Roles(units, weights, clusters))
    nuisances = by.crossfit.fit(task, seed)

    def mean(own: Level, felt: Level) -> Question:
        moved = [Counterfactual(name, {through.treatment: felt}) for name in through.mediators]
        return Expectation(
            Counterfactual(
                through.outcome, {through.treatment: own, **{m.variable: m for m in moved}}
            )
        )

    def effect(name: str, *terms: tuple[float, Question]) -> Effect:
        asked = replace(task, question=combination(terms))
        return replace(answered(by.effect(asked, nuisances, seed), answer), estimand=name)

    top, bottom = mean(high, high), mean(low, low)
    mixed, other = mean(high, low), mean(low, high)
    return Decomposition(
        total=effect("total effect", (1, top), (-1, bottom)),
        direct=effect("natural direct effect", (1, mixed), (-1, bottom)),
        indirect=effect("total indirect effect", (1, top), (-1, mixed)),
        interaction=effect("interaction", (1, top), (-1, mixed), (-1, other), (1, bottom)),
    )


def _direction(means: Any) -> tuple[Level, Level]:  # noqa: ANN401
    """The level whose effect is taken apart, and the one it is compared with."""
    plain = [mean for mean in means if mean.own == mean.through]
    levels = [level for mean in means for level in (mean.own, mean.through)]
    if len(plain) == 1:
        base = plain[0].own if plain[0].weight < 0 else None
        for level in levels:
            if base is not None and level != base:
                return level, base
            if base is None and level != plain[0].own:
                return plain[0].own, level
    mixed = next(mean for mean in means if mean.own != mean.through)
    return mixed.own, mixed.through


def _ends(effect: Effect) -> str:
    """An interval in brackets."""
    inside = effect.interval()
    return f"({inside.low:.4g} to {inside.high:.4g})"
