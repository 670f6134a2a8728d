"""Laws of questions: printing and reading are inverse, and no text breaks the reader."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.errors import QueryError
from causalsim.estimand.events import (
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
    combination,
)
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimand.questions import question_to_english, question_to_latex
from causalsim.estimand.storage import question_from_dict
from tests.oracles.fuse import no_hang

names = st.sampled_from(["X", "Y", "Z", "M", "do", "P", "1", "a b", 'q"\\', "é_2.x", "True"])
levels = st.one_of(
    st.integers(-5, 5),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["low", "1", "True", "a b", "-1", "1e5", "do"]),
)
flat = st.builds(Counterfactual, names, st.dictionaries(names, levels, max_size=2))


@st.composite
def worlds(draw: st.DrawFn) -> Counterfactual:
    inner = draw(st.lists(flat, max_size=2, unique_by=lambda found: found.variable))
    actions = {found.variable: found for found in inner}
    actions.update(draw(st.dictionaries(names, levels, max_size=2)))
    return Counterfactual(draw(names), actions)


events = st.builds(Event, worlds(), levels)
several = st.lists(events, min_size=1, max_size=3)
queries = st.builds(
    lambda chosen, found: Query(
        dict(zip(chosen[:2], found, strict=False)),
        dict(zip(chosen[2:4], found[2:], strict=False)),
        dict(zip(chosen[4:], found[4:], strict=False)),
    ),
    st.lists(names, min_size=1, max_size=6, unique=True),
    st.lists(st.one_of(st.none(), levels), min_size=6, max_size=6),
)
atoms = st.one_of(
    queries,
    st.builds(Probability, several, st.lists(events, max_size=2)),
    st.builds(Expectation, worlds(), st.lists(events, max_size=2)),
)
weights = st.sampled_from([1.0, -1.0, 2.0, 0.5, -3.0, 1e-07])
questions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(Quotient, inner, inner),
        st.builds(combination, st.lists(st.tuples(weights, inner), min_size=1, max_size=3)),
    ),
    max_leaves=5,
)


def plain(question: Question) -> bool:
    """Whether a probability asks of the actual world only, so that it reads as a `Query`."""
    found = [question]
    while found:
        part = found.pop()
        if isinstance(part, Probability):
            every = (*part.events, *part.given)
            apart = len({event.variable for event in every}) == len(every)
            if apart and not any(event.of.do for event in every):
                return True
        elif isinstance(part, Quotient):
            found += [part.numerator, part.denominator]
        elif hasattr(part, "terms"):
            found += [inner for _, inner in part.terms]
    return False


def attempt(build: object) -> Question | None:
    try:
        return build()
    except QueryError:
        return None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_printed_questions_read_back(data: st.DataObject) -> None:
    question = attempt(lambda: data.draw(questions))
    if question is None or plain(question):
        return
    again = parse_query(str(question))
    assert again == question
    assert str(again) == str(question)
    assert question_to_english(question)
    assert question_to_latex(question).count("{") == question_to_latex(question).count("}")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_stored_questions_read_back(data: st.DataObject) -> None:
    question = attempt(lambda: data.draw(questions))
    if question is None:
        return
    stored = json.loads(json.dumps(question.to_dict()))
    again = question_from_dict(stored)
    assert again == question
    assert str(again) == str(question)
    assert again.to_dict() == question.to_dict()


broken = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["kind", "x"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["kind", "outcome", "do", "given", "events", "of", "terms", "variable", "value"]
            ),
            st.one_of(inner, st.sampled_from(["probability", "expectation", "combination"])),
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(broken)
def test_anything_else_is_refused_when_read(plain: object) -> None:
    try:
        question = question_from_dict(plain)
    except QueryError as error:
        if not error.hint:
            raise AssertionError(plain) from error
    else:
        assert question_from_dict(question.to_dict()) == question


MARKS = [
    "P(",
    "E[",
    "Y",
    "X",
    "=",
    "1",
    "0",
    ",",
    "|",
    "do(",
    ")",
    "]",
    "(",
    "-",
    "+",
    "/",
    '"',
    "\\",
    "M(",
    "é",
    "*",
    ".5",
    "e9",
    "True",
]
pieces = st.lists(st.sampled_from([*MARKS, " ", "\n"]), max_size=40).map("".join)


@settings(max_examples=600, deadline=None)
@given(st.one_of(pieces, st.text(max_size=60)), st.sampled_from(["", "X"]))
def test_any_text_is_read_or_refused(text: str, treatment: str) -> None:
    try:
        question = parse_query(text, treatment)
    except QueryError as error:
        if not error.hint:
            raise AssertionError(text) from error
    else:
        assert parse_query(str(question)) == question


@settings(max_examples=15, deadline=None)
@given(pieces.filter(bool))
def test_long_repetitions_are_read_or_refused_quickly(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    with no_hang():
        attempt(lambda: parse_query(text, "X"))
