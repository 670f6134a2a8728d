"""Judging conditional effects: groups, curves and losses, with weights, clusters and ties."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task
from causalsim.estimation.heterogeneity import (
    ConditionalEffects,
    DRLearner,
    TLearner,
    calibration,
    conditional_effects,
    leader_board,
    qini,
    sorted_groups,
    targeting,
    uplift,
)
from causalsim.estimation.heterogeneity.metalearners import Materials

DATA = nonlinear_confounding(500, seed=11)
EFFECT = AIPW(folds=2, repeats=1, outcome=LinearRegression()).fit(
    Task.of(DATA.frame, Query("y", do="a"), DATA.adjustment), seed=1
)
BASE = conditional_effects(EFFECT, DATA.frame, by=(DRLearner(), TLearner()), seed=1)
MEASURES: tuple[Callable[[ConditionalEffects], object], ...] = (
    targeting,
    qini,
    lambda made: uplift(made, (0.3,)).gains[0],
    lambda made: uplift(made, (0.3,)).beyond_chance[0],
    lambda made: sorted_groups(made, 3)[2],
)


def planted(
    seed: int,
    rows: int = 400,
    parts: int = 1,
    grain: float = 0.0,
    weights: np.ndarray | None = None,
    size: float = 1.0,
) -> ConditionalEffects:
    """True effects size * x, from true nuisances, and predictions x, rounded to a grain."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    e = 1 / (1 + np.exp(-x))
    treated = rng.random(rows) < e
    y = x**2 + treated * size * x + rng.normal(size=rows)
    share = np.ones(rows) if weights is None else weights
    made = Materials(x[:, None], y, treated, e, x**2, x**2 + size * x, share)
    seen = np.round(x / grain) * grain if grain else x
    return replace(
        BASE,
        held_out=seen,
        members=np.column_stack([seen, 0.5 * seen]),
        materials=made,
        parts=np.arange(rows) % parts,
    )


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("parts", [1, 3])
def test_errors_are_those_of_repeated_studies(
    measure: Callable[[ConditionalEffects], object], parts: int
) -> None:
    # With effects this large much of the chance lies in who ranks where.
    found = [measure(planted(seed, parts=parts, size=6.0)) for seed in range(200)]
    values = [one.value for one in found]  # type: ignore[attr-defined]
    errors = [one.standard_error for one in found]  # type: ignore[attr-defined]
    # 200 studies tell a standard deviation within a twentieth (one standard error).
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)


def test_values_are_those_of_theory() -> None:
    """With effects and predictions x standard normal every measure has a closed form."""
    made = planted(1, rows=40_000)
    # E[x; x > z_q] = phi(z_q); the areas are 1 / (2 sqrt(pi)) and, for AUTOC, E[x (-log(1-Phi))].
    area = qini(made)
    assert abs(area.value - 0.5 / np.sqrt(np.pi)) < 4 * area.standard_error
    curve = uplift(made, (0.25, 0.5, 1.0))
    for one, truth in zip(curve.gains, (0.3178, 0.3989, 0.0), strict=True):
        assert abs(one.value - truth) < 4 * one.standard_error
    draws = np.random.default_rng(2).normal(size=400_000)
    from scipy.special import log_ndtr

    mean = float(np.mean(draws * -log_ndtr(-draws)))
    found = targeting(made)
    assert abs(found.value - mean) < 4 * found.standard_error + 0.01


def test_qini_is_the_area_between_the_curve_and_chance() -> None:
    made = planted(3, rows=500, parts=2)
    shares = np.arange(1, 251) / 250
    heights = [one.value for one in uplift(made, shares.tolist()).beyond_chance]
    assert heights[-1] == pytest.approx(0.0, abs=1e-12)
    area = float(np.sum(heights)) / 250  # both ends are zero: the trapezoid rule
    assert qini(made).value == pytest.approx(area, rel=1e-3)


