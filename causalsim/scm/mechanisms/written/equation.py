"""A variable as an equation written by hand: any function of its parents and of one noise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.base import CausalsimError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Domain, Labels, Levels, Real, as_numbers
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.noise import NOTHING, draw, is_noiseless, nothing_where

_HALVINGS = 200
_TAIL = 1e-15


class Shape(Enum):
    """How the value moves with the noise, when the parents are held."""

    CONSTANT = "no noise"
    AFFINE = "affine in the noise"
    RISING = "rising with the noise"
    FALLING = "falling with the noise"
    TANGLED = "neither rising nor falling with the noise"


@dataclass(frozen=True, slots=True, eq=False)
class Exogenous:
    """A root that is its own noise: ``x = U_x``.

    Args:
        noise: The distribution of the value.
        domain: Its values.
        shared: Whether it is no variable but a noise that several equations read.

    Examples:
        >>> Exogenous(dist.Normal(0.0, 1.0)).describe("x")
        'x = U_x,  U_x ~ Normal'
    """

    noise: Distribution
    domain: Domain = Real()  # noqa: RUF009 - frozen and without state
    shared: bool = False

    @property
    def parents(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def coupling(self) -> Coupling:
        """The value is its noise."""
        return Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The distribution of the noise."""
        return self.noise

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The value, where it is possible."""
        possible = self.noise.support.check(value)  # type: ignore[union-attr]
        return torch.where(possible, value, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The noise."""
        return noise.to(DTYPE)

    def describe(self, node: str) -> str:
        """The equation."""
        if self.shared:
            return f"{node} ~ {type(self.noise).__name__}, a noise that several equations read"
        return f"{node} = U_{node},  U_{node} ~ {type(self.noise).__name__}"


