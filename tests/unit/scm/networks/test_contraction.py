"""Exact contraction: what it takes, gives and refuses."""

import numpy as np
import pyro.distributions as dist
import pytest
import torch

from causalsim import Graph
from causalsim.errors.contraction import ContractionError
from causalsim.errors.model import ModelError
from causalsim.scm import SCM, GumbelMax, Levels, Threshold, frequencies, linear, table
from causalsim.scm.mechanisms.parts.chances import Table
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.networks import Place, contract, contraction
from causalsim.scm.networks.argmax_cells import argmax_cells
from causalsim.scm.networks.noise_cells import noise_cells
from causalsim.scm.networks.pair_laws import gumbel_pair, threshold_pair

BINARY = Levels((0, 1))
ROWS = {(0,): [0.7, 0.3], (1,): [0.4, 0.6]}


def _drug() -> SCM:
    return SCM(
        Graph("x -> y"),
        {
            "x": frequencies({0: 0.5, 1: 0.5}),
            "y": table(["x"], ROWS, levels=[0, 1], domains=[BINARY]),
        },
    )


DRUG = _drug()
WORLDS = {"": DRUG.mechanisms, "no": DRUG.do(x=0).mechanisms}
SEEN = {Place("", "x"): 1, Place("", "y"): 1}


def test_places_may_be_plain_pairs() -> None:
    found = contract(WORLDS, [("no", "y")], {("", "x"): 1, ("", "y"): 1})
    assert found.probabilities == pytest.approx([0.5, 0.5])


def test_patterns_of_evidence_come_back_in_their_order() -> None:
    ready = contraction(WORLDS, [Place("no", "y")], SEEN)
    x, y = np.array([1, 0, 1, 1, 0]), np.array([1, 1, 0, 1, 0])
    several = ready({Place("", "x"): x, Place("", "y"): y})
    assert several.probabilities.shape == (5, 2)
    for row in range(5):
        one = ready({Place("", "x"): int(x[row]), Place("", "y"): int(y[row])})
        assert several.probabilities[row] == pytest.approx(one.probabilities, abs=1e-14)
    assert several.evidence == pytest.approx([0.3, 0.15, 0.2, 0.3, 0.35])


def test_what_is_known_may_be_asked_and_asked_twice() -> None:
    places = [Place("", "y"), Place("no", "y"), Place("no", "y")]
    found = contract(WORLDS, places, SEEN).probabilities
    assert found[1].sum() == pytest.approx(1.0)
    assert found[1, 0, 0] == pytest.approx(0.5)
    assert found[1, 0, 1] == 0.0


def test_probability_of_some_targets() -> None:
    found = contract(WORLDS, [Place("", "y"), Place("no", "y")], {})
    # P(y = 1, y_0 = 0): recovered because of the treatment.
    assert found.probability({Place("", "y"): 1, Place("no", "y"): 0}) == pytest.approx(0.15)
    assert found.probability({Place("no", "y"): 0}) == pytest.approx(0.7)
    with pytest.raises(ContractionError, match="not about"):
        found.probability({Place("no", "x"): 0})


def test_it_says_what_it_assumed_and_cost() -> None:
    found = contract(WORLDS, [Place("no", "y")], SEEN)
    assert "y by threshold" in str(found)
    assert "operations" in str(found)


def test_evidence_may_stand_in_several_worlds() -> None:
    worlds = {**WORLDS, "yes": DRUG.do(x=1).mechanisms}
    helped = {Place("yes", "y"): 1, Place("no", "y"): 0}
    found = contract(worlds, [Place("", "x"), Place("", "y")], helped)
    # Those whom the treatment helps recover exactly where they are treated.
    assert found.evidence == pytest.approx(0.3)
    assert found.probabilities == pytest.approx(np.array([[0.5, 0.0], [0.0, 0.5]]))


@pytest.mark.parametrize(
    "equation",
    [
        lambda x, u=dist.Uniform(0.0, 1.0): u >= 0.7 - 0.3 * x,  # noqa: B008
        lambda x, u=dist.Uniform(0.0, 1.0): u < 0.3 + 0.3 * x,  # noqa: B008
        lambda x, u=dist.Normal(0.0, 1.0): u < dist.Normal(0.0, 1.0).icdf(0.3 + 0.3 * x),  # noqa: B008
    ],
)
def test_equations_over_levels_are_cut_where_they_step(equation: object) -> None:
    model = SCM.from_equations({"x": dist.Bernoulli(torch.tensor(0.5).double()), "y": equation})
    worlds = {"": model.mechanisms, "no": model.do(x=0).mechanisms}
    found = contract(worlds, [Place("no", "y")], SEEN)
    assert found.probabilities == pytest.approx([0.5, 0.5], abs=1e-12)


