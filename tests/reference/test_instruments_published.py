"""Instruments: schooling by the nearness of a college, quitting by the price of cigarettes.

Published values: S. Cunningham (2021), Causal Inference: The Mixtape, table of section 7.5
(schooling on log wages: least squares 0.071, two-stage least squares 0.124 with standard error
0.050); M. Hernan, J. Robins (2020), Causal Inference: What If, program 16.1 (2.396).
"""

import causaldata
import pytest

from causalsim.estimand.query import Query
from causalsim.estimation import estimate
from causalsim.estimation.estimators.covariances import Covariances
from causalsim.estimation.instruments.weak_instruments import anderson_rubin
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear
from causalsim.identification.assuming.linearity import by_linearity
from causalsim.identification.strategy import identify

HELD = ("exper", "black", "south", "married", "smsa")


def test_schooling() -> None:
    people = causaldata.close_college.load_pandas().data.dropna()
    assert len(people) == 3003
    causes = "; ".join(f"nearc4 <- {x} -> educ; {x} -> lwage" for x in HELD)
    hidden = Graph(f"nearc4 -> educ -> lwage; educ <-> lwage; {causes}")
    answer = identify(hidden, Query("lwage", do="educ"), assuming=Linear())
    found = estimate(answer, people, by=Covariances())
    assert found.value == pytest.approx(0.124, abs=5e-4)
    assert found.standard_error == pytest.approx(0.050, abs=1e-3)
    assert not found.notes
    # The first-stage F is about 15, so that the two intervals are alike but not the same.
    held = anderson_rubin(found, people)
    assert held.pieces[0] == pytest.approx((0.031, 0.254), abs=2e-3)

    open_back_door = Graph(f"educ -> lwage; {causes.replace('nearc4 <- ', '')}")
    plain = by_linearity(open_back_door, Query("lwage", do="educ"), Linear())
    assert estimate(plain, people, by=Covariances()).value == pytest.approx(0.071, abs=5e-4)


def test_the_price_of_cigarettes_says_nothing() -> None:
    people = causaldata.nhefs.load_pandas().data.dropna(subset=["wt82", "price82"])
    people = people.assign(dear=(people.price82 > 1.5) * 1)
    graph = Graph("dear -> qsmk -> wt82_71; qsmk <-> wt82_71")
    answer = identify(graph, Query("wt82_71", do="qsmk"), assuming=Linear())
    found = estimate(answer, people, by=Covariances())
    assert found.n == 1476
    assert found.value == pytest.approx(2.396, abs=5e-4)
    assert "weak instrument: the first-stage F of dear on qsmk is 1.0" in found.notes[0]
    assert str(anderson_rubin(found, people)) == "every value: the instrument says nothing"
