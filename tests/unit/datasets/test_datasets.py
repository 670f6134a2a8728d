"""The study has the rows of the book; the generators have the truth they claim."""

import numpy as np

from causalsim import datasets
from causalsim.datasets.generators import nonlinear_confounding


def test_quit_smoking_is_table_12_1_of_what_if() -> None:
    people = datasets.quit_smoking()
    assert people.shape == (1566, 11)
    assert people.index.name == "seqn"
    assert people.index.is_unique
    assert not people.isna().any().any()
    quitters, others = people[people.quit == 1], people[people.quit == 0]
    assert (len(quitters), len(others)) == (403, 1163)
    # Table 12.1: mean of each characteristic among quitters and others, as printed.
    printed = {
        "age": (46.2, 42.8),
        "wt71": (72.4, 70.3),
        "smokeintensity": (18.6, 21.2),
        "smokeyrs": (26.0, 24.1),
    }
    for name, (quit_mean, other_mean) in printed.items():
        assert round(quitters[name].mean(), 1) == quit_mean
        assert round(others[name].mean(), 1) == other_mean
    assert round((quitters.sex == 0).mean() * 100, 1) == 54.6  # men
    assert round((quitters.race == 0).mean() * 100, 1) == 91.1  # white
    assert round((quitters.education == 5).mean() * 100, 1) == 15.4  # university
    assert round((quitters.exercise == 2).mean() * 100, 1) == 40.7  # little exercise
    assert round((quitters.active == 2).mean() * 100, 1) == 11.2  # inactive


def test_quit_smoking_is_made_anew_each_time() -> None:
    people = datasets.quit_smoking()
    people["quit"] = 0
    assert datasets.quit_smoking()["quit"].sum() == 403


def test_the_generator_has_the_effect_it_claims() -> None:
    data = nonlinear_confounding(200_000, seed=3)
    error = data.effect.std() / np.sqrt(len(data.effect))
    assert abs(data.effect.mean() - data.ate) < 4 * error
    frame = data.frame
    # Within narrow strata of the true propensity the arms differ by the effect (Rosenbaum, Rubin).
    treated = frame["a"].to_numpy() == 1
    weight = np.where(treated, 1 / data.propensity, 1 / (1 - data.propensity))
    y = frame["y"].to_numpy()
    signed = np.where(treated, 1, -1) * weight * y
    assert abs(signed.mean() - data.ate) < 4 * signed.std() / np.sqrt(len(y))
    naive = y[treated].mean() - y[~treated].mean()
    assert naive - data.ate > 0.5


def test_equal_seeds_draw_equal_rows_and_others_differ() -> None:
    one, again, other = (nonlinear_confounding(50, seed=seed).frame for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)
