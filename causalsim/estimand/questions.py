"""A question in LaTeX and in English, and what it names; its plain text is its ``str``."""

from collections.abc import Iterator

from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.query import Level, Query, Setting
from causalsim.estimand.wording import escape, joined


def question_to_latex(question: Question) -> str:
    r"""The question in LaTeX, with worlds as subscripts.

    >>> from causalsim.estimand.parsing import parse_query
    >>> print(question_to_latex(parse_query("P(Y(X=1, M(X=0))=1 | Z=0)")))
    P(Y_{M_{X=0}, X=1}=1 \mid Z=0)
    """
    match question:
        case Query():
            done = ", ".join(map(_setting, question.do))
            action = [rf"\mathrm{{do}}({done})"] if done else []
            return _term("P()", question.events, [*action, *map(_setting, question.given)])
        case Probability(events, given):
            return _term("P()", events, [_event(event) for event in given])
        case Expectation(of, given):
            known = [_event(event) for event in given]
            return _term(r"\operatorname{E}[]", (Event(of),), known)
        case Quotient(numerator, denominator):
            top, bottom = question_to_latex(numerator), question_to_latex(denominator)
            return rf"\frac{{{top}}}{{{bottom}}}"
        case Combination(terms):
            text = "".join(_weighted(weight, question_to_latex(part)) for weight, part in terms)
            return text.removeprefix(" + ").strip()


def question_to_english(question: Question) -> str:
    """The question as a sentence would ask it.

    >>> from causalsim.estimand.parsing import parse_query
    >>> question_to_english(parse_query("P(Y(X=0)=0 | X=1, Y=1)"))
    'the probability that Y would be 0 if X were 0, among units in which X is 1 and Y is 1'
    >>> question_to_english(parse_query("E[Y(X=1) - Y(X=0)]"))
    'the mean of Y if X were 1, less the mean of Y if X were 0'
    """
    match question:
        case Query():
            events = joined([_is(s.variable, s.value, "is") for s in question.events])
            free = all(setting.value is None for setting in question.events)
            start = f"the distribution of {events}" if free else f"the probability that {events}"
            done = joined([_is(s.variable, s.value, "were set to") for s in question.do])
            given = tuple(Event(s.variable, s.value) for s in question.given)
            return f"{start}{' if ' + done if done else ''}{_among(given)}"
        case Probability(events, given):
            free = all(event.value is None for event in events)
            start = "the distribution of" if free else "the probability that"
            return f"{start} {joined([_happens(event) for event in events])}{_among(given)}"
        case Expectation(of, given):
            return f"the mean of {_variable(of)}{_among(given)}"
        case Quotient(numerator, denominator):
            return (
                f"{question_to_english(numerator)}, divided by {question_to_english(denominator)}"
            )
        case Combination(terms):
            said = [_said(weight, question_to_english(part)) for weight, part in terms]
            return ", ".join(said).removeprefix("plus ").replace("less ", "minus ", terms[0][0] < 0)


def settings_of(question: Question) -> Iterator[tuple[str, Level | None]]:
    """Every variable of a question with its value, as often as it is named; None where it has none.

    >>> from causalsim.estimand.parsing import parse_query
    >>> list(settings_of(parse_query("E[Y(X=1) | Z=0]")))
    [('Y', None), ('X', 1), ('Z', 0)]
    """
    match question:
        case Query():
            for setting in (*question.events, *question.do, *question.given):
                yield setting.variable, setting.value
        case Combination(terms):
            for _, part in terms:
                yield from settings_of(part)
        case Quotient(numerator, denominator):
            yield from settings_of(numerator)
            yield from settings_of(denominator)
        case Probability(events, given):
            for event in (*events, *given):
                yield from _settings_in(event.of, event.value)
        case Expectation(of, given):
            yield from _settings_in(of, None)
            for event in given:
                yield from _settings_in(event.of, event.value)


def variables_of(question: Question) -> tuple[str, ...]:
    """Every variable that a question names, each once.

    >>> variables_of(Query("y", do="x", given={"z": 1}))
    ('y', 'x', 'z')
    """
    return tuple(dict.fromkeys(name for name, _ in settings_of(question)))


def asked_about(question: Question) -> tuple[str, ...]:
    """The variables whose values are asked for, each once.

    >>> from causalsim.estimand.parsing import parse_query
    >>> asked_about(parse_query("E[Y(X=1, M(X=0)) | Z=0]"))
    ('Y',)
    """
    names = [
        name
        for atom in atoms_of(question)
        for name in (
            atom.outcome
            if isinstance(atom, Query)
            else [atom.of.variable]
            if isinstance(atom, Expectation)
            else [event.variable for event in atom.events]
        )
    ]
    return tuple(dict.fromkeys(names))


