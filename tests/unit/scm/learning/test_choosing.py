"""Scores by which families are chosen: the quick sums agree with fitting each fold anew."""

import numpy as np
import pandas
import torch
from pyro.distributions import Normal

from causalsim.graph.graph import Graph
from causalsim.scm import SCM
from causalsim.scm.fitting import held_out_densities, rows_of
from causalsim.scm.mechanisms.continuous.additive import Additive, Linear, Splines
from causalsim.scm.noise import normal
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import least_squares


def plainly(rows: Rows, recipe: Linear | Splines, folds: torch.Tensor) -> torch.Tensor:
    """Each fold's densities by least squares on the other rows, columns and all."""
    terms = recipe.terms(rows)
    densities = torch.empty(len(rows), dtype=torch.float64)
    for fold in range(5):
        seen = rows.take((folds != fold).nonzero().squeeze(-1))
        held = rows.take((folds == fold).nonzero().squeeze(-1))
        predictor, residual = least_squares(terms, seen.values, seen.target)
        freedom = len(seen) - 1 - sum(term.width for term in terms)
        spread = float((residual.square().sum() / freedom).sqrt())
        mechanism = Additive(predictor, normal(spread))
        densities[folds == fold] = mechanism.given(held.values).log_prob(held.target)
    return densities


def test_held_out_densities_from_sums_are_those_of_refits() -> None:
    rng = np.random.default_rng(1)
    frame = pandas.DataFrame({"a": rng.normal(1000.0, 1.0, 300), "c": rng.choice(list("uvw"), 300)})
    frame["y"] = np.sin(frame["a"]) + (frame["c"] == "v") + 0.1 * rng.normal(size=300)
    rows = rows_of(Graph("a -> y <- c"), frame)[-1]
    folds = torch.arange(300) % 5
    for recipe in (Linear(), Splines(5), Splines(10), Splines(10, even=True)):
        quick = held_out_densities(rows, recipe, folds)
        assert torch.allclose(quick, plainly(rows, recipe, folds), rtol=1e-6, atol=1e-6)


def test_a_variable_that_its_parents_determine_still_has_a_score() -> None:
    frame = pandas.DataFrame({"a": np.linspace(0, 1, 50)})
    frame["y"] = 2 * frame["a"] + 0.5
    rows = rows_of(Graph("a -> y"), frame)[-1]
    assert bool(held_out_densities(rows, Linear(), torch.arange(50) % 5).isfinite().all())


def test_a_bend_between_two_heaps_of_rows_is_followed_by_even_knots() -> None:
    """Most rows lie on either side of the bend; unit counterfactuals go through it all the same."""
    noise = Normal(torch.tensor(0.0).double(), torch.tensor(0.5).double())
    model = SCM.from_equations(
        {
            "a": Normal(0.0, 1.0),
            "b": lambda a, u=noise: 1.5 * torch.tanh(2 * a) + u,
            "c": lambda b, u=noise: 1.5 * torch.tanh(2 * b) + u,
            "d": lambda c, u=noise: 1.5 * torch.tanh(2 * c) + u,
        }
    )
    fitted = SCM.fit(Graph("a -> b -> c -> d"), model.sample(50_000, seed=1), seed=1)
    chosen = {choice.node: str(choice.recipe) for choice in fitted.choices}
    assert chosen["d"] == "additive splines (10 even knots)"
    rows = model.sample(2_000, seed=2)
    truth = model.counterfactual(rows, do={"a": 1.0})["d"]
    errors = {}
    for name, using in (("chosen", {}), ("quantiles", dict.fromkeys("bcd", Splines(10)))):
        other = SCM.fit(Graph("a -> b -> c -> d"), model.sample(50_000, seed=1), using=using)
        found = other.counterfactual(rows, do={"a": 1.0})["d"]
        errors[name] = float(((found - truth) ** 2).mean() ** 0.5)
    assert errors["chosen"] < 0.02
    assert errors["chosen"] < 0.7 * errors["quantiles"]
