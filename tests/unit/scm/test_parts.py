"""The small parts: seeds, domains, terms, regressions, distributions of levels."""

import numpy as np
import pyro.distributions as dist
import pytest
import torch

from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.domain import Labels, Levels, Real, infer
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.parts.terms import Curve, Offsets, Slope
from causalsim.scm.noise import draw, normal, standard_uniform
from causalsim.scm.regression import least_squares, multinomial_logit
from causalsim.seeds import Seed, seeded


def test_seeds_are_reproducible_and_their_children_independent() -> None:
    one, other = Seed(1).child("a"), Seed(1).child("b")
    n = 20_000
    first, second = (seed.torch() for seed in (one, other))
    pair = torch.stack([torch.randn(n, generator=first), torch.randn(n, generator=second)])
    assert abs(float(torch.corrcoef(pair)[0, 1])) < 4 / n**0.5
    assert np.array_equal(one.numpy().random(5), one.numpy().random(5))
    assert seeded(one, "c") == Seed(1, ("a", "c"))
    assert seeded(np.int64(3)).root == 3


def test_the_path_of_a_seed_is_read_name_by_name() -> None:
    assert Seed(1).child("ab", "c").number != Seed(1).child("a", "bc").number
    assert Seed(1).child("a").number != Seed(2).child("a").number


@pytest.mark.parametrize(
    "column, expected",
    [
        ([0.5, 1.5, 2.5], "continuous"),
        ([0, 1, 1], "binary"),
        ([True, False, True], "binary"),
        ([1.5, 2.5, 1.5], "binary"),
        ([1, 2, 3, 4, 5], "5 ordered levels"),
        ([1.0, 2.0, 3.0], "3 ordered levels"),
        (list(range(11)), "continuous"),
        (["b", "a", "c"], "3 names"),
        (["a", "a"], "constant"),
        ([7, 7], "constant"),
    ],
)
def test_a_columns_values_suggest_its_domain(column: list[object], expected: str) -> None:
    raw = np.array(column)
    domain = infer("v", raw)
    assert str(domain) == expected
    back = domain.decode(domain.encode("v", raw))
    assert back.tolist() == column
    assert infer("v", np.array(column, dtype=object)) == domain


def test_labels_compare_with_names() -> None:
    labels = Labels(torch.tensor([0.0, 1.0, 2.0]), ("a", "b", "c"))
    assert (labels == "b").tolist() == [False, True, False]
    assert (labels != "b").tolist() == [True, False, True]
    assert labels.isin(["a", "c"]).tolist() == [True, False, True]
    assert Levels(("a", "b", "c")).encode("v", labels).tolist() == [0.0, 1.0, 2.0]


def test_a_natural_spline_is_a_line_beyond_its_knots_and_a_cubic_between() -> None:
    curve = Curve("x", (0.0, 1.0, 2.0, 4.0))
    grid = torch.linspace(-5, 9, 15, dtype=torch.float64)
    second = curve.columns(grid).diff(dim=0).diff(dim=0)
    outside = (grid[1:-1] <= -1) | (grid[1:-1] >= 5)
    assert float(second[outside].abs().max()) < 1e-12
    assert float(second[~outside].abs().max()) > 1e-3
    assert curve.columns(grid).shape == (15, curve.width)


def test_least_squares_agrees_with_numpy() -> None:
    rng = np.random.default_rng(1)
    x, c = rng.normal(1000.0, 2.0, 200), rng.integers(3, size=200)
    y = 3.0 - 0.5 * x + np.array([0.0, 1.0, -2.0])[c] + rng.normal(size=200)
    levels = Levels(("a", "b", "c"))
    values = {"x": torch.tensor(x), "c": torch.tensor(c).double()}
    found, residual = least_squares([Slope("x"), Offsets("c", levels)], values, torch.tensor(y))
    columns = np.column_stack([np.ones(200), x, c == 1, c == 2])
    expected = np.linalg.lstsq(columns, y, rcond=None)[0]
    np.testing.assert_allclose(float(found.intercept), expected[0], rtol=1e-8)
    np.testing.assert_allclose(torch.cat(found.weights).numpy(), expected[1:], rtol=1e-8)
    np.testing.assert_allclose(residual.numpy(), y - columns @ expected, atol=1e-9)


def test_the_logit_solves_its_likelihood_equations() -> None:
    """At the maximum the residual is orthogonal to every column (up to the ridge)."""
    rng = np.random.default_rng(2)
    x = torch.tensor(rng.normal(size=500))
    codes = torch.tensor((x.numpy() + rng.logistic(size=500) > 0).astype(int) + (x.numpy() > 1))
    found = multinomial_logit([Slope("x")], {"x": x}, codes, 3)
    logits = torch.nn.functional.pad(found({"x": x}), (1, 0))
    residual = torch.softmax(logits, -1) - torch.nn.functional.one_hot(codes, 3)
    assert float(residual.sum(0).abs().max()) < 1e-5
    assert float((residual * x.unsqueeze(1)).sum(0).abs().max()) < 0.05


def test_the_distribution_of_levels_agrees_with_categorical() -> None:
    chances = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]], dtype=torch.float64)
    points = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)
    found, categorical = LevelDistribution(chances, points), dist.Categorical(chances)
    codes = torch.tensor([2, 1])
    torch.testing.assert_close(found.log_prob(points[codes]), categorical.log_prob(codes))
    assert found.enumerate_support().shape == (3, 2)
    assert found.expand(torch.Size([4, 2])).batch_shape == (4, 2)
    torch.testing.assert_close(found.mean, chances @ points)
    expected = (chances * (points - found.mean.unsqueeze(-1)) ** 2).sum(-1)
    torch.testing.assert_close(found.variance, expected)
    torch.manual_seed(1)
    drawn = found.sample(torch.Size([5000]))
    error = (expected / 5000).sqrt()
    assert bool(((drawn.mean(0) - found.mean).abs() < 4 * error).all())


@pytest.mark.parametrize(
    "distribution",
    [normal(2.0, 1.0), standard_uniform(), dist.Gamma(2.0, 1.0), dist.Gumbel(0.0, 1.0)],
)
def test_draws_come_from_the_generator_alone(distribution: dist.TorchDistribution) -> None:
    before = torch.random.get_rng_state()
    n = 20_000
    one, other = (draw(distribution, (n,), torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, other)
    assert one.dtype == torch.float64
    assert torch.equal(torch.random.get_rng_state(), before)
    error = float(distribution.variance) ** 0.5 / n**0.5
    assert abs(float(one.mean()) - float(distribution.mean)) < 4 * error


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with threads_for(10):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
        with threads_for(10**7):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_numbers_are_copied_from_the_users_array() -> None:
    raw = np.arange(3.0)
    encoded = Real().encode("x", raw)
    raw[0] = 99.0
    assert encoded.tolist() == [0.0, 1.0, 2.0]