def test_the_curve_ends_at_the_average_effect() -> None:
    made = planted(4)
    last = uplift(made).gains[-1]
    assert last.value == pytest.approx(made.scores.mean())
    error = made.scores.std() / len(made.scores) ** 0.5
    assert last.standard_error == pytest.approx(error)


@pytest.mark.parametrize("measure", MEASURES)
def test_weights_count_rows_as_often_as_copies(
    measure: Callable[[ConditionalEffects], object],
) -> None:
    copies = np.random.default_rng(1).integers(1, 4, 400)
    weighted = planted(5, parts=2, grain=0.05, weights=copies / copies.mean())
    plain = planted(5, parts=2, grain=0.05)
    spread = np.repeat(np.arange(400), copies)
    repeated = replace(
        plain,
        held_out=plain.held_out[spread],
        members=plain.members[spread],
        materials=plain.materials.rows(spread),
        parts=plain.parts[spread],
    )
    one, two = measure(weighted), measure(repeated)
    assert one.value == pytest.approx(two.value, rel=0.02, abs=0.01)  # type: ignore[attr-defined]
    slopes = calibration(weighted).slope, calibration(repeated).slope
    assert slopes[0] == pytest.approx(slopes[1])
    boards = leader_board(weighted).by_scores[0].value, leader_board(repeated).by_scores[0].value
    assert boards[0] == pytest.approx(boards[1])


@pytest.mark.parametrize("measure", [*MEASURES, calibration])
def test_twins_add_no_information(measure: Callable[[ConditionalEffects], object]) -> None:
    plain = planted(6, grain=0.01)
    twice = np.tile(np.arange(400), 2)
    pairs = replace(
        plain,
        held_out=plain.held_out[twice],
        members=plain.members[twice],
        materials=plain.materials.rows(twice),
        parts=plain.parts[twice],
        effect=replace(plain.effect, clusters=twice),
    )
    one, two = measure(plain), measure(pairs)
    assert two.standard_error == pytest.approx(one.standard_error, rel=0.02)  # type: ignore[attr-defined]


def test_the_order_of_the_rows_says_nothing() -> None:
    """With one prediction for all, rows sorted by their scores show no gain."""
    plain = planted(7, parts=2)
    order = np.argsort(-plain.scores)
    flat = replace(
        plain,
        held_out=plain.parts.astype(float),  # differs between parts, as held-out means do
        materials=plain.materials.rows(order),
    )
    for found in (targeting(flat), qini(flat), uplift(flat, (0.3,)).beyond_chance[0]):
        assert found.value == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(EstimationError, match="the same for everyone"):
        calibration(flat)
    with pytest.raises(EstimationError, match="the same for everyone"):
        sorted_groups(flat)


def test_groups_rise_and_add_up() -> None:
    made = planted(8, rows=2000, parts=3)
    groups = sorted_groups(made, 5)
    values = [one.value for one in groups]
    assert values == sorted(values)
    parts = [made.scores[made.parts == part].mean() for part in range(3)]
    shares = np.bincount(made.parts) / 2000
    assert np.mean(values) == pytest.approx(float(shares @ parts), rel=1e-9)
    gap = groups[4] - groups[0]
    # Means of the outer fifths of a standard normal are +-1.4.
    assert abs(gap.value - 2.8) < 4 * gap.standard_error
    assert "group 5 of 5" in groups[4].estimand
    assert len(groups.joint_intervals(seed=1)) == 5


