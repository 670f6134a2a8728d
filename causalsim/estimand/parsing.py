"""A question from text: P(Y | do(X=1), Z), E[Y(1) - Y(0) | X=0], P(Y(X=1)=1, Y(X=0)=0).

question  = ["-"] term {("+" | "-") term}
term      = [number ["*"]] atom ["/" atom]
atom      = "P(" events ["|" known] ")" | "E[" means ["|" known] "]" | "(" question ")"
means     = ["-"] [number ["*"]] variable {("+" | "-") [number ["*"]] variable}
events    = event {"," event}              known  = (event | do) {"," (event | do)}
event     = variable ["=" level]           do     = "do(" setting {"," setting} ")"
variable  = name ["(" [action {"," action}] ")"]
action    = name "=" level | variable with brackets | level (of the stated treatment)
"""

import re
from dataclasses import dataclass

from causalsim.errors import QueryError
from causalsim.estimand.events import (
    DEEPEST,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
    combination,
)
from causalsim.estimand.literals import NUMBER, QUOTED, WORD, unquoted
from causalsim.estimand.query import Level, Query, Setting

_SPACE = re.compile(r"\s*+")
_TRUTH = {"True": True, "true": True, "False": False, "false": False}
_END = "the end"
_DIGITS = 100


def parse_query(text: str, treatment: str = "") -> Question:
    """The question that a text asks.

    What names one world only becomes a plain `Query`; anything else a `Probability`, an
    `Expectation`, or a combination of them. Time is linear in the length of the text.

    Args:
        text: The question in the notation of papers; names and levels with odd characters stand
            in double quotes.
        treatment: The variable whose level a bare ``Y(1)`` names.

    Raises:
        QueryError: text that cannot be read, with the column, and what to write instead.

    >>> parse_query("P(Y | do(X=1), Z)") == Query("Y", do={"X": 1}, given="Z")
    True
    >>> print(parse_query("E[Y(1) - Y(0) | X=0]", treatment="X"))
    E[Y(X=1) | X=0] - E[Y(X=0) | X=0]
    >>> parse_query("P(Y(1)=1)")
    Traceback (most recent call last):
    ...
    causalsim.errors.query.QueryError: Column 5: 1 is a level, but nothing says of which variable.
        P(Y(1)=1)
            ^
    Hint: write the variable, as in Y(X=1), or parse with treatment="X".
    """
    if not isinstance(text, str):
        raise QueryError.bad_setting(text)
    reader = _Reader(text, treatment)
    question = reader.question(0)
    if reader.peek() != _END:
        raise reader.expected("the end of the question")
    return question