def test_a_hidden_finite_cause_is_summed_over() -> None:
    half = torch.tensor(0.5).double()
    model = SCM.from_equations(
        {"x": lambda w: w > 0.5, "y": lambda x, w: x != (w > 0.5)},
        noises={"w": dist.Bernoulli(half)},
    )
    worlds = {"": model.mechanisms, "other": model.do(x=True).mechanisms}
    found = contract(worlds, [Place("other", "y")], {Place("", "x"): False})
    assert found.probabilities == pytest.approx([0.0, 1.0])


def test_equal_breakpoints_are_one() -> None:
    rows = torch.tensor([[0.1, 0.2, 0.7], [0.3, 0.0, 0.7]], dtype=torch.float64)
    assert 0.1 + 0.2 != 0.3
    mechanism = Threshold(Table(("x",), (BINARY,), rows), Levels((0, 1, 2)))
    cells = noise_cells("y", [(mechanism, {"x": torch.tensor([0.0, 1.0]).double()})], 100)
    assert cells.chances.tolist() == pytest.approx([0.1, 0.2, 0.7])


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_two_derivations_of_the_gumbel_law_agree(size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(40 // size):
        p, q = rng.dirichlet(np.full(size, rng.choice([0.1, 1.0])), 2)
        if rng.random() < 0.3:
            q[rng.integers(size)] = 0.0
            q /= q.sum()
        chances, noises = argmax_cells("y", torch.tensor(np.stack([p, q])), 1000)
        with np.errstate(divide="ignore"):
            won = [(np.log(row) + noises.numpy()).argmax(axis=1) for row in (p, q)]
        law = np.zeros((size, size))
        np.add.at(law, tuple(won), chances.numpy())
        assert gumbel_pair(p[None], q[None])[0] == pytest.approx(law, abs=1e-13)


def test_the_gumbel_law_is_that_of_draws() -> None:
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.6, 0.3])
    noise = np.random.default_rng(0).gumbel(size=(200_000, 3))
    won = [(np.log(row) + noise).argmax(axis=1) for row in (p, q)]
    law = gumbel_pair(p[None], q[None])[0]
    for a in range(3):
        for b in range(3):
            share = float(((won[0] == a) & (won[1] == b)).mean())
            error = np.sqrt(law[a, b] * (1 - law[a, b]) / 200_000)
            assert abs(share - law[a, b]) <= 4 * error + 1e-12


def test_cells_of_many_rows_are_as_many_as_the_formula_says() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 8)
    chances, _ = argmax_cells("y", torch.tensor(rows), 1000)
    assert len(chances) == 45  # (8 + 2)! / (8! 2!)
    assert float(chances.sum()) == pytest.approx(1.0, abs=1e-14)


def test_two_levels_by_gumbel_are_a_threshold() -> None:
    rows = np.random.default_rng(1).dirichlet(np.ones(2), (2, 5))
    assert gumbel_pair(*rows) == pytest.approx(threshold_pair(*rows), abs=1e-14)


REFUSALS = [
    (SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 1.0})}), "continuous"),
    (
        SCM.from_equations(
            {"x": lambda u, v=dist.Normal(0.0, 1.0): u + v > 0, "y": lambda x, u: x != (u > 0)},  # noqa: B008
            noises={"u": dist.Normal(0.0, 1.0)},
        ),
        "continuous noise that several equations read",
    ),
    (
        SCM.from_equations(
            {
                "x": dist.Bernoulli(0.5),
                "y": lambda x, u=dist.Normal(0.0, 1.0): torch.sin(9 * u) + x > 0.5,  # noqa: B008
            }
        ),
        "neither rises nor falls",
    ),
]


@pytest.mark.parametrize("model, reason", REFUSALS)
def test_what_is_not_discrete_is_refused(model: SCM, reason: str) -> None:
    with pytest.raises(ContractionError, match=reason):
        contract({"": model.mechanisms}, [Place("", "y")], {})


def test_one_value_a_unit_is_refused() -> None:
    world = DRUG.do(x=np.array([0, 1])).mechanisms
    with pytest.raises(ContractionError, match="one value a unit"):
        contract({"": world}, [Place("", "y")], {})


