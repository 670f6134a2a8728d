"""Printed counterfactuals: the Primer's chapter 4, the firing squad, Tian and Pearl, Simpson.

Sources: Pearl, Glymour and Jewell, *Causal Inference in Statistics: A Primer* (2016); Pearl,
*Causality* (2009), sections 7.1.2 and 9.3; Tian and Pearl, "Probabilities of causation: bounds and
identification" (2000).
"""

import pandas as pd
import pyro.distributions as dist
import pytest
import torch

from causalsim import Graph
from causalsim.estimand.contrasts import (
    average_effect,
    controlled_direct_effect,
    natural_direct_effect,
    natural_indirect_effect,
    probability_of_necessity,
    probability_of_necessity_and_sufficiency,
    probability_of_sufficiency,
)
from causalsim.scm import SCM, Edge, Levels, Shift, frequencies, linear, table

BINARY = Levels((0, 1))


def yes(chances: dict[tuple[int, ...], float]) -> dict[tuple[int, ...], list[float]]:
    return {key: [1 - chance, chance] for key, chance in chances.items()}


def binary(parents: list[str], chances: dict[tuple[int, ...], float]) -> object:
    return table(parents, yes(chances), levels=[0, 1], domains=[BINARY] * len(parents))


def encouragement() -> SCM:
    """The Primer's figure 4.1: encouragement, homework, score."""
    return SCM(
        Graph("X -> H -> Y <- X"),
        {"X": linear({}), "H": linear({"X": 0.5}), "Y": linear({"X": 0.7, "H": 0.4})},
    )


def test_primer_table_4_1_potential_outcomes_of_three_units() -> None:
    """X = aU, Y = bX + U with a = b = 1: the rows u = 1, 2, 3."""
    model = SCM.from_equations(
        {"X": lambda U: U, "Y": lambda X, U: X + U}, noises={"U": dist.Normal(0.0, 1.0)}
    )
    seen = pd.DataFrame({"X": [1.0, 2.0, 3.0], "Y": [2.0, 4.0, 6.0]})
    found = model.worlds({str(x): {"X": float(x)} for x in (1, 2, 3)}, seen)
    printed = {"1": [2, 3, 4], "2": [3, 4, 5], "3": [4, 5, 6]}
    assert {x: found[x]["Y"].round(9).tolist() for x in printed} == printed
    assert model.counterfactual(seen, do={"Y": 1.0})["X"].tolist() == [1, 2, 3]


def test_primer_4_2_3_joes_score_had_his_homework_doubled() -> None:
    model = encouragement()
    joe = pd.DataFrame({"X": [0.5], "H": [1.0], "Y": [1.5]})
    noise = model.abduct(joe)
    assert noise.iloc[0].tolist() == pytest.approx([0.5, 0.75, 0.75])
    assert model.counterfactual(joe, do={"H": 2.0})["Y"][0] == pytest.approx(1.90)
    answer = model.answer("E[Y(H=2) | X=0.5, H=1, Y=1.5]")
    assert answer.exact
    assert answer.value == pytest.approx(1.90)


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.5), (0.3, 0.8)])
def test_primer_4_3_2_salary_after_education_among_the_skilled(first: float, second: float) -> None:
    """X = U1, Z = X + U2, Y = bZ: E[Y_1 | Z=1] and E[Y_0 | Z=1] in closed form."""
    b, skill = 2, dist.Bernoulli(torch.tensor(second))
    model = SCM.from_equations(
        {
            "X": dist.Bernoulli(torch.tensor(first)),
            "Z": lambda X, u=skill: X + u,
            "Y": lambda Z: b * Z,
        },
        levels={"Z": (0, 1, 2), "Y": (0, 2, 4)},
    )
    skilled = (1 - first) * second
    share = skilled / (skilled + first * (1 - second))
    assert model.answer("E[Y(X=1) | Z=1]").value == pytest.approx(b * (1 + share), abs=1e-6)
    assert model.answer("E[Y(X=0) | Z=1]").value == pytest.approx(b * share, abs=1e-6)


def test_primer_4_4_2_an_additive_intervention_is_a_shift() -> None:
    """E[Y(X = x + q)] moves by the total effect times q, for each unit by exactly that."""
    model = encouragement()
    rows = model.sample(50, seed=1)
    gain = model.counterfactual(rows, do={"X": Shift(2.0)})["Y"] - rows["Y"]
    assert gain.to_numpy() == pytest.approx(2.0 * (0.7 + 0.4 * 0.5))


def homework() -> SCM:
    """The Primer's section 4.5.2: a training programme, homework, passing."""
    return SCM(
        Graph("T -> M -> Y <- T"),
        {
            "T": frequencies({0: 0.5, 1: 0.5}),
            "M": binary(["T"], {(0,): 0.40, (1,): 0.75}),
            "Y": binary(["T", "M"], {(1, 1): 0.80, (1, 0): 0.40, (0, 1): 0.30, (0, 0): 0.20}),
        },
    )


def test_primer_4_5_2_the_mediation_formula_on_its_own_numbers() -> None:
    model = homework()
    direct = model.answer(natural_direct_effect("Y", "T", "M")).value
    indirect = model.answer(natural_indirect_effect("Y", "T", "M")).value
    total = model.answer(average_effect("Y", "T")).value
    assert direct == pytest.approx(0.32)
    assert indirect == pytest.approx(0.035)
    assert total == pytest.approx(0.46)
    assert indirect / total == pytest.approx(0.07, abs=0.01)
    assert 1 - direct / total == pytest.approx(0.304, abs=0.001)
    assert model.answer(controlled_direct_effect("Y", "T", {"M": 0})).value == pytest.approx(0.2)


