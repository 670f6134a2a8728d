"""Greatest likelihood for any density that depends on linear predictors: Newton's method, damped.

One fit for every family that has no closed form: the family says how the log density of a value
follows from its predictors and a few more numbers; derivatives are exact (automatic).

References:
    Nocedal and Wright, *Numerical Optimization* (2006), sections 3.4 (Newton's method with a
    modified Hessian) and 3.1 (backtracking).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.mechanisms.parts.terms import Predictor, Term, design
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import restored, standardised

#: The log density of each row from its predictors, of shape (rows, heads), and other numbers.
Density = Callable[[Tensor, Tensor], Tensor]
_RIDGE = 1e-3
_STEPS = 100


def fitted_heads(
    rows: Rows,
    terms: Sequence[Term],
    density: Density,
    start: Tensor,
    others: Tensor | None = None,
) -> tuple[list[Predictor], Tensor]:
    """Predictors with the greatest likelihood, all of them of the same terms.

    The slopes of standardised columns have a ridge of weight 0.001 (intercepts none), so that the
    fit exists where columns separate the values perfectly.

    Args:
        rows: The variable and its parents.
        terms: How the parents enter.
        density: The family.
        start: The intercept of each predictor (head) to start from.
        others: The other numbers to start from; they may be any numbers.

    Returns:
        One predictor a head, and the other numbers.
    """
    columns, centre, scale = standardised(design(terms, rows.values, len(rows)))
    others = torch.zeros(0, dtype=DTYPE) if others is None else others
    width, heads = columns.shape[1], len(start)

    def loss(flat: Tensor) -> Tensor:
        slopes = flat[heads : heads + width * heads].reshape(width, heads)
        logs = density(flat[:heads] + columns @ slopes, flat[heads + width * heads :])
        return _RIDGE / 2 * slopes.square().sum() - logs.sum()

    flat = minimised(loss, torch.cat([start, torch.zeros(width * heads, dtype=DTYPE), others]))
    slopes = flat[heads : heads + width * heads].reshape(width, heads)
    predictors = [
        restored(terms, flat[head], slopes[:, head], centre, scale) for head in range(heads)
    ]
    return predictors, flat[heads + width * heads :]


def minimised(loss: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """A local minimum of a smooth function of a few numbers.

    >>> found = minimised(lambda at: (at - 2.0).square().sum(), torch.zeros(1, dtype=DTYPE))
    >>> round(float(found[0]), 9)
    2.0
    """
    at, value = start, float(loss(start))
    for _ in range(_STEPS):
        step = _downhill(loss, at)
        size = 1.0
        while size > 1e-10:
            trial = at - size * step
            found = float(loss(trial))
            if found <= value:  # false for NaN too
                break
            size /= 2
        else:
            break
        gain, at, value = value - found, trial, found
        if gain < 1e-11 * (1.0 + abs(value)):
            break
    return at


def _downhill(loss: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """The Newton step, with the Hessian's eigenvalues made positive so that it leads downhill."""
    point = at.clone().requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss(point), point)
    hessian = torch.autograd.functional.hessian(loss, at)  # type: ignore[no-untyped-call]
    values, vectors = torch.linalg.eigh((hessian + hessian.T) / 2)
    floor = 1e-10 * (1.0 + values.abs().max())
    step: Tensor = vectors @ ((vectors.T @ gradient) / values.abs().clamp(min=float(floor)))
    return step