def test_too_large_is_refused_with_its_size() -> None:
    nodes = [f"x{i}" for i in range(26)]
    mechanisms = {node: frequencies({0: 0.5, 1: 0.5}) for node in nodes}
    model = SCM(Graph([], nodes=nodes), mechanisms)
    with pytest.raises(ContractionError, match=r"6\.71e\+07 numbers"):
        contract({"": model.mechanisms}, [Place("", node) for node in nodes], {})


def test_too_many_gumbel_cells_are_refused() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(5), 40)
    with pytest.raises(ContractionError, match="winners of 'y'"):
        argmax_cells("y", torch.tensor(rows), 500)


def test_too_many_levels_of_gumbel_noise_are_refused_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("causalsim.scm.networks.argmax_cells._MOST_TERMS", 20_000)
    rows = np.random.default_rng(0).dirichlet(np.ones(9), 3)
    with pytest.raises(ContractionError, match="integrals over the Gumbel noises of 'y'"):
        argmax_cells("y", torch.tensor(rows), 20_000)


@pytest.mark.parametrize(
    "targets, evidence, error, match",
    [
        ([], {}, ContractionError, "No variable"),
        ([Place("", "z")], {}, ModelError, "no variable 'z'"),
        ([Place("w", "y")], {}, ContractionError, "no world 'w'"),
        (["y"], {}, ContractionError, "a world and a variable"),
        ([Place("", "y")], {Place("", "x"): 7}, ModelError, "cannot be 7"),
        ([Place("", "y")], {Place("no", "x"): 1}, ContractionError, "probability zero"),
        ([Place("", "y")], {Place("", "x"): np.zeros((2, 2))}, ContractionError, "shape"),
    ],
)
def test_bad_questions(targets: list, evidence: dict, error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        contract(WORLDS, targets, evidence)


def test_evidence_on_other_places_than_prepared() -> None:
    ready = contraction(WORLDS, [Place("no", "y")], SEEN)
    with pytest.raises(ContractionError, match="was made for evidence on"):
        ready({Place("", "x"): 1})


def test_contradicting_worlds_are_impossible() -> None:
    same = {"": DRUG.mechanisms, "twin": DRUG.mechanisms}
    with pytest.raises(ContractionError, match="probability zero"):
        contract(same, [Place("", "y")], {Place("", "x"): 0, Place("twin", "x"): 1})


def test_named_levels_and_gumbel_in_three_worlds() -> None:
    levels = ("bus", "car", "train")
    rows = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]]).double()
    domain = Levels(("low", "mid", "high"))
    model = SCM(
        Graph("price -> mode"),
        {
            "price": frequencies({"low": 0.2, "mid": 0.3, "high": 0.5}),
            "mode": GumbelMax(Table(("price",), (domain,), rows), Levels(levels)),
        },
    )
    worlds = {name: model.do(price=name).mechanisms for name in domain.levels}
    places = [Place(str(name), "mode") for name in domain.levels]
    found = contract(worlds, places, {}).probabilities
    noise = np.random.default_rng(0).gumbel(size=(200_000, 3))
    won = [(np.log(row) + noise).argmax(axis=1) for row in rows.numpy()]
    for place in np.ndindex(3, 3, 3):
        share = float(np.all([w == k for w, k in zip(won, place, strict=True)], axis=0).mean())
        error = np.sqrt(found[place] * (1 - found[place]) / 200_000)
        assert abs(share - found[place]) <= 4.5 * error + 1e-9


def test_a_mechanism_that_says_another_coupling_than_it_has_is_refused() -> None:
    class Odd:
        parents = ("x",)
        domain = Levels((0, 1, 2))
        noise = DRUG.mechanisms["y"].noise
        coupling = DRUG.mechanisms["y"].coupling
        rows = torch.tensor([[0.2, 0.3, 0.5], [0.5, 0.25, 0.25]], dtype=torch.float64)

        def given(self, parents: dict) -> object:
            return LevelDistribution(self.rows[parents["x"].long()], self.domain.points)

        def produce(self, parents: dict, noise: torch.Tensor) -> torch.Tensor:
            # The levels in another order than they are listed.
            rows = self.rows[parents["x"].long()][..., [1, 0, 2]].cumsum(dim=-1)
            code = (noise.unsqueeze(-1) >= rows[..., :-1]).sum(dim=-1)
            return torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)[code]

    x = DRUG.mechanisms["x"]
    odd = Odd()
    worlds = {str(level): {"x": DRUG.do(x=level).mechanisms["x"], "y": odd} for level in (0, 1)}
    worlds[""] = {"x": x, "y": odd}
    with pytest.raises(ContractionError, match="not follow from its noise"):
        contract(worlds, [Place("0", "y"), Place("1", "y")], {})  # type: ignore[arg-type]
