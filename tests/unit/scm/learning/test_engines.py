"""Every engine against answers that do without it: closed forms, and integrals on a grid."""

from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas
import pytest
from scipy import stats
from scipy.special import gammaln

from causalsim.errors.inference import InferenceError
from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, PoissonRegression, linear
from causalsim.scm.learning import (
    NUTS,
    SVI,
    Beta,
    Conjugate,
    Dirichlet,
    Flow,
    FullRank,
    HalfCauchy,
    HalfNormal,
    InverseGamma,
    Laplace,
    MeanField,
    Normal,
    NumPyro,
    Prior,
    Pyro,
    ScaledNormal,
)
from causalsim.scm.mechanisms.continuous.additive import Linear
from causalsim.scm.mechanisms.discrete.counts import PoissonCount
from causalsim.scm.mechanisms.discrete.threshold import Frequencies, Logit
from causalsim.scm.mechanisms.parts.terms import weighted

RNG = np.random.default_rng(3)
X = RNG.normal(2.0, 1.5, 60)
ROWS = pandas.DataFrame({"x": X, "y": 1.0 - 0.7 * X + 0.8 * RNG.normal(size=60)})
PAIR = Graph("x -> y")
LINES = {"x": Linear(), "y": Linear()}
KNOWN = Prior(
    intercept=ScaledNormal(0.5, 2.0), slopes={"x": ScaledNormal(0, 1)}, noise=InverseGamma(3, 2)
)


def within(draws: Any, mean: float, sd: float, errors: float = 4.0) -> None:
    """Mean and sd of independent draws, up to so many Monte Carlo standard errors."""
    n = len(draws)
    assert abs(draws.mean() - mean) < errors * sd / n**0.5
    assert abs(draws.std() / sd - 1) < errors * 1.5 / n**0.5  # 1.5: tails heavier than Normal


def test_the_conjugate_posterior_of_a_line_is_normal_inverse_gamma() -> None:
    """Slopes are Student t and the variance inverse gamma (Bayesian Data Analysis, 14.2)."""
    found = SCM.fit(PAIR, ROWS, using=LINES, by=Conjugate(4000), priors={"y": KNOWN}, seed=1)
    x = np.column_stack([np.ones(60), X])
    own = np.diag([1 / 4.0, 1.0])
    precision = x.T @ x + own
    mean = np.linalg.solve(precision, x.T @ ROWS["y"] + own @ [0.5, 0.0])
    shape = 3 + 30
    scale = 2 + (ROWS["y"] @ ROWS["y"] + 0.25 / 4 - mean @ precision @ mean) / 2
    covariance = np.linalg.inv(precision) * scale / shape
    for index, name in enumerate(["y.intercept", "y.x"]):
        exact = stats.t(2 * shape, mean[index], covariance[index, index] ** 0.5)
        assert stats.kstest(found.draws(name), exact.cdf).pvalue > 0.001
    exact = stats.invgamma(shape, scale=scale)
    assert stats.kstest(found.draws("y.sd") ** 2, exact.cdf).pvalue > 0.001
    drawn = np.corrcoef(found.draws("y.intercept"), found.draws("y.x"))[0, 1]
    expected = covariance[0, 1] / (covariance[0, 0] * covariance[1, 1]) ** 0.5
    assert abs(drawn - expected) < 4 * (1 - expected**2) / 4000**0.5


def test_tables_have_beta_and_dirichlet_posteriors() -> None:
    rows = pandas.DataFrame({"a": [0] * 12 + [1] * 8, "b": list("uuuvvwwwwwww" + "uvvvvvvv")})
    priors = {"a": Prior(table=Beta(2, 5)), "b": Prior(table=Dirichlet((1.0, 2.0, 0.5)))}
    tables = {"a": Frequencies(), "b": Frequencies()}
    found = SCM.fit(Graph("a -> b"), rows, using=tables, by=Conjugate(4000), priors=priors, seed=2)
    exact = stats.beta(2 + 8, 5 + 12)
    assert stats.kstest(found.draws("a.P(1)"), exact.cdf).pvalue > 0.001
    counts = {0: [3, 2, 7], 1: [1, 7, 0]}
    for a, seen in counts.items():
        total = np.add(seen, [1.0, 2.0, 0.5])
        for level, own in zip("uvw", total, strict=True):
            exact = stats.beta(own, total.sum() - own)
            drawn = found.draws(f"b.P({level} | a={a})")
            assert stats.kstest(drawn, exact.cdf).pvalue > 0.001


