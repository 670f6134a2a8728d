"""Formulae of the observed distribution that a Verma constraint is about: sums, products, ratios.

Names are never bound twice here, so nothing is renamed; `causalsim.estimand` has the formulae that
questions are answered with.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conditional:
    """P(node | given)."""

    node: str
    given: tuple[str, ...]

    @property
    def arguments(self) -> frozenset[str]:
        """The variables whose values it depends on."""
        return frozenset((self.node, *self.given))

    def __str__(self) -> str:
        """The usual notation."""
        return f"P({self.node} | {', '.join(self.given)})" if self.given else f"P({self.node})"


@dataclass(frozen=True, slots=True)
class Marginal:
    """Σ of a kernel over some of its variables."""

    over: tuple[str, ...]
    of: "Kernel"

    @property
    def arguments(self) -> frozenset[str]:
        """The variables whose values it depends on."""
        return self.of.arguments - set(self.over)

    def __str__(self) -> str:
        """The usual notation."""
        return f"Σ_{{{', '.join(self.over)}}} {self.of}"


@dataclass(frozen=True, slots=True)
class Factors:
    """A product of kernels over another product of kernels, which may be empty."""

    above: tuple["Kernel", ...]
    below: tuple["Kernel", ...] = ()

    @property
    def arguments(self) -> frozenset[str]:
        """The variables whose values it depends on."""
        return frozenset[str]().union(*(part.arguments for part in (*self.above, *self.below)))

    def __str__(self) -> str:
        """The usual notation; parts with sums stand in brackets."""
        above, below = (
            " ".join(str(part) if isinstance(part, Conditional) else f"[{part}]" for part in parts)
            for parts in (self.above, self.below)
        )
        return f"{above or 1} / ({below})" if below else above or "1"


Kernel = Conditional | Marginal | Factors


def product(parts: Iterable[Kernel]) -> Kernel:
    """The product of kernels; a single one is itself."""
    return divided(parts, ())


def divided(above: Iterable[Kernel], below: Iterable[Kernel]) -> Kernel:
    """A product over another product, without what is in both."""
    top, bottom = _flat(above)
    more_bottom, more_top = _flat(below)
    top, bottom = [*top, *more_top], [*bottom, *more_bottom]
    for part in list(bottom):
        if part in top:
            top.remove(part)
            bottom.remove(part)
    if len(top) == 1 and not bottom:
        return top[0]
    return Factors(tuple(top), tuple(bottom))


def summed(kernel: Kernel, over: Iterable[str]) -> Kernel:
    """Σ of a kernel over variables that it mentions, simplified.

    A conditional probability whose variable nothing else mentions sums to one; a factor that
    mentions none of the variables stands outside.

    >>> chain = product([Conditional("a", ()), Conditional("b", ("a",)), Conditional("c", ("b",))])
    >>> print(summed(chain, ["b", "c"]))
    P(a)
    >>> print(summed(chain, ["a"]))
    P(c | b) [Σ_{a} P(a) P(b | a)]
    """
    left = list(over)
    if isinstance(kernel, Marginal):
        return summed(kernel.of, [*kernel.over, *left])
    if isinstance(kernel, Factors) and kernel.below:
        return Marginal(tuple(left), kernel) if left else kernel
    parts: list[Kernel] = list(kernel.above) if isinstance(kernel, Factors) else [kernel]
    while True:
        gone = next((part for part in parts if _sums_to_one(part, parts, left)), None)
        if gone is None:
            break
        assert isinstance(gone, Conditional)
        parts.remove(gone)
        left.remove(gone.node)
    inside = [part for part in parts if part.arguments.intersection(left)]
    outside = [part for part in parts if not part.arguments.intersection(left)]
    return product([*outside, Marginal(tuple(left), product(inside))] if left else parts)


def _sums_to_one(part: Kernel, parts: list[Kernel], over: list[str]) -> bool:
    """Whether a factor can be summed out by itself."""
    return (
        isinstance(part, Conditional)
        and part.node in over
        and not any(part.node in other.arguments for other in parts if other is not part)
    )


def _flat(parts: Iterable[Kernel]) -> tuple[list[Kernel], list[Kernel]]:
    """The factors of a product and what divides them."""
    top: list[Kernel] = []
    bottom: list[Kernel] = []
    for part in parts:
        if isinstance(part, Factors):
            top.extend(part.above)
            bottom.extend(part.below)
        else:
            top.append(part)
    return top, bottom
