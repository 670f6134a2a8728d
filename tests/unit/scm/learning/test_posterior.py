"""What a posterior answers: parameter and noise uncertainty kept apart, priors, misuse."""

from typing import Any

import numpy as np
import pandas
import pytest

from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM
from causalsim.scm.learning import (
    Conjugate,
    Dirichlet,
    HalfNormal,
    Laplace,
    MaximumLikelihood,
    Normal,
    Posterior,
    Prior,
    ScaledNormal,
)
from causalsim.scm.mechanisms.continuous.additive import Linear, Splines
from causalsim.scm.mechanisms.discrete.threshold import Logit

RNG = np.random.default_rng(5)
N = 200
X = RNG.normal(size=N)
M = 0.8 * X + RNG.normal(size=N)
FRAME = pandas.DataFrame(
    {
        "x": X,
        "m": M,
        "y": 2.0 * M - X + 0.5 * RNG.normal(size=N),
        "city": np.where(M + RNG.normal(size=N) > 0, "Rome", "Oslo"),
    }
)
GRAPH = Graph("x -> m -> y <- x; m -> city")
USING = {"x": Linear(), "m": Linear(), "y": Linear(), "city": Logit()}


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return SCM.fit(GRAPH, FRAME, using=USING, by=Laplace(600), seed=1)


#: The draws that ``draws=100`` takes.
SOME = np.linspace(0, 599, 100).round().astype(int)


def test_the_effect_of_a_line_is_its_slope_draw_by_draw(posterior: Posterior) -> None:
    effect = posterior.effect("y", do={"x": 1.0}, versus={"x": 0.0}, n=20, draws=100)
    total = posterior.draws("y.m") * posterior.draws("m.x") + posterior.draws("y.x")
    total = total[SOME]
    assert np.allclose(effect.averages, total, atol=1e-9)
    assert effect.noise_sd < 1e-9
    low, high = effect.interval().parameters
    assert (low, high) == pytest.approx(tuple(np.quantile(total, [0.025, 0.975])))
    assert effect.probability_above(0.0) == pytest.approx((total > 0).mean())


def test_parameters_and_noise_are_kept_apart(posterior: Posterior) -> None:
    drawn = posterior.do(m=1.0).sample(4000, draws=100, seed=3)["y"]
    # y = a + b m + c x + noise: given the parameters it varies by c²·var(x) + sd².
    noise = (posterior.draws("y.x") * posterior.draws("x.sd")) ** 2 + posterior.draws("y.sd") ** 2
    assert drawn.noise_sd == pytest.approx(noise.mean() ** 0.5, rel=0.05)
    mean_x = posterior.draws("x.intercept")
    means = (
        posterior.draws("y.intercept") + posterior.draws("y.m") + posterior.draws("y.x") * mean_x
    )
    assert drawn.parameter_sd == pytest.approx(means[SOME].std(), rel=0.1)
    found = drawn.interval(0.9)
    widths = [high - low for low, high in (found.parameters, found.noise, found.both)]
    assert widths[0] < 0.3 * widths[1]
    assert widths[1] <= widths[2] * 1.001
    assert "parameters" in drawn.why
    assert str(drawn.interval()).startswith("95 %")


def test_worlds_under_one_seed_share_their_noise(posterior: Posterior) -> None:
    high = posterior.do(x=1.0).sample(50, draws=40, seed=2)
    low = posterior.do(x=0.0).sample(50, draws=40, seed=2)
    assert (high["m"] - low["m"]).noise_sd < 1e-9
    other = posterior.do(x=0.0).sample(50, draws=40, seed=3)
    assert (high["m"] - other["m"]).noise_sd > 0.5
    names = high.probability("city", "Rome")
    assert 0.0 < names.mean < 1.0
    with pytest.raises(ModelError, match="names"):
        high["city"]
    assert list(high.frame(3).columns) == ["x", "m", "y", "city"]


def test_counterfactuals_under_each_draw(posterior: Posterior) -> None:
    rows = FRAME.head(6)
    world = posterior.counterfactual(rows, do={"m": 0.0}, draws=100, seed=4)
    gain = world["y"] - rows["y"].to_numpy()
    expected = -posterior.draws("y.m")[SOME, None] * rows["m"].to_numpy()
    assert np.allclose(gain.values[:, 0, :], expected, atol=1e-9)
    units = gain.by_unit()
    assert np.allclose(units["parameter_sd"], expected.std(axis=0))
    assert np.array_equal(units["noise_sd"], np.zeros(6))
    cities = posterior.counterfactual(rows, do={"m": 3.0}, draws=20, noises=30, seed=4)
    by_unit = cities.probability("city", "Rome").by_unit()
    assert by_unit["noise_sd"].max() > 0.05
    assert "20 draws" in str(cities)


def test_the_mean_model_and_single_draws(posterior: Posterior) -> None:
    assert "m = " in posterior.model.equations
    slope = float(posterior.draw(7).mechanisms["y"].predictor.weights[0][0])
    assert slope in (posterior.draws("y.m")[7], posterior.draws("y.x")[7])
    assert len(list(posterior.models(5))) == 5
    assert posterior.parameters.shape == (600, len(posterior.names))
    for number in (-1, 600, True, 1.5):
        with pytest.raises(ModelError, match="from 0 to 599"):
            posterior.draw(number)


