"""A formula as ratios of sums of products, each product a chain of draws with weights.

Most formulae of identification are, once sums are pulled outward, sums over products of
conditional distributions: ``sum_v w(v) prod_k P(a_k | b_k)``. A variable that is summed over is
drawn by the factor that it heads; a head held at a value is a weight; a number is what is averaged.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from causalsim.errors.plugin import PluginError
from causalsim.estimand.canonical import canonical
from causalsim.estimand.expression import (
    Add,
    Bound,
    Const,
    Expression,
    Free,
    Number,
    P,
    Product,
    Ratio,
    Slot,
    Sum,
    Value,
    parts,
    rename,
)
from causalsim.estimand.wording import to_text


@dataclass(frozen=True, slots=True)
class Factor:
    """``P(heads | given)``: draws its heads, or weighs by their values.

    Attributes:
        heads: All summed over, or all held at values.
        given: What it is conditioned on, summed over or held at values.
    """

    heads: tuple[Slot, ...]
    given: tuple[Slot, ...]

    @property
    def draws(self) -> bool:
        """Whether its heads are drawn."""
        return isinstance(self.heads[0], Bound)

    @property
    def drawn(self) -> tuple[Bound, ...]:
        """The heads that are drawn."""
        return tuple(slot for slot in self.heads if isinstance(slot, Bound))

    @property
    def events(self) -> tuple[Value, ...]:
        """The heads that are held at values."""
        return tuple(slot for slot in self.heads if isinstance(slot, Value))

    @property
    def loose(self) -> tuple[Bound, ...]:
        """What it is conditioned on and is drawn before."""
        return tuple(slot for slot in self.given if isinstance(slot, Bound))

    @property
    def held(self) -> tuple[Value, ...]:
        """What it is conditioned on at a value."""
        return tuple(slot for slot in self.given if isinstance(slot, Value))

    def __str__(self) -> str:
        """As formulae print it, without marks that tell copies of one variable apart."""
        return to_text(P(_plain(self.heads), _plain(self.given)))


@dataclass(frozen=True, slots=True)
class Flat:
    """``scale * sum prod(numbers) prod(factors)``, the factors in an order in which they draw.

    Attributes:
        scale: A number.
        numbers: The variables whose values are multiplied.
        factors: What is multiplied; each variable that is summed over heads one of them.
    """

    scale: float
    numbers: tuple[Bound, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class Fraction:
    """A sum of flat parts, divided by another.

    Attributes:
        above: What is added up.
        below: What it is divided by; none for one.
    """

    above: tuple[Flat, ...]
    below: tuple[Flat, ...] = ()


@dataclass(frozen=True, slots=True)
class _Raw:
    """A product that is not yet put in order."""

    scale: float
    parts: tuple[P | Number, ...]


_Sums = tuple[_Raw, ...]


def _plain(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Slots with what is summed over left free."""
    return tuple(Free(slot.variable) if isinstance(slot, Bound) else slot for slot in slots)


def flattened(formula: Expression) -> tuple[Fraction, ...]:
    """The fractions that add up to a formula.

    A variable that is left free (the formula has the same value at each of its levels) is averaged
    over above and below the line.

    Args:
        formula: A formula whose free variables do not matter.

    Raises:
        PluginError: A sum over something that is divided by, or distributions that do not chain.

    >>> from causalsim.estimand.expression import mean, probability, product, total
    >>> door = total("z", product([mean("y", probability("y", "z")), probability("z")]))
    >>> (one,) = flattened(door)
    >>> [str(factor) for factor in one.above[0].factors]
    ['P(z)', 'P(y | z)']
    """
    fresh = count(1)
    found = [_averaged(above, below, fresh) for above, below in _fractions(formula, fresh)]
    return tuple(
        Fraction(
            tuple(ordered(raw, formula) for raw in above),
            tuple(ordered(raw, formula) for raw in below),
        )
        for above, below in found
    )


def _averaged(above: _Sums, below: _Sums, fresh: Iterator[int]) -> tuple[_Sums, _Sums]:
    """Both sides averaged over what is free."""
    names = dict.fromkeys(
        slot.variable for raw in (*above, *below) for slot in _slots(raw) if isinstance(slot, Free)
    )
    if not names:
        return above, below
    spare = {name: Bound(name, -next(fresh)) for name in names}

    def bound(raw: _Raw) -> _Raw:
        parts = tuple(
            _changed(part, {Free(name): slot for name, slot in spare.items()}) for part in raw.parts
        )
        return _Raw(raw.scale, (*parts, P(tuple(spare.values()))))

    return tuple(map(bound, above)), tuple(map(bound, below))


