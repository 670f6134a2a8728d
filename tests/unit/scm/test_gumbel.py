"""Gumbel-max: stability, independence of the order of levels, and counterfactual stability."""

import numpy as np
import pandas as pd
import pytest
import torch

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, GumbelMax, Levels, frequencies
from causalsim.scm.mechanism import Coupling
from causalsim.scm.mechanisms.parts.chances import Table

ARM = Levels(("drug", "placebo"))
OUTCOMES = ("ill", "better", "well")


def trial(order: tuple[str, ...] = OUTCOMES) -> SCM:
    """Under the drug every other level loses against 'well'."""
    rows = {
        "drug": {"ill": 0.1, "better": 0.3, "well": 0.6},
        "placebo": dict.fromkeys(OUTCOMES, 1 / 3),
    }
    table = torch.tensor([[rows[arm][level] for level in order] for arm in ARM.levels]).double()
    return SCM(
        Graph("arm -> y"),
        {
            "arm": frequencies({"drug": 0.5, "placebo": 0.5}),
            "y": GumbelMax(Table(("arm",), (ARM,), table), Levels(order)),
        },
    )


def test_counterfactual_stability() -> None:
    """Who was well on placebo is well on the drug: its odds rose against every other level."""
    rows = pd.DataFrame({"arm": ["placebo"] * 500, "y": ["well"] * 500})
    result = trial().counterfactual(rows, do={"arm": "drug"}, seed=1)
    assert (result["y"] == "well").all()
    assert result.diagnostics.couplings == (("y", Coupling.GUMBEL),)


def test_the_counterfactual_of_a_falling_level_agrees_with_brute_force() -> None:
    """P(y_placebo | drug, well) by rejection from the prior of the noise, in plain numpy."""
    n = 400_000
    gumbels = np.random.default_rng(1).gumbel(size=(n, 3))
    seen = (np.log([0.1, 0.3, 0.6]) + gumbels).argmax(axis=1)
    other = (np.log([1 / 3] * 3) + gumbels).argmax(axis=1)
    kept = other[seen == 2]
    expected = np.bincount(kept, minlength=3) / len(kept)
    draws = 40_000
    one = pd.DataFrame({"arm": ["drug"], "y": ["well"]})
    result = trial().counterfactual(one, do={"arm": "placebo"}, draws=draws, seed=2)
    for level, chance in zip(OUTCOMES, expected, strict=True):
        error = (chance * (1 - chance) * (1 / draws + 1 / len(kept))) ** 0.5
        assert abs(result.probability("y", level)[0] - chance) < 4 * error


def test_the_order_of_the_levels_does_not_matter() -> None:
    draws = 40_000
    one = pd.DataFrame({"arm": ["drug"], "y": ["better"]})
    found = [
        trial(order).counterfactual(one, do={"arm": "placebo"}, draws=draws, seed=seed)
        for seed, order in enumerate((OUTCOMES, OUTCOMES[::-1]))
    ]
    for level in OUTCOMES:
        chances = [result.probability("y", level)[0] for result in found]
        error = (2 * chances[0] * (1 - chances[0]) / draws) ** 0.5
        assert abs(chances[0] - chances[1]) <= 4 * error


def test_three_names_are_coupled_by_gumbel_and_two_by_a_threshold() -> None:
    rows = pd.DataFrame({"two": ["a", "b"] * 30, "three": ["a", "b", "c"] * 20})
    model = SCM.fit(Graph("", nodes=["two", "three"]), rows)
    assert model.mechanisms["two"].coupling is Coupling.THRESHOLD
    assert model.mechanisms["three"].coupling is Coupling.GUMBEL
    noises = model.abduct(rows)
    assert list(noises.columns) == ["U_two", "U_three[a]", "U_three[b]", "U_three[c]"]


def test_levels_of_probability_zero() -> None:
    table = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64)
    model = SCM(Graph("", nodes=["y"]), {"y": GumbelMax(Table((), (), table), Levels(OUTCOMES))})
    noises = model.abduct(pd.DataFrame({"y": ["ill"] * 4000}), seed=1)
    assert abs(noises["U_y[well]"].mean() - np.euler_gamma) < 4 * np.pi / 6**0.5 / 4000**0.5
    with pytest.raises(ModelError, match="probability zero to the value of 'y' in 1 row"):
        model.abduct(pd.DataFrame({"y": ["ill", "well"]}))