def grid_moments(log_density: Any, axes: list[Any]) -> list[tuple[float, float]]:
    """Mean and sd of each coordinate, by a sum over a fine grid."""
    mesh = np.meshgrid(*axes, indexing="ij")
    logs = log_density(*mesh)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    found = []
    for at in mesh:
        mean = float((weights * at).sum())
        found.append((mean, float((weights * (at - mean) ** 2).sum() ** 0.5)))
    return found


@pytest.mark.parametrize("noise", [HalfNormal(0.5), HalfCauchy(0.3), InverseGamma(3, 2)], ids=str)
def test_beliefs_that_are_not_conjugate_agree_with_a_grid(noise: Any) -> None:
    """Normal beliefs in the slopes' own units; three parameters summed over a grid."""
    prior = Prior(intercept=Normal(0, 1), slopes={"x": Normal(-1, 0.2)}, noise=noise)
    rows = ROWS.head(25)
    found = SCM.fit(PAIR, rows, using=LINES, by=Laplace(4000), priors={"y": prior}, seed=3)
    x, y = rows["x"].to_numpy(), rows["y"].to_numpy()

    def log_density(a: Any, b: Any, s: Any) -> Any:
        fit = -25 * np.log(s)
        for one, other in zip(x, y, strict=True):
            fit = fit - (other - a - b * one) ** 2 / (2 * s**2)
        fit = fit - a**2 / 2 - (b + 1) ** 2 / (2 * 0.2**2)
        if isinstance(noise, HalfNormal):
            return fit - s**2 / (2 * noise.scale**2)
        if isinstance(noise, HalfCauchy):
            return fit - np.log1p(s**2 / noise.scale**2)
        return fit - (2 * noise.shape + 1) * np.log(s) - noise.scale / s**2

    axes = [np.linspace(-1, 3, 80), np.linspace(-1.6, 0, 80), np.linspace(0.35, 2, 80)]
    exact = grid_moments(log_density, axes)
    for name, (mean, sd) in zip(["y.intercept", "y.x", "y.sd"], exact, strict=True):
        within(found.draws(name), mean, sd, errors=5.0)
    assert found.doubts == ()
    assert "even weights" in found.why or "k̂" in found.why


Z = RNG.normal(size=40)
BINARY = pandas.DataFrame({"x": Z, "y": (RNG.random(40) < 1 / (1 + np.exp(-Z))).astype(int)})
COUNTS = pandas.DataFrame({"x": Z, "y": RNG.poisson(np.exp(0.5 + 0.6 * Z)) + 0})
BELIEFS = {"y": Prior(intercept=Normal(0, 1.5), slopes={"x": Normal(0, 1)})}


def logit_density(a: Any, b: Any) -> Any:
    total = -(a**2) / (2 * 1.5**2) - b**2 / 2
    for x, y in BINARY.to_numpy():
        total = total + y * (a + b * x) - np.logaddexp(0, a + b * x)
    return total


def poisson_density(a: Any, b: Any) -> Any:
    total = -(a**2) / (2 * 1.5**2) - b**2 / 2
    for x, y in COUNTS.to_numpy():
        total = total + y * (a + b * x) - np.exp(a + b * x) - gammaln(y + 1)
    return total


AXES = [np.linspace(-3, 4, 400), np.linspace(-2, 4, 400)]
GLMS = [
    (BINARY, Logit(), logit_density),
    (COUNTS, PoissonRegression(), poisson_density),
]


@pytest.mark.parametrize("rows, recipe, density", GLMS, ids=["logit", "poisson"])
def test_laplace_with_weights_agrees_with_a_grid(rows: Any, recipe: Any, density: Any) -> None:
    using = {"x": Linear(), "y": recipe}
    found = SCM.fit(PAIR, rows, using=using, by=Laplace(4000), priors=BELIEFS, seed=4)
    exact = grid_moments(density, AXES)
    for name, (mean, sd) in zip(["y.intercept", "y.x"], exact, strict=True):
        within(found.draws(name), mean, sd, errors=5.0)
    assert found.learnt["y"].khat is not None
    assert found.learnt["y"].khat < 0.7
    assert found.learnt["x"].exact


