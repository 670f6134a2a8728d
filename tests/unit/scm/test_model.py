"""Models with known answers: the Primer's example, thresholds worked out by hand, real rows."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyro
import pyro.distributions as dist
import pytest
import torch
from pyro.infer import Predictive

from causalsim import datasets
from causalsim.graph.graph import Graph
from causalsim.scm import (
    SCM,
    Draw,
    Levels,
    Linear,
    Policy,
    Set,
    Shift,
    Splines,
    frequencies,
    linear,
    table,
)

BINARY = Levels((0, 1))


def encouragement() -> SCM:
    """Pearl, Glymour and Jewell (2016), figure 4.1: X encouragement, H homework, Y score."""
    return SCM(
        Graph("X -> H -> Y <- X"),
        {"X": linear({}), "H": linear({"X": 0.5}), "Y": linear({"X": 0.7, "H": 0.4})},
    )


def drug() -> SCM:
    """A coin, and recovery that the drug helps: P(y | x=0) = 0.2, P(y | x=1) = 0.7."""
    return SCM(
        Graph("x -> y"),
        {
            "x": frequencies({0: 0.5, 1: 0.5}),
            "y": table(
                ["x"], {(0,): [0.8, 0.2], (1,): [0.3, 0.7]}, levels=[0, 1], domains=[BINARY]
            ),
        },
    )


def people(n: int = 400) -> pd.DataFrame:
    """Rows with every kind of column."""
    rng = np.random.default_rng(1)
    age = rng.normal(50, 10, n)
    city = rng.choice(["Oslo", "Rome", "Bonn"], n)
    treated = rng.random(n) < 1 / (1 + np.exp((50 - age) / 10))
    pain = np.clip(np.round((age - 40) / 15 + rng.normal(size=n)), 0, 4).astype(int)
    gain = 0.1 * age + 2.0 * treated + (city == "Rome") + rng.normal(size=n)
    return pd.DataFrame({"age": age, "city": city, "treated": treated, "pain": pain, "gain": gain})


EVERY_KIND = Graph("age -> treated -> gain <- age; city -> gain; age -> pain")


class TestThePrimer:
    """Section 4.2.3: Joe."""

    joe = pd.DataFrame({"X": [0.5], "H": [1.0], "Y": [1.5]})

    def test_the_noise_is_recovered(self) -> None:
        noises = encouragement().abduct(self.joe)
        np.testing.assert_allclose(noises[["U_X", "U_H", "U_Y"]].iloc[0], [0.5, 0.75, 0.75])

    def test_joe_with_his_homework_doubled_scores_1_90(self) -> None:
        result = encouragement().counterfactual(self.joe, do={"H": 2.0})
        assert result["Y"].iloc[0] == pytest.approx(1.90, abs=1e-12)
        assert result["X"].iloc[0] == 0.5
        assert result.diagnostics.exact
        assert "inversion" in result.diagnostics.engine
        assert "U_" not in result.why
        assert "Not influenced, so as observed: X" in result.why

    def test_the_program_gives_1_90_from_the_same_noise(self) -> None:
        noises = {"U_X": 0.5, "U_H": 0.75, "U_Y": 0.75}
        data = {name: torch.tensor([value]).double() for name, value in noises.items()}
        program = pyro.poutine.condition(encouragement().do(H=2.0).program(), data=data)
        assert float(program()["Y"]) == pytest.approx(1.90, abs=1e-12)


class TestThresholds:
    """One uniform noise: y = [U >= 1 - P(y=1 | x)], so everything is an interval of U."""

    def test_probability_of_necessity(self) -> None:
        """PN = P(y_0 = 0 | x=1, y=1) = (0.7 - 0.2) / 0.7 (Tian and Pearl 2000, eq. 23)."""
        n = 40_000
        one = pd.DataFrame({"x": [1], "y": [1]})
        result = drug().counterfactual(one, do={"x": 0}, draws=n, seed=1)
        expected = 0.5 / 0.7
        error = (expected * (1 - expected) / n) ** 0.5
        assert abs(result.probability("y", 0)[0] - expected) < 4 * error
        assert result.mean("y")[0] == pytest.approx(1 - result.probability("y", 0)[0])
        assert not result.diagnostics.exact
        assert result.diagnostics.drawn == ("y",)
        assert "threshold" in str(result)

    def test_monotonicity(self) -> None:
        """Who recovered without the drug recovers with it, for certain."""
        rows = pd.DataFrame({"x": [0] * 500, "y": [1] * 500})
        assert (drug().counterfactual(rows, do={"x": 1}, seed=2)["y"] == 1).all()

    def test_cumulative_probabilities_order_the_levels(self) -> None:
        model = SCM(Graph("", nodes=["c"]), {"c": frequencies({"a": 0.25, "b": 0.5, "c": 0.25})})
        noises = model.abduct(pd.DataFrame({"c": ["a", "b", "c"] * 300}), seed=1)["U_c"]
        low = noises.to_numpy().reshape(300, 3)
        assert low[:, 0].max() < 0.25 <= low[:, 1].min()
        assert low[:, 1].max() < 0.75 <= low[:, 2].min()


class TestActions:
    def test_a_shift_moves_the_natural_value_of_each_unit(self) -> None:
        model = encouragement()
        moved = model.do({"H": Shift(+5)}).sample(100, seed=3)
        still = model.sample(100, seed=3)
        np.testing.assert_allclose(moved["H"] - still["H"], 5.0)
        np.testing.assert_allclose(moved["Y"] - still["Y"], 2.0)

    def test_a_policy_reads_variables_and_the_natural_value(self) -> None:
        model = encouragement()
        policy = Policy(lambda H, X: torch.where(X > 0, H, 0.0))
        rows = model.sample(100, seed=3)
        result = model.counterfactual(rows, do={"H": policy})
        np.testing.assert_allclose(result["H"], np.where(rows["X"] > 0, rows["H"], 0.0))
        assert set(model.do({"H": policy}).graph.parents("H")) == {"X"}
        assert model.do({"H": lambda Y_=1: 2.0}).sample(3)["H"].tolist() == [2.0] * 3

    def test_a_policy_sees_names(self) -> None:
        model = SCM.fit(EVERY_KIND, people(), seed=1)
        acted = model.do(treated=lambda city: city == "Rome")
        rows = acted.sample(200, seed=1)
        assert (rows["treated"] == (rows["city"] == "Rome")).all()
        assert acted.graph.parents("treated") == ("city",)
        moved = model.do(city=lambda age: np.where(age > 50, "Oslo", "Bonn")).sample(50, seed=1)
        assert (moved["city"] == np.where(moved["age"] > 50, "Oslo", "Bonn")).all()

    def test_a_draw_is_fresh_and_leaves_everyone_elses_noise_alone(self) -> None:
        model = encouragement()
        drawn = model.do({"H": Draw(dist.Normal(3.0, 0.5))})
        n = 4000
        rows = drawn.sample(n, seed=4)
        assert abs(rows["H"].mean() - 3.0) < 4 * 0.5 / n**0.5
        assert abs(np.corrcoef(rows["H"], rows["X"])[0, 1]) < 4 / n**0.5
        evidence = model.sample(n, seed=5)
        imagined = model.counterfactual(evidence, do={"H": dist.Normal(3.0, 0.5)}, seed=6)
        assert abs(np.corrcoef(imagined["H"], evidence["H"])[0, 1]) < 4 / n**0.5
        kept = imagined["Y"] - 0.4 * imagined["H"] - (evidence["Y"] - 0.4 * evidence["H"])
        np.testing.assert_allclose(kept, 0.0, atol=1e-12)

    def test_one_value_a_unit(self) -> None:
        rows = encouragement().sample(3, seed=1)
        result = encouragement().counterfactual(rows, do={"H": [1.0, 2.0, 3.0]})
        assert result["H"].tolist() == [1.0, 2.0, 3.0]
        assert result.actions == ("H := one value a unit",)

    def test_evidence_from_an_intervened_world(self) -> None:
        trial = encouragement().do(H=1.0)
        rows = trial.sample(20, seed=1)
        had_been_two = trial.counterfactual(rows, do={"H": 2.0})
        np.testing.assert_allclose(had_been_two["Y"] - rows["Y"], 0.4)

    def test_set_and_a_bare_value_are_the_same(self) -> None:
        one = encouragement().do(H=Set(2)).sample(5)
        assert one.equals(encouragement().do({"H": 2}).sample(5))


class TestFitting:
    def test_every_kind_of_column_survives_the_round_trip(self) -> None:
        rows = people()
        drawn = SCM.fit(EVERY_KIND, rows, seed=1).sample(500, seed=2)
        assert list(drawn.columns) == list(EVERY_KIND.nodes)
        assert set(drawn["city"]) == {"Oslo", "Rome", "Bonn"}
        assert drawn["treated"].dtype == bool
        assert drawn["pain"].dtype.kind == "i"
        assert set(drawn["pain"]) <= set(range(5))

    def test_polars_in_polars_out(self) -> None:
        rows = pl.DataFrame({name: column.tolist() for name, column in people().items()})
        model = SCM.fit(EVERY_KIND, rows, seed=1)
        assert isinstance(model.sample(5), pl.DataFrame)
        result = model.counterfactual(rows, do={"treated": True})
        assert isinstance(result.frame, pl.DataFrame)
        assert result.frame.columns == rows.columns
        assert isinstance(model.abduct(rows), pl.DataFrame)
        assert isinstance(model.table(), pl.DataFrame)
        assert (result["city"] == rows["city"]).all()

    def test_the_index_and_other_columns_are_kept(self) -> None:
        rows = people(50).assign(note=pd.Categorical(["x"] * 50))
        rows.index = pd.Index([f"p{number}" for number in range(50)])
        before = rows.copy()
        result = SCM.fit(EVERY_KIND, rows, seed=1).counterfactual(rows, do={"treated": True})
        assert result.frame.index.equals(rows.index)
        assert result["note"].dtype == rows["note"].dtype
        assert (result["treated"]).all()
        assert result["age"].equals(rows["age"])
        pd.testing.assert_frame_equal(rows, before)

    def test_a_line_is_kept_for_a_line_and_a_curve_taken_for_a_curve(self) -> None:
        rng = np.random.default_rng(3)
        x = rng.normal(size=600)
        rows = pd.DataFrame({"x": x, "line": 2 * x + rng.normal(size=600)})
        rows["bend"] = np.sin(2 * x) + 0.3 * rng.normal(size=600)
        model = SCM.fit(Graph("x -> line; x -> bend"), rows, seed=1)
        chosen = {choice.node: choice for choice in model.choices}
        assert chosen["line"].recipe == Linear()
        assert "simplest" in chosen["line"].why
        assert isinstance(chosen["bend"].recipe, Splines)
        assert "held-out" in model.why
        table_ = model.table()
        assert table_["variable"].tolist() == ["x", "line", "bend"]

    def test_the_user_may_choose_the_family(self) -> None:
        model = SCM.fit(EVERY_KIND, people(), using={"gain": Splines(4)}, seed=1)
        assert {c.node: c.why for c in model.choices}["gain"] == "you chose it"

    def test_splines_recover_a_curve(self) -> None:
        """Unit counterfactuals of y = tanh(2x) + u within 0.03 (root mean square)."""
        rng = np.random.default_rng(5)
        x, u = rng.normal(size=20_000), 0.3 * rng.normal(size=20_000)
        rows = pd.DataFrame({"x": x, "y": np.tanh(2 * x) + u})
        model = SCM.fit(Graph("x -> y"), rows, using={"y": Splines(10)}, seed=1)
        imagined = model.counterfactual(rows, do={"x": 0.5})["y"]
        assert ((imagined - np.tanh(1.0) - u) ** 2).mean() ** 0.5 < 0.03

    def test_a_parent_that_never_varies_does_no_harm(self) -> None:
        rows = people().assign(age=1.0)
        drawn = SCM.fit(Graph("age -> gain <- treated"), rows, seed=1).sample(4000, seed=1)
        error = rows["gain"].std() * (1 / 400 + 1 / 4000) ** 0.5
        assert abs(drawn["gain"].mean() - rows["gain"].mean()) < 4 * error
        assert (drawn["age"] == 1).all()

    def test_perfect_separation_still_gives_probabilities(self) -> None:
        rows = pd.DataFrame({"x": np.linspace(-1, 1, 100)})
        rows["y"] = (rows["x"] > 0).astype(int)
        model = SCM.fit(Graph("x -> y"), rows, seed=1)
        assert model.do(x=1.0).sample(500)["y"].mean() > 0.99
        assert model.do(x=-1.0).sample(500)["y"].mean() < 0.01

    def test_the_same_seed_gives_the_same_model_and_global_state_is_left_alone(self) -> None:
        torch.manual_seed(0)
        pyro.clear_param_store()
        before = torch.random.get_rng_state()
        one, other = (SCM.fit(EVERY_KIND, people(), seed=3) for _ in range(2))
        assert one.equations == other.equations
        assert one.sample(9, seed=1).equals(other.sample(9, seed=1))
        assert not one.sample(9, seed=1).equals(one.sample(9, seed=2))
        one.do(age=dist.Gamma(2.0, 1.0)).sample(5)
        assert torch.equal(torch.random.get_rng_state(), before)
        assert not len(pyro.get_param_store())


class TestTheStudy:
    """NHEFS: Hernán and Robins, *What If*: 3.5 kg by standardisation (2.6 to 4.5)."""

    def test_quitting_adds_three_and_a_half_kilograms(self) -> None:
        rows = datasets.quit_smoking()
        causes = [name for name in rows.columns if name not in ("quit", "weight_gain")]
        edges = [(cause, effect) for cause in causes for effect in ("quit", "weight_gain")]
        model = SCM.fit(Graph([*edges, ("quit", "weight_gain")]), rows, seed=1)
        worlds = [model.do(quit=level).sample(10_000, seed=1)["weight_gain"] for level in (1, 0)]
        assert abs((worlds[0] - worlds[1]).mean() - 3.46) < 0.3
        quitters = rows[rows["quit"] == 1]
        gain = (
            quitters["weight_gain"] - model.counterfactual(quitters, do={"quit": 0})["weight_gain"]
        )
        assert abs(gain.mean() - 3.46) < 0.3


class TestProgram:
    def test_predictive_draws_from_the_model(self) -> None:
        model = SCM.fit(EVERY_KIND, people(), seed=1)
        pyro.set_rng_seed(1)
        drawn = Predictive(model.program(), num_samples=50, parallel=True)(units=20)
        assert drawn["gain"].shape == (50, 20)
        assert drawn["U_gain"].shape == (50, 20)
        n = 1000
        means = drawn["gain"].mean(), people()["gain"].mean()
        assert (
            abs(float(means[0]) - means[1]) < 4 * people()["gain"].std() * (1 / n + 1 / 400) ** 0.5
        )

    def test_sites_are_as_documented(self) -> None:
        trace = pyro.poutine.trace(encouragement().do(X=1.0).program()).get_trace(units=4)
        sites = [name for name in trace.nodes if name not in ("_INPUT", "_RETURN")]
        assert sites == ["units", "X", "U_H", "H", "U_Y", "Y"]
        assert [frame.name for frame in trace.nodes["Y"]["cond_indep_stack"]] == ["units"]

    def test_a_latent_variable_has_a_site_and_no_column(self) -> None:
        model = SCM(
            Graph("z -> x; z -> y; x -> y", latent=["z"]),
            {"z": linear({}), "x": linear({"z": 1.0}), "y": linear({"x": 1.0, "z": 1.0})},
        )
        assert list(model.sample(3).columns) == ["x", "y"]
        assert "z" in model.program()(2)


class TestWords:
    def test_a_model_says_what_it_is(self) -> None:
        model = encouragement()
        assert str(model) == repr(model) == "SCM of 3 variables and 3 arrows"
        assert "under H := 2.0" in str(model.do(H=2))
        assert model.equations.splitlines()[2] == "Y = 0.7·X + 0.4·H + U_Y,  U_Y ~ Normal(sd 1)"
        assert "<table>" in model._repr_html_()
        assert set(model.to_dict()) == {"graph", "equations", "why"}

    def test_a_result_says_what_it_is(self) -> None:
        rows = drug().sample(4, seed=1)
        result = drug().counterfactual(rows, do={"x": 1})
        assert len(result) == 4
        assert result.to_dict()["drawn"] == ["y"]
        assert "<table" in result._repr_html_()

    @pytest.mark.parametrize(
        "action, words",
        [
            ({"H": Shift(5)}, "H := its natural value +5"),
            ({"H": lambda X: X}, "H := policy(X)"),
            ({"H": dist.Normal(0.0, 1.0)}, "H := U_H"),
        ],
    )
    def test_actions_are_told(self, action: Any, words: str) -> None:
        assert words in encouragement().do(action).equations