@dataclass(slots=True)
class _Reader:
    """A place in a text, which only moves forward."""

    text: str
    treatment: str
    at: int = 0

    def peek(self) -> str:
        """The next character that is no space."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at] if self.at < len(self.text) else _END

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What matches here, consumed."""
        self.peek()
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def accept(self, mark: str) -> bool:
        """Whether a character stands here; it is consumed."""
        if self.peek() != mark:
            return False
        self.at += 1
        return True

    def require(self, mark: str) -> None:
        """Consume a character that must stand here."""
        if not self.accept(mark):
            raise self.expected(repr(mark))

    def expected(self, what: str, hint: str = "") -> QueryError:
        """The error for anything else."""
        found = self.peek()
        shown = found if found == _END else repr(found)
        return QueryError.unreadable(self.text, self.at, f"expected {what}, found {shown}.", hint)

    def question(self, nesting: int) -> Question:
        """A weighted sum of terms."""
        if nesting > DEEPEST:
            raise self.expected(f"at most {DEEPEST} brackets inside one another")
        terms: list[tuple[float, Question]] = []
        sign = -1.0 if self.accept("-") else 1.0
        while True:
            weight, question = self.term(nesting)
            terms.append((sign * weight, question))
            if self.accept("+"):
                sign = 1.0
            elif self.accept("-"):
                sign = -1.0
            else:
                return combination(terms)

    def term(self, nesting: int) -> tuple[float, Question]:
        """One question, or a quotient of two, with its weight."""
        weight = self.weight()
        top = self.atom(nesting)
        return (weight, Quotient(top, self.atom(nesting))) if self.accept("/") else (weight, top)

    def weight(self) -> float:
        """The number before a term; one when there is none."""
        found = self.take(NUMBER)
        if found:
            self.accept("*")
        return float(self.value_of(found[0])) if found else 1.0

    def atom(self, nesting: int) -> Question:
        """P(…), E[…] or a question in brackets."""
        start = self.peek()
        if start == "(":
            self.at += 1
            inner = self.question(nesting + 1)
            self.require(")")
            return inner
        if start not in ("P", "E"):
            raise self.expected("P(…) or E[…]")
        self.at += 1
        if start == "P":
            self.require("(")
            return self.probability()
        self.require("[")
        return self.expectation()

    def probability(self) -> Question:
        """After "P(": events, known events, and what is done."""
        events = [self.event()]
        while self.accept(","):
            events.append(self.event())
        known, done = self.known()
        self.require(")")
        everything = (*events, *known)
        if any(event.of.do for event in everything):
            if done:
                raise self.mixed()
            return Probability(events, known)
        names = [event.variable for event in everything]
        if not done and len(set(names)) < len(names):
            return Probability(events, known)
        if len(set(names)) < len(names):
            raise self.mixed()
        plain = [{event.variable: event.value for event in found} for found in (events, known)]
        return Query(plain[0], {s.variable: s.value for s in done}, plain[1])

    def expectation(self) -> Question:
        """After "E[": a weighted sum of variables, known events, and what is done."""
        means: list[tuple[float, Counterfactual]] = []
        sign = -1.0 if self.accept("-") else 1.0
        while True:
            means.append((sign * self.weight(), self.variable(0)))
            if self.accept("+"):
                sign = 1.0
            elif self.accept("-"):
                sign = -1.0
            else:
                break
        known, done = self.known()
        self.require("]")
        if done and any(found.do for found in (*(of for _, of in means), *(e.of for e in known))):
            raise self.mixed()
        if any(setting.value is None for setting in done):
            raise self.expected("a value for what is done", "write do(X=1).")
        known = [Event(_under(event.of, done), event.value) for event in known]
        return combination((w, Expectation(_under(of, done), known)) for w, of in means)

    def known(self) -> tuple[list[Event], list[Setting]]:
        """What stands after the bar."""
        known: list[Event] = []
        done: list[Setting] = []
        if not self.accept("|"):
            return known, done
        while True:
            if self.take(_DO):
                done.extend(self.settings())
            else:
                known.append(self.event())
            if not self.accept(","):
                return known, done

    def settings(self) -> list[Setting]:
        """After "do(": names, each with or without a level."""
        found: dict[str, Setting] = {}
        while True:
            name = self.name()
            if name in found:
                raise QueryError.set_twice(name, "do(…)")
            found[name] = Setting(name, self.level() if self.accept("=") else None)
            if not self.accept(","):
                self.require(")")
                return list(found.values())

    def event(self) -> Event:
        """A variable in its world, with or without a value."""
        of = self.variable(0)
        return Event(of, self.level() if self.accept("=") else None)

    def variable(self, nesting: int) -> Counterfactual:
        """A name, with its world when brackets follow."""
        name = self.name()
        return (
            Counterfactual(name, self.world(nesting)) if self.accept("(") else Counterfactual(name)
        )

    def world(self, nesting: int) -> list[Setting | Counterfactual]:
        """After "(": what is set."""
        if nesting >= DEEPEST - 1:
            raise self.expected(f"at most {DEEPEST} worlds inside one another")
        found: list[Setting | Counterfactual] = []
        if self.accept(")"):
            return found
        while True:
            found.append(self.action(nesting))
            if not self.accept(","):
                self.require(")")
                return found

    def action(self, nesting: int) -> Setting | Counterfactual:
        """A variable set to a level, or to its value in a world of its own."""
        self.peek()
        start = self.at
        if self.peek() == "-" or NUMBER.match(self.text, start):
            return self.of_treatment(start, self.level())
        quoted = self.peek() == '"'
        name = self.name()
        if self.accept("="):
            return Setting(name, self.level())
        if self.accept("("):
            return Counterfactual(name, self.world(nesting + 1))
        return self.of_treatment(start, name if quoted else _TRUTH.get(name, name))

    def of_treatment(self, start: int, level: Level) -> Setting:
        """A bare level, which is the stated treatment's."""
        if not self.treatment:
            raise QueryError.no_treatment(self.text, start, self.text[start : self.at])
        return Setting(self.treatment, level)

    def name(self) -> str:
        """A variable's name, bare or in quotes."""
        if self.peek() == '"':
            return self.quoted()
        start = self.at
        found = self.take(WORD)
        if not found or NUMBER.fullmatch(found[0]):
            self.at = start
            raise self.expected("the name of a variable")
        return found[0]

    def level(self) -> Level:
        """A number, a truth value, a word, or a text in quotes."""
        if self.peek() == '"':
            return self.quoted()
        sign = -1 if self.accept("-") else 1
        number = self.take(NUMBER)
        if number:
            return sign * self.value_of(number[0])
        found = self.take(WORD) if sign == 1 else None
        if not found:
            raise self.expected("a level, such as 1 or high")
        return _TRUTH.get(found[0], found[0])

    def value_of(self, text: str) -> int | float:
        """A number, not too long to be one."""
        if len(text) > _DIGITS:
            raise self.expected(f"a number of at most {_DIGITS} digits before this place")
        number = int(text) if text.isdecimal() else float(text)
        if number in (float("inf"), float("-inf")):
            raise self.expected("a finite number before this place")
        return number

    def quoted(self) -> str:
        """A text in quotes."""
        found = self.take(QUOTED)
        if not found or not found[1]:
            raise self.expected("a closed, non-empty quotation")
        return unquoted(found[1])

    def mixed(self) -> QueryError:
        """Both do(…) and worlds, or one variable twice under do(…)."""
        return QueryError.unreadable(
            self.text,
            self.at - 1,
            "do(…) stands beside events of several worlds.",
            "write what is set into the worlds, as in P(Y(X=1)=1 | Z(X=1)=0).",
        )


_DO = re.compile(r"do\s*+\(")


def _under(of: Counterfactual, done: list[Setting]) -> Counterfactual:
    """A variable of the actual world, in the world where something is done."""
    return Counterfactual(of.variable, done) if done else of
