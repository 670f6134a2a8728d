"""The report of an effect: what it says, and what it does not repeat or invent."""

import re
from dataclasses import replace

import pytest

from causalsim.checks.refutation import Refutation, Refutations
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reporting import ReportError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect
from causalsim.estimation.estimating import estimate
from causalsim.graph import Graph
from causalsim.identification.strategy import identify
from causalsim.reporting import Estimate
from causalsim.reporting.effect_report import report

DATA = nonlinear_confounding(300, seed=1)
DOUBTS = Refutations(
    (
        Refutation("placebo", 0.1, 0.0, 0.5, 0.6, True, "it vanishes, as it should.", (0.1,), ""),
        Refutation("random cause", 2.0, 1.0, 9.0, 0.0, False, "it moves <a lot>.", (2.0,), ""),
    )
)


@pytest.fixture(scope="module")
def effect() -> Effect:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    by = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
    answer = identify(Graph(DATA.graph), Query("y", do="a"))
    return estimate(answer, DATA.frame, by=by, seed=1, units="kg")


def test_the_page_tells_question_number_overlap_and_doubts(effect: Effect) -> None:
    book = Estimate("a book", 1.0, 0.5, 1.5, published=True)
    page = report(effect, DOUBTS, frame=DATA.frame, beside=[book])
    assert [section.title for section in page.sections] == [
        "The question, and why the data can answer it",
        "The estimate",
        "Are like compared with like?",
        "Attempts to break it",
    ]
    assert (page.title, page.subtitle) == ("The effect of a on y", str(effect))
    text = page.html
    assert text.count("<svg") == 3
    assert ">treatment<" in text
    assert "hollow marks" in text
    assert "FAILED" in text
    assert "it moves &lt;a lot&gt;." in text
    assert text.count(str(effect.recipe.answer.why).split(".")[0][:60]) == 1


def test_without_a_frame_or_doubts_the_page_says_so(effect: Effect) -> None:
    page = report(effect, title="Mine")
    assert page.title == "Mine"
    assert len(page.sections) == 3
    assert "No attempt was made" in page.html
    assert "hollow" not in page.html


def test_an_effect_without_a_graph_is_told_without_a_picture(effect: Effect) -> None:
    bare = replace(effect, recipe=replace(effect.recipe, answer=None))
    page = report(bare)
    assert "No graph was given" in page.html
    assert page.html.count("<svg") == 1


def test_short_formulae_are_drawn_and_long_ones_are_text(effect: Effect) -> None:
    formula = str(effect.recipe.answer.formula)
    text = report(effect).html
    assert ("<math" in text) == (len(formula) <= 90)
    assert re.search(r"<pre>|<math", text)


@pytest.mark.parametrize("wrong", [3.4, None, "3.4 kg"])
def test_something_else_than_an_effect_is_refused(wrong: object) -> None:
    with pytest.raises(ReportError, match="An effect is expected"):
        report(wrong)  # type: ignore[arg-type]


def test_something_else_than_refutations_is_refused(effect: Effect) -> None:
    with pytest.raises(ReportError, match="What refute gave is expected; found list"):
        report(effect, [])  # type: ignore[arg-type]


def test_another_frame_is_refused(effect: Effect) -> None:
    with pytest.raises(EstimationError):
        report(effect, frame=nonlinear_confounding(300, seed=2).frame)