def test_three_levels_agree_with_a_binary_logit_where_two_are_alike() -> None:
    """Levels v and w drawn alike: the log-odds of each against u have the same posterior."""
    names = np.where(BINARY["y"] == 1, np.where(np.arange(40) % 2, "v", "w"), "u")
    rows = pandas.DataFrame({"x": Z, "y": names})
    using = {"x": Linear(), "y": Logit()}
    found = SCM.fit(PAIR, rows, using=using, by=Laplace(2000), priors=BELIEFS, seed=5)

    def density(a: Any, b: Any, c: Any, d: Any) -> Any:
        total = -(a**2 + c**2) / (2 * 1.5**2) - (b**2 + d**2) / 2
        for x, y in zip(Z, names, strict=True):
            one, other = a + b * x, c + d * x
            base = np.logaddexp(0, np.logaddexp(one, other))
            total = total + (y == "v") * one + (y == "w") * other - base
        return total

    axes = [np.linspace(-3.8, 0.6, 28), np.linspace(-1.2, 3.2, 28)] * 2
    exact = grid_moments(density, axes)
    order = ["y.intercept:v", "y.x:v", "y.intercept:w", "y.x:w"]
    for name, (mean, sd) in zip(order, exact, strict=True):
        within(found.draws(name), mean, sd, errors=6.0)


def test_svi_with_a_full_guide_is_close_and_a_mean_field_guide_says_it_is_narrow() -> None:
    tied = pandas.DataFrame({"x": Z, "v": Z + 0.3 * RNG.normal(size=40), "y": BINARY["y"]})
    graph = Graph("x -> y <- v; x -> v")
    using = {"x": Linear(), "v": Linear(), "y": Logit()}
    exact = SCM.fit(graph, tied, using=using, by=Laplace(4000), seed=6)
    full = SCM.fit(graph, tied, using=using, by=SVI(steps=250, guesses=8), seed=6)
    flat = SCM.fit(graph, tied, using=using, by=SVI(250, 8, guide=MeanField()), seed=6)
    spread = {by: p.draws("y.x").std() for by, p in (("e", exact), ("f", full), ("m", flat))}
    assert abs(spread["f"] / spread["e"] - 1) < 0.2
    assert spread["m"] / spread["e"] < 0.7
    assert "understates" not in str(full)
    assert "understates spread" in str(flat)
    assert abs(full.draws("y.x").mean() - exact.draws("y.x").mean()) < 0.2 * spread["e"]


def test_a_flow_follows_a_posterior_that_is_not_normal() -> None:
    """Two of a kind among thirteen: a skewed intercept, which a Normal misses and says so."""
    rng = np.random.default_rng(0)
    skewed = pandas.DataFrame({"x": rng.normal(size=13), "y": [0] + [1] * 12})
    using = {"x": Linear(), "y": Logit()}
    exact = SCM.fit(PAIR, skewed, using=using, by=Laplace(8000), seed=1).draws("y.intercept")
    normal = SCM.fit(PAIR, skewed, using=using, by=SVI(steps=200), seed=1)
    by = SVI(steps=300, count=4000, guide=Flow(layers=1))
    bent = SCM.fit(PAIR, skewed, using=using, by=by, seed=1)
    assert normal.learnt["y"].khat > 0.4  # type: ignore[operator]
    assert bent.doubts == ()
    assert "1-layer flow" in bent.why
    drawn = bent.draws("y.intercept")
    assert abs(drawn.mean() - exact.mean()) < 0.1 * exact.std()
    assert abs(drawn.std() / exact.std() - 1) < 0.1
    high = np.quantile(exact, 0.975)
    assert abs((drawn > high).mean() - 0.025) < 4 * (0.025 / 4000) ** 0.5
    assert (normal.draws("y.intercept") > high).mean() < 0.018


