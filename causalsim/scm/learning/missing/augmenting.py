"""Posteriors from rows with missing cells: cells and parameters drawn in turn.

Given the parameters the missing cells are drawn by abduction; given the cells the parameters are
drawn from the posterior of the rows so completed; and so on (data augmentation). Each mechanism's
draws are those of all rounds after the first few, so that they hold what the missing cells leave
open as well as what the rows do.

References:
    Tanner and Wong, "The calculation of posterior distributions by data augmentation" (1987);
    Little and Rubin, *Statistical Analysis with Missing Data* (2019), section 10.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.engines.laplace import Laplace
from causalsim.scm.learning.checking import measured
from causalsim.scm.learning.engines.conjugate import Conjugate
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learner, Learnt
from causalsim.scm.learning.missing.gaps import Component, Gaps
from causalsim.scm.learning.missing.imputing import Imputer
from causalsim.scm.learning.missing.rounds import completed
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed

_ROUNDS = 200
_THROWN = 30


def learn_in_rounds(
    gaps: Gaps,
    component: Component,
    mechanisms: Mapping[str, Mechanism],
    made: Callable[[Rows, Mechanism], Learnable],
    by: Learner,
    seed: Seed,
) -> dict[str, Learnt]:
    """Draws of the parameters of a component's mechanisms.

    Args:
        gaps: The columns.
        component: Mechanisms that share missing cells.
        mechanisms: Where to start.
        made: The likelihood and prior of a mechanism, from completed rows.
        by: `Conjugate` or `Laplace`.
        seed: Root of the draws.

    Raises:
        LearningError: Another way of learning.
    """
    quick, draws = _few(by)
    imputer = Imputer.made(gaps, component, mechanisms, None)
    current = {node: mechanisms[node] for node in component.factors}
    kept: dict[str, list[Learnt]] = {node: [] for node in current}
    drawn: dict[str, Tensor] = {}
    for number in range(_THROWN + _ROUNDS):
        stream = seed.child("round", str(number))
        drawn = imputer.drawn(current, drawn, stream.child("cells"))
        parts = [made(completed(gaps, node, [drawn]), current[node]) for node in current]
        for one in quick.learn(parts, stream.child("parameters")):
            current[one.part.node] = one.part.mechanism(one.parameters[0])
            if number >= _THROWN:
                kept[one.part.node].append(one)
    return {node: _joined(found, draws) for node, found in kept.items()}


def _few(by: Learner) -> tuple[Learner, int]:
    """The same way of learning with few draws a round, and how many are wanted of all."""
    if isinstance(by, Laplace):
        return replace(by, count=-(-by.count // _ROUNDS)), by.count
    if isinstance(by, Conjugate):
        return replace(by, draws=-(-by.draws // _ROUNDS)), by.draws
    raise LearningError.needs_complete_rows(by)


def _joined(found: list[Learnt], draws: int) -> Learnt:
    """The rounds' draws as one, and how many independent ones they are worth."""
    parameters = torch.cat([one.parameters for one in found])
    # Evenly from all rounds where they made more than are wanted.
    chosen = torch.linspace(0, len(parameters) - 1, draws).round().long()
    shapes = [one.khat for one in found if one.khat is not None]
    words = found[-1].engine.split(" (")[0]
    joined = Learnt(
        found[-1].part,
        parameters[chosen],
        f"{words}, over {len(found)} draws of the missing cells",
        khat=float(np.median(shapes)) if shapes else None,
    )
    sizes = [bulk for _, bulk, _ in measured(joined) if np.isfinite(bulk)]
    return replace(joined, ess=min(sizes, default=float(draws)))
