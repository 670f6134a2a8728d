"""For whom the effect is larger: the same scores, averaged within groups of rows."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimand.query import Query
from causalsim.estimation.averaging.targets import Everyone
from causalsim.estimation.comparison import Comparison
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.crossfitted import CrossFitted
from causalsim.estimation.reading.task import Task, check_complete, read_weights

_FEWEST_ROWS = 20
_MOST_GROUPS = 20


def by_group(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    column: str,
    groups: int = 4,
) -> Comparison:
    """The average effect within each level of a column, or each quantile group of a number.

    A row's score, ``theta + psi_i`` with the influence value ``psi_i`` of everyone's effect, has
    its conditional effect as its mean, so the mean of the scores within a group is the group's
    average effect, with an honest interval: nothing is fitted again. Effects of groups can be
    subtracted from one another, and `Comparison.joint_intervals` allows for their number. The
    column must not be influenced by the treatment, or the groups are not comparable.

    Args:
        effect: Everyone's average effect, a difference, by AIPW or TMLE.
        frame: The rows it was estimated from.
        column: What divides them; need not be a covariate.
        groups: For a number with more levels than this, into how many groups of equal size it is
            cut at its quantiles.

    Returns:
        One effect a group, in the order of the column's levels.

    Raises:
        EstimationError: Another kind of effect, another frame, a group of under 20 rows, or more
            than 20 groups.
        DataError: The column is missing or incomplete.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(800, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> low, high = by_group(effect, data.frame, "x5")
        >>> bool(abs((high - low).value - 0.5) < 3 * (high - low).standard_error)
        True

    References:
        V. Semenova, V. Chernozhukov (2021), Debiased machine learning of conditional average
        treatment effects, Econometrics Journal 24, section 2.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    recipe = effect.recipe
    estimator, query = recipe.estimator, recipe.query
    suited = isinstance(estimator, CrossFitted) and isinstance(estimator.target, Everyone)
    if not suited or effect.multiplicative or recipe.low is None or not isinstance(query, Query):
        raise EstimationError.no_scores(effect.estimator, effect.estimand)
    if frames.height(frame) != effect.n:
        raise EstimationError.other_rows(effect.n, frames.height(frame))
    if Task.of(frame, query, (), recipe.roles).digest != recipe.digest:
        raise EstimationError.other_frame()
    if column in query.outcome:
        raise HeterogeneityError.no_covariate(column, "outcome")
    labels, codes = _groups(frame, column, groups)
    counts = np.bincount(codes, minlength=len(labels))
    if counts.min() < _FEWEST_ROWS or len(labels) > _MOST_GROUPS:
        smallest = labels[int(counts.argmin())]
        raise EstimationError.thin_groups(column, len(labels), smallest, int(counts.min()))
    weighed = recipe.roles.weights
    weights = np.ones(effect.n) if weighed is None else read_weights(frame, weighed)
    return Comparison(
        tuple(_within(effect, codes == code, weights, label) for code, label in enumerate(labels))
    )


def _within(
    effect: Effect, rows: NDArray[np.bool_], weights: NDArray[np.float64], label: str
) -> Effect:
    """The effect of the rows of one group."""
    share = rows * weights
    share = share / share.mean()
    # The influence values hold the sampling weights; a row's own score does not.
    score = effect.value + effect.influence / weights
    value = float(np.mean(share * score))
    return replace(
        effect,
        value=value,
        influence=share * (score - value),
        estimand=f"{effect.estimand} where {label}",
        recipe=replace(effect.recipe, estimator=None),
        nuisances=None,
        people=None,
        notes=(),
    )


def _groups(
    frame: Any,  # noqa: ANN401
    column: str,
    groups: int,
) -> tuple[list[str], NDArray[np.int_]]:
    """The name of each group and the group of each row."""
    if not isinstance(groups, int) or groups < 2:
        raise EstimationError.bad_setting("groups", groups, "a whole number from 2")
    check_complete(frame, (column,))
    if frames.categorical(frame, column):
        found, codes = np.unique(frames.labels(frame, column), return_inverse=True)
        return [f"{column} = {level}" for level in found], codes.reshape(-1)
    numbers = frames.numeric(frame, column)
    found, codes = np.unique(numbers, return_inverse=True)
    if len(found) <= groups:
        return [f"{column} = {level:g}" for level in found], codes.reshape(-1)
    cuts = np.unique(np.quantile(numbers, np.linspace(0, 1, groups + 1)[1:-1]))
    codes = np.searchsorted(cuts, numbers, side="left")
    kept, codes = np.unique(codes, return_inverse=True)
    names = [f"{column} <= {cuts[0]:.4g}"]
    names += [f"{low:.4g} < {column} <= {high:.4g}" for low, high in pairwise(cuts)]
    names.append(f"{column} > {cuts[-1]:.4g}")
    return [names[place] for place in kept], codes.reshape(-1)
