"""How strong each arrow into a target is: the variance that cutting it would add."""

import math

import numpy as np
from torch import Tensor

from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.explaining.attribution import Attribution
from causalsim.scm.explaining.worlds_of_noises import (
    lineage,
    lines,
    require_draws,
    require_target,
    slopes_of,
)
from causalsim.scm.noise import NOTHING
from causalsim.scm.parallel.asking import Model
from causalsim.scm.worlds import draw_noises, require_lengths, run
from causalsim.scm.writing.structure import is_passed
from causalsim.seeds import Seed, seeded


def arrow_strengths(
    model: Model, target: str, *, draws: int = 100_000, seed: int | Seed = 0
) -> Attribution:
    """The strength of each arrow into a target, in units of the target's variance.

    An arrow is cut by feeding its end with independent draws from the cause's own distribution.
    Its strength is how much less is then known of the target from its other causes:

        ``E[Var(Y | other parents, X' drawn anew)] - E[Var(Y | all parents)]``

    In a linear model ``b² Var(X)``, in closed form where it is Gaussian. Strengths do not add up
    to anything: what two causes do together counts for both. An arrow that only changes the
    *spread* of the target may have strength zero.

    Args:
        model: The model.
        target: Numbers, not names.
        draws: How many draws, where the answer is not in closed form.
        seed: Root of the draws.

    Raises:
        ModelError: An unknown target, or names instead of numbers.

    Examples:
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, linear
        >>> model = SCM(
        ...     Graph("x -> z -> y <- x"),
        ...     {"x": linear({}), "z": linear({"x": 1.0}), "y": linear({"x": 0.5, "z": 3.0})},
        ... )
        >>> print(arrow_strengths(model, "y"))
        strength of each arrow into y: z -> y 18, x -> y 0.25

    References:
        Janzing, Balduzzi, Grosse-Wentrup and Schölkopf, "Quantifying causal influences" (2013),
        Annals of Statistics 41, with the variance in place of the relative entropy.
    """
    require_target(model, target)
    require_draws(draws)
    root = seeded(seed, "strength")
    mechanisms = lineage(model.mechanisms, target)
    subject = f"strength of each arrow into {target}"
    parents = [name for name in mechanisms[target].parents if not is_passed(mechanisms[name])]
    straight = lines(mechanisms)
    if straight is not None:
        slopes = slopes_of(mechanisms[target]) or {}
        parts = {
            f"{parent} -> {target}": slopes[parent] ** 2
            * sum(straight[parent].variances().values())
            for parent in parents
        }
        how = "In closed form for a linear Gaussian model: the squared slope times the variance."
        return Attribution(
            subject, target, parts, dict.fromkeys(parts, 0.0), None, how, True, like=model.like
        )
    require_lengths(mechanisms, draws)
    # Three populations: one gives the other parents, two the values along the cut arrow.
    worlds: list[dict[str, Tensor]] = []
    noises: list[Tensor] = []
    with threads_for(draws * len(mechanisms)):
        for name in ("first", "second", "third"):
            drawn = draw_noises(mechanisms, (draws,), root.child(name))
            noises.append(drawn.get(target, NOTHING))
            worlds.append(run(mechanisms, drawn, {}, mechanisms))
        found = {p: _strength(model, target, p, worlds, noises) for p in parents}
    return Attribution(
        subject,
        target,
        {f"{parent} -> {target}": strength for parent, (strength, _) in found.items()},
        {f"{parent} -> {target}": error for parent, (_, error) in found.items()},
        None,
        f"By {draws} pairs of draws: half the mean squared difference of a pair is its variance.",
        False,
        like=model.like,
    )


def _strength(
    model: Model, target: str, parent: str, worlds: list[dict[str, Tensor]], noises: list[Tensor]
) -> tuple[float, float]:
    """The variance that a cut adds, and its standard error, from pairs with the same parents."""
    produce = model.mechanisms[target].produce
    base = worlds[0]
    # The pair's noises belong to worlds whose parents are not used together with them.
    cut = [
        produce({**base, parent: world[parent]}, noise)
        for world, noise in zip(worlds[1:], noises[1:], strict=True)
    ]
    whole = [produce(base, noise) for noise in noises[1:]]
    gain = ((cut[0] - cut[1]).square() - (whole[0] - whole[1]).square()) / 2
    each = np.asarray(gain.numpy())
    if each.ndim == 0:
        return float(each), 0.0
    return float(each.mean()), float(each.std(ddof=1) / math.sqrt(len(each)))