def is_shared(mechanism: object) -> bool:
    """Whether this is no variable but a noise that several equations read."""
    return isinstance(mechanism, Exogenous) and mechanism.shared


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """``x = f(parents, U)`` for a function written by the user, elementwise over units.

    The noise behind a value is found by how the function moves with it: in closed form where it
    is affine, by bisection where it rises or falls (drawn from the interval of noises that give
    the value, where it moves in steps). Each noise found is put back into the function; one that
    does not give the value is an error, not a number. A function that is neither has no abduction
    of its own.

    Args:
        node: The variable, for messages.
        function: Called with one tensor an argument, by name.
        parents: The variables it reads.
        argument: The name of the argument that takes the noise; empty without noise.
        noise: The distribution of the noise.
        domain: The values it produces.
        shape: How the value moves with the noise.
        named: The levels of the parents that have names, so that the function sees the names.
    """

    node: str
    function: Callable[..., object]
    parents: tuple[str, ...]
    argument: str
    noise: Distribution
    domain: Domain
    shape: Shape
    named: Mapping[str, Levels]

    @property
    def coupling(self) -> Coupling:
        """By the shape, and by whether the values are levels."""
        if self.shape is Shape.CONSTANT:
            return Coupling.NONE
        if self.shape is Shape.TANGLED:
            return Coupling.TANGLED
        return Coupling.MONOTONE if isinstance(self.domain, Levels) else Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The noise moved and stretched, or a point mass; only for affine equations."""
        if self.shape is Shape.CONSTANT:
            point: Distribution = dist.Delta(self.produce(parents, NOTHING))
            return point
        if self.shape is not Shape.AFFINE:
            raise ModelError.no_density(self.node, self.shape.value)
        base, slope = self._line(parents)
        moved = dist.transforms.AffineTransform(base, slope)
        made: Distribution = dist.TransformedDistribution(self.noise, [moved])
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The noise that gives the value, or a draw among those that do."""
        if self.shape is Shape.CONSTANT:
            return nothing_where(torch.isclose(value, self.produce(parents, NOTHING), rtol=1e-9))
        if self.shape is Shape.TANGLED:
            raise ModelError.not_invertible(self.node, self.shape.value)
        if self.shape is Shape.AFFINE:
            noise = self._solved(parents, value, generator)
        elif isinstance(self.domain, Levels):
            noise = self._drawn(parents, value, generator)
        else:
            noise = self._edge(parents, value, upper=False)
        again = self.produce(parents, noise)
        gives = torch.isclose(again, value, rtol=1e-7, atol=1e-9)
        return torch.where(gives & self._possible(noise), noise, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """What the function returns."""
        arguments = {name: parents[name] for name in self.parents}
        if self.argument:
            arguments[self.argument] = noise
        value = evaluate(self.node, self.function, arguments, self.named)
        if isinstance(self.domain, Levels):
            self.domain.codes(self.node, value)
        return value

    def describe(self, node: str) -> str:
        """The equation, as far as a function can be told."""
        if is_noiseless(self.noise):
            return f"{node} = f({', '.join(self.parents)})"
        reads = ", ".join((*self.parents, f"U_{node}"))
        return f"{node} = f({reads}),  U_{node} ~ {type(self.noise).__name__} ({self.shape.value})"

    def _line(self, parents: Values) -> tuple[Tensor, Tensor]:
        """Intercept and slope in the noise."""
        base = self.produce(parents, NOTHING)
        return base, self.produce(parents, NOTHING + 1.0) - base

    def _solved(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The closed form; where the noise has no effect, a draw from its prior."""
        base, slope = self._line(parents)
        flat = slope == 0
        noise = (value - base) / torch.where(flat, torch.ones_like(slope), slope)
        if bool(flat.any()):
            shape = np.broadcast_shapes(noise.shape, flat.shape)
            noise = torch.where(flat, draw(self.noise, shape, generator), noise)
        return noise

    def _drawn(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """A draw of the noise from the interval in which the function has this value."""
        edges = [self._edge(parents, value, upper=upper) for upper in (False, True)]
        chances = [self.noise.cdf(edge) for edge in edges]
        low, high = torch.minimum(*chances), torch.maximum(*chances)
        uniform = torch.rand(low.shape, generator=generator, dtype=DTYPE)
        return self.noise.icdf(low + (high - low) * uniform).to(DTYPE)

    def _edge(self, parents: Values, value: Tensor, *, upper: bool) -> Tensor:
        """Where the function passes the value: the end of ``f < v``, or of ``f <= v``.

        Bisection until neighbouring floating-point numbers are reached.
        """
        ends = torch.tensor([_TAIL, 1.0 - _TAIL], dtype=DTYPE)
        low, high = self.noise.icdf(ends).to(DTYPE)
        first = self.produce(parents, low)
        shape = np.broadcast_shapes(first.shape, value.shape)
        low, high = low.expand(shape), high.expand(shape)
        rising = self.shape is Shape.RISING
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if bool(((middle <= low) | (middle >= high)).all()):
                break
            found = self.produce(parents, middle)
            below = found <= value if upper == rising else found < value
            right = below if rising else ~below
            low, high = torch.where(right, middle, low), torch.where(right, high, middle)
        edge: Tensor = (low + high) / 2
        return edge

    def _possible(self, noise: Tensor) -> Tensor:
        """Where the noise lies in its support."""
        possible: Tensor = self.noise.support.check(noise)  # type: ignore[union-attr]
        return possible


def with_names(arguments: Values, named: Mapping[str, Levels]) -> dict[str, Tensor | Labels]:
    """What a user's function gets to see: numbers as tensors, names as names."""
    return {
        name: named[name].shown(column) if name in named else column
        for name, column in arguments.items()
    }


def evaluate(
    node: str,
    function: Callable[..., object],
    arguments: Values,
    named: Mapping[str, Levels],
) -> Tensor:
    """What a user's function returns, as a float64 tensor over units.

    Raises:
        ModelError: It raised, or returned something else than a number for each unit.
    """
    try:
        found = function(**with_names(arguments, named))
    except CausalsimError:
        raise
    except Exception as error:
        raise ModelError.failed_equation(node, error) from error
    if isinstance(found, Tensor):
        value = found.to(DTYPE)
    else:
        read = as_numbers(found)
        if read is None:
            raise ModelError.failed_equation(node, f"it returned {type(found).__name__}")
        value = read
    shape = np.broadcast_shapes(*(column.shape for column in arguments.values()))
    if value.dim() and tuple(value.shape) != shape:
        raise ModelError.failed_equation(
            node, f"it returned shape {tuple(value.shape)} for units of shape {shape}"
        )
    if bool(value.isnan().any()):
        raise ModelError.failed_equation(node, "it returned NaN")
    return value
