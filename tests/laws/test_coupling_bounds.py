"""Every coupling's answer lies in the interval over couplings, and its ends are attained."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.scm.coupling.asked import asked
from causalsim.scm.coupling.couplings import bounds, objective_of
from causalsim.scm.coupling.extremes import extreme
from tests.oracles.coupling_cases import answer_of, attaining, model_of, random_text
from tests.oracles.discrete_couplings import some_law, tables
from tests.oracles.discrete_worlds import gumbel_states, threshold_states

_MOST = 200_000


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_every_coupling_lies_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = tables(rng, int(rng.integers(2, 5)), levels=int(rng.choice([2, 2, 3])))
    question = random_text(rng, made)
    found = bounds(model_of(made), question)
    couplings = [threshold_states, gumbel_states, lambda rows: some_law(rng, rows)]
    for coupling in couplings:
        laws = {name: coupling(rows) for name, _, rows in made}
        if np.prod([len(chances) for chances, _ in laws.values()]) <= _MOST:
            answer = answer_of(made, laws, question)
            assert answer is None or answer in found, (question, answer, str(found))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_ends_of_a_sharp_interval_are_attained(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = tables(rng, int(rng.integers(2, 4)), levels=int(rng.choice([2, 3])))
    question = random_text(rng, made)
    model = model_of(made)
    found = bounds(model, question)
    if found.identified or not found.sharp:
        return
    objective = objective_of(asked(model, question))
    for sign, value in ((1, found.lower), (-1, found.upper)):
        end = extreme(objective, sign)
        assert end is not None
        laws = attaining(made, objective, end)
        if np.prod([len(chances) for chances, _ in laws.values()]) <= _MOST:
            assert answer_of(made, laws, question) == pytest.approx(value, abs=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_an_action_alone_is_a_point(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = tables(rng, 4, levels=3)
    found = bounds(model_of(made), "P(v3=1 | do(v1=0))")
    laws = {name: threshold_states(rows) for name, _, rows in made}
    assert found.identified
    assert found.lower == pytest.approx(answer_of(made, laws, "P(v3(v1=0)=1)"), abs=1e-12)
