"""Partial pooling of log-odds and log rates: against dense sums, truths, and the population."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
import torch
from scipy import stats
from scipy.special import gammaln, logsumexp

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, PoissonRegression
from causalsim.scm.domain import Counts, Domain, Levels, Real
from causalsim.scm.learning import HalfNormal, Laplace, Normal, Pooled, Prior
from causalsim.scm.learning.algebra import TORCH, JaxAlgebra
from causalsim.scm.learning.likelihoods.pooled_glm import PooledGlm
from causalsim.scm.mechanisms.continuous.additive import Linear
from causalsim.scm.mechanisms.discrete.threshold import Logit
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed

GRAPH = Graph("site -> y <- x")
BINARY, SITES = Levels((0, 1)), Levels(("p", "q", "r", "s"))


def grouped(counts: bool, sizes: Any, seed: int, turn: float = 0.0) -> pandas.DataFrame:
    """Groups of these sizes: intercept -.5, slope .7, spreads 1 and ``turn``."""
    rng = np.random.default_rng(seed)
    index = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(1, 1.5, len(index))
    own = rng.normal(size=len(sizes))
    bent = turn * rng.normal(size=len(sizes))
    eta = -0.5 + own[index] + (0.7 + bent[index]) * (x - 1)
    y = rng.poisson(np.exp(eta)) if counts else (rng.random(len(index)) < 1 / (1 + np.exp(-eta)))
    return pandas.DataFrame({"site": [f"s{i:02d}" for i in index], "x": x, "y": y.astype(int)})


def part_of(counts: bool, varying: tuple[str, ...], prior: Prior) -> tuple[PooledGlm, Any]:
    """A small part with a group that has no rows, and its rows."""
    rng = np.random.default_rng(4)
    x, site = rng.normal(1, 2, 14), np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3])
    y = rng.poisson(2.0, 14) if counts else (rng.random(14) < 0.6).astype(int)
    columns = {"x": x, "site": site.astype(float), "y": y.astype(float)}
    kinds: dict[str, Domain] = {"x": Real(), "site": SITES, "y": Counts() if counts else BINARY}
    tensors = {name: torch.tensor(column) for name, column in columns.items()}
    rows = Rows("y", ("x", "site"), tensors, kinds)
    recipe = Pooled("site", varying, of=PoissonRegression() if counts else Logit())
    part = recipe.learnable(rows, prior)
    assert isinstance(part, PooledGlm)
    return part, (x, site, y)


@pytest.mark.parametrize("counts", [False, True], ids=["logit", "poisson"])
@pytest.mark.parametrize("varying", [(), ("x",)], ids=["intercepts", "slopes"])
def test_groups_are_integrated_out(counts: bool, varying: tuple[str, ...]) -> None:
    """The density against a dense sum over every group's deviations."""
    prior = Prior(Normal(0.3, 0.8), {"x": Normal(0.2, 0.5)}, groups=HalfNormal(0.7))
    part, (x, site, y) = part_of(counts, varying, prior)
    scaled = (x - x.mean()) / x.std()
    axis = np.linspace(-7, 7, 201)
    mesh = np.stack(np.meshgrid(*[axis] * (1 + len(varying)), indexing="ij"), -1).reshape(
        -1, 1 + len(varying)
    )
    weight = stats.norm.logpdf(mesh).sum(axis=1) + np.log(axis[1] - axis[0]) * mesh.shape[1]

    def plain(at: Any) -> float:
        a, b = at[:2]
        taus = np.exp(at[2:])
        eta = (a + b * scaled)[:, None] + taus[0] * mesh[:, 0]
        if varying:
            eta = eta + taus[1] * mesh[:, 1] * scaled[:, None]
        fit = y[:, None] * eta - (
            np.exp(eta) + gammaln(y + 1)[:, None] if counts else np.logaddexp(0, eta)
        )
        total = sum(logsumexp(fit[site == g].sum(axis=0) + weight) for g in range(4))
        slope = b / x.std()
        beliefs = ((a - slope * x.mean() - 0.3) / 0.8) ** 2 + ((slope - 0.2) / 0.5) ** 2
        units = np.array([1.0, x.std()])[: len(taus)]
        beliefs += ((taus / (0.7 * units)) ** 2).sum()
        return float(total - beliefs / 2 + at[2:].sum())

    places = np.random.default_rng(5).normal([0.3, 0.3, -0.5, -0.5], 0.6, (6, 4))[
        :, : len(part.start)
    ]
    ours = part.log_density(torch.tensor(places), TORCH).numpy()
    theirs = np.array([plain(at) for at in places])
    assert np.allclose(np.diff(ours), np.diff(theirs), atol=0.02 if varying else 2e-4)
    # The gradient that the search and the samplers follow is that of the sum.
    point = torch.tensor(places[0], requires_grad=True)
    part.log_density(point, TORCH).backward()
    steps = 1e-4 * np.eye(len(places[0]))
    slopes = [(plain(places[0] + s) - plain(places[0] - s)) / 2e-4 for s in steps]
    assert point.grad is not None
    assert np.allclose(point.grad.numpy(), slopes, atol=0.05 if varying else 2e-3)


