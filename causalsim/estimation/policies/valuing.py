"""What a policy is worth: the mean outcome if everybody were treated by it."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.errors.policies import PolicyError
from causalsim.estimation.averaging.targets import arms_taken
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.crossfitting.nuisances import Nuisances, clipped, clipping_notes
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.heterogeneity.holding_out import behind
from causalsim.estimation.policies.aims import PLAIN_AIM, Aim
from causalsim.estimation.policies.rules import Policy
from causalsim.estimation.reading.task import Task, row_mark

_CLIP = 0.01


def policy_value(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    policy: Policy,
    aim: Aim = PLAIN_AIM,
) -> Effect:
    """The mean outcome, net of costs, had each row got the treatment that a policy gives it.

    ``V(pi) = E[Y(pi(X)) - cost]`` is the mean of ``gamma_pi(X)`` over rows, with the doubly robust
    score ``gamma_k = mu_k + 1{A = k} / e_k (Y - mu_k)`` of every treatment from the nuisances of
    the effect: right when either nuisance is. The policy must not have been made by looking at
    these outcomes. The difference of two policies is ``policy_value(...) - policy_value(...)``,
    an effect with its interval.

    Args:
        effect: An effect of the treatment by AIPW or TMLE; any two arms of several.
        frame: The rows it was estimated from.
        policy: Who gets which treatment.
        aim: What treatments cost, and whether less is better.

    Returns:
        The value with its interval; its influence values refer to the rows of the effect.

    Raises:
        EstimationError: An effect without nuisances, another frame, or a policy learnt from it.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> from causalsim.estimation.policies.rules import Always, Rule
        >>> data = nonlinear_confounding(800, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> some = policy_value(effect, data.frame, Rule("x3 > -1", lambda d: d["x3"] > -1))
        >>> gain = some - policy_value(effect, data.frame, Always(0))
        >>> bool(abs(gain.value - 1.3) < 4 * gain.standard_error)
        True

    References:
        S. Athey, S. Wager (2021), Policy learning with observational data, Econometrica 89.
        Z. Zhou, S. Athey, S. Wager (2023), Offline multi-action policy learning, Operations
        Research 71.
    """
    if isinstance(policy, type) or not isinstance(policy, Policy):
        raise PolicyError.not_a_policy(policy)
    check_aim(aim)
    task, nuisances = behind(effect, frame)
    if getattr(policy, "digest", None) == mark(task):
        raise PolicyError.seen_before()
    arms = _checked(policy.arms(frame, task.levels), task, policy)
    return valued(effect, task, nuisances, arms, aim.costs(frame, task.levels), aim, str(policy))


def mark(task: Task) -> str:
    """A mark of the people, in whatever order they stand."""
    order = np.lexsort((task.arm, task.outcome))
    return row_mark([task.outcome[order], task.arm[order]])


def _checked(arms: object, task: Task, policy: Policy) -> NDArray[np.int_]:
    """One place of a treatment for each row.

    Raises:
        PolicyError: Another number of decisions, or places of no treatment.
    """
    name = str(getattr(policy, "name", type(policy).__name__))
    found = np.asarray(arms)
    if found.shape != (task.height,):
        raise PolicyError.wrong_length(name, f"an array of shape {found.shape}", task.height)
    places = range(len(task.levels))
    strange = [one for one in np.unique(found).tolist() if one not in places]
    if strange:
        raise PolicyError.unknown_arm(f"{name}.arms", strange[0], places)
    return found.astype(np.int_)


def valued(
    effect: Effect,
    task: Task,
    nuisances: Nuisances,
    arms: NDArray[np.int_],
    costs: Matrix,
    aim: Aim,
    name: str,
) -> Effect:
    """The value of decisions that are there already."""
    weights = task.share
    rows = np.arange(task.height)
    paid = aim.sign * costs[rows, arms]
    values, influences, reports = [], [], []
    for split in nuisances.splits:
        propensity, report = clipped(split.propensity, bound(effect))
        score = scores(task, propensity, split.outcome)[rows, arms] - paid
        value = float(np.mean(weights * score))
        values.append(value)
        influences.append(weights * (score - value))
        reports.append(report)
    found = combined(values, influences, task.clusters)
    return replace(
        effect,
        value=found.value,
        influence=found.influence,
        spread=found.spread,
        estimator="doubly robust scores",
        estimand=f"value of the policy: {name}",
        recipe=replace(effect.recipe, estimator=None),
        multiplicative=False,
        nuisances=None,
        notes=clipping_notes(reports),
    )


def scores(task: Task, propensity: Matrix, outcome: Matrix) -> Matrix:
    """``gamma_k``, rows by treatments, the weights scaled as those of everyone's effect are.

    What a row's weight has beyond one stands for people with other treatments, and is scaled so
    that it adds to their number (`causalsim.estimation.averaging.targets`).
    """
    taken, share = arms_taken(task), task.share
    beyond = taken * (1.0 / propensity - 1.0)
    found, wanted = share @ beyond, share @ (1.0 - taken)
    factor = np.divide(wanted, found, out=np.ones_like(found), where=found > 1e-12 * task.height)
    weights = taken + factor * beyond
    return np.asarray(outcome + weights * (task.outcome[:, None] - outcome))


def bound(effect: Effect) -> float:
    """The smallest propensity that is divided by: the estimator's, or 0.01."""
    wanted = getattr(effect.recipe.estimator, "clip", None)
    return _CLIP if wanted is None else max(float(wanted), 1e-6)


def check_aim(aim: object) -> None:
    """An aim, and nothing else."""
    if not isinstance(aim, Aim):
        raise EstimationError.bad_setting("aim", aim, 'an Aim, such as Aim(cost={"drug": 2.5})')
