"""A hidden parent of each family: the engines' posterior against quadrature over the parent."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyro.distributions as dist
import pytest
import torch

from causalsim.graph.graph import Graph
from causalsim.scm import SCM, Levels, Particles, linear
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms import Threshold, location_scale
from causalsim.scm.mechanisms.continuous.censored import Censored
from causalsim.scm.mechanisms.continuous.positive import Multiplicative, gamma_noise
from causalsim.scm.mechanisms.discrete.counts import NegativeBinomialCount, PoissonCount
from causalsim.scm.mechanisms.parts.chances import Linked, Ordered
from causalsim.scm.mechanisms.parts.links import CloglogLink, LogitLink, ProbitLink
from causalsim.scm.mechanisms.parts.terms import weighted

NORMAL = dist.Normal(torch.tensor(0.0).double(), 1.0)
LINE = weighted({"h": 1.0}, 0.2)
CUTS = torch.tensor([-0.5, 1.0]).double()


def equation(function: Callable[..., Any]) -> Mechanism:
    """An equation of the hidden h."""
    return SCM.from_equations({"h": NORMAL, "y": function}).mechanisms["y"]


CHILDREN: dict[str, tuple[Mechanism, float]] = {
    "location and scale": (location_scale({"h": 1.0}, {"h": 0.4}), 1.5),
    "Gamma": (Multiplicative(LINE, gamma_noise(2.0)), 3.0),
    "tobit inside": (Censored(LINE, torch.tensor(0.8).double(), low=0.0), 1.2),
    "tobit at the limit": (Censored(LINE, torch.tensor(0.8).double(), low=0.0), 0.0),
    "probit": (Threshold(Linked(LINE, ProbitLink()), Levels((0, 1))), 1.0),
    "cloglog": (Threshold(Linked(LINE, CloglogLink()), Levels((0, 1))), 0.0),
    "proportional odds": (Threshold(Ordered(LINE, CUTS, LogitLink()), Levels((0, 1, 2))), 2.0),
    "Poisson": (PoissonCount(LINE), 4.0),
    "negative binomial": (NegativeBinomialCount(LINE, 1.5), 5.0),
    "folded equation": (equation(lambda h, u=NORMAL: torch.abs(h + u)), 1.7),
    "bent equation": (equation(lambda h, u=NORMAL: torch.exp(h + 0.5 * u)), 3.0),
    "held equation": (equation(lambda h, u=NORMAL: torch.clamp(h + u, min=0.0)), 0.0),
}


@pytest.mark.parametrize("name", CHILDREN)
def test_what_a_value_says_about_its_hidden_parent(name: str) -> None:
    """E[h | y] by the engine, read off t = h + x under do(x = 0), against the trapezium rule."""
    child, value = CHILDREN[name]
    mechanisms = {"h": linear({}), "x": linear({}), "y": child, "t": linear({"h": 1.0, "x": 1.0})}
    model = SCM(Graph("h -> y; h -> t <- x", latent=["h"]), mechanisms)
    units, draws = 5, 4000
    rows = pd.DataFrame({"y": np.full(units, value), "x": np.zeros(units)})
    found = model.counterfactual(rows, do={"x": 0.0}, draws=draws, by=Particles(8000), seed=1)
    grid = torch.linspace(-8, 8, 4001).double()
    weight = (
        child.given({"h": grid}).log_prob(torch.full_like(grid, value)) - grid.square() / 2
    ).exp()
    mean = float((weight * grid).sum() / weight.sum())
    spread = float((weight * (grid - mean) ** 2).sum() / weight.sum()) ** 0.5
    noise = (1.0 + spread**2) ** 0.5
    # Draws are resampled particles: both their number and the effective size count.
    error = (noise**2 / draws + spread**2 / 1000) ** 0.5
    assert np.abs(found.mean("t") - mean).max() < 4 * error