@pytest.mark.parametrize("counts", [False, True], ids=["logit", "poisson"])
def test_groups_are_drawn_from_what_their_rows_leave_open(counts: bool) -> None:
    """Mean and sd of a group's deviation given line and spread, by a dense sum."""
    part, (x, site, y) = part_of(counts, (), Prior())
    at = torch.tensor([0.4, 0.5, 0.3]).double()
    drawn = part.finish(at.expand(4000, -1), Seed(3)).numpy()
    axis = np.linspace(-6, 6, 2001)
    eta = 0.4 + 0.5 * (x - x.mean()) / x.std()
    for group, name in ((0, "p"), (1, "q"), (3, "s")):
        own = eta[site == group][:, None] + np.exp(0.3) * axis
        seen = y[site == group][:, None]
        fit = seen * own - (np.exp(own) if counts else np.logaddexp(0, own))
        logs = fit.sum(axis=0) - axis**2 / 2
        weight = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
        mean = float(weight @ axis)
        sd = float(weight @ (axis - mean) ** 2) ** 0.5
        found = drawn[:, part.names.index(f"site[{name}]")] / np.exp(0.3)
        assert abs(found.mean() - mean) < 4 * sd / 4000**0.5
        assert abs(found.std() / sd - 1) < 4 / (2 * 4000) ** 0.5
    modes = part.expected(at).numpy()[[part.names.index(f"site[{k}]") for k in "pqrs"]]
    means = drawn[:, [part.names.index(f"site[{k}]") for k in "pqrs"]].mean(axis=0)
    assert np.abs(modes - means).max() < 4 * drawn.std() / 4000**0.5


@pytest.mark.parametrize("counts", [False, True], ids=["logit", "poisson"])
def test_a_group_without_rows_is_the_population(counts: bool) -> None:
    """Its deviation is expected to be zero, and as uncertain as groups differ."""
    part, _ = part_of(counts, (), Prior(groups=HalfNormal(1)))
    place = part.names.index("site[r]")
    assert float(part.expected(part.start)[place]) == pytest.approx(0.0, abs=1e-9)
    learnt = Laplace(3000).learn([part], Seed(1))[0].parameters.numpy()
    own, tau = learnt[:, place], learnt[:, part.names.index("sd between site")]
    assert abs(own.mean()) < 4 * own.std() / 3000**0.5
    standard = own / tau
    assert stats.kstest(standard, "norm").pvalue > 0.001
    assert abs(np.corrcoef(np.abs(standard), tau)[0, 1]) < 4 / 3000**0.5


def test_a_line_of_a_group_without_rows_is_the_population_too() -> None:
    rows = Rows(
        "y",
        ("site",),
        {
            "site": torch.tensor([0.0, 0.0, 1.0, 1.0, 3.0, 3.0]).double(),
            "y": torch.rand(6).double(),
        },
        {"site": SITES, "y": Real()},
    )
    found: Any = Pooled("site").fit(rows)
    assert float(found.predictor.deviations[2, 0]) == pytest.approx(0.0, abs=1e-12)
    part = Pooled("site").learnable(rows, Prior())
    learnt = Laplace(3000).learn([part], Seed(1))[0].parameters.numpy()
    standard = (
        learnt[:, part.names.index("site[r]")] / learnt[:, part.names.index("sd between site")]
    )
    assert stats.kstest(standard, "norm").pvalue > 0.001


