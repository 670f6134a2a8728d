"""Cells without a value while fitting: against brute force, truths, and bad frames."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest
from scipy import stats

from causalsim.errors.base import CausalsimError
from causalsim.errors.data import DataError
from causalsim.errors.inference import InferenceError
from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, Particles, PoissonRegression
from causalsim.scm.engines import Gaussian
from causalsim.scm.learning import NUTS, Laplace, MaximumLikelihood
from causalsim.scm.learning.missing.gaps import Component, read_gaps
from causalsim.scm.learning.missing.normal import fit_normal
from causalsim.scm.mechanisms.continuous.additive import Linear
from causalsim.scm.mechanisms.discrete.threshold import Frequencies, Logit

RNG = np.random.default_rng(11)
LINES = {"x": Linear(), "m": Linear(), "y": Linear()}
CHAIN = Graph("x -> m -> y <- x")


def hide(values: Any, where: Any) -> Any:
    """The values, with NaN where asked."""
    return np.where(where, np.nan, values)


def chain(n: int, seed: int) -> tuple[pandas.DataFrame, pandas.DataFrame]:
    """A linear Normal model; whether x and m are missing depends on y, which is complete."""
    rng = np.random.default_rng(seed)
    x = 1 + rng.normal(size=n)
    m = 0.8 * x + rng.normal(size=n)
    y = 2.0 * m - x + rng.normal(size=n)
    likely = 1 / (1 + np.exp(-1.5 * (y - y.mean())))
    holes = {"x": hide(x, rng.random(n) < likely), "m": hide(m, rng.random(n) < 0.8 * likely)}
    return pandas.DataFrame({"x": x, "m": m, "y": y}), pandas.DataFrame({**holes, "y": y})


def line(model: SCM, node: str) -> dict[str, float]:
    """Intercept, slopes and noise of a line."""
    found: Any = model.mechanisms[node]
    named = zip(found.parents, found.predictor.weights, strict=True)
    slopes = {name: float(weight) for name, weight in sorted(named, reverse=True)}
    intercept = float(found.predictor.intercept)
    return {"intercept": intercept, **slopes, "sd": float(found.noise.scale)}


def ols(rows: pandas.DataFrame, node: str, parents: list[str]) -> tuple[Any, Any]:
    """Coefficients and their standard errors, intercept first."""
    x = np.column_stack([np.ones(len(rows)), rows[parents].to_numpy()])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ rows[node].to_numpy()
    left = rows[node].to_numpy() - x @ beta
    return beta, np.sqrt(np.diag(inverse) * (left @ left) / (len(rows) - x.shape[1]))


def test_where_complete_rows_mislead_the_latent_cells_do_not() -> None:
    """Selected by what follows: each slope of the complete rows is wrong by many errors."""
    _, holes = chain(6000, seed=1)
    complete = holes.dropna()
    model = SCM.fit(CHAIN, holes, using=LINES)
    truths = {"m": ([0.0, 0.8], ["x"]), "y": ([0.0, -1.0, 2.0], ["x", "m"])}
    for node, (truth, parents) in truths.items():
        biased, errors = ols(complete, node, parents)
        ours = line(model, node)
        found = np.array([ours[name] for name in ["intercept", *parents]])
        assert (np.abs(found - truth) < 4 * errors).all(), node
        assert (np.abs(biased - truth) > 4 * errors).any(), node
        assert abs(ours["sd"] - 1) < 4 / (2 * len(complete)) ** 0.5
    mean = line(model, "x")["intercept"]
    error = 1 / len(complete) ** 0.5
    assert abs(mean - 1) < 4 * error < abs(complete["x"].mean() - 1)
    assert "exact EM" in model.why
    assert "DOUBT" not in str(model)


def test_exact_em_stands_at_the_top_of_the_likelihood() -> None:
    """The observed cells' Normal densities, row by row from the joint covariance matrix."""
    _, rows = chain(150, seed=2)
    rows.loc[:20, "y"] = np.nan  # some rows lack the end of the chain, some of them more
    rows = rows.dropna(how="all").reset_index(drop=True)
    model = SCM.fit(CHAIN, rows, using=LINES)
    at = [line(model, node) for node in ("x", "m", "y")]
    flat = np.array([value for one in at for value in one.values()])

    def height(flat: Any) -> float:
        a, s, b, c, t, d, e, f, u = flat  # y = d + e x + f m + u noise
        mean = np.array([a, b + c * a, d + e * a + f * (b + c * a)])
        gains = np.array([[s, 0, 0], [c * s, t, 0], [(e + f * c) * s, f * t, u]])
        spread = gains @ gains.T
        total = np.log(s) + 2 * np.log(t) + 3 * np.log(u)  # degrees of freedom
        values = rows.to_numpy()
        for bits in product([True, False], repeat=3):
            seen = np.array(bits)
            some = values[(np.isnan(values) != seen).all(axis=1)][:, seen]
            if len(some):
                normal = stats.multivariate_normal(mean[seen], spread[np.ix_(seen, seen)])
                total += normal.logpdf(some).sum()
        return float(total)

    top = height(flat)
    for index in range(len(flat)):
        step = np.zeros(len(flat))
        step[index] = 1e-4
        slope = (height(flat + step) - height(flat - step)) / 2e-4
        curve = (height(flat + step) + height(flat - step) - 2 * top) / 1e-8
        assert curve < 0
        assert abs(slope / curve) < 1e-5, (index, slope, curve)


