"""Any question, graph, data, assumptions: an answer that explains itself, or an error that does."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from causalsim import Graph, Query, identify
from causalsim.errors.base import CausalsimError
from causalsim.errors.verification import VerificationError
from causalsim.estimand import contrasts
from causalsim.identification import Available
from causalsim.identification.assuming import Levels, Linear, Monotone
from tests.oracles.counterfactual_questions import random_question
from tests.oracles.fuse import no_hang
from tests.oracles.sources import random_admg


def question(rng: np.random.Generator, graph: Graph, names: list[str]) -> Any:
    """A question of one of the kinds with names, or of no name."""
    y, x, m = names[0], names[1], names[2 % len(names)]
    kinds = [
        lambda: Query(y, do=x),
        lambda: Query({y: 1}, do={x: 0}, given=m),
        lambda: contrasts.average_effect(y, x),
        lambda: contrasts.risk_ratio(y, x),
        lambda: contrasts.conditional_effect(y, x, {m: 1}),
        lambda: contrasts.effect_on_treated(y, x),
        lambda: contrasts.controlled_direct_effect(y, x, {m: 1}),
        lambda: contrasts.natural_direct_effect(y, x, m),
        lambda: contrasts.probability_of_necessity(y, x),
        lambda: random_question(rng, graph.nodes),
    ]
    return kinds[int(rng.integers(len(kinds)))]()


def assumptions(rng: np.random.Generator, graph: Graph, names: list[str]) -> list[Any]:
    """Some assumptions, some of them senseless."""
    found: list[Any] = [Linear()] if rng.random() < 0.4 else []
    if rng.random() < 0.5:
        chosen = [node for node in graph.nodes if rng.random() < 0.8]
        found.append(Levels.binary(*(chosen or names)))
    if rng.random() < 0.5:
        pairs = graph.directed or ((names[0], names[1]),)
        found.append(Monotone(*pairs[int(rng.integers(len(pairs)))], bool(rng.random() < 0.7)))
    return found


def data(rng: np.random.Generator, graph: Graph, names: list[str]) -> Available | None:
    """Some data, most of the time observations of everything."""
    last, first = names[-1], names[0]
    kinds = [
        lambda: Available(experiments=last),
        lambda: Available(selected=last),
        lambda: Available(missing={first: last}),
        lambda: Available([node for node in graph.nodes if rng.random() < 0.7]),
    ]
    place = int(rng.integers(10))
    return kinds[place]() if place < len(kinds) else None


@pytest.mark.parametrize("block", range(3))
def test_an_answer_or_an_error_that_explains_itself(block: int) -> None:
    met: Counter[str] = Counter()
    for number in range(70):
        rng = np.random.default_rng([number, block, 17])
        graph = random_admg(rng, int(rng.integers(2, 7)), 0.6, 0.7)
        names = [str(name) for name in rng.permutation(graph.nodes)]
        with no_hang():
            try:
                asked, stated = question(rng, graph, names), assumptions(rng, graph, names)
                available = data(rng, graph, names)
                answer = identify(graph, asked, available=available, assuming=stated, verify=True)
            except VerificationError:
                raise
            except CausalsimError as error:
                met["error with a hint" if error.hint else "error without a hint"] += 1
                continue
            met[type(answer).__name__] += 1
            told = json.loads(json.dumps(answer.to_dict()))
            assert told["identified"] == answer.identified
            assert told["why"].endswith(".")
            assert (answer.formula is None) <= (not answer.identified)
            for assumed in answer.assumptions:
                assert assumed in stated
                assert str(assumed) in answer.why
            assert answer.help == () or not answer.identified
            assert str(answer)
            assert "<table>" in answer._repr_html_()
            assert isinstance(answer.testable, tuple)
            assert isinstance(answer.alternatives, tuple)
    assert len(met) > 6
    assert not met["error without a hint"]
