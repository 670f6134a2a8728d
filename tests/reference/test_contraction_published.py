"""Published counterfactuals of models over levels, by contraction and by bounds over couplings."""

import numpy as np
import pyro.distributions as dist
import pytest
import torch

from causalsim import Graph
from causalsim.scm import SCM, From, GumbelMax, Levels, Threshold, frequencies, table
from causalsim.scm.mechanisms.parts.chances import Table
from causalsim.scm.networks import Place, contract
from causalsim.scm.networks.pair_laws import gumbel_pair, threshold_pair

BINARY = Levels((0, 1))


def _table(
    parents: list[str], rows: dict[tuple[int, ...], float], levels: list[Levels]
) -> Threshold:
    """A binary variable by its probability of being one."""
    both = {key: [1 - chance, chance] for key, chance in rows.items()}
    return table(parents, both, levels=[0, 1], domains=levels)


# Pearl, Glymour and Jewell, "Causal inference in statistics: a primer" (2016), table 1.1: of 350
# patients with the drug and 350 without, how many recovered, men and women apart. The book
# rounds the rates to two digits.
RECOVERED = {(1, 0): (81, 87), (0, 0): (234, 270), (1, 1): (192, 263), (0, 1): (55, 80)}


def _simpson() -> SCM:
    men = sum(count for (_, woman), (_, count) in RECOVERED.items() if not woman)
    women = sum(count for (_, woman), (_, count) in RECOVERED.items() if woman)
    treated = {w: RECOVERED[1, w][1] / (RECOVERED[1, w][1] + RECOVERED[0, w][1]) for w in (0, 1)}
    return SCM(
        Graph("z -> x -> y <- z"),
        {
            "z": frequencies({0: men / (men + women), 1: women / (men + women)}),
            "x": _table(["z"], {(w,): treated[w] for w in (0, 1)}, [BINARY]),
            "y": _table(
                ["x", "z"],
                {key: round(a / b, 2) for key, (a, b) in RECOVERED.items()},
                [BINARY, BINARY],
            ),
        },
    )


def test_simpsons_reversal_as_the_primer_resolves_it() -> None:
    model = _simpson()
    y = [Place("", "y")]
    acted = [contract({"": model.do(x=x).mechanisms}, y, {}).probabilities[1] for x in (0, 1)]
    # Section 3.2, from rounded rates: P(Y = 1 | do(X = 1)) = 0.832, P(Y = 1 | do(X = 0)) = 0.7818.
    assert acted[1] == pytest.approx(0.832, abs=5e-4)
    assert acted[0] == pytest.approx(0.7818, abs=5e-4)
    seen = [
        contract({"": model.mechanisms}, y, {Place("", "x"): x}).probabilities[1] for x in (0, 1)
    ]
    # Table 1.1: 78 % of the treated and 83 % of the untreated recovered.
    assert seen[1] == pytest.approx(0.78, abs=5e-3)
    assert seen[0] == pytest.approx(0.83, abs=5e-3)


