"""The figure of What If, chapters 12 and 13, from the study's own rows."""

from causalsim import datasets
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task


def test_the_default_lies_inside_the_published_interval_and_near_its_centre() -> None:
    people = datasets.quit_smoking()
    covariates = tuple(name for name in people.columns if name not in ("quit", "weight_gain"))
    effect = AIPW().fit(Task.of(people, Query("weight_gain", do="quit"), covariates), seed=1)
    assert 3.25 < effect.value < 3.65  # What If prints 3.4 (IP weighting) and 3.5 (g-formula)
    inside = effect.interval()
    assert 2.3 < inside.low < 2.8
    assert 4.2 < inside.high < 4.7
    assert str(effect).startswith("3.")
    assert " kg (95 % CI 2." in str(effect)
