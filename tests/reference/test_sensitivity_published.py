"""Published robustness values, bounds and E-values."""

import json
import math
from pathlib import Path

import pytest

from causalsim.checks.sensitivity import Robustness, e_value
from causalsim.estimand.query import Query
from causalsim.estimation import Effect
from causalsim.estimation.recipe import Recipe

PUBLISHED = json.loads((Path(__file__).parent / "sensitivity.json").read_text())
DARFUR = PUBLISHED["darfur"]
FOUND = Robustness(
    DARFUR["estimate"],
    DARFUR["standard_error"],
    DARFUR["standard_error"] * math.sqrt(DARFUR["dof"]),
    DARFUR["dof"],
)


def test_darfur_robustness_values() -> None:
    assert FOUND.robustness_value() == pytest.approx(DARFUR["robustness_value"], abs=5e-5)
    assert FOUND.robustness_limit() == pytest.approx(DARFUR["robustness_limit"], abs=5e-5)


@pytest.mark.parametrize("row", DARFUR["benchmarks"], ids=lambda row: f"{row['times']} x female")
def test_darfur_bounds_by_female(row: dict[str, float]) -> None:
    made = FOUND.benchmark("female", *DARFUR["female"].values(), row["times"])
    for name in ("treatment_share", "outcome_share", "value", "low", "high"):
        assert getattr(made, name) == pytest.approx(row[name], abs=1e-4), name


@pytest.mark.parametrize("row", PUBLISHED["e_value"]["ratios"], ids=lambda row: f"RR {row[0]}")
def test_e_values(row: list[float]) -> None:
    import numpy as np

    ratio, expected, tolerance = row
    recipe = Recipe(None, "none", 1, Query("y", do="a"), 1, 0, (), "", "", "")
    effect = Effect(ratio, np.zeros(4), "IPW", "average ratio", recipe, multiplicative=True)
    assert e_value(effect).value == pytest.approx(expected, abs=tolerance)


def test_darfur_partial_share() -> None:
    assert FOUND.extreme_share == pytest.approx(DARFUR["partial_share"], abs=5e-5)


def test_rosenbaum_bounds_of_lead_in_children() -> None:
    from causalsim.checks.sensitivity import rosenbaum

    lead = PUBLISHED["lead"]
    differences = [a - b for a, b in zip(lead["exposed"], lead["control"], strict=True)]
    found = rosenbaum(differences, gammas=[gamma for gamma, _ in lead["largest"]])
    made = dict(zip(found.gammas, found.largest, strict=True))
    assert made[1.0] < 0.0001
    for gamma, expected in lead["largest"]:
        assert made[gamma] == pytest.approx(expected, abs=5e-5)
    assert 4.25 < found.limit < 4.35