def test_where_nothing_is_missing_nothing_changes() -> None:
    full, _ = chain(300, seed=3)
    model = SCM.fit(CHAIN, full, using=LINES)
    assert all(choice.filling is None for choice in model.choices)
    assert "missing" not in model.why
    # And EM with nothing to do is least squares.
    gaps = read_gaps(CHAIN, full)
    em = fit_normal(gaps, Component(("x", "m", "y"), ("x", "m")), model.mechanisms)
    twin = SCM(CHAIN, em.mechanisms)
    for node in LINES:
        expected = line(model, node)
        for name, value in line(twin, node).items():
            assert value == pytest.approx(expected[name], abs=1e-9)


def test_an_outcome_that_is_missing_is_no_reason_for_em() -> None:
    """Given its causes a missing outcome says nothing: the other rows are all there is."""
    full, _ = chain(300, seed=4)
    rows = full.assign(y=hide(full["y"], full["x"] > 1.5))
    model = SCM.fit(CHAIN, rows, using=LINES)
    found, expected = line(model, "y"), ols(rows.dropna(), "y", ["x", "m"])[0]
    assert np.allclose([found["intercept"], found["x"], found["m"]], expected, atol=1e-9)
    assert line(model, "m") == line(SCM.fit(CHAIN, full, using=LINES), "m")
    filling = model.choices[2].filling
    assert filling is not None
    assert filling.used == int(rows["y"].notna().sum())
    assert "rows that say anything about it" in str(model.table()["why"][2])


