"""One member of every family of mechanisms, reading three parents: for laws that hold for all."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pyro.distributions as dist
import torch
from sklearn.linear_model import Ridge
from torch import Tensor, nn

from causalsim.scm import SCM
from causalsim.scm.domain import Counts, Domain, Levels, Real
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms import (
    Cloglog,
    Frequencies,
    GammaRegression,
    GumbelMax,
    Heteroscedastic,
    Logit,
    LogLinear,
    NegativeBinomialRegression,
    Neural,
    Ordinal,
    PoissonRegression,
    Probit,
    Regression,
    Splines,
    Threshold,
    Tobit,
    frequencies,
    linear,
    location_scale,
    logistic,
    table,
)
from causalsim.scm.mechanisms.continuous.censored import Censored
from causalsim.scm.mechanisms.continuous.deterministic import Deterministic
from causalsim.scm.mechanisms.continuous.positive import Multiplicative
from causalsim.scm.mechanisms.imposed import Held, Shifted
from causalsim.scm.mechanisms.parts.links import ProbitLink
from causalsim.scm.mechanisms.parts.terms import weighted
from causalsim.scm.mechanisms.written.equation import Exogenous
from causalsim.scm.recipe import Recipe, Rows

BINARY, NAMED = Levels((0, 1)), Levels(("a", "b", "c"))
RANKED = Levels(("low", "mid", "high"), ranked=True)
PARENTS: dict[str, Domain] = {"x": Real(), "s": BINARY, "c": NAMED}
GAMMA = dist.Gamma(torch.tensor(2.0).double(), 1.0)
FLIP = dist.Bernoulli(torch.tensor(0.3).double())
NUMBERED = Levels((1, 2, 4))


def parents(seed: int, units: int) -> dict[str, Tensor]:
    """Random values of three parents: continuous, binary and named."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "x": torch.randn(units, generator=generator, dtype=torch.float64),
        "s": torch.randint(2, (units,), generator=generator).double(),
        "c": torch.randint(3, (units,), generator=generator).double(),
    }


def fitted(
    recipe: Recipe,
    domain: Domain,
    target: Callable[[Values, Tensor], Tensor],
    reads: tuple[str, ...],
    rows: int = 400,
) -> Mechanism:
    """A member of a family, fitted to made-up rows."""
    values = parents(3, rows)
    noise = torch.randn(rows, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    values["y"] = target(values, noise)
    names = ("y", *reads)
    domains = {**PARENTS, "y": domain}
    made = Rows("y", reads, {n: values[n] for n in names}, {n: domains[n] for n in names})
    assert recipe.refuses(made) == ""
    return recipe.fit(made)


def steps(values: Values, noise: Tensor) -> Tensor:
    """Three levels that rise with x: 0, 1, 2."""
    return (values["x"] + noise > 0).double() + (values["x"] + noise > 1)


def numbered(values: Values, noise: Tensor) -> Tensor:
    """Three numbers that rise with x: 1, 2, 4."""
    return 2.0 ** steps(values, noise)


def counts(values: Values, noise: Tensor) -> Tensor:
    """Counts that rise with x."""
    return (0.5 + 0.5 * values["x"] + noise).exp().floor()


def scattered(values: Values, noise: Tensor) -> Tensor:
    """Numbers whose spread rises with x."""
    return values["x"] + values["s"] + (0.4 * values["x"]).exp() * noise


def positive(values: Values, noise: Tensor) -> Tensor:
    """Positive numbers."""
    return (0.3 * values["x"] + 0.5 * noise).exp()


def curved(values: Values, noise: Tensor) -> Tensor:
    """A smooth curve and offsets."""
    return torch.tanh(values["x"]) + values["c"] + 0.3 * noise


@cache
def every_mechanism() -> Mapping[str, Any]:
    """The members, by a name that says which."""
    return {**_continuous(), **_discrete(), **_written()}


def _continuous() -> dict[str, Mechanism]:
    """Mechanisms whose values are numbers."""
    net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1))
    with torch.no_grad():
        for number, weights in enumerate(net.parameters()):
            weights.copy_(torch.sin(torch.arange(weights.numel()) + number).reshape(weights.shape))
    heavy = dist.StudentT(torch.tensor(5.0).double(), 0.0, 1.0)
    return {
        "linear by hand": linear({"x": 0.7, "s": -2.0}, intercept=1.0, scale=0.5),
        "Normal root": linear({}, intercept=3.0, scale=2.0),
        "splines": fitted(Splines(5), Real(), curved, ("x", "s", "c")),
        "regressor": fitted(Regression(Ridge()), Real(), curved, ("x", "s", "c")),
        "network": fitted(Neural(net, steps=30), Real(), curved, ("x", "s", "c")),
        "location and scale": fitted(Heteroscedastic(), Real(), scattered, ("x", "s")),
        "heavy tails": fitted(Heteroscedastic(heavy), Real(), scattered, ("x", "s")),
        "Laplace by hand": location_scale(
            {"x": 1.0}, {"s": 0.5}, noise=dist.Laplace(torch.tensor(0.0).double(), 1.0)
        ),
        "Gamma": fitted(GammaRegression(), Real(), positive, ("x", "s")),
        "log-linear": fitted(LogLinear(), Real(), positive, ("x", "c")),
        "Weibull": Multiplicative(
            weighted({"x": 0.5}, 0.0), dist.Weibull(torch.tensor(1.0).double(), 1.5)
        ),
        "tobit from below": fitted(
            Tobit(low=0.0), Real(), lambda v, u: (v["x"] + u).clamp(min=0.0), ("x", "s")
        ),
        "tobit from both sides": Censored(
            weighted({"x": 1.0}, 0.2), torch.tensor(0.7).double(), -1.0, 1.5
        ),
        "deterministic": Deterministic(weighted({"x": 2.0, "s": 1.0}, -1.0)),
        "Exponential root": Exogenous(dist.Exponential(torch.tensor(0.5).double())),
        "set": Held(linear({"x": 1.0}), torch.tensor(2.0, dtype=torch.float64)),
        "shifted": Shifted(linear({"x": 1.0}), "y", torch.tensor(5.0, dtype=torch.float64)),
    }


