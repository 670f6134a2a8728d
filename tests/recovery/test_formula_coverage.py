"""Do intervals through mediators, and of any formula, hold the truth in 95 % of studies?

``python -m tests.recovery.test_formula_coverage --write`` goes on where the last call stopped (with
``--only WORD`` for some studies) and writes ``docs/studies/formula_coverage.md``; pytest runs them
with ``-m slow``.
"""

from collections.abc import Callable
from typing import Any

import pytest

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.datasets.hidden import napkin, two_treatments
from causalsim.datasets.mediators import direct_and_indirect, hidden_confounding
from causalsim.estimand.contrasts import natural_direct_effect, natural_indirect_effect
from causalsim.estimand.query import Query
from causalsim.estimation import Estimator, Plugin, estimate
from causalsim.estimation.crossfitting.learners import Logistic, LogisticRidge, Ridge
from causalsim.estimation.mediators import (
    DoublyRobustFrontDoor,
    MediatorCrossFit,
    NaturalEffects,
)
from causalsim.estimation.reading.roles import Roles
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify
from tests.recovery.replications import COLUMNS, Study, Told, check, main, told

ROWS = 1000
Once = Callable[[int], list[Told]]
SPLINES = MediatorCrossFit(5, 1, Ridge(), Ridge(), LogisticRidge(), LogisticRidge())
# A penalty that is the same for every covariate and whatever the data say: too small here.
LOOSE = MediatorCrossFit(2, 1, Ridge(), Ridge(), Logistic(), Logistic())
FORMULA = Plugin(folds=2, outcome=Ridge(), propensity=LogisticRidge())


def asked(generate: Any, query: Query, truth: float, **ways: Estimator) -> Once:
    """One query, in several ways."""

    def once(seed: int) -> list[Told]:
        data = generate(ROWS, seed)
        answer = identify(Graph(data.graph), query)
        return [
            told(name.replace("_", " "), estimate(answer, data.frame, by=by, seed=seed), truth)
            for name, by in ways.items()
        ]

    return once


def mediated(crossfit: MediatorCrossFit) -> Once:
    """Direct and indirect effects, and their sum, from one cross-fit."""

    def once(seed: int) -> list[Told]:
        data = direct_and_indirect(ROWS, seed)
        graph, by = Graph(data.graph), NaturalEffects(crossfit)
        direct, indirect = (
            by.read(identify(graph, ask("y", "a", "m")), data.frame, Roles())
            for ask in (natural_direct_effect, natural_indirect_effect)
        )
        nuisances = crossfit.fit(direct, seed)
        return [
            told("natural direct effect", by.effect(direct, nuisances, seed), data.direct),
            told("natural indirect effect", by.effect(indirect, nuisances, seed), data.indirect),
        ]

    return once


FRONT, BOTH = Query("y", do="a"), Query("y", do={"a": 1, "c": 1})
STUDIES = (
    Study(
        "front door",
        asked(
            hidden_confounding,
            FRONT,
            1.5,
            DoublyRobustFrontDoor=DoublyRobustFrontDoor(SPLINES),
            Plugin=FORMULA,
        ),
    ),
    Study("mediation", mediated(SPLINES)),
    Study("napkin", asked(napkin, Query("y", do="x"), 1.0, Plugin=FORMULA)),
    Study("two treatments", asked(two_treatments, BOTH, 1.0, Plugin=FORMULA)),
    Study("back door", asked(nonlinear_confounding, FRONT, 1.25, Plugin=FORMULA)),
    Study(
        "front door, default learners",
        asked(
            hidden_confounding,
            FRONT,
            1.5,
            DoublyRobustFrontDoor=DoublyRobustFrontDoor(MediatorCrossFit(repeats=1)),
            Plugin=Plugin(),
        ),
        samples=40,
    ),
    Study("mediation, default learners", mediated(MediatorCrossFit(repeats=1)), samples=40),
    Study(
        "front door, loose penalty",
        asked(
            hidden_confounding,
            FRONT,
            1.5,
            DoublyRobustFrontDoor=DoublyRobustFrontDoor(LOOSE),
        ),
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_the_interval_covers(study: Study) -> None:
    check(study)


def page(table: str) -> str:
    """The page of all that is done."""
    return f"""# Coverage through mediators and of any formula

`python -m tests.recovery.test_formula_coverage`: independent samples of {ROWS:,} rows from
generators of `causalsim.datasets` whose truth is known by construction. Learners are splines with
penalties found from the data and five folds, unless the row says otherwise.

{COLUMNS}

{table}
"""


if __name__ == "__main__":
    main(STUDIES, page, "formula_coverage")