def mixed(n: int, seed: int) -> pandas.DataFrame:
    """A number with a binary and a count as children, missing where the count is large."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(0.3 - x))).astype(int)
    z = rng.poisson(np.exp(0.3 + 0.5 * x))
    x = hide(x, rng.random(n) < np.where(z >= 2, 0.7, 0.1))
    return pandas.DataFrame({"x": x, "y": y, "z": z})


FAMILIES = {"x": Linear(), "y": Logit(), "z": PoissonRegression()}


def test_other_families_recover_the_truth_too() -> None:
    """Stochastic EM for a missing number above a logistic and a Poisson variable."""
    import statsmodels.api as sm

    rows = mixed(3000, seed=5)
    model = SCM.fit(Graph("x -> y; x -> z"), rows, using=FAMILIES, seed=1)
    complete = rows.dropna()
    design = sm.add_constant(complete["x"].to_numpy())
    truths = {"y": (-0.3, 1.0), "z": (0.3, 0.5)}
    biased = 0
    for node, family in (("y", sm.families.Binomial()), ("z", sm.families.Poisson())):
        plain = sm.GLM(complete[node].to_numpy(), design, family=family).fit()
        mechanism: Any = model.mechanisms[node]
        predictor = mechanism.predictor if node == "z" else mechanism.chances.predictor
        found = np.array([float(predictor.intercept), float(predictor.weights[0])])
        assert (np.abs(found - truths[node]) < 4 * plain.bse).all(), node
        biased += int((np.abs(plain.params - truths[node]) > 4 * plain.bse).any())
    assert biased
    mean, error = line(model, "x")["intercept"], 1 / len(complete) ** 0.5
    assert abs(mean) < 4 * error < abs(complete["x"].mean())
    assert "stochastic EM" in model.why
    assert "DOUBT" not in str(model)


def tables(n: int, seed: int) -> pandas.DataFrame:
    """Names with names as causes; the middle one is missing where its effect says so."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 2, n)
    b = (rng.random(n)[:, None] > np.array([[0.5, 0.8], [0.2, 0.5]])[a]).sum(axis=1)
    c = (rng.random(n) < np.array([0.2, 0.5, 0.9])[b]).astype(int)
    b = np.array(["p", "q", "r"], dtype=object)[b]
    b[rng.random(n) < np.where(c == 1, 0.6, 0.1)] = None
    return pandas.DataFrame({"a": a, "b": b, "c": c})


def test_tables_agree_with_an_em_that_counts_fractions() -> None:
    """Fractional counts of each cell given the rest of its row, iterated to the end."""
    rows = tables(2500, seed=6)
    using = {"a": Frequencies(), "b": Frequencies(), "c": Frequencies()}
    model = SCM.fit(Graph("a -> b -> c"), rows, using=using, seed=2)
    b = rows["b"].map({"p": 0, "q": 1, "r": 2}).to_numpy(dtype=float)
    a, c = rows["a"].to_numpy(), rows["c"].to_numpy()
    chance_b, chance_c = np.full((2, 3), 1 / 3), np.full((3, 2), 0.5)
    for _ in range(500):
        share = np.where(
            np.isnan(b)[:, None], chance_b[a] * chance_c[:, c].T, b[:, None] == np.arange(3)
        )
        share = share / share.sum(axis=1, keepdims=True)
        chance_b = np.array([share[a == k].sum(axis=0) for k in range(2)])
        chance_b /= chance_b.sum(axis=1, keepdims=True)
        chance_c = np.array([share[c == k].sum(axis=0) for k in range(2)]).T
        chance_c /= chance_c.sum(axis=1, keepdims=True)
    ours_b: Any = model.mechanisms["b"]
    ours_c: Any = model.mechanisms["c"]
    # Draws in 40 rounds instead of fractions: a fraction of the standard error, here about .02.
    assert np.abs(ours_b.chances.probabilities.numpy() - chance_b).max() < 0.01
    assert np.abs(ours_c.chances.probabilities.numpy() - chance_c).max() < 0.01
    dropped = rows.dropna().groupby("b")["c"].mean().to_numpy()
    assert np.abs(dropped - chance_c[:, 1]).max() > 0.08


