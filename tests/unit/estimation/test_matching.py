"""Matching: the imputed outcomes, and Abadie and Imbens's variance."""

import numpy as np
import pandas as pd
import pytest

from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import Overlap, Treated, Untreated
from causalsim.estimation.estimators.matching import Mahalanobis, Matching, PropensityScore
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task

QUERY = Query("y", do="a")


def study(seed: int, rows: int = 400) -> pd.DataFrame:
    """A curved confounder; effect 1 + x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    a = (rng.random(rows) < 1 / (1 + np.exp(-0.6 * x))).astype(int)
    y = np.sin(2 * x) + a * (1 + x) + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "a": a, "y": y})


def task(frame: pd.DataFrame) -> Task:
    return Task.of(frame, QUERY, ("x",))


def brute_force(frame: pd.DataFrame, m: int, who: str) -> tuple[float, float]:
    """Theorems 6 and 7 of Abadie and Imbens (2006), line by line, without bias correction.

    All who are as near as the ``m``-th count the same, as in Abadie, Drukker, Herr and Imbens
    (2004, Stata Journal 4).
    """
    x, a, y = (frame[name].to_numpy() for name in ("x", "a", "y"))
    n = len(x)
    uses, squares, imputed, noise = (np.zeros(n) for _ in range(4))

    def nearest(i: int, among: list[int], count: int) -> list[int]:
        last = sorted(abs(x[j] - x[i]) for j in among)[count - 1]
        return [j for j in among if abs(x[j] - x[i]) <= last + 1e-9]

    for i in range(n):
        near = nearest(i, [j for j in range(n) if a[j] != a[i]], m)
        imputed[i] = y[near].mean()
        if who == "everyone" or a[i] == (who == "treated"):
            uses[near] += 1 / len(near)
            squares[near] += 1 / len(near) ** 2
        twins = nearest(i, [j for j in range(n) if a[j] == a[i] and j != i], 1)
        noise[i] = (y[i] - y[twins].mean()) ** 2 * len(twins) / (len(twins) + 1)
    gains = np.where(a == 1, y - imputed, imputed - y)
    if who == "everyone":
        value = gains.mean()
        extra = uses**2 + 2 * uses - squares
        return value, np.sqrt(((gains - value) ** 2).sum() + (extra * noise).sum()) / n
    rows = a == (who == "treated")
    value = gains[rows].mean()
    extra = uses**2 - squares
    total = ((gains[rows] - value) ** 2).sum() + (extra * noise)[~rows].sum()
    return value, np.sqrt(total) / rows.sum()


@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize(
    ("target", "who"),
    [(Matching().target, "everyone"), (Treated(), "treated"), (Untreated(), "untreated")],
)
@pytest.mark.parametrize("width", [0.0, 0.5, 2.0])
def test_it_is_the_published_formula(m: int, target: object, who: str, width: float) -> None:
    frame = study(7, rows=80)
    if width:  # many at the same place, and some at the same distance to either side
        frame["x"] = np.round(frame.x / width)
    estimator = Matching(neighbours=m, corrected=False, target=target)  # type: ignore[arg-type]
    found = estimator.fit(task(frame), seed=1)
    value, error = brute_force(frame, m, who)
    assert found.value == pytest.approx(value, rel=1e-10)
    assert found.standard_error == pytest.approx(error, rel=1e-10)


def test_exact_matches_need_no_correction() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 3, 300).astype(float)
    a = rng.integers(0, 2, 300)
    frame = pd.DataFrame({"x": x, "a": a, "y": x**2 + 2.0 * a})
    for likeness in (Mahalanobis(), PropensityScore()):
        found = Matching(likeness, corrected=False).fit(task(frame), seed=1)
        assert found.value == pytest.approx(2.0, abs=1e-9)
        assert found.standard_error == pytest.approx(0.0, abs=1e-9)


def test_the_order_of_the_rows_and_the_units_make_no_difference() -> None:
    frame = study(5, rows=120).assign(g=lambda d: np.round(d.x), h=np.arange(120) % 2)
    for columns in (("g", "h"), ("x", "h"), ()):
        found = Matching(neighbours=2).fit(Task.of(frame, QUERY, columns), seed=1)
        mixed = frame.sample(frac=1.0, random_state=1)
        large = frame.assign(x=1e12 * frame.x, h=1e-12 * frame.h + 1e-6, g=1e6 + 1e3 * frame.g)
        for other in (mixed, large):
            again = Matching(neighbours=2).fit(Task.of(other, QUERY, columns), seed=1)
            assert again.value == pytest.approx(found.value, rel=1e-6)
            assert again.standard_error == pytest.approx(found.standard_error, rel=1e-6)


def test_without_covariates_it_is_the_difference_in_means() -> None:
    frame = study(5)
    found = Matching().fit(Task.of(frame, QUERY, ()), seed=1)
    means = frame.groupby("a")["y"].mean()
    assert found.value == pytest.approx(means[1] - means[0], rel=1e-10)
    errors = frame.groupby("a")["y"].var() / frame.groupby("a")["y"].count()
    assert found.standard_error == pytest.approx(errors.sum() ** 0.5, rel=0.02)


def test_people_without_anybody_like_them_are_told_or_refused() -> None:
    frame = study(5)
    assert Matching().fit(task(frame), seed=1).notes == ()
    some = frame.assign(x=lambda d: np.where((d.index < 60) & (d.a == 1), d.x + 40.0, d.x))
    found = Matching(target=Treated()).fit(task(some), seed=1)
    assert "have no match near them" in found.notes[0]
    apart = frame.assign(x=lambda d: d.x.clip(-2, 2) + 40.0 * d.a)
    with pytest.raises(EstimationError, match="Nobody has a match near them"):
        Matching().fit(task(apart), seed=1)


def test_correction_removes_a_linear_gap_exactly() -> None:
    frame = study(3).assign(y=lambda d: 3 * d.x + d.a)
    assert Matching().fit(task(frame), seed=1).value == pytest.approx(1.0, abs=1e-9)
    assert abs(Matching(corrected=False).fit(task(frame), seed=1).value - 1.0) > 1e-3


def test_standard_errors_are_those_of_repeated_studies() -> None:
    found = [Matching(neighbours=2).fit(task(study(seed)), seed=1) for seed in range(120)]
    values = np.array([one.value for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.26)
    assert abs(values.mean() - 1.0) < 4 * values.std() / len(values) ** 0.5


def test_what_matching_cannot_do_is_said() -> None:
    with pytest.raises(EstimationError, match="target"):
        Matching(target=Overlap())
    with pytest.raises(EstimationError, match="likeness"):
        Matching(Mahalanobis)  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="neighbours"):
        Matching(neighbours=0)
    frame = study(1).assign(w=1.5)
    with pytest.raises(EstimationError, match=r"takes no sampling weights; 'w' was named"):
        Matching().fit(Task.of(frame, QUERY, ("x",), Roles(weights="w")), seed=1)
    few = frame.iloc[:40].assign(a=lambda d: (d.index < 2).astype(int))
    with pytest.raises(EstimationError, match="2 rows"):
        Matching(neighbours=2).fit(task(few), seed=1)
    with pytest.raises(EstimationError, match=r"2 rows with a = 1 are too few; 3 are needed"):
        Matching().fit(task(few), seed=1)
    assert np.isfinite(Matching(corrected=False).fit(task(few), seed=1).standard_error)
