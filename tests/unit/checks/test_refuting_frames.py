"""An effect whose rows are those of two frames cannot be refitted on some rows of one."""

import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks import Bootstrap, Subsets, refute
from causalsim.datasets.transport import young_study
from causalsim.errors.checking import CheckError
from causalsim.estimand.query import Query
from causalsim.estimation.estimating import estimate
from causalsim.estimation.transport import Transport
from causalsim.graph.graph import Graph
from causalsim.identification.fusing.available import Available, Domain
from causalsim.identification.strategy import identify


def test_a_transported_effect_is_not_refitted_on_some_rows() -> None:
    study = young_study(200, seed=1)
    known = ["age", "frailty"]
    trial = Domain("trial", differs=known, observational=False, experiments=["a"])
    answer = identify(
        Graph(study.graph), Query("y", do="a"), available=Available(known, domains=trial)
    )
    by = Transport(
        study.target,
        propensity=0.5,
        outcome=LinearRegression(),
        selection=LogisticRegression(),
        folds=2,
        repeats=1,
    )
    effect = estimate(answer, study.study, by=by, seed=1)
    for way in (Subsets(refit=True, repetitions=2), Bootstrap(refit=True, repetitions=10)):
        with pytest.raises(CheckError, match=r"several frames[\s\S]*leave refit=True out"):
            refute(effect, study.study, by=way)
    assert len(refute(effect, study.study, by=(Subsets(), Bootstrap()), seed=1)) == 2