def test_families_are_chosen_by_rows_and_corrected_by_completed_ones() -> None:
    """Selection by the effect bends the complete rows of a straight line."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=3000)
    y = x + rng.normal(size=3000)
    rows = pandas.DataFrame({"x": hide(x, rng.random(3000) < 1 / (1 + np.exp(-4 * y))), "y": y})
    bent = SCM.fit(Graph("x -> y"), rows.dropna())
    assert "splines" in str(bent.choices[1].recipe)
    model = SCM.fit(Graph("x -> y"), rows)
    assert str(model.choices[1].recipe) == "linear"
    assert abs(line(model, "y")["x"] - 1) < 0.1


def test_one_seed_one_model_whatever_the_frame() -> None:
    rows = mixed(300, seed=7)
    graph, by = Graph("x -> y; x -> z"), MaximumLikelihood(rounds=10)
    one = SCM.fit(graph, rows, using=FAMILIES, by=by, seed=3)
    two = SCM.fit(graph, rows, using=FAMILIES, by=by, seed=3)
    other = SCM.fit(graph, rows, using=FAMILIES, by=by, seed=4)
    same = SCM.fit(graph, polars.from_pandas(rows), using=FAMILIES, by=by, seed=3)
    assert one.equations == two.equations == same.equations
    assert one.equations != other.equations
    engine = MaximumLikelihood(rounds=10, engine=Particles(200))
    asked = SCM.fit(graph, rows, using=FAMILIES, by=engine, seed=3)
    assert abs(line(asked, "x")["intercept"] - line(one, "x")["intercept"]) < 0.2


def test_what_was_done_is_saved_with_the_model(tmp_path: Path) -> None:
    model = SCM.fit(Graph("x -> y; x -> z"), mixed(200, seed=8), by=MaximumLikelihood(rounds=8))
    model.save(tmp_path / "model")
    again = SCM.load(tmp_path / "model")
    assert again.why == model.why
    assert again.choices[0].filling == model.choices[0].filling


def test_a_chain_that_hardly_moves_is_doubted() -> None:
    """A count of many thousands leaves a number of order one hardly any freedom to be guessed."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=120)
    z = rng.poisson(np.exp(11 + 1.2 * x))
    rows = pandas.DataFrame({"x": hide(x, rng.random(120) < 0.4), "z": z})
    using = {"x": Linear(), "z": PoissonRegression()}
    model = SCM.fit(Graph("x -> z"), rows, using=using, by=MaximumLikelihood(rounds=12), seed=1)
    assert "DOUBT missing cells of x did not come to rest" in str(model)
    assert "% of the cells" in str(model)
    assert "engine=Particles(2_000)" in str(model)
    asked = MaximumLikelihood(rounds=8, engine=Particles(200))
    model = SCM.fit(Graph("x -> z"), rows, using=using, by=asked, seed=1)
    assert "DOUBT" not in str(model)
    slope: Any = model.mechanisms["z"]
    assert abs(float(slope.predictor.weights[0]) - 1.2) < 0.01


def test_bad_frames_are_refused() -> None:
    _, rows = chain(60, seed=9)
    cases: list[tuple[pandas.DataFrame, type[CausalsimError], str]] = [
        (rows.assign(x=np.nan), DataError, "'x' has no value in any of 60 rows"),
        (
            rows.mask(pandas.Series(rows.index == 7)),
            DataError,
            "1 of 60 rows have no value .* row 7",
        ),
        (rows.assign(y=rows["y"].where(rows.index > 3, np.inf)), DataError, "infinit"),
        (rows.head(5), ModelError, "5"),
        (
            rows.assign(m=hide(0.0, rows["x"].notna()), x=rows["x"]),
            LearningError,
            "Only 0 rows have values in all of 'm', 'x'",
        ),
    ]
    for frame, kind, message in cases:
        with pytest.raises(kind, match=message):
            SCM.fit(CHAIN, frame, using=LINES)
    with pytest.raises(ModelError, match="rounds must be at least 8"):
        MaximumLikelihood(rounds=2)
    with pytest.raises(InferenceError, match="Particles"):
        MaximumLikelihood(engine="particles")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="'z'"):
        SCM.fit(CHAIN, rows, using={"z": Linear()})
    by = MaximumLikelihood(engine=Gaussian())
    with pytest.raises(InferenceError, match="not Normal"):
        SCM.fit(Graph("x -> y; x -> z"), mixed(60, seed=1), using=FAMILIES, by=by)