def _fractions(part: Expression, fresh: Iterator[int]) -> list[tuple[_Sums, _Sums]]:
    """A part as fractions that are added up."""
    match part:
        case P() | Number():
            return [((_Raw(1.0, (part,)),), ())]
        case Const(value):
            return [((_Raw(value, ()),), ())]
        case Add(terms):
            return [one for term in terms for one in _fractions(term, fresh)]
        case Product() | Ratio():
            tops, bottoms = _cancelled(*_split(part))
            found: list[tuple[_Sums, _Sums]] = [((_Raw(1.0, ()),), ())]
            for top in tops:
                each = _fractions(top, fresh)
                found = [
                    (_times(a, c), _times(b, d) if b and d else b or d)
                    for a, b in found
                    for c, d in each
                ]
            for bottom in bottoms:
                below = _fractions(bottom, fresh)
                if any(under for _, under in below):
                    raise PluginError.not_flat(str(part))
                under = tuple(raw for over, _ in below for raw in over)
                found = [(a, _times(b, under) if b else under) for a, b in found]
            return found
        case Sum(over, body):
            names = {slot: Bound(slot.variable, next(fresh)) for slot in over}
            renamed = rename(
                body, lambda slot: names.get(slot, slot) if isinstance(slot, Bound) else slot
            )
            made = _fractions(renamed, fresh)
            mine = set(names.values())
            for _, under in made:
                if any(slot in mine for raw in map(_shortened, under) for slot in _slots(raw)):
                    raise PluginError.not_flat(str(part))
            return made


def _split(part: Expression) -> tuple[list[Expression], list[Expression]]:
    """What is multiplied and what is divided by, however ratios are nested."""
    match part:
        case Product(factors):
            each = [_split(factor) for factor in factors]
            return [t for tops, _ in each for t in tops], [b for _, under in each for b in under]
        case Ratio(numerator, denominator):
            (tops, under), (more, over) = _split(numerator), _split(denominator)
            return [*tops, *over], [*under, *more]
    return [part], []


def _cancelled(
    tops: list[Expression], bottoms: list[Expression]
) -> tuple[list[Expression], list[Expression]]:
    """Without what is both multiplied and divided by, up to the names of what is summed over."""
    left, keys = [], [canonical(_apart(top)) for top in tops]
    kept = list(tops)
    for bottom in bottoms:
        key = canonical(_apart(bottom))
        if key in keys:
            place = keys.index(key)
            del keys[place], kept[place]
        else:
            left.append(bottom)
    return kept, left


def _apart(part: Expression) -> Expression:
    """A part in which what is summed over outside it cannot be taken for what is inside."""
    inner = {slot for one in parts(part) if isinstance(one, Sum) for slot in one.over}
    return rename(
        part,
        lambda slot: (
            Free(f"{slot.variable}\0{slot.depth}")
            if isinstance(slot, Bound) and slot not in inner
            else slot
        ),
    )


def _times(left: _Sums, right: _Sums) -> _Sums:
    """Every product of two terms; what one sums over is not what the other does."""
    return tuple(
        _Raw(one.scale * other.scale, (*one.parts, *other.parts)) for one in left for other in right
    )


def ordered(raw: _Raw, formula: Expression) -> Flat:
    """The factors in an order in which each is conditioned on what was drawn before.

    Raises:
        PluginError: Something is summed over that no distribution draws, or two draw it.
    """
    raw = _shortened(raw)
    factors: list[Factor] = []
    for part in raw.parts:
        if isinstance(part, P):
            drawn = tuple(slot for slot in part.heads if isinstance(slot, Bound))
            held = tuple(slot for slot in part.heads if not isinstance(slot, Bound))
            if held:
                factors.append(Factor(held, part.given))
            if drawn:
                factors.append(Factor(drawn, (*held, *part.given)))
    numbers = tuple(part.slot for part in raw.parts if isinstance(part, Number))
    heads = [slot for factor in factors for slot in factor.drawn]
    used = {slot for factor in factors for slot in factor.loose} | set(numbers)
    if len(set(heads)) < len(heads) or not used <= set(heads):
        raise PluginError.not_flat(str(formula))
    done: list[Factor] = []
    known: set[Slot] = set()
    waiting = factors
    while waiting:
        ready = next((factor for factor in waiting if set(factor.loose) <= known), None)
        if ready is None:
            raise PluginError.not_flat(str(formula))
        done.append(ready)
        known.update(ready.drawn)
        waiting = [factor for factor in waiting if factor is not ready]
    return Flat(raw.scale, tuple(slot for slot in numbers if isinstance(slot, Bound)), tuple(done))


def _shortened(raw: _Raw) -> _Raw:
    """Without heads that are summed over and occur nowhere else: they add up to one."""
    parts = list(raw.parts)
    changed = True
    while changed:
        changed = False
        for place, part in enumerate(parts):
            if not isinstance(part, P):
                continue
            others = {
                slot for other in (*parts[:place], *parts[place + 1 :]) for slot in _own(other)
            }
            kept = tuple(
                slot for slot in part.heads if not isinstance(slot, Bound) or slot in others
            )
            if len(kept) < len(part.heads):
                parts[place : place + 1] = [P(kept, part.given)] if kept else []
                changed = True
                break
    return _Raw(raw.scale, tuple(parts))


def _own(part: P | Number) -> tuple[Slot, ...]:
    """The slots of a part."""
    return (*part.heads, *part.given) if isinstance(part, P) else (part.slot,)


def _slots(raw: _Raw) -> Iterable[Slot]:
    """Every slot of a product."""
    return (slot for part in raw.parts for slot in _own(part))


def _changed(part: P | Number, new: dict[Free, Bound]) -> P | Number:
    """A part with free variables bound."""
    found = rename(part, lambda slot: new.get(slot, slot) if isinstance(slot, Free) else slot)
    assert isinstance(found, P | Number)
    return found
