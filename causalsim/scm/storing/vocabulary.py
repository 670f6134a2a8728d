"""Everything that a file may name: no other class is ever made from a file."""

from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from typing import Any

import pyro.distributions as dist
from torch import nn

from causalsim.scm.domain import Counts, Domain, Levels, Real
from causalsim.scm.fitting import Choice, Score
from causalsim.scm.learning.likelihoods.pooled import GroupedLine
from causalsim.scm.learning.missing.filling import Filling
from causalsim.scm.learning.pooling import Pooled
from causalsim.scm.mechanism import Coupling, Mechanism
from causalsim.scm.mechanisms import borrowed, echoed, imposed, switched
from causalsim.scm.mechanisms.continuous import (
    additive,
    censored,
    deterministic,
    learners,
    positive,
    scale,
)
from causalsim.scm.mechanisms.discrete import counts, gumbel, regressions, threshold
from causalsim.scm.mechanisms.parts import chances, links, terms
from causalsim.scm.mechanisms.parts.learners import Network
from causalsim.scm.mechanisms.written.equation import Equation, Exogenous, Shape
from causalsim.scm.recipe import Recipe
from causalsim.scm.storing.remembered import Remembered

_MECHANISMS = (
    additive.Additive,
    borrowed.Borrowed,
    borrowed.Passed,
    borrowed.Rerouted,
    censored.Censored,
    counts.NegativeBinomialCount,
    counts.PoissonCount,
    deterministic.Deterministic,
    echoed.Echoed,
    echoed.Tapped,
    Equation,
    Exogenous,
    gumbel.GumbelMax,
    imposed.Drawn,
    imposed.Held,
    imposed.Shifted,
    imposed.Steered,
    positive.Multiplicative,
    scale.LocationScale,
    switched.Switched,
    threshold.Threshold,
)
_RECIPES = (
    additive.Linear,
    additive.Splines,
    censored.Tobit,
    counts.NegativeBinomialRegression,
    counts.PoissonRegression,
    learners.Neural,
    Pooled,
    positive.GammaRegression,
    positive.LogLinear,
    regressions.Cloglog,
    regressions.Ordinal,
    regressions.Probit,
    Remembered,
    scale.Heteroscedastic,
    threshold.Frequencies,
    threshold.Logit,
)
_TERMS = (terms.Slope, terms.Offsets, terms.Curve)
_PREDICTIONS = (terms.Predictor, GroupedLine, Network)
_CHANCES = (chances.Linked, chances.Logits, chances.Ordered, chances.Table)
_LINKS = (links.LogitLink, links.ProbitLink, links.CloglogLink)
_DOMAINS = (Real, Counts, Levels)

#: What may stand where a protocol is asked for.
ROLES: dict[Any, tuple[type, ...]] = {
    Mechanism: _MECHANISMS,
    Recipe: _RECIPES,
    terms.Term: _TERMS,
    terms.Prediction: _PREDICTIONS,
    chances.Chances: _CHANCES,
    links.Link: _LINKS,
    Domain: _DOMAINS,
}
ENUMS: dict[str, type[Enum]] = {"Coupling": Coupling, "Shape": Shape}
#: Classes that are values themselves: the coupling that a recipe asks for.
CLASSES: dict[str, type] = {"GumbelMax": gumbel.GumbelMax, "Threshold": threshold.Threshold}

#: The parameters that make each distribution; of alternatives the one that was given.
DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "Bernoulli": ("probs|logits",),
    "Beta": ("concentration1", "concentration0"),
    "Binomial": ("total_count", "probs|logits"),
    "Categorical": ("probs|logits",),
    "Cauchy": ("loc", "scale"),
    "Delta": ("v",),
    "Exponential": ("rate",),
    "Gamma": ("concentration", "rate"),
    "Geometric": ("probs|logits",),
    "Gumbel": ("loc", "scale"),
    "HalfCauchy": ("scale",),
    "HalfNormal": ("scale",),
    "Laplace": ("loc", "scale"),
    "LogNormal": ("loc", "scale"),
    "Logistic": ("loc", "scale"),
    "NegativeBinomial": ("total_count", "probs|logits"),
    "Normal": ("loc", "scale"),
    "Poisson": ("rate",),
    "StudentT": ("df", "loc", "scale"),
    "Uniform": ("low", "high"),
    "VonMises": ("loc", "concentration"),
    "Weibull": ("scale", "concentration"),
}
#: Layers that are rebuilt from numbers; any other module is rebuilt by a function of the user.
LAYERS: dict[str, tuple[str, ...]] = {
    "ELU": ("alpha",),
    "GELU": ("approximate",),
    "Identity": (),
    "LeakyReLU": ("negative_slope",),
    "Linear": ("in_features", "out_features"),
    "ReLU": (),
    "SiLU": (),
    "Sigmoid": (),
    "Softplus": ("beta", "threshold"),
    "Tanh": (),
}


@cache
def dataclasses_by_name() -> dict[str, type]:
    """Every dataclass that a file may name."""
    parts = (*_TERMS, *_PREDICTIONS, *_CHANCES, *_LINKS, *_DOMAINS)
    every = (*_MECHANISMS, *_RECIPES, *parts, Choice, Filling, Score)
    assert all(is_dataclass(found) for found in every)
    return {found.__name__: found for found in every}


def distribution_class(name: str) -> type:
    """The Pyro class of a distribution."""
    found: type = getattr(dist, name)
    return found


def layer_class(name: str) -> type[nn.Module]:
    """The torch class of a layer."""
    found: type[nn.Module] = getattr(nn, name)
    return found
