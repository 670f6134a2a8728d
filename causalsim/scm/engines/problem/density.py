"""How well hidden values explain what was observed: the density of the evidence, scored safely.

Distributions of Pyro raise where a value lies outside their support. To a guess that cannot have
led to the evidence belongs a probability of zero, not an error.
"""

import torch
from torch import Generator, Tensor
from torch.distributions import Distribution, Independent, TransformedDistribution, biject_to

from causalsim.scm.engines.block import Block
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.written.equation import Solved
from causalsim.scm.noise import is_noiseless

#: What a point mass has over a density, more than any two log densities differ by.
POINT = 1e7


def without_points(logs: Tensor) -> Tensor:
    """A log density of evidence without what its point masses were given for being some.

    >>> without_points(torch.tensor([-2.0, 2e7 - 1.0], dtype=torch.float64)).tolist()
    [-2.0, -1.0]
    """
    points = (logs / POINT).round()
    return torch.where(logs.isfinite(), logs - POINT * points, logs)


def log_evidence(block: Block, known: Values) -> Tensor:
    """The log density of all observed values of a block given everything else.

    Point masses weigh more than any density: where one guess gives an observed number a
    probability and another only a density, the other is impossible. So each such probability
    counts as a density of `POINT` more, on the scale of logarithms.

    Args:
        block: The block.
        known: All its values: observed ones of shape (units,), hidden ones of any that broadcasts.

    Returns:
        A tensor that broadcasts against the hidden values.
    """
    logs = torch.zeros((), dtype=torch.float64)
    for node in block.seen:
        logs = logs + log_density(block.mechanisms[node], known, block.values[node])
    return logs


def log_density(mechanism: Mechanism, parents: Values, value: Tensor) -> Tensor:
    """The log density, or log probability, of one variable's value given its parents'."""
    if is_noiseless(mechanism.noise):
        matched = ~mechanism.abduct(parents, value, Generator()).isnan()
        nought = torch.zeros((), dtype=torch.float64)
        return torch.where(matched, nought, nought - torch.inf)
    return _scored(mechanism.given(parents), value)


def _scored(distribution: Distribution, value: Tensor) -> Tensor:
    """The log density, minus infinity outside the support."""
    if isinstance(distribution, Solved):
        scores, mass = distribution.equation.scored(distribution.parents, value)
        return scores + POINT * mass
    logs = torch.zeros((), dtype=torch.float64)
    while isinstance(distribution, TransformedDistribution) and not distribution.event_shape:
        for transform in reversed(distribution.transforms):
            before = transform.inv(value)
            stretch = transform.log_abs_det_jacobian(before, value)  # type: ignore[no-untyped-call]
            logs = logs - stretch
            value = before
        distribution = distribution.base_dist
    if isinstance(distribution, Independent):
        return logs + _unchecked(distribution, value)
    # A gradient through a branch that is not taken must not be NaN, so score something possible.
    inside = distribution.support.check(value)  # type: ignore[union-attr]
    if bool(inside.all()):
        return logs + _unchecked(distribution, value)
    if not distribution.support.is_discrete:  # type: ignore[union-attr]
        value = torch.where(inside, value, _possible(distribution).to(value.dtype))
    scored = logs + _unchecked(distribution, value)
    return torch.where(inside, scored, torch.full_like(scored, -torch.inf))


def _unchecked(distribution: Distribution, value: Tensor) -> Tensor:
    """The log density without the check that would raise; the distribution stays as it is."""
    checked = distribution._validate_args
    distribution._validate_args = False
    try:
        found: Tensor = distribution.log_prob(value)
    finally:
        distribution._validate_args = checked
    return found


def _possible(distribution: Distribution) -> Tensor:
    """Some value in the support."""
    found: Tensor = biject_to(distribution.support)(torch.zeros(distribution.batch_shape))
    return found