@pytest.mark.parametrize("counts", [False, True], ids=["logit", "poisson"])
def test_truths_are_recovered(counts: bool) -> None:
    sizes = np.random.default_rng(6).integers(2, 25, 25)
    rows = grouped(counts, sizes, seed=7)
    recipe = Pooled("site", of=PoissonRegression() if counts else Logit())
    found = SCM.fit(GRAPH, rows, using={"x": Linear(), "y": recipe}, by=Laplace(500), seed=1)
    assert found.doubts == ()
    for name, truth in {"y.x": 0.7, "y.sd between site": 1.0, "y.intercept": -1.2}.items():
        drawn = found.draws(name)
        assert abs(drawn.mean() - truth) < 4 * drawn.std(), name
        assert drawn.std() < 0.5
    # The fit without a posterior is near, and draws small groups in.
    plain: Any = SCM.fit(GRAPH, rows, using={"x": Linear(), "y": recipe}).mechanisms["y"]
    prediction = plain.predictor if counts else plain.chances.predictor
    drawn = found.draws("y.x")
    assert abs(float(prediction.line.weights[0]) - drawn.mean()) < drawn.std()
    means = [found.draws(f"y.site[s{g:02d}]").mean() for g in range(25)]
    assert np.corrcoef(prediction.deviations[:, 0].numpy(), means)[0, 1] > 0.99
    widths = [found.draws(f"y.site[s{g:02d}]").std() for g in range(25)]
    assert np.corrcoef(widths, np.log(sizes))[0, 1] < -0.5


def test_slopes_vary_and_models_are_saved(tmp_path: Path) -> None:
    rows = grouped(False, [40] * 15, seed=8, turn=0.6)
    model = SCM.fit(GRAPH, rows, using={"x": Linear(), "y": Pooled("site", ("x",))})
    assert "slope(site)·x" in model.equations
    mechanism: Any = model.mechanisms["y"]
    spread = (mechanism.chances.predictor.deviations[:, 1]).std()
    assert 0.3 < float(spread) < 0.9
    model.save(tmp_path / "model")
    again = SCM.load(tmp_path / "model")
    assert again.equations == model.equations
    one = model.do(x=2.0).sample(50, seed=1)
    assert (again.do(x=2.0).sample(50, seed=1)["y"] == one["y"]).all()
    moved = model.counterfactual(rows.head(5), do={"site": "s03"}, seed=1)
    assert set(moved.frame["y"]) <= {0, 1}


def test_misuse_is_told() -> None:
    rows = grouped(True, [6] * 4, seed=9)
    three = rows.assign(y=rows.index % 3)
    two = rows.assign(y=rows.index % 2)
    cases: list[tuple[Any, pandas.DataFrame, str]] = [
        (Pooled("site"), three, "of=PoissonRegression"),
        (Pooled("site", of=Logit()), three, "two levels"),
        (Pooled("site", of=PoissonRegression()), rows.assign(y=rows["x"]), "not counts"),
        (Pooled("site", of=Linear()), two, "not continuous"),
        (Pooled("site", of=Laplace()), two, "none of Linear"),  # type: ignore[arg-type]
        (Pooled("site", ("x", "x", "x", "x")), two, "at most 3"),
    ]
    for recipe, frame, message in cases:
        with pytest.raises(ModelError, match=message):
            SCM.fit(GRAPH, frame, using={"x": Linear(), "y": recipe})
    priors = {"y": Prior(noise=HalfNormal(1))}
    with pytest.raises(ModelError, match="names noise"):
        SCM.fit(GRAPH, two, using={"y": Pooled("site")}, by=Laplace(), priors=priors)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("numpyro") is None, reason="the extra numpyro")
@pytest.mark.parametrize("counts", [False, True], ids=["logit", "poisson"])
def test_numpyro_meets_the_same_density(counts: bool) -> None:
    """Value and gradient in JAX are those in torch."""
    import jax

    part, _ = part_of(counts, ("x",), Prior())
    at = part.start + 0.3 * torch.randn(len(part.start), generator=torch.Generator().manual_seed(1))
    point = at.clone().requires_grad_(True)
    value = part.log_density(point, TORCH)
    value.backward()
    with jax.enable_x64(True):
        algebra = JaxAlgebra()
        found, slope = jax.value_and_grad(lambda z: part.log_density(z, algebra))(algebra.data(at))
        assert float(found) == pytest.approx(float(value.detach()), abs=1e-9)
        assert point.grad is not None
        assert np.allclose(np.asarray(slope), point.grad.numpy(), atol=1e-5)