def test_a_posterior_holds_what_missing_cells_leave_open() -> None:
    """Means and spreads of the draws against the top and the curvature of the likelihood."""
    _, rows = chain(400, seed=12)
    rows = rows[["x", "y"]]
    pair, using = Graph("x -> y"), {"x": Linear(), "y": Linear()}
    posterior = SCM.fit(pair, rows, using=using, by=Laplace(600), seed=1)
    model = SCM.fit(pair, rows, using=using)
    top = np.array([line(model, "y")[name] for name in ("intercept", "x", "sd")])
    mean, scale = line(model, "x")["intercept"], line(model, "x")["sd"]
    x, y = rows["x"].to_numpy(), rows["y"].to_numpy()
    seen = ~np.isnan(x)

    def height(flat: Any) -> float:
        """Of the parameters of y, those of x being as found: they are orthogonal enough."""
        a, b, s, m, t = flat
        total = stats.norm(m, t).logpdf(x[seen]).sum()
        total += stats.norm(a + b * x[seen], s).logpdf(y[seen]).sum()
        return float(
            total + stats.norm(a + b * m, (s**2 + (b * t) ** 2) ** 0.5).logpdf(y[~seen]).sum()
        )

    flat, steps = np.array([*top, mean, scale]), 1e-3 * np.eye(5)
    curve = np.array(
        [
            [
                (
                    height(flat + i + j)
                    - height(flat + i - j)
                    - height(flat - i + j)
                    + height(flat - i - j)
                )
                / 4e-6
                for j in steps
            ]
            for i in steps
        ]
    )
    spreads = np.sqrt(np.diag(np.linalg.inv(-curve)))
    for index, name in enumerate(("y.intercept", "y.x", "y.sd", "x.intercept", "x.sd")):
        drawn = posterior.draws(name)
        size = float(posterior.diagnostics.set_index("parameter").loc[name, "ess_bulk"])
        assert (
            abs(drawn.mean() - flat[index]) < 0.15 * spreads[index] + 4 * spreads[index] / size**0.5
        )
        assert abs(drawn.std() / spreads[index] - 1) < 0.1 + 4 / (2 * size) ** 0.5, name
    complete = ols(rows.dropna(), "y", ["x"])[1]
    assert posterior.draws("y.x").std() != pytest.approx(complete[1], rel=0.02)
    assert "over 200 draws of the missing cells" in posterior.why
    with pytest.raises(LearningError, match="does not learn from rows with missing cells"):
        SCM.fit(pair, rows, using=using, by=NUTS(kept=4), seed=1)


@pytest.mark.slow
def test_posteriors_of_other_families_hold_missing_cells_too() -> None:
    rows = mixed(120, seed=13)[["x", "y"]]
    pair, using = Graph("x -> y"), {"x": Linear(), "y": Logit()}
    rows["x"] = rows["x"].where(rows.index % 3 > 0)
    posterior = SCM.fit(pair, rows, using=using, by=Laplace(200), seed=1)
    for name, truth in {"y.x": 1.0, "y.intercept": -0.3, "x.sd": 1.0}.items():
        drawn = posterior.draws(name)
        assert abs(drawn.mean() - truth) < 4 * drawn.std()
    assert len(posterior) == 200


@pytest.mark.slow
def test_stochastic_em_is_unbiased_over_many_frames() -> None:
    """The mean of 30 estimates within four of its standard errors; that of complete rows not."""
    import statsmodels.api as sm

    ours, dropped = [], []
    for seed in range(30):
        rows = mixed(600, seed=100 + seed)
        model = SCM.fit(Graph("x -> y; x -> z"), rows, using=FAMILIES, seed=seed)
        mechanism: Any = model.mechanisms["z"]
        slope = float(mechanism.predictor.weights[0])
        own = line(model, "x")
        ours.append([float(mechanism.predictor.intercept), slope, own["intercept"], own["sd"]])
        kept = rows.dropna()
        x, z = kept["x"].to_numpy(), kept["z"].to_numpy()
        plain = sm.GLM(z, sm.add_constant(x), family=sm.families.Poisson()).fit()
        dropped.append([*plain.params, x.mean(), x.std(ddof=1)])
    truth = np.array([0.3, 0.5, 0.0, 1.0])
    far = [
        np.abs(np.mean(found, axis=0) - truth) / (np.std(found, axis=0, ddof=1) / 30**0.5)
        for found in (ours, dropped)
    ]
    assert (far[0] < 4).all()
    assert (far[1][[0, 2]] > 4).all()