def acted_on(question: Question) -> tuple[str, ...]:
    """The variables that are set in some world of what is asked, each once.

    >>> from causalsim.estimand.parsing import parse_query
    >>> acted_on(parse_query("E[Y(X=1, M(X=0)) | Z=0]"))
    ('X', 'M')
    """
    names: list[str] = []
    for atom in atoms_of(question):
        if isinstance(atom, Query):
            names += atom.treatments
        else:
            events = atom.events if isinstance(atom, Probability) else (Event(atom.of),)
            names += [a.variable for event in events for a in event.of.do if isinstance(a, Setting)]
            names += [a.variable for event in events for a in event.of.do]
    return tuple(dict.fromkeys(names))


def atoms_of(question: Question) -> Iterator[Query | Probability | Expectation]:
    """The questions that a weighted sum or a quotient is made of.

    >>> from causalsim.estimand.parsing import parse_query
    >>> [str(atom) for atom in atoms_of(parse_query("E[Y(X=1) - Y] / P(Y=1)"))]
    ['E[Y(X=1)]', 'E[Y]', 'P(Y=1)']
    """
    match question:
        case Combination(terms):
            for _, part in terms:
                yield from atoms_of(part)
        case Quotient(numerator, denominator):
            yield from atoms_of(numerator)
            yield from atoms_of(denominator)
        case _:
            yield question


def _settings_in(of: Counterfactual, value: Level | None) -> Iterator[tuple[str, Level | None]]:
    """A variable with its value, and what is set in its world."""
    yield of.variable, value
    for action in of.do:
        if isinstance(action, Setting):
            yield action.variable, action.value
        else:
            yield from _settings_in(action, None)


def _said(weight: float, text: str) -> str:
    """A term of a sum in words."""
    size = "" if abs(weight) == 1 else f"{abs(weight):g} times "
    return f"{'less' if weight < 0 else 'plus'} {size}{text}"


def _variable(of: Counterfactual) -> str:
    """A variable and its world."""
    return f"{of.variable} if {_world(of)}" if of.do else of.variable


def _world(of: Counterfactual) -> str:
    """What a world sets, in words."""
    return joined(
        [
            f"{action.variable} were {action.value}"
            if isinstance(action, Setting)
            else f"{action.variable} were what it is"
            + (f" if {_world(action)}" if action.do else " anyway")
            for action in of.do
        ]
    )


def _happens(event: Event) -> str:
    """An event in words."""
    if event.value is None:
        return _variable(event.of)
    verb = "would be" if event.of.do else "is"
    world = f" if {_world(event.of)}" if event.of.do else ""
    return f"{event.variable} {verb} {event.value}{world}"


def _among(given: tuple[Event, ...]) -> str:
    """What is known of the units, in words."""
    same = joined([_variable(event.of) for event in given if event.value is None])
    held = joined([_happens(event) for event in given if event.value is not None])
    said = [f"with the same {same}"] if same else []
    said += [f"in which {held}"] if held else []
    return f", among units {' and '.join(said)}" if said else ""


def _is(name: str, value: object, verb: str) -> str:
    """A setting in words."""
    return (
        f"{name} {verb} {value}"
        if value is not None
        else name
        if verb == "is"
        else f"{name} were set"
    )


def _term(frame: str, heads: tuple[Setting | Event, ...], known: list[str]) -> str:
    """P(heads | known) in LaTeX."""
    events = ", ".join(_setting(h) if isinstance(h, Setting) else _event(h) for h in heads)
    right = rf" \mid {', '.join(known)}" if known else ""
    return f"{frame[:-1]}{events}{right}{frame[-1]}"


def _event(event: Event) -> str:
    """An event in LaTeX."""
    of = _counterfactual(event.of)
    return of if event.value is None else f"{of}={escape(str(event.value))}"


def _counterfactual(of: Counterfactual) -> str:
    """A variable with its world as a subscript."""
    actions = [_setting(a) if isinstance(a, Setting) else _counterfactual(a) for a in of.do]
    return f"{_name(of.variable)}_{{{', '.join(actions)}}}" if actions else _name(of.variable)


def _setting(setting: Setting) -> str:
    """A variable at its value."""
    name = _name(setting.variable)
    return name if setting.value is None else f"{name}={escape(str(setting.value))}"


def _name(name: str) -> str:
    """A name, upright letters spaced as one word."""
    return rf"\mathit{{{escape(name)}}}" if len(name) > 1 else escape(name)


def _weighted(weight: float, text: str) -> str:
    """A term of a sum in LaTeX."""
    number = "" if abs(weight) == 1 else rf"{abs(weight):g} \cdot "
    return f" {'-' if weight < 0 else '+'} {number}{text}"
