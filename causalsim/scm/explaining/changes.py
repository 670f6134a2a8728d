"""Why a target changed between two models: how much each mechanism contributes."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim.errors.explaining import ExplainingError
from causalsim.scm.domain import Levels
from causalsim.scm.explaining.attribution import Attribution
from causalsim.scm.explaining.linear_changes import linear_shares
from causalsim.scm.explaining.shapley import shapley
from causalsim.scm.explaining.worlds_of_noises import (
    Array,
    Mechanisms,
    jackknife,
    lineage,
    measured,
    names_of,
    require_draws,
    require_target,
)
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.noise import NOTHING
from causalsim.scm.parallel.asking import Model
from causalsim.scm.worlds import draw_noises, require_lengths
from causalsim.seeds import Seed, seeded


def mean(values: Array) -> Array:
    """The mean over the draws, the last axis.

    >>> mean(np.array([[1.0, 3.0]])).tolist()
    [2.0]
    """
    return np.asarray(values.mean(axis=-1))


def explain_change(
    before: Model,
    after: Model,
    target: str,
    *,
    measure: Callable[[Array], Array] = mean,
    draws: int = 20_000,
    seed: int | Seed = 0,
) -> Attribution:
    """How much each changed mechanism contributes to the change of a target's mean.

    A coalition of mechanisms taken from ``after``, the others from ``before``, is worth the mean
    of the target; contributions are Shapley values and add up to the change. Fit one model to
    each of two frames to explain why they differ. In closed form for the mean in linear models of
    any size and any noise with a mean; else by draws, on noise that the two models share, so that
    a mechanism that did not change contributes exactly nothing. The standard errors are those of
    the draws, not of having fitted the models to finitely many rows. Fails where hidden causes
    change too: their change is then told of what they influence.

    Args:
        before: The model before, of the same variables.
        after: The model after.
        target: The variable whose change is explained: numbers, not names.
        measure: What is compared: a function that reduces the last axis of an array of draws.
        draws: How many draws, where the answer is not in closed form.
        seed: Root of the draws.

    Raises:
        ExplainingError: Models of different variables, levels or causal order; a bad measure.
        ModelError: An unknown target, or names instead of numbers.

    Examples:
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, linear
        >>> graph = Graph("x -> y")
        >>> before = SCM(graph, {"x": linear({}), "y": linear({"x": 2.0})})
        >>> after = SCM(graph, {"x": linear({}, intercept=1.0), "y": linear({"x": 2.0})})
        >>> found = explain_change(before, after, "y")
        >>> round(found["x"], 6), found["y"]
        (2.0, 0.0)

    References:
        Budhathoki, Janzing, Blöbaum and Ng, "Why did the distribution change?" (2021), AISTATS;
        Owen, "Multilinear extensions of games" (1972), for the closed form.
    """
    require_target(before, target, "before")
    require_target(after, target, "after")
    require_draws(draws)
    root = seeded(seed, "change")
    first, second = _side_by_side(before.mechanisms, after.mechanisms, target)
    players = tuple(first)
    straight = linear_shares(first, second, target) if measure is mean else None
    if straight is not None:
        how = "Shapley values of the mechanisms, in closed form for the mean of a linear model."
        none = dict.fromkeys(straight, 0.0)
        subject, total = f"change of the mean of {target}", sum(straight.values())
        return Attribution(subject, target, straight, none, total, how, True, like=before.like)
    for mechanisms in (first, second):
        require_lengths(mechanisms, draws)
    olds = draw_noises(first, (draws,), root)
    news = draw_noises(second, (draws,), root)

    def world(coalitions: NDArray[np.bool_]) -> Tensor:
        values: dict[str, Tensor] = {}
        for at, node in enumerate(players):
            switched = torch.from_numpy(coalitions[:, at : at + 1].copy())
            new = second[node].produce(values, news.get(node, NOTHING))
            old = first[node].produce(values, olds.get(node, NOTHING))
            values[node] = torch.where(switched, new, old)
        return values[target].expand(len(coalitions), draws)

    def worth(coalitions: NDArray[np.bool_]) -> Array:
        return measured(world, lambda some, _: _checked(measure, some), coalitions, draws)

    found = shapley(len(players), worth, root)
    errors = np.sqrt(jackknife(found.values[:, 1:]) ** 2 + found.errors[:, 0] ** 2)
    which = f"all {found.coalitions}" if found.exact else f"{found.coalitions} drawn"
    word = getattr(measure, "__name__", "measure")
    word = "measure" if word == "<lambda>" else word
    return Attribution(
        f"change of the {word} of {target}",
        target,
        names_of(players, found.values[:, 0]),
        names_of(players, errors),
        float(found.values[:, 0].sum()),
        f"Shapley values over {which} coalitions of mechanisms, by {draws} draws on shared noise.",
        False,
        like=before.like,
    )


def _side_by_side(
    before: Mechanisms, after: Mechanisms, target: str
) -> tuple[dict[str, Mechanism], dict[str, Mechanism]]:
    """The mechanisms of all that influences the target in either model, in one causal order."""
    if set(before) != set(after):
        raise ExplainingError.other_variables(before, after)
    wanted = {*lineage(before, target)}
    while True:
        grown = {name for node in wanted for name in (node, *before[node].parents)}
        grown |= {name for node in wanted for name in after[node].parents}
        if grown == wanted:
            break
        wanted = grown
    reads = {
        node: {*before[node].parents, *after[node].parents} for node in before if node in wanted
    }
    order: list[str] = []
    while len(order) < len(reads):
        waiting = [node for node in reads if node not in order]
        ready = [node for node in waiting if reads[node] <= {*order}]
        if not ready:
            # A circle of both models' arrows goes back against the old order by a new arrow.
            late = {name: [*before].index(name) for name in waiting}
            back = [(n, p) for n in waiting for p in after[n].parents if late.get(p, -1) > late[n]]
            raise ExplainingError.no_common_order(*back[0])
        order += ready
    for node in order:
        old, new = before[node].domain, after[node].domain
        if (isinstance(old, Levels) or isinstance(new, Levels)) and old != new:
            raise ExplainingError.other_values(node, _told(old), _told(new))
    return {node: before[node] for node in order}, {node: after[node] for node in order}


def _told(domain: object) -> str:
    """A domain with its levels."""
    return str(list(domain.levels)) if isinstance(domain, Levels) else str(domain)


def _checked(measure: Callable[[Array], Array], values: Array) -> Array:
    """The measure, if it is one finite number a row."""
    found = np.asarray(measure(values), dtype=np.float64)
    if found.shape != values.shape[:-1]:
        raise ExplainingError.bad_measure(f"an array of shape {found.shape}")
    if not np.isfinite(found).all():
        raise ExplainingError.bad_measure("a value that is not finite")
    return found
