"""The fits behind the mechanisms: least squares in closed form, logit and Poisson by Newton."""

from collections.abc import Sequence

import torch
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.parts.terms import Predictor, Term, design

_RIDGE = 1e-3
_STEPS = 50


def least_squares(
    terms: Sequence[Term], values: Values, target: Tensor
) -> tuple[Predictor, Tensor]:
    """The predictor with the least squared error, and the residuals it leaves.

    ``(X'X)⁺ X'y`` on standardised columns: columns that repeat others get the solution of least
    norm, so constant and collinear parents do no harm.

    Args:
        terms: How the parents enter.
        values: The parents' columns, each of shape (rows,).
        target: The column to predict, of shape (rows,).
    """
    columns = design(terms, values, len(target))
    centre, mean = columns.mean(dim=0), target.mean()
    columns = columns - centre
    left = target - mean
    if not columns.shape[1]:
        return restored(terms, mean, centre, centre, centre), left
    slopes, scale = solved(columns.T @ columns, columns.T @ left, centre, len(target))
    residual = left - columns @ (slopes / scale)
    return restored(terms, mean, slopes, centre, scale), residual


def solved(gram: Tensor, moment: Tensor, centre: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """The slopes of standardised columns, and the columns' scales, from sums of centred ones.

    Args:
        gram: ``X'X`` of centred columns.
        moment: ``X'y`` of centred columns and target.
        centre: What was taken off the columns; tells when one is constant up to rounding.
        rows: How many rows the sums are over.
    """
    scale = (gram.diagonal() / rows).clamp(min=0.0).sqrt()
    flat = scale <= 1e-12 * (1.0 + centre.abs())
    scale = torch.where(flat, torch.ones_like(scale), scale)
    kept = (~flat).to(gram.dtype) / scale
    scaled = gram * kept * kept.unsqueeze(1)
    return torch.linalg.pinv(scaled, rtol=1e-11, hermitian=True) @ (moment * kept), scale


def multinomial_logit(
    terms: Sequence[Term], values: Values, codes: Tensor, levels: int
) -> Predictor:
    """The predictor of log-odds against the first level with the greatest likelihood.

    Newton's method on ``Σ log softmax(0, η_1, …, η_{K-1})[code]``, with a ridge of weight 0.001 on
    the standardised slopes (never on intercepts), so that it converges under perfect separation
    and still reproduces each level's frequency.

    Args:
        terms: How the parents enter.
        values: The parents' columns, each of shape (rows,).
        codes: The index of each row's level, of shape (rows,).
        levels: How many levels there are.

    Returns:
        A predictor with ``levels - 1`` outputs.
    """
    columns, centre, scale = standardised(design(terms, values, len(codes)))
    features = torch.cat([torch.ones((len(codes), 1), dtype=DTYPE), columns], dim=1)
    observed = torch.nn.functional.one_hot(codes, levels).to(DTYPE)[:, 1:]
    weights = torch.zeros((features.shape[1], levels - 1), dtype=DTYPE)
    ridge = torch.full((features.shape[1], 1), _RIDGE, dtype=DTYPE)
    ridge[0] = 1e-9  # a level that these rows never show must not send its intercept to -inf
    loss = _loss(features, weights, codes, ridge)
    for _ in range(_STEPS):
        step = _newton_step(features, weights, observed, ridge)
        size = 1.0
        while size > 1e-6:
            trial = weights - size * step
            trial_loss = _loss(features, trial, codes, ridge)
            if trial_loss <= loss:
                break
            size /= 2
        else:
            break
        gain, weights, loss = loss - trial_loss, trial, trial_loss
        if gain < 1e-10 * (1.0 + abs(loss)):
            break
    return restored(terms, weights[0], weights[1:], centre, scale)


def poisson_log(terms: Sequence[Term], values: Values, counts: Tensor) -> Predictor:
    """The predictor of the logarithm of a Poisson rate with the greatest likelihood.

    Newton's method on ``Σ x η - exp(η)``, with a ridge of weight 0.001 on the standardised slopes
    (never on the intercept, so that the mean is reproduced).

    Args:
        terms: How the parents enter.
        values: The parents' columns, each of shape (rows,).
        counts: The counts, of shape (rows,).
    """
    columns, centre, scale = standardised(design(terms, values, len(counts)))
    features = torch.cat([torch.ones((len(counts), 1), dtype=DTYPE), columns], dim=1)
    ridge = torch.full((features.shape[1],), _RIDGE, dtype=DTYPE)
    ridge[0] = 0.0
    weights = torch.zeros(features.shape[1], dtype=DTYPE)
    # All counts zero would send the intercept to -inf; half a count stands in for none.
    weights[0] = (counts.sum().clamp(min=0.5) / len(counts)).log()

    def loss(at: Tensor) -> float:
        logs = features @ at
        return float((logs.exp() - counts * logs).sum() + (ridge * at * at).sum() / 2)

    before = loss(weights)
    for _ in range(_STEPS if bool(counts.any()) else 0):
        rate = (features @ weights).exp()
        gradient = features.T @ (rate - counts) + ridge * weights
        hessian = features.T @ (features * rate.unsqueeze(1)) + torch.diag(ridge + 1e-10)
        step = torch.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-6 and not loss(weights - size * step) <= before:
            size /= 2
        weights = weights - size * step
        gain, before = before - loss(weights), loss(weights)
        if gain < 1e-10 * (1.0 + abs(before)):
            break
    return restored(terms, weights[0], weights[1:], centre, scale)


def with_reference(logits: Tensor) -> Tensor:
    """Log-odds against the first level as logits of all levels."""
    return torch.nn.functional.pad(logits, (1, 0))


def _newton_step(features: Tensor, weights: Tensor, observed: Tensor, ridge: Tensor) -> Tensor:
    """The inverse Hessian times the gradient of the penalised negative log-likelihood."""
    chances = torch.softmax(with_reference(features @ weights), dim=-1)[:, 1:]
    gradient = features.T @ (chances - observed) + ridge * weights
    size, outputs = weights.shape
    hessian = torch.zeros((outputs, size, outputs, size), dtype=DTYPE)
    for one in range(outputs):
        for other in range(one, outputs):
            curve = chances[:, one] * ((1.0 if one == other else 0.0) - chances[:, other])
            block = features.T @ (features * curve.unsqueeze(1))
            hessian[one, :, other, :] = block
            hessian[other, :, one, :] = block
    flat = hessian.reshape(outputs * size, outputs * size)
    flat = flat + torch.diag(ridge.squeeze(1).repeat(outputs) + 1e-10)
    step: Tensor = torch.linalg.solve(flat, gradient.T.reshape(-1))
    return step.reshape(outputs, size).T


def _loss(features: Tensor, weights: Tensor, codes: Tensor, ridge: Tensor) -> float:
    """The penalised negative log-likelihood."""
    logs = torch.log_softmax(with_reference(features @ weights), dim=-1)
    fit = -logs.gather(1, codes.unsqueeze(1)).sum()
    return float(fit + (ridge * weights * weights).sum() / 2)


def standardised(columns: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Columns of mean zero and variance one; constant columns become zero."""
    centre = columns.mean(dim=0)
    centred = columns - centre
    scale = centred.square().mean(dim=0).sqrt()
    flat = scale <= 1e-12 * (1.0 + centre.abs())
    scale = torch.where(flat, torch.ones_like(scale), scale)
    return torch.where(flat, torch.zeros_like(centred), centred / scale), centre, scale


def restored(
    terms: Sequence[Term], intercept: Tensor, slopes: Tensor, centre: Tensor, scale: Tensor
) -> Predictor:
    """A predictor on the parents' own scales."""
    shape = (-1,) + (1,) * (slopes.dim() - 1)
    slopes = slopes / scale.reshape(shape)
    intercept = intercept - (slopes * centre.reshape(shape)).sum(dim=0)
    widths = [term.width for term in terms]
    parts = torch.split(slopes, widths) if widths else ()
    # Laid out plainly, so that a model that was saved and loaded adds up in the same order.
    weights = tuple(part.clone(memory_format=torch.contiguous_format) for part in parts)
    return Predictor(tuple(terms), intercept, weights)
