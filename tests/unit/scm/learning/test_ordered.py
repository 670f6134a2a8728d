"""Ordered levels with a posterior: the density against the mechanism's own, and a family chosen."""

from typing import Any

import numpy as np
import pandas
import pytest
import torch

from causalsim.errors.learning import LearningError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM
from causalsim.scm.learning import Conjugate, Laplace, Normal, Prior
from causalsim.scm.learning.algebra import TORCH
from causalsim.scm.learning.likelihoods.ordered import ProportionalOdds
from causalsim.scm.mechanisms.continuous.additive import Linear
from causalsim.scm.mechanisms.discrete.regressions import Ordinal
from causalsim.scm.mechanisms.parts.links import ProbitLink

RNG = np.random.default_rng(7)
N = 400
X = RNG.normal(3.0, 2.0, N)
SCORE = 0.8 * X + np.log(1 / RNG.random(N) - 1)
ROWS = pandas.DataFrame({"x": X, "y": (SCORE[:, None] > np.array([1.0, 2.5, 5.0])).sum(axis=1)})
PAIR = Graph("x -> y")


def test_an_ordinal_that_was_chosen_has_a_posterior() -> None:
    """The default families and the default priors; the truth is a slope of .8 and three cuts."""
    found = SCM.fit(PAIR, ROWS, by=Laplace(1000), seed=1)
    assert str(found.choices[1].recipe) == "ordinal logit"
    assert found.doubts == ()
    for name, truth in {"y.x": 0.8, "y.cut[1]": 1.0, "y.cut[2]": 2.5, "y.cut[3]": 5.0}.items():
        drawn = found.draws(name)
        assert abs(drawn.mean() - truth) < 4 * drawn.std(), name
    cuts = np.array([found.draws(f"y.cut[{level}]") for level in (1, 2, 3)])
    assert (np.diff(cuts, axis=0) > 0).all()
    assert "cuts at average parents ~ Normal(0, 5) in order" in found.why
    # With so many rows the mode is the greatest likelihood, whose fit is another piece of code.
    plain: Any = SCM.fit(PAIR, ROWS, using={"x": Linear(), "y": Ordinal()}).mechanisms["y"]
    ours: Any = found.model.mechanisms["y"]
    at = {"x": torch.tensor([-1.0, 3.0, 8.0], dtype=torch.float64)}
    assert float((ours.chances(at) - plain.chances(at)).abs().max()) < 0.01


def test_the_density_is_that_of_the_mechanism() -> None:
    """Prior and likelihood written out from the probabilities that the mechanism gives."""
    prior = Prior(slopes={"x": Normal(0.5, 0.3)})
    found = SCM.fit(
        PAIR, ROWS.head(40), using={"y": Ordinal()}, by=Laplace(20), priors={"y": prior}
    )
    part = found.learnt["y"].part
    assert isinstance(part, ProportionalOdds)
    at = torch.tensor(np.random.default_rng(2).normal(size=(6, 4)))
    natural = part.finish(at, None)  # type: ignore[arg-type]
    x = torch.tensor(ROWS["x"].to_numpy()[:40])
    y = torch.tensor(ROWS["y"].to_numpy()[:40]).double()
    expected = []
    for place, parameters in zip(at, natural, strict=True):
        fit = part.mechanism(parameters).given({"x": x}).log_prob(y).sum()
        cuts = parameters[1:] - parameters[0] * x.mean()
        beliefs = ((parameters[0] - 0.5) / 0.3) ** 2 + (cuts / 5).square().sum()
        expected.append(float(fit - beliefs / 2 + place[2:].sum()))
    ours = part.log_density(at, TORCH).numpy()
    assert np.allclose(np.diff(ours), np.diff(expected), atol=1e-8)


def test_misuse_is_told() -> None:
    for prior, message in (
        (Prior(intercept=Normal(0, 1)), "names intercept"),
        (Prior(slopes={"z": Normal(0, 1)}), "none of its parents"),
    ):
        with pytest.raises(LearningError, match=message):
            SCM.fit(PAIR, ROWS, using={"y": Ordinal()}, by=Laplace(20), priors={"y": prior})
    with pytest.raises(LearningError, match="no closed form"):
        SCM.fit(PAIR, ROWS, using={"y": Ordinal()}, by=Conjugate(20))
    with pytest.raises(LearningError, match="ordinal probit"):
        SCM.fit(PAIR, ROWS, using={"y": Ordinal(ProbitLink())}, by=Laplace(20))
