"""Learn who should get which treatment, on some people, and value the decisions on others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.policies import PolicyError
from causalsim.estimation.comparison import Comparison
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.crossfitting.nuisances import Nuisances, clipped
from causalsim.estimation.effect import Effect
from causalsim.estimation.heterogeneity.holding_out import behind, divided, told_apart, turns
from causalsim.estimation.policies.aims import PLAIN_AIM, Aim
from causalsim.estimation.policies.trees import Column, Tree, as_fork, columns_of, in_words
from causalsim.estimation.policies.valuing import bound, check_aim, mark, scores, valued
from causalsim.estimation.policies.ways import Decisions, PolicyTree, Scores, Way
from causalsim.estimation.reading.design import Coding, coding
from causalsim.estimation.reading.roles import Level
from causalsim.estimation.reading.task import Task
from causalsim.plots.decisions import decision_tree
from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class LearntPolicy:
    """Who should get which treatment, and what that is worth.

    Attributes:
        columns: The covariates that decide.
        levels: The treatments.
        tree: The questions that decide; None for a forest.
        shares: The share of people whom the policy gives each treatment.
        value: The mean outcome, net of costs, of policies learnt the same way from the other
            parts of the data.
        gains: That value less the one of each treatment for everyone, in the order of `levels`.
        aim: What it was learnt for.
        digest: The mark of the people that it was learnt from, in whatever order.
    """

    columns: tuple[str, ...]
    levels: tuple[Level, ...]
    tree: Tree | None = field(repr=False)
    shares: tuple[float, ...]
    value: Effect = field(repr=False)
    gains: Comparison = field(repr=False)
    aim: Aim = field(repr=False)
    digest: str = field(repr=False)
    _coding: Coding = field(repr=False)
    _decide: Decisions = field(repr=False)

    def arms(self, frame: Any, levels: tuple[Level, ...]) -> NDArray[np.int_]:  # noqa: ANN401
        """For each row the place of its treatment among the levels of another study."""
        for level in self.levels:
            if level not in levels:
                raise PolicyError.unknown_arm("The learnt policy", level, levels)
        places = np.array([levels.index(level) for level in self.levels])
        return np.asarray(places[self._decide(self._coding.matrix(frame))], dtype=np.int_)

    def decide(self, frame: Any) -> NDArray[Any]:  # noqa: ANN401
        """The treatment for each row of a frame, new or old.

        Raises:
            DataError: A covariate is missing, incomplete, or has a category that nobody had.
        """
        return np.array(self.levels)[self._decide(self._coding.matrix(frame))]

    def __str__(self) -> str:
        """One sentence: who gets what, and the value."""
        return f"{self.in_words()}: value {self.value}"

    def in_words(self) -> str:
        """Who gets which treatment."""
        if self.tree is not None:
            return in_words(self.tree)
        told = ", ".join(
            f"{level} for {share:.0%}"
            for level, share in zip(self.levels, self.shares, strict=True)
        )
        return f"a forest over {', '.join(self.columns)}: {told}"

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The tree, from its first question down.

        Args:
            ax: The axes to draw on; by default those of a new figure.

        Raises:
            PolicyError: A forest, which has no short form.
        """
        if self.tree is None:
            raise PolicyError.no_tree()
        return decision_tree(as_fork(self.tree), ax=ax)

    @property
    def why(self) -> str:
        """How it was learnt and valued, and what to beware of."""
        best = int(np.argmin([gain.value for gain in self.gains]))
        gain = self.gains[best]
        inside = gain.interval()
        better = "less" if self.aim.smaller_is_better else "more"
        verdict = (
            f"it does better than {self.levels[best]} for everyone"
            if inside.low > 0.0
            else f"the data do not show that it does better than {self.levels[best]} for everyone"
        )
        return (
            f"Policy: {self.in_words()}. It was learnt from doubly robust scores of all rows, "
            f"where {better} is better. Its value is that of policies learnt in the same way "
            f"without the rows they were valued on: {self.value}. Over the best single treatment, "
            f"{self.levels[best]}, the gain is {gain.value:.3g} ({inside.low:.3g} to "
            f"{inside.high:.3g}): {verdict}."
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "columns": list(self.columns),
            "levels": list(self.levels),
            "policy": self.in_words(),
            "tree": None if self.tree is None else self.tree.to_dict(),
            "shares": list(self.shares),
            "value": self.value.to_dict(),
            "gains": self.gains.to_dict(),
        }

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        rows = [("policy", self.in_words()), ("value", str(self.value))]
        rows += [
            (f"gain over {level} for everyone", str(gain))
            for level, gain in zip(self.levels, self.gains, strict=True)
        ]
        told = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows
        )
        return f"<table>{told}</table>"