def test_primer_4_5_2_by_actions_on_single_arrows() -> None:
    """The natural direct effect is the effect of T along its own arrow into Y alone."""
    model = homework()
    worlds = {
        "base": {"T": 0},
        "direct": {"T": 0, Edge("T", "Y"): 1},
        "indirect": {"T": 0, Edge("T", "M"): 1},
    }
    found = {name: model.do(done).answer("E[Y]") for name, done in worlds.items()}
    assert all(answer.exact for answer in found.values())
    assert found["direct"].value - found["base"].value == pytest.approx(0.32)
    assert found["indirect"].value - found["base"].value == pytest.approx(0.035)


@pytest.mark.parametrize(("order", "nervous"), [(0.5, 0.1), (0.2, 0.6)])
def test_causality_7_1_2_the_firing_squad(order: float, nervous: float) -> None:
    """P(D alive had A not shot | D dead) = q (1 - p) / (1 - (1 - q)(1 - p))."""
    shaky = dist.Bernoulli(torch.tensor(nervous))
    model = SCM.from_equations(
        {
            "C": dist.Bernoulli(torch.tensor(order)),
            "A": lambda C, w=shaky: torch.maximum(C, w),
            "B": lambda C: C,
            "D": lambda A, B: torch.maximum(A, B),
        },
        levels=dict.fromkeys("CABD", (0, 1)),
    )
    expected = nervous * (1 - order) / (1 - (1 - nervous) * (1 - order))
    assert model.answer("P(D(A=0)=0 | D=1)").value == pytest.approx(expected, abs=1e-6)


def test_tian_pearl_the_drug_and_the_deaths() -> None:
    """The legal case of Tian and Pearl (Causality, section 9.3), with no one saved by the drug.

    Among takers 2 of 1000 die, among others 28 of 1000; in the trial 16 and 14 of 1000. Then the
    drug surely killed those takers who died: PN = 1, PS = 0.002/0.972, PNS = 0.002.
    """
    kinds = ("never", "only with it", "always")
    model = SCM(
        Graph("kind -> drug; kind -> death <- drug"),
        {
            "kind": frequencies({kinds[2]: 0.014, kinds[0]: 0.984, kinds[1]: 0.002}),
            "drug": table(
                ["kind"],
                # P(drug | kind) by Bayes from P(kind | drug), half of the people taking it.
                yes({(kinds[0],): 0.499 / 0.984, (kinds[1],): 0.5, (kinds[2],): 0.0}),
                levels=[0, 1],
                domains=[Levels((kinds[2], kinds[0], kinds[1]))],
            ),
            "death": table(
                ["kind", "drug"],
                yes(
                    {
                        (k, d): float(k == kinds[2] or (k == kinds[1] and d))
                        for k in kinds
                        for d in (0, 1)
                    }
                ),
                levels=[0, 1],
                domains=[Levels((kinds[2], kinds[0], kinds[1])), BINARY],
            ),
        },
    )
    value = {
        text: model.answer(text).value
        for text in (
            "P(death=1 | drug=1)",
            "P(death=1 | drug=0)",
            "P(death(drug=1)=1)",
            "P(death(drug=0)=1)",
        )
    }
    assert list(value.values()) == pytest.approx([0.002, 0.028, 0.016, 0.014], abs=1e-12)
    causes = [
        probability_of_necessity("death", "drug"),
        probability_of_sufficiency("death", "drug"),
        probability_of_necessity_and_sufficiency("death", "drug"),
    ]
    found = [model.answer(question).value for question in causes]
    assert found == pytest.approx([1.0, 0.002 / 0.972, 0.002], abs=1e-12)


def test_simpsons_reversal_by_the_primers_table_1_1() -> None:
    """Recovery 273/350 with the drug and 289/350 without, yet better with it for both sexes."""
    model = SCM(
        Graph("sex -> drug -> recovery <- sex"),
        {
            "sex": frequencies({"female": 343 / 700, "male": 357 / 700}),
            "drug": table(
                ["sex"],
                yes({("female",): 263 / 343, ("male",): 87 / 357}),
                levels=[0, 1],
                domains=[Levels(("female", "male"))],
            ),
            "recovery": table(
                ["sex", "drug"],
                yes(
                    {
                        ("male", 1): 81 / 87,
                        ("male", 0): 234 / 270,
                        ("female", 1): 192 / 263,
                        ("female", 0): 55 / 80,
                    }
                ),
                levels=[0, 1],
                domains=[Levels(("female", "male")), BINARY],
            ),
        },
    )
    assert model.answer("P(recovery=1 | drug=1)").value == pytest.approx(0.78, abs=5e-3)
    assert model.answer("P(recovery=1 | drug=0)").value == pytest.approx(0.83, abs=5e-3)
    with_drug, without = (
        model.answer(f"P(recovery=1 | do(drug={level}))").value for level in (1, 0)
    )
    # The Primer prints .832 and .7818, from rates rounded to two digits.
    assert with_drug == pytest.approx(0.832, abs=0.001)
    assert without == pytest.approx(0.7818, abs=0.004)
    assert with_drug - without > 0.05