def _discrete() -> dict[str, Mechanism]:
    """Mechanisms whose values are levels or counts."""
    rows = {(s, c): [0.1 + 0.3 * s, 0.9 - 0.3 * s] for s in (0, 1) for c in ("a", "b", "c")}
    return {
        "binary logit": fitted(Logit(), BINARY, lambda v, u: (v["x"] > u) * 1.0, ("x", "s", "c")),
        "logistic by hand": logistic({"x": 2.0}, intercept=-1.0),
        "ordered logit of numbers": fitted(Logit(), NUMBERED, numbered, ("x", "s")),
        "named logit": fitted(Logit(), NAMED, steps, ("x",)),
        "threshold on names": fitted(Logit(Threshold), NAMED, steps, ("x",)),
        "probit": fitted(Probit(), BINARY, lambda v, u: (v["x"] > u) * 1.0, ("x", "c")),
        "cloglog": fitted(Cloglog(), BINARY, lambda v, u: (v["x"] > u) * 1.0, ("x", "s")),
        "proportional odds": fitted(Ordinal(), NUMBERED, numbered, ("x", "s")),
        "ordinal probit of names": fitted(Ordinal(ProbitLink()), RANKED, steps, ("x", "c")),
        "Gumbel-max table": fitted(
            Frequencies(GumbelMax), BINARY, lambda v, u: (v["c"] > u) * 1.0, ("s", "c")
        ),
        "root of names": frequencies({"a": 0.2, "b": 0.5, "c": 0.3}),
        "table": table(["s", "c"], rows, levels=[0, 1], domains=[BINARY, NAMED]),
        "Poisson": fitted(PoissonRegression(), Counts(), counts, ("x", "s")),
        "negative binomial": fitted(NegativeBinomialRegression(), Counts(), counts, ("x", "s")),
    }


def _written() -> dict[str, Mechanism]:
    """Mechanisms made of a user's functions."""
    normal = dist.Normal(torch.tensor(0.0).double(), 1.0)
    model = SCM.from_equations(
        {
            "x": normal,
            "s": frequencies({0: 0.5, 1: 0.5}),
            "c": frequencies({"a": 0.3, "b": 0.3, "c": 0.4}),
            "affine": lambda x, s, u=normal: x + (1.0 + s) * u,
            "rising": lambda x, u=normal: torch.sinh(x + u),
            "falling": lambda x, s, u=normal: s - torch.exp(u) - x,
            "of a gamma": lambda x, u=GAMMA: x - u**2,
            "held at zero": lambda x, u=normal: torch.clamp(x + u, min=0.0),
            "folded": lambda x, u=normal: torch.abs(x + u),
            "wavy": lambda x, u=normal: torch.sin(3.0 * u) + u + x,
            "a few noises": lambda x, u=FLIP: x + 2.0 * u,
            "above a line": lambda x, u=normal: x + u > 0,
            "outside a band": lambda x, u=normal: torch.abs(x + u) > 1,
            "names seen": lambda c, u=normal: 2.0 * (c == "b") + u,
            "no noise": lambda x, s: x * s,
        }
    )
    return {f"equation: {name}": found for name, found in list(model.mechanisms.items())[3:]}