def test_losses_tell_the_distance_from_the_truth() -> None:
    """The gain of x over the mean is Var(x) = 1; of x / 2, 1 - 1/4."""
    made = planted(9, rows=20_000)
    board = leader_board(replace(made, parts=np.arange(20_000) % 2))
    assert board.names[:2] == ("DRLearner (Ridge)", "all of them, mixed")
    for one, truth in zip(board.by_scores, (1.0, 1.0, 0.75), strict=True):
        assert abs(one.value - truth) < 4 * one.standard_error
    e, x = made.materials.propensity, made.materials.covariates[:, 0]
    for one, share in zip(board.by_residuals, (1.0, 1.0, 0.75), strict=True):
        assert abs(one.value - share * np.mean(e * (1 - e) * x**2)) < 4 * one.standard_error
    assert "beats the same effect for everyone" in str(board)
    assert list(board.to_frame().columns[:2]) == ["metalearner", "dr_gain"]
    assert "leads" in board._repr_html_()
    assert len(board.to_dict()["metalearner"]) == 3  # type: ignore[arg-type]


def test_curves_have_bands_and_words() -> None:
    curve = uplift(planted(10))
    table = curve.to_frame(seed=1)
    assert len(table) == 10
    assert (table.gain_low < table.gain).all()
    assert table.beyond_chance_low.iloc[-1] == table.beyond_chance_high.iloc[-1]
    pointwise = curve.gains[4].interval()
    assert table.gain_low[4] < pointwise.low
    assert "to treating as many at random" in str(curve)
    back = replace(planted(10), held_out=-planted(10).held_out)
    assert "gains nothing over chance" in str(uplift(back))
    axes = curve.plot()
    assert axes.get_xlabel() == "share of people treated"
    assert len(axes.lines) == 3  # none gained, the curve, the line of chance
    assert "<table" in curve._repr_html_()
    assert len(curve.to_dict()["gains"]) == 10  # type: ignore[arg-type]


def test_real_effects_pass_through() -> None:
    groups = sorted_groups(BASE, 3)
    assert groups[2].value > groups[0].value
    assert (groups[2] - groups[0]).z > 2
    assert leader_board(BASE).by_scores[0].value > 0
    assert qini(BASE).value > 0


def test_what_cannot_be_judged_is_said() -> None:
    for verb in (calibration, targeting, qini, uplift, sorted_groups, leader_board):
        with pytest.raises(HeterogeneityError, match="Conditional effects are expected"):
            verb(EFFECT)  # type: ignore[operator]
    with pytest.raises(EstimationError, match="shares"):
        uplift(BASE, (0.0, 0.5))
    with pytest.raises(EstimationError, match="shares"):
        uplift(BASE, ())
    with pytest.raises(EstimationError, match="groups"):
        sorted_groups(BASE, 1)
    with pytest.raises(HeterogeneityError, match="20 are needed"):
        sorted_groups(BASE, 100)


def test_weighted_frames_and_namesakes_work_throughout() -> None:
    from causalsim.estimation.reading.roles import Roles

    frame: pd.DataFrame = DATA.frame.assign(w=np.linspace(1, 3, 500), home=np.arange(500) // 2)
    task = Task.of(frame, Query("y", do="a"), DATA.adjustment, Roles(weights="w", clusters="home"))
    effect = AIPW(folds=2, repeats=1, outcome=LinearRegression()).fit(task, seed=1)
    found = conditional_effects(effect, frame, by=(TLearner(), TLearner()), parts=2, seed=1)
    assert [name for name, _ in found.shares] == ["TLearner (Ridge)", "TLearner (Ridge) #2"]
    assert (found.parts[::2] == found.parts[1::2]).all()
    assert targeting(found).standard_error > 0


def test_every_result_explains_itself() -> None:
    import json

    made = planted(11, parts=2)
    for found in (calibration(made), uplift(made), leader_board(made)):
        assert str(found) in found.why
        assert "<" in found._repr_html_()
        json.dumps(found.to_dict())
    assert "<table>" in BASE._repr_html_()
    json.dumps(BASE.to_dict())


def test_the_error_of_the_slope_is_that_of_repeated_studies() -> None:
    found = [calibration(planted(seed, parts=3)) for seed in range(200)]
    assert np.mean([one.slope for one in found]) == pytest.approx(1.0, abs=0.1)
    spread = np.std([one.slope for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.2)
