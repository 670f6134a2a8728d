"""A formula, or a question, in words: plain text, LaTeX, English."""

from dataclasses import dataclass

from causalsim.estimand.events import Question
from causalsim.estimand.expression import (
    Add,
    Bound,
    Const,
    Expression,
    Number,
    P,
    Product,
    Ratio,
    Slot,
    Sum,
    Value,
    free_variables,
    parts,
    product,
)


def to_text(expression: Expression) -> str:
    """The formula on one line of plain text.

    A bound variable carries primes where the same variable is also free or bound further out.

    >>> from causalsim.estimand.expression import probability, product, total
    >>> inner = total("s", product([probability("c", ["s", "t"]), probability("s")]))
    >>> to_text(total("t", product([probability("t", "s"), inner])))
    'Σ_t P(t | s) Σ_s′ P(c | s′, t) P(s′)'
    """
    return _Text(clashing(expression)).write(expression)


def to_latex(expression: Expression | Question) -> str:
    r"""The formula, or the question, in LaTeX, without delimiters.

    >>> from causalsim.estimand.expression import probability, total
    >>> to_latex(total("z", probability(["y", "z"], "x")))
    '\\sum_{z} P(y, z \\mid x)'
    """
    if isinstance(expression, Question):
        from causalsim.estimand.questions import question_to_latex

        return question_to_latex(expression)
    return _Latex(clashing(expression)).write(expression)


def to_english(expression: Expression | Question) -> str:
    """The formula, or the question, as a sentence would say it.

    >>> from causalsim.estimand.expression import probability, product, total
    >>> to_english(total("z", product([probability("y", ["x", "z"]), probability("z")])))
    'the distribution of y among units with the same x and z, times the distribution of z, \
averaged (summed) over z'
    """
    if isinstance(expression, Question):
        from causalsim.estimand.questions import question_to_english

        return question_to_english(expression)
    return _English(clashing(expression)).write(expression)


def clashing(expression: Expression) -> frozenset[str]:
    """Variables that are both free and bound."""
    bound = {
        slot.variable for part in parts(expression) if isinstance(part, Sum) for slot in part.over
    }
    return frozenset(bound.intersection(free_variables(expression)))


@dataclass(frozen=True, slots=True)
class _Text:
    """The plain notation."""

    clashing: frozenset[str]

    def write(self, expression: Expression) -> str:
        match expression:
            case Sum() if (found := averaged(expression)) is not None:
                return f"E[{self.write(found)[2:-1]}]"
            case P(heads, given, do, domain):
                bar = [*([f"do({self.slots(do)})"] if do else []), *map(self.slot, given)]
                star = f"^{domain}" if domain else ""
                return f"P{star}({self.slots(heads)}{' | ' + ', '.join(bar) if bar else ''})"
            case Sum(over, body):
                names = ",".join(self.slot(slot) for slot in over)
                name = names if len(over) == 1 else f"{{{names}}}"
                return f"Σ_{name} {self.write(body)}"
            case Product(factors):
                return (
                    " ".join(self.factor(f, i, len(factors)) for i, f in enumerate(factors)) or "1"
                )
            case Ratio(numerator, denominator):
                return f"[{self.write(numerator)}] / [{self.write(denominator)}]"
            case Add(terms):
                return join_terms([(sign, self.write(term)) for sign, term in signed(terms)], "-")
            case Const(value):
                return f"{value:g}"
            case Number(slot):
                return self.slot(slot)

    def factor(self, expression: Expression, place: int, count: int) -> str:
        """A factor, in brackets where its end would not be seen."""
        text = self.write(expression)
        if needs_brackets(expression, place == count - 1):
            return f"[{text}]"
        return f"({text})" if isinstance(expression, Ratio) and count > 1 else text

    def slots(self, slots: tuple[Slot, ...]) -> str:
        return ", ".join(map(self.slot, slots))

    def slot(self, slot: Slot) -> str:
        if isinstance(slot, Bound):
            return slot.variable + "′" * (slot.depth - (slot.variable not in self.clashing))
        return f"{slot.variable}={slot.level}" if isinstance(slot, Value) else slot.variable


