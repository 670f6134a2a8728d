"""A formula as MathML, which every browser draws by itself."""

from dataclasses import dataclass
from html import escape

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
)
from causalsim.estimand.wording import averaged, clashing, needs_brackets, signed


def to_html(expression: Expression) -> str:
    """The formula as a ``<math>`` element; no script and no style sheet is needed.

    >>> from causalsim.estimand.expression import probability
    >>> to_html(probability("y"))
    '<math display="block"><mrow><mi>P</mi><mo>(</mo><mi>y</mi><mo>)</mo></mrow></math>'
    """
    return f'<math display="block">{_MathML(clashing(expression)).write(expression)}</math>'


@dataclass(frozen=True, slots=True)
class _MathML:
    """One element a part."""

    clashing: frozenset[str]

    def write(self, expression: Expression) -> str:
        match expression:
            case Sum() if (found := averaged(expression)) is not None:
                return self.term("E", found, "[]")
            case P():
                return self.term("P", expression, "()")
            case Sum(over, body):
                under = _row(self.listed(over))
                return _row(f"<munder><mo>∑</mo>{under}</munder>{self.write(body)}")
            case Product(factors):
                last = len(factors) - 1
                written = [self.factor(f, place == last) for place, f in enumerate(factors)]
                return _row("<mspace width='0.2em'/>".join(written) or "<mn>1</mn>")
            case Ratio(numerator, denominator):
                return f"<mfrac>{self.write(numerator)}{self.write(denominator)}</mfrac>"
            case Add(terms):
                signs = {1: "<mo>+</mo>", -1: "<mo>−</mo>"}
                text = "".join(f"{signs[sign]}{self.write(term)}" for sign, term in signed(terms))
                return _row(text.removeprefix(signs[1]))
            case Const(value):
                return f"<mn>{value:g}</mn>"
            case Number(slot):
                return self.slot(slot)

    def factor(self, expression: Expression, last: bool) -> str:
        """A factor, in brackets where its end would not be seen."""
        text = self.write(expression)
        return f"<mo>[</mo>{text}<mo>]</mo>" if needs_brackets(expression, last) else text

    def term(self, letter: str, term: P, brackets: str) -> str:
        """A distribution or a mean."""
        name = f"<mi>{letter}</mi>"
        if term.domain:
            name = f"<msup>{name}<mtext>{escape(term.domain)}</mtext></msup>"
        bar = [f"<mtext>do</mtext><mo>(</mo>{self.listed(term.do)}<mo>)</mo>"] if term.do else []
        bar += [self.listed(term.given)] if term.given else []
        right = f"<mo>|</mo>{'<mo>,</mo>'.join(bar)}" if bar else ""
        inside = f"<mo>{brackets[0]}</mo>{self.listed(term.heads)}{right}<mo>{brackets[1]}</mo>"
        return _row(name + inside)

    def listed(self, slots: tuple[Slot, ...]) -> str:
        return "<mo>,</mo>".join(map(self.slot, slots))

    def slot(self, slot: Slot) -> str:
        name = f"<mi>{escape(slot.variable)}</mi>"
        if isinstance(slot, Bound):
            primes = slot.depth - (slot.variable not in self.clashing)
            return f"<msup>{name}<mo>{'′' * primes}</mo></msup>" if primes else name
        if isinstance(slot, Value):
            return f"{name}<mo>=</mo><mtext>{escape(str(slot.level))}</mtext>"
        return name


def _row(inside: str) -> str:
    """Elements that stand together."""
    return f"<mrow>{inside}</mrow>"
