"""The recipes that learn a prediction by other packages: scikit-learn regressors, torch modules."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from causalsim.errors.mechanism import MechanismError
from causalsim.scm.domain import DTYPE, Real
from causalsim.scm.mechanisms.continuous.additive import Additive, line_term
from causalsim.scm.mechanisms.parts.learners import Learnt, Network, stacked
from causalsim.scm.mechanisms.parts.terms import Term
from causalsim.scm.noise import normal
from causalsim.scm.recipe import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """The recipe for any scikit-learn regressor plus Normal noise; never chosen by itself.

    The regressor is cloned and fitted on numbers as they are and on one column a level of names.
    The noise's spread is that of residuals on rows the regressor has not seen, so that a learner
    that memorises its rows does not claim to know them.

    Fails as a source of unit counterfactuals where the regressor predicts in steps, as trees do:
    abduction puts every step into the noise.

    Args:
        regressor: Unfitted; a random one without a ``random_state`` gets one.
        folds: How many parts the rows are held out in.

    Examples:
        >>> from sklearn.neighbors import KNeighborsRegressor
        >>> str(Regression(KNeighborsRegressor()))
        'KNeighborsRegressor'
    """

    regressor: Any
    folds: int = 5

    def refuses(self, rows: Rows) -> str:
        """A regressor predicts numbers from numbers."""
        return _refuses(rows) or (
            "" if hasattr(self.regressor, "fit") else "its regressor has no fit"
        )

    def fit(self, rows: Rows) -> Additive:
        """The regressor on all rows, the spread on rows held out."""
        from sklearn.base import clone
        from sklearn.model_selection import KFold, cross_val_predict

        terms = _terms(rows)
        features = stacked(terms, rows.values).numpy()
        target = rows.target.numpy()
        unfitted = _repeatable(clone(self.regressor))
        held_out = cross_val_predict(
            unfitted, features, target, cv=KFold(self.folds, shuffle=True, random_state=0)
        )
        residual = target - np.asarray(held_out, dtype=np.float64).reshape(-1)
        prediction = Learnt(terms, unfitted.fit(features, target))
        return Additive(prediction, normal(_spread(float(np.sqrt((residual**2).mean())), rows)))

    def __str__(self) -> str:
        """In a few words."""
        return type(self.regressor).__name__


@dataclass(frozen=True, slots=True, eq=False)
class Neural:
    """The recipe for any torch module plus Normal noise; never chosen by itself.

    A copy of the module is trained from the weights it has, on all rows at once, by Adam with a
    step that falls to zero along a cosine: nothing is random. One fifth of the rows is held out
    to measure the noise's spread before the last training, which sees all rows.

    Args:
        module: From (…, width) to (…, 1), where width counts numbers once and names once a level
            but the first. Small and smooth ones (tanh, a few dozen units) suit counterfactuals.
        steps: How many steps of Adam.
        rate: The first step's size.

    Examples:
        >>> str(Neural(nn.Linear(2, 1)))
        'network (Linear)'
    """

    module: nn.Module
    steps: int = 400
    rate: float = 0.02

    def refuses(self, rows: Rows) -> str:
        """A network predicts numbers from numbers."""
        return _refuses(rows)

    def fit(self, rows: Rows) -> Additive:
        """Two trainings: one for the spread, one for the weights."""
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
        fifth = max(1, len(rows) // 5)
        seen, held = rows.take(order[fifth:]), rows.take(order[:fifth])
        residual = held.target - self._trained(seen)(held.values)
        prediction = self._trained(rows)
        return Additive(prediction, normal(_spread(float(residual.square().mean().sqrt()), rows)))

    def __str__(self) -> str:
        """In a few words."""
        return f"network ({type(self.module).__name__})"

    def _trained(self, rows: Rows) -> Network:
        """A trained copy of the module on standardised columns."""
        terms = _terms(rows)
        features = stacked(terms, rows.values)
        means, deviations = features.mean(dim=0), _positive(features.std(dim=0))
        centre, scale = rows.target.mean(), _positive(rows.target.std())
        module = copy.deepcopy(self.module).to(DTYPE).train()
        features, target = (features - means) / deviations, (rows.target - centre) / scale
        optimizer = torch.optim.Adam(module.parameters(), lr=self.rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        # Layers that drop units draw from the global stream: lend it a seed and give it back.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            for _ in range(self.steps):
                optimizer.zero_grad()
                found = _checked(module, features)
                torch.nn.functional.mse_loss(found, target).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
        module.eval().requires_grad_(False)
        return Network(terms, module, means, deviations, centre, scale)


def _checked(module: nn.Module, features: Tensor) -> Tensor:
    """What the module gives, one number a row."""
    try:
        found = module(features)
    except RuntimeError as error:
        raise MechanismError.bad_module(module, features.shape[-1], str(error)) from error
    if not isinstance(found, Tensor) or found.shape != (*features.shape[:-1], 1):
        raise MechanismError.bad_module(module, features.shape[-1], f"it gave {_shape(found)}")
    return found.squeeze(-1)


def _shape(found: object) -> str:
    """What something is, in a few words."""
    return f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__


def _refuses(rows: Rows) -> str:
    """Why no prediction of numbers from parents can be learnt."""
    if not isinstance(rows.domain, Real):
        return f"it is {rows.domain}, not continuous"
    return "" if rows.parents else "it has no parents to predict it from"


def _terms(rows: Rows) -> tuple[Term, ...]:
    """Each parent's columns."""
    return tuple(line_term(rows, parent) for parent in rows.parents)


def _spread(found: float, rows: Rows) -> float:
    """The spread, kept above the rounding of the values."""
    return max(found, 1e-9 * (1.0 + float(rows.target.abs().max())))


def _positive(scale: Tensor) -> Tensor:
    """One where a column does not vary."""
    return torch.where(scale > 0, scale, torch.ones_like(scale))


def _repeatable(regressor: Any) -> Any:  # noqa: ANN401
    """The regressor with every open random state fixed, so that one fit is every fit."""
    states = regressor.get_params()
    opened = {name: 0 for name in states if name.endswith("random_state") and states[name] is None}
    return regressor.set_params(**opened)