@dataclass(frozen=True, slots=True)
class _Latex:
    """The notation of papers."""

    clashing: frozenset[str]

    def write(self, expression: Expression) -> str:
        match expression:
            case Sum() if (found := averaged(expression)) is not None:
                return rf"\operatorname{{E}}[{self.write(found)[2:-1]}]"
            case P(heads, given, do, domain):
                action = [rf"\mathrm{{do}}({self.slots(do)})"] if do else []
                bar = [*action, *map(self.slot, given)]
                star = f"^{{{escape(domain)}}}" if domain else ""
                right = rf" \mid {', '.join(bar)}" if bar else ""
                return f"P{star}({self.slots(heads)}{right})"
            case Sum(over, body):
                return rf"\sum_{{{self.slots(over)}}} {self.write(body)}"
            case Product(factors):
                return (
                    r" \, ".join(
                        rf"\Bigl[{self.write(f)}\Bigr]"
                        if needs_brackets(f, i == len(factors) - 1)
                        else self.write(f)
                        for i, f in enumerate(factors)
                    )
                    or "1"
                )
            case Ratio(numerator, denominator):
                return rf"\frac{{{self.write(numerator)}}}{{{self.write(denominator)}}}"
            case Add(terms):
                return join_terms([(sign, self.write(term)) for sign, term in signed(terms)], "-")
            case Const(value):
                return f"{value:g}"
            case Number(slot):
                return self.slot(slot)

    def slots(self, slots: tuple[Slot, ...]) -> str:
        return ", ".join(map(self.slot, slots))

    def slot(self, slot: Slot) -> str:
        name = escape(slot.variable)
        if len(slot.variable) > 1:
            name = rf"\mathit{{{name}}}"
        if isinstance(slot, Bound):
            return name + "'" * (slot.depth - (slot.variable not in self.clashing))
        return f"{name}={escape(str(slot.level))}" if isinstance(slot, Value) else name


@dataclass(frozen=True, slots=True)
class _English:
    """The formula said aloud."""

    clashing: frozenset[str]

    def write(self, expression: Expression) -> str:
        match expression:
            case Sum() if (found := averaged(expression)) is not None:
                return self.write(found).replace("the distribution", "the mean", 1)
            case P(heads, given, do, domain):
                action = f" when {joined(self.names(do))} is set" if do else ""
                among = f" among units with the same {joined(self.names(given))}" if given else ""
                where = f" in {domain}" if domain else ""
                return f"the distribution of {joined(self.names(heads))}{among}{action}{where}"
            case Sum(over, body):
                return f"{self.write(body)}, averaged (summed) over {joined(self.names(over))}"
            case Product(factors):
                return ", times ".join(map(self.write, factors)) or "one"
            case Ratio(numerator, denominator):
                return f"({self.write(numerator)}) divided by ({self.write(denominator)})"
            case Add(terms):
                first, *rest = signed(terms)
                words = {1: "plus", -1: "less"}
                start = self.write(first[1]) if first[0] > 0 else f"minus {self.write(first[1])}"
                return ", ".join([start, *(f"{words[s]} {self.write(term)}" for s, term in rest)])
            case Const(value):
                return f"{value:g}"
            case Number(slot):
                return f"the value of {slot.variable}"

    def names(self, slots: tuple[Slot, ...]) -> list[str]:
        return [_Text(self.clashing).slot(slot) for slot in slots]


def averaged(expression: Sum) -> P | None:
    """The distribution P(y | …) of a mean Σ_y y P(y | …), or None when the sum is no mean."""
    match expression:
        case Sum((over,), Product((Number(slot), P(heads=(head,)) as term))):
            return term if slot == head == over else None
        case _:
            return None


def signed(terms: tuple[Expression, ...]) -> list[tuple[int, Expression]]:
    """Terms with their signs taken out of their leading constants."""
    found: list[tuple[int, Expression]] = []
    for term in terms:
        match term:
            case Product((Const(value), *rest)) if value < 0:
                front = [] if value == -1 else [Const(-value)]
                found.append((-1, product([*front, *rest])))
            case Const(value) if value < 0:
                found.append((-1, Const(-value)))
            case _:
                found.append((1, term))
    return found


def join_terms(terms: list[tuple[int, str]], minus: str) -> str:
    """Terms in a row with plus and minus signs between them."""
    text = "".join(f" {'+' if sign > 0 else minus} {term}" for sign, term in terms)
    return text[3:] if terms[0][0] > 0 else minus + text[len(minus) + 2 :]


def needs_brackets(factor: Expression, last: bool) -> bool:
    """Whether a factor's end, or its beginning, would not be seen without brackets."""
    if isinstance(factor, Sum):
        return not last and averaged(factor) is None
    return isinstance(factor, Add)


def joined(names: list[str]) -> str:
    """Names joined as a sentence joins them."""
    return "".join(names) if len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"


def escape(text: str) -> str:
    """Text with LaTeX's own characters escaped."""
    return "".join("\\" + mark if mark in "_&%$#{}" else mark for mark in text)