@pytest.mark.parametrize("family", [Threshold, GumbelMax])
def test_the_primers_mediated_training(family: type[Threshold] | type[GumbelMax]) -> None:
    # Section 4.5.3: training T, homework M, exam Y; NDE = 0.32, NIE = 0.035, TE = 0.46.
    m = torch.tensor([[0.6, 0.4], [0.25, 0.75]]).double()
    y = torch.tensor([[[0.8, 0.2], [0.7, 0.3]], [[0.6, 0.4], [0.2, 0.8]]]).double()
    model = SCM(
        Graph("T -> M -> Y <- T"),
        {
            "T": frequencies({0: 0.5, 1: 0.5}),
            "M": family(Table(("T",), (BINARY,), m), BINARY),
            "Y": family(Table(("T", "M"), (BINARY, BINARY), y), BINARY),
        },
    )
    worlds = {
        "": model.mechanisms,
        "control": model.do(T=0).mechanisms,
        "treated": model.do(T=1).mechanisms,
        "direct": {**model.do(T=1).mechanisms},
        "indirect": {**model.do(T=0).mechanisms},
    }
    for world, source in (("direct", "control"), ("indirect", "treated")):
        domains = {node: mechanism.domain for node, mechanism in model.mechanisms.items()}
        worlds[world]["M"] = From(source).impose("M", model.mechanisms["M"], domains)
    mean = {
        world: contract(worlds, [Place(world, "Y")], {}).probabilities[1]
        for world in ("control", "treated", "direct", "indirect")
    }
    assert mean["direct"] - mean["control"] == pytest.approx(0.32, abs=1e-7)
    assert mean["indirect"] - mean["control"] == pytest.approx(0.035, abs=1e-7)
    assert mean["treated"] - mean["control"] == pytest.approx(0.46, abs=1e-7)
    # Without hidden causes they are identified: no coupling changes them.
    found = model.bounds("E[Y(T=1, M(T=0))] - E[Y(T=0)]")
    assert found.identified
    assert found.lower == pytest.approx(0.32, abs=1e-7)