def learn_policy(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    on: Sequence[str] | None = None,
    by: Way = PolicyTree(),  # noqa: B008  (frozen)
    aim: Aim = PLAIN_AIM,
    parts: int = 5,
    seed: int | Seed = 0,
) -> LearntPolicy:
    """Learn who should get which treatment, and value the decisions on people not learnt from.

    The policy maximises the mean over rows of ``gamma_pi(X) - cost``, with the doubly robust scores
    of every treatment. For its value each part of the data is decided by a policy learnt from the
    other parts, nuisances included, and the scores of these decisions are averaged: this is the
    value of the way of learning, at a sample somewhat smaller than all rows, and its interval
    takes the learnt policies as given. The gain over the best single treatment says whether it
    is worth to decide person by person; it fails where treatments were given by something that
    was not measured, as the effect itself does.

    Args:
        effect: An effect of the treatment by AIPW or TMLE; all its arms may be given.
        frame: The rows it was estimated from.
        on: The covariates that may decide, known before treatment; None is the adjustment set.
        by: The way to learn: `PolicyTree` or `PolicyForest`.
        aim: What treatments cost, and whether less is better.
        parts: Into how many parts the rows are divided.
        seed: Decides the parts and the learners' chance.

    Returns:
        The policy learnt from all rows, with its value.

    Raises:
        EstimationError: An effect without nuisances, another frame, or settings out of range.
        DataError: A covariate is missing or incomplete.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(800, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(folds=2, repeats=1).fit(task, seed=1)
        >>> aim = Aim(cost={1: 1.25})
        >>> found = learn_policy(effect, data.frame, by=PolicyTree(depth=1), aim=aim, seed=1)
        >>> found.in_words()[:9]
        '0 if x3 <'
        >>> all(gain.interval().low > 0 for gain in found.gains)
        True

    References:
        S. Athey, S. Wager (2021), Policy learning with observational data, Econometrica 89.
        Z. Zhou, S. Athey, S. Wager (2023), Offline multi-action policy learning, Operations
        Research 71.
    """
    if isinstance(by, type) or not isinstance(by, Way):
        raise PolicyError.not_a_way(by)
    check_aim(aim)
    task, nuisances = behind(effect, frame)
    names = told_apart(task, on)
    read = coding(frame, names)
    told = columns_of(read, frame)
    matrix, costs = read.matrix(frame), aim.costs(frame, task.levels)
    start = seeded(seed, "policy")
    held = divided(task, parts, start)
    chosen = np.empty(task.height, dtype=np.int_)
    for train, test, rest, nuisance, place in turns(effect, task, held, start):
        made = _scores(effect, rest, nuisance, matrix[train], costs[train], aim, told)
        chosen[test] = by.learn(made, place).decide(matrix[test])
    final = by.learn(_scores(effect, task, nuisances, matrix, costs, aim, told), start.child("all"))
    value = valued(effect, task, nuisances, chosen, costs, aim, f"learnt by {by}")
    weights = task.share
    given = np.bincount(final.decide(matrix), weights=weights, minlength=len(task.levels))
    return LearntPolicy(
        columns=names,
        levels=task.levels,
        tree=final.tree,
        shares=tuple(float(share) for share in given / given.sum()),
        value=value,
        gains=_gains(effect, task, nuisances, value, costs, aim),
        aim=aim,
        digest=mark(task),
        _coding=read,
        _decide=final.decide,
    )


def _scores(
    effect: Effect,
    task: Task,
    nuisances: Nuisances,
    matrix: Matrix,
    costs: Matrix,
    aim: Aim,
    columns: tuple[Column, ...],
) -> Scores:
    """What is learnt from: the scores of every treatment, averaged over divisions into folds."""
    found = [
        scores(task, clipped(split.propensity, bound(effect))[0], split.outcome)
        for split in nuisances.splits
    ]
    rewards = aim.sign * np.mean(found, axis=0) - costs
    weights = task.share
    return Scores(matrix, rewards, weights, task.levels, columns)


def _gains(
    effect: Effect, task: Task, nuisances: Nuisances, value: Effect, costs: Matrix, aim: Aim
) -> Comparison:
    """What deciding person by person adds to each treatment for everyone."""
    made = []
    for place, level in enumerate(task.levels):
        everyone = np.full(task.height, place, dtype=np.int_)
        alone = valued(effect, task, nuisances, everyone, costs, aim, f"always {level}")
        gain = value - alone
        made.append(gain if aim.sign > 0 else -gain)
    return Comparison(tuple(made))