@pytest.mark.parametrize(
    "backend",
    [
        Pyro(),
        pytest.param(
            NumPyro(),
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(find_spec("numpyro") is None, reason="the extra numpyro"),
            ],
        ),
    ],
    ids=["pyro", "numpyro"],
)
def test_nuts_agrees_with_a_grid(backend: Any) -> None:
    by = NUTS(kept=100, warmup=50, chains=2, backend=backend)
    using = {"x": Linear(), "y": Logit()}
    found = SCM.fit(PAIR, BINARY, using=using, by=by, priors=BELIEFS, seed=7)
    table = found.diagnostics.set_index("parameter")
    for name, (mean, sd) in zip(
        ["y.intercept", "y.x"], grid_moments(logit_density, AXES), strict=True
    ):
        size = float(table.loc[name, "ess_bulk"])
        assert abs(found.draws(name).mean() - mean) < 4 * sd / size**0.5
        assert abs(found.draws(name).std() / sd - 1) < 4 / size**0.5
    assert float(table["r_hat"].max()) < 1.1
    assert found.learnt["y"].chains == 2


def test_few_draws_are_told() -> None:
    found = SCM.fit(PAIR, ROWS, using=LINES, by=Conjugate(50), seed=1)
    assert "effective sample size 50" in str(found)
    assert SCM.fit(PAIR, ROWS, using=LINES, by=Conjugate(400), seed=1).doubts == ()


def test_a_flow_of_each_unit_follows_a_skewed_posterior() -> None:
    """No events at a rate that rises steeply: the hidden cause lies below, with a tail that way."""
    steep = SCM(PAIR, {"x": linear({}), "y": PoissonCount(weighted({"x": 6.0}, 0.0))})
    rows = pandas.DataFrame({"y": [0, 3]})
    axis = np.linspace(-9, 6, 20_001)
    rates = np.exp(6 * axis)
    sizes = []
    for guide in (FullRank(), Flow()):
        by = SVI(steps=400, count=2000, guide=guide)
        told = steep.counterfactual(rows, do={"x": 0.0}, draws=20, by=by, seed=1).diagnostics
        size = told.inferences[0].ess
        assert size is not None
        assert told.log_evidence is not None
        for unit, count in enumerate(rows["y"]):
            logs = count * np.log(rates) - rates - axis**2 / 2 - gammaln(count + 1)
            exact = np.log(np.exp(logs).sum() * (axis[1] - axis[0]) / (2 * np.pi) ** 0.5)
            error = (1 / float(size[unit]) - 1 / 2000) ** 0.5
            assert abs(told.log_evidence[unit] - exact) < 4 * error
        sizes.append(float(size[0]))
    assert "bent Normal" in told.engine
    assert sizes[0] < 1650
    assert sizes[1] > 1700


def test_one_set_of_engines_serves_noise_and_parameters() -> None:
    """The same objects for what is hidden in a row and for what is not known of a model."""
    from causalsim.scm import engines, learning

    assert all(getattr(engines, n) is getattr(learning, n) for n in ("Laplace", "SVI", "NUTS"))
    model = SCM.fit(PAIR, BINARY, using={"x": Linear(), "y": Logit()})
    row = pandas.DataFrame({"y": [1]})
    by = Laplace(200)
    hidden = model.counterfactual(row, do={"x": 0.0}, by=by, draws=20, seed=1)
    assert "Normals at the tops" in str(hidden.diagnostics)
    assert len(SCM.fit(PAIR, BINARY, by=by, seed=1)) == 200
    with pytest.raises(InferenceError, match=r"FullRank\(\)"):
        model.counterfactual(row, do={"x": 0.0}, by=SVI(guide=MeanField()))
    for bad in (Flow, "flow"):
        with pytest.raises(ModelError, match="guide"):
            SVI(guide=bad)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="layers"):
        Flow(layers=0)
    with pytest.raises(LearningError, match="no way of learning"):
        SCM.fit(PAIR, BINARY, by=engines.Particles())  # type: ignore[call-overload]


def test_nothing_global_is_touched() -> None:
    import pyro
    import torch

    before = torch.random.get_rng_state().clone()
    using = {"x": Linear(), "y": Logit()}
    one = SCM.fit(PAIR, BINARY, using=using, by=SVI(steps=20), seed=7)
    two = SCM.fit(PAIR, BINARY, using=using, by=SVI(steps=20), seed=7)
    assert torch.equal(before, torch.random.get_rng_state())
    assert len(pyro.get_param_store()) == 0
    assert np.array_equal(one.draws("y.x"), two.draws("y.x"))
    other = SCM.fit(PAIR, BINARY, using=using, by=SVI(steps=20), seed=8)
    assert not np.array_equal(one.draws("y.x"), other.draws("y.x"))