# Tian and Pearl, "Probabilities of causation: bounds and identification" (2000), section 5.2: of
# 1,000 with the drug in an experiment 16 died, of 1,000 without 14; where people chose, 2 of 1,000
# with it and 28 of 1,000 without. All with the drug who died would have lived: PN = 1. The bounds
# of PNS are 0.002 and 0.016.
@pytest.mark.parametrize("both, pns", [(0.0, 0.016), (0.014, 0.002)])
def test_tian_and_pearls_fatal_drug(both: float, pns: float) -> None:
    # Types of people (choice, death with the drug, death without) that make both studies.
    types = {
        (1, 1, 0): 0.001,
        (1, 0, 0): 0.499,
        (0, 1, 1): both,
        (0, 1, 0): 0.015 - both,
        (0, 0, 1): 0.014 - both,
        (0, 0, 0): 0.471 + both,
    }
    kinds = torch.tensor(list(types), dtype=torch.float64)
    weights = torch.tensor(list(types.values()), dtype=torch.float64)

    def choice(kind: torch.Tensor) -> torch.Tensor:
        return kinds[kind.long(), 0] > 0.5

    def death(drug: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
        return torch.where(drug > 0.5, kinds[kind.long(), 1], kinds[kind.long(), 2]) > 0.5

    model = SCM.from_equations(
        {"drug": choice, "death": death}, noises={"kind": dist.Categorical(weights)}
    )
    worlds = {
        "": model.mechanisms,
        "with": model.do(drug=True).mechanisms,
        "without": model.do(drug=False).mechanisms,
    }
    died = {Place("", "drug"): True, Place("", "death"): True}
    necessity = contract(worlds, [Place("without", "death")], died).probabilities[0]
    assert necessity == pytest.approx(1.0)
    pair = [Place("with", "death"), Place("without", "death")]
    assert contract(worlds, pair, {}).probabilities[1, 0] == pytest.approx(pns)
    for world, deaths in (("with", 0.016), ("without", 0.014)):
        assert contract(worlds, [Place(world, "death")], {}).probabilities[1] == pytest.approx(
            deaths
        )


@pytest.mark.parametrize("with_, without", [(0.6, 0.3), (0.2, 0.7), (30 / 69160, 16 / 59026)])
def test_tian_and_pearls_bounds_without_confounding(with_: float, without: float) -> None:
    # Tian and Pearl (2000), section 4.2.1, exogeneity: equations 24 to 26. The last case is their
    # radiation study (Finkelstein and Levin): leukaemia with and without exposure.
    model = SCM(
        Graph("x -> y"),
        {
            "x": frequencies({0: 0.5, 1: 0.5}),
            "y": _table(["x"], {(0,): without, (1,): with_}, [BINARY]),
        },
    )
    low, high = max(0.0, with_ - without), min(with_, 1 - without)
    for text, share in (
        ("P(y(x=1)=1, y(x=0)=0)", 1.0),
        ("P(y(x=0)=0 | x=1, y=1)", with_),
        ("P(y(x=1)=1 | x=0, y=0)", 1 - without),
    ):
        found = model.bounds(text)
        assert found.sharp
        assert found.lower == pytest.approx(low / share, abs=1e-12)
        assert found.upper == pytest.approx(high / share, abs=1e-12)


def test_oberst_and_sontags_stability() -> None:
    """Definition 4 and theorem 2: a level gives way only to one whose odds against it rose."""
    rng = np.random.default_rng(0)
    one, other = rng.dirichlet(np.ones(4), 50), rng.dirichlet(np.ones(4), 50)
    law = gumbel_pair(one, other)
    ratio = other / one
    stable = ratio[:, :, None] >= ratio[:, None, :]
    # P(was i, would be j) is zero wherever p'_i / p_i >= p'_j / p_j.
    off = ~np.eye(4, dtype=bool)
    assert np.abs(law[stable & off]).max() == 0.0
    assert law[~stable & off].min() > 0.0
    # Thresholds are not stable: they move units to levels that lost, if these lie on the way.
    assert threshold_pair(one, other)[stable & off].max() > 0.01


def test_oberst_and_sontags_binary_case_is_monotone() -> None:
    """Their theorem 1: with two levels stability is monotonicity, so the answer is identified."""
    rows = np.random.default_rng(0).dirichlet(np.ones(2), (2, 20))
    assert gumbel_pair(*rows) == pytest.approx(threshold_pair(*rows), abs=1e-14)


def test_a_latent_confounder_whose_noise_must_be_shared() -> None:
    """Where ChiRho draws fresh noise in each world it gives 0.489; the exact answer is 0.601.

    Z is normal, logit P(X = 1) = Z and logit P(Y = 1) = 0.8 Z + 1.5 X - 0.5; asked is
    P(Y(X=0) = 1 | X = 1, Y = 1). ChiRho 0.3 with Bernoulli sites gave 0.489 from 100,000 draws,
    which tends to 0.4869. Here Z stands at the 80 nodes of Gauss and Hermite.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    z = torch.tensor(nodes)
    domain = Levels(tuple(float(node) for node in nodes))
    x_chances = torch.sigmoid(z)
    y_chances = torch.sigmoid(0.8 * z[:, None] + 1.5 * torch.tensor([0.0, 1.0]) - 0.5)
    model = SCM(
        Graph("z -> x -> y <- z"),
        {
            "z": Threshold(Table((), (), torch.tensor(weights)), domain),
            "x": Threshold(Table(("z",), (domain,), _pair(x_chances)), BINARY),
            "y": Threshold(Table(("z", "x"), (domain, BINARY), _pair(y_chances)), BINARY),
        },
    )
    worlds = {"": model.mechanisms, "x=0": model.do(x=0).mechanisms}
    seen = {Place("", "x"): 1, Place("", "y"): 1}
    exact = contract(worlds, [Place("x=0", "y")], seen).probabilities[1]
    assert exact == pytest.approx(0.601362, abs=1e-6)
    weighed = weights * x_chances.numpy() * y_chances[:, 1].numpy()
    fresh = float((weighed * y_chances[:, 0].numpy()).sum() / weighed.sum())
    assert fresh == pytest.approx(0.48687, abs=1e-5)
    # Fresh noise is a coupling too, though an odd one: it lies in the interval, as ours does.
    found = model.bounds("P(y(x=0)=1 | x=1, y=1)")
    assert exact in found
    assert fresh in found
    assert found.upper == pytest.approx(exact, abs=1e-9)


def _pair(chances: torch.Tensor) -> torch.Tensor:
    """Rows of two probabilities."""
    return torch.stack([1 - chances, chances], dim=-1)