def test_the_prior_predictive_is_as_wide_as_the_priors_say() -> None:
    priors = {
        "x": Prior(intercept=Normal(3, 0.5), noise=HalfNormal(1)),
        "m": Prior(slopes={"x": Normal(1, 0.1)}, intercept=Normal(0, 0.1), noise=HalfNormal(0.1)),
    }
    found = SCM.fit(Graph("x -> m"), FRAME, using=USING_TWO, by=Laplace(400), priors=priors, seed=1)
    before = found.prior(draws=4000, seed=2)
    for name, mean, sd in (
        ("x.intercept", 3, 0.5),
        ("m.x", 1, 0.1),
        ("m.intercept", 0, 0.1),
        ("x.sd", (2 / np.pi) ** 0.5, (1 - 2 / np.pi) ** 0.5),
    ):
        drawn = before.draws(name)
        assert abs(drawn.mean() - mean) < 4 * sd / 4000**0.5
        assert abs(drawn.std() / sd - 1) < 4 / 4000**0.5
    seen = before.do(x=2.0).sample(5, draws=400, seed=1)["m"]
    assert seen.mean == pytest.approx(2.0, abs=4 * (0.2**2 + 0.15**2) ** 0.5 / 400**0.5 + 0.05)
    assert "slope" not in found.why
    assert "x ~ Normal(1, 0.1)" in found.why


USING_TWO = {"x": Linear(), "m": Linear()}


def test_curves_and_offsets_have_posteriors_too() -> None:
    frame = FRAME.assign(y=np.sin(2 * FRAME["x"]) + (FRAME["city"] == "Rome"))
    graph = Graph("x -> y <- city")
    using = {"x": Linear(), "y": Splines(5)}
    found = SCM.fit(graph, frame, using=using, by=Conjugate(200), seed=1)
    fitted = SCM.fit(graph, frame, using=using)
    assert "y.city[Rome]" in found.names
    assert "y.x[1]" in found.names
    rows = frame.head(20)
    means = found.counterfactual(rows, do={"x": 0.3}, draws=100, seed=1)["y"].by_unit()
    plain = fitted.counterfactual(rows, do={"x": 0.3})["y"].to_numpy()
    assert np.abs(means["mean"] - plain).max() < 0.05
    assert means["parameter_sd"].min() > 0


def test_diagnostics_and_inference_data(posterior: Posterior) -> None:
    table = posterior.diagnostics
    assert list(table["parameter"]) == list(posterior.names)
    assert float(table["r_hat"].max()) < 1.02
    assert float(table["ess_bulk"].min()) > 300
    data = posterior.to_inferencedata()
    assert set(data.groups()) == {"posterior", "prior"}
    assert data.posterior["y.m"].shape == (1, 600)
    assert posterior.doubts == ()
    assert "DOUBT" not in str(posterior)
    assert posterior.to_dict()["draws"] == 600
    assert "<table>" in posterior._repr_html_()


def test_maximum_likelihood_is_the_default() -> None:
    one = SCM.fit(GRAPH, FRAME, using=USING)
    other = SCM.fit(GRAPH, FRAME, using=USING, by=MaximumLikelihood())
    assert one.equations == other.equations


MISUSE: list[tuple[dict[str, Any], str]] = [
    ({"by": "nuts"}, "no way of learning"),
    ({"by": Conjugate()}, "no closed form"),
    ({"by": Laplace(), "priors": {"z": Prior()}}, "no variable 'z'"),
    ({"by": Laplace(), "priors": {"y": Prior(slopes={"mm": Normal()})}}, "none of its parents"),
    ({"by": Laplace(), "priors": {"y": Prior(table=Dirichlet())}}, "does not have"),
    ({"by": Laplace(), "priors": {"city": Prior(noise=HalfNormal(1))}}, "does not have"),
    ({"by": Laplace(), "priors": {"city": Prior(intercept=ScaledNormal())}}, "no noise to scale"),
    ({"by": Laplace(), "priors": {"y": Prior(noise=Dirichlet())}}, "noise = "),
    ({"by": Laplace(), "priors": {"y": Prior(intercept=3.0)}}, "intercept = 3.0"),
    ({"by": Laplace(), "priors": {"y": Normal()}}, "prior = "),
    ({"priors": {"y": Prior()}}, "reads no priors"),
]


@pytest.mark.parametrize("given, message", MISUSE, ids=[m for _, m in MISUSE])
def test_misuse_is_told(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        SCM.fit(GRAPH, FRAME, using=USING, **given)
    assert caught.value.hint


def test_bad_numbers_are_told(posterior: Posterior) -> None:
    for made in (
        lambda: Normal(0, 0),
        lambda: HalfNormal(float("nan")),
        lambda: Dirichlet(-1.0),
        lambda: Conjugate(0),
        lambda: posterior.effect("y", do={"x": 1}, versus={"x": 0}, n=5, draws=2).interval(1.5),
        lambda: posterior.sample(0),
    ):
        with pytest.raises(ModelError):
            made()
    with pytest.raises(LearningError, match=r"no parameter 'y\.q'"):
        posterior.draws("y.q")
    with pytest.raises(ModelError, match="no variable 'q'"):
        posterior.do(q=1)
