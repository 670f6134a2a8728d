"""How much of a target's variance each noise brings in: intrinsic causal influence."""

import numpy as np
from numpy.typing import NDArray

from causalsim.scm.explaining.attribution import Attribution
from causalsim.scm.explaining.shapley import shapley
from causalsim.scm.explaining.worlds_of_noises import (
    Array,
    jackknife,
    lineage,
    lines,
    measured,
    mixed,
    names_of,
    noisy,
    require_draws,
    require_target,
)
from causalsim.scm.parallel.asking import Model
from causalsim.scm.worlds import draw_noises, require_lengths
from causalsim.seeds import Seed, seeded


def intrinsic_influences(
    model: Model, target: str, *, draws: int = 20_000, seed: int | Seed = 0
) -> Attribution:
    """How much each variable's own noise contributes to the variance of a target.

    What a variable passes on from its causes is not counted for it, only what it adds itself. A
    coalition of noises is worth ``Var(E[Y | noises of the coalition])``; contributions are
    Shapley values and add up to ``Var(Y)``. In closed form for linear Gaussian models (the squared
    total effect times the noise's variance), else by pairs of worlds that share the coalition's
    noises, whose covariance the worth is. Fails to mean anything where the variance is infinite.

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
        ...     Graph("x -> z -> y"),
        ...     {"x": linear({}), "z": linear({"x": 1.0}), "y": linear({"z": 3.0})},
        ... )
        >>> print(intrinsic_influences(model, "y"))
        variance of y = 19: x 9, z 9, y 1

    References:
        Janzing, Blöbaum, Mastakouri, Faller, Minorics and Budhathoki, "Quantifying intrinsic
        causal contributions via structure preserving interventions" (2024), AISTATS; Owen,
        "Sobol' indices and Shapley value" (2014), for the estimate by pairs.
    """
    require_target(model, target)
    require_draws(draws)
    root = seeded(seed, "influence")
    mechanisms = lineage(model.mechanisms, target)
    players = noisy(mechanisms)
    subject = f"variance of {target}"
    straight = lines(mechanisms)
    if straight is not None or not players:
        parts = straight[target].variances() if straight is not None else {}
        how = "In closed form for a linear Gaussian model: the squared total effect times variance."
        how = how if players else "The target has no noise, so it does not vary."
        none = dict.fromkeys(parts, 0.0)
        total = sum(parts.values())
        return Attribution(subject, target, parts, none, total, how, True, like=model.like)
    require_lengths(mechanisms, draws)
    one = draw_noises(mechanisms, (draws,), root.child("one"))
    two = draw_noises(mechanisms, (draws,), root.child("two"))
    everybody = np.ones((1, len(players)), dtype=bool)
    whole = np.asarray(mixed(mechanisms, target, one, one, everybody)[0].numpy())

    def covariance(values: Array, kept: NDArray[np.intp]) -> Array:
        apart = values - values.mean(axis=-1, keepdims=True)
        centred = whole[kept] - whole[kept].mean()
        return np.asarray(apart @ centred / (len(kept) - 1))

    def worth(coalitions: NDArray[np.bool_]) -> Array:
        found = measured(
            lambda some: mixed(mechanisms, target, one, two, some), covariance, coalitions, draws
        )
        found[~coalitions.any(axis=1)] = 0.0  # nothing is shared
        return found

    found = shapley(len(players), worth, root)
    errors = np.sqrt(jackknife(found.values[:, 1:]) ** 2 + found.errors[:, 0] ** 2)
    which = f"all {found.coalitions}" if found.exact else f"{found.coalitions} drawn"
    return Attribution(
        subject,
        target,
        names_of(players, found.values[:, 0]),
        names_of(players, errors),
        float(found.values[:, 0].sum()),
        f"Shapley values over {which} coalitions of noises, by {draws} pairs of worlds.",
        False,
        like=model.like,
    )
