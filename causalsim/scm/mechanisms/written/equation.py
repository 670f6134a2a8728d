"""A variable as an equation written by hand: any function of its parents and of its noise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Domain, Levels, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.written.calling import evaluate
from causalsim.scm.mechanisms.written.inverse import (
    Solutions,
    between,
    enumerated,
    point_density,
    solutions,
)
from causalsim.scm.noise import (
    NOTHING,
    cumulative,
    draw,
    has_nan,
    has_quantiles,
    is_discrete,
    is_noiseless,
    nothing_where,
    quantiles,
    support_points,
)

_HALVINGS = 200
_TAIL = 1e-15


class Shape(Enum):
    """How the value moves with the noise, when the parents are held."""

    CONSTANT = "no noise"
    AFFINE = "affine in the noise"
    FINITE = "one value for each of a few noises"
    RISING = "rising with the noise"
    FALLING = "falling with the noise"
    TANGLED = "neither rising nor falling with the noise"


@dataclass(frozen=True, slots=True, eq=False)
class Exogenous:
    """A root that is its own noise: ``x = U_x``.

    Args:
        noise: The distribution of the value.
        domain: Its values.
        shared: Whether it is no variable but a noise that stands by itself: several equations
            read it, or one that has another noise to solve for.

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
        if self.noise.support is constraints.real and not has_nan(value):
            return value
        possible = self.noise.support.check(value)  # type: ignore[union-attr]
        return torch.where(possible, value, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The noise."""
        return noise.to(DTYPE)

    def describe(self, node: str) -> str:
        """The equation."""
        if self.shared:
            return f"{node} ~ {type(self.noise).__name__}, a hidden noise"
        return f"{node} = U_{node},  U_{node} ~ {type(self.noise).__name__}"


def is_shared(mechanism: object) -> bool:
    """Whether this is no variable but a noise that stands by itself."""
    return isinstance(mechanism, Exogenous) and mechanism.shared


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """``x = f(parents, U)`` for a function written by the user, elementwise over units.

    The noise behind a value is found by how the function moves with it: in closed form where it
    is affine, by bisection where it rises or falls, else by a search for every root and every
    flat stretch, one of which is drawn by its probability. Where many noises give the value (it
    moves in steps, or stands still at a limit) the noise is drawn from exactly those. Each noise
    found is put back into the function; one that does not give the value is an error, not a
    number.

    Args:
        node: The variable, for messages.
        function: Called with one tensor an argument, by name.
        parents: The variables it reads.
        argument: The name of the argument that takes the noise; empty without noise.
        noise: The distribution of the noise.
        domain: The values it produces.
        shape: How the value moves with the noise.
        named: The levels of the parents that have names, so that the function sees the names.
        flat: Whether the value stands still along some of the noise.
        renamed: The argument of each parent whose argument has another name.
        adds: Whether the noise is only added, so that it need not be put back.
    """

    node: str
    function: Callable[..., object]
    parents: tuple[str, ...]
    argument: str
    noise: Distribution
    domain: Domain
    shape: Shape
    named: Mapping[str, Levels]
    flat: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    adds: bool = False

    @property
    def coupling(self) -> Coupling:
        """By the shape, and by whether the values are levels."""
        if self.shape is Shape.CONSTANT:
            return Coupling.NONE
        if self.shape in (Shape.TANGLED, Shape.FINITE):
            return Coupling.TANGLED
        steps = self.flat or isinstance(self.domain, Levels)
        return Coupling.MONOTONE if steps else Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The distribution of the value: closed form where affine, else solved for the noise."""
        if self.shape is Shape.CONSTANT:
            point: Distribution = dist.Delta(self.produce(parents, NOTHING))
            return point
        if isinstance(self.domain, Levels):
            scores = [self.log_density(parents, point) for point in self.domain.points]
            chances = torch.softmax(torch.stack(scores, dim=-1), dim=-1)
            made: Distribution = LevelDistribution(chances, self.domain.points)
            return made
        if self.shape is Shape.AFFINE:
            base, slope = self._line(parents)
            if not bool((slope == 0).any()):
                moved = dist.transforms.AffineTransform(base, slope)
                made = dist.TransformedDistribution(self.noise, [moved])
                return made
        solved: Distribution = Solved(self, parents)
        return solved

    def log_density(self, parents: Values, value: Tensor) -> Tensor:
        """The log density of a value, or its log probability where it has one.

        ``log Σ p(u) / |f'(u)|`` over every noise ``u`` that gives the value.
        """
        return self.scored(parents, value)[0]

    def scored(self, parents: Values, value: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and where it is a probability: next to it a density weighs nothing."""
        asked = _Asked.of(self, parents, value)
        if self.shape in (Shape.RISING, Shape.FALLING):
            found = asked.between(*self._edges(asked.parents, asked.value))
        else:
            found = asked.solutions()
        logs = found.log_density(asked.units).reshape(asked.shape)
        return logs, found.holds(asked.units).reshape(asked.shape)

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The noise that gives the value, or a draw among those that do."""
        if self.shape is Shape.CONSTANT:
            return nothing_where(torch.isclose(value, self.produce(parents, NOTHING), rtol=1e-9))
        if self.adds:
            return self._supported(value - self.produce(parents, NOTHING))
        levels = isinstance(self.domain, Levels)
        if self.shape is Shape.AFFINE and not levels:
            noise = self._added(parents, value)
            if noise is not None:
                return torch.where(self._possible(noise), noise, torch.nan)
            noise = self._solved(parents, value, generator)
        elif self.shape in (Shape.RISING, Shape.FALLING) and not (self.flat or levels):
            noise = self._edge(parents, value, upper=False)
        elif self.shape in (Shape.RISING, Shape.FALLING):
            ends = self._edges(parents, value)
            uniform = torch.rand(ends[0].shape, generator=generator, dtype=DTYPE)
            noise = between(self.noise, *ends, uniform)
        else:
            asked = _Asked.of(self, parents, value)
            noise = asked.solutions().drawn(self.noise, asked.units, generator)
            noise = noise.reshape(asked.shape)
        lost = noise.isnan()
        tried = torch.where(lost, self._typical(), noise) if bool(lost.any()) else noise
        again = self.produce(parents, tried)
        gives = torch.isclose(again, value, rtol=1e-7, atol=1e-9) & ~lost
        return torch.where(gives & self._possible(noise), noise, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """What the function returns."""
        arguments = {self.renamed.get(name, name): parents[name] for name in self.parents}
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

    def _added(self, parents: Values, value: Tensor) -> Tensor | None:
        """The noise where it is simply added, put back into the function; None where it is not."""
        base = self.produce(parents, NOTHING)
        noise = value - base
        if bool((noise == 0).any()):
            return None  # it may have no effect there
        missed = self.produce(parents, noise) - value
        slack = 1e-12 * (value.abs() + base.abs())
        return noise if bool((missed.abs() <= slack).all()) else None

    def _supported(self, noise: Tensor) -> Tensor:
        """The noise, NaN where it cannot be."""
        if self.noise.support is constraints.real and bool(noise.sum().isfinite()):
            return noise
        return torch.where(self._possible(noise) & noise.isfinite(), noise, torch.nan)

    def _solved(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The closed form; where the noise has no effect, a draw from its prior."""
        base, slope = self._line(parents)
        flat = slope == 0
        noise = (value - base) / torch.where(flat, torch.ones_like(slope), slope)
        if bool(flat.any()):
            shape = np.broadcast_shapes(noise.shape, flat.shape)
            noise = torch.where(flat, draw(self.noise, shape, generator), noise)
        return noise

    def _edges(self, parents: Values, value: Tensor) -> tuple[Tensor, Tensor]:
        """Both ends of the noises that give the value, the lower first."""
        ends = [self._edge(parents, value, upper=upper) for upper in (False, True)]
        return torch.minimum(*ends), torch.maximum(*ends)

    def _typical(self) -> Tensor:
        """A noise that the function can take."""
        if is_discrete(self.noise):
            return support_points(self.noise)[0]
        return quantiles(self.noise, torch.tensor(0.5, dtype=DTYPE))

    def _edge(self, parents: Values, value: Tensor, *, upper: bool) -> Tensor:
        """Where the function passes the value: the end of ``f < v``, or of ``f <= v``.

        Bisection until neighbouring floating-point numbers are reached.
        """
        low, high = quantiles(self.noise, torch.tensor([_TAIL, 1.0 - _TAIL], dtype=DTYPE))
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


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """An equation under flattened parents: which noise gives each of these values?"""

    equation: Equation
    parents: Values
    value: Tensor
    shape: tuple[int, ...]

    @classmethod
    def of(cls, equation: Equation, parents: Values, value: Tensor) -> "_Asked":
        """Everything of one shape, laid out in a line."""
        columns = [parents[name] for name in equation.parents]
        shape = np.broadcast_shapes(value.shape, *(column.shape for column in columns))
        flat = {name: parents[name].expand(shape).reshape(-1) for name in equation.parents}
        return cls(equation, flat, value.expand(shape).reshape(-1).to(DTYPE), shape)

    @property
    def units(self) -> int:
        """How many values there are."""
        return len(self.value)

    def response(self, index: Tensor, noise: Tensor) -> Tensor:
        """The values of some of them under these noises."""
        parents = {name: column[index] for name, column in self.parents.items()}
        return self.equation.produce(parents, noise).expand(noise.shape)

    def solutions(self) -> Solutions:
        """Every noise, wherever it is."""
        noise = self.equation.noise
        if is_discrete(noise):
            return enumerated(self.response, noise, self.value)
        if not has_quantiles(noise):
            raise ModelError.not_invertible(self.equation.node, self.equation.shape.value)
        levels = isinstance(self.equation.domain, Levels)
        return solutions(self.response, noise, self.value, levels=levels)

    def between(self, low: Tensor, high: Tensor) -> Solutions:
        """The noises between two ends, where the function has the value there."""
        noise, unit = self.equation.noise, torch.arange(self.units)
        middle = self.response(unit, (low + high) / 2).detach() - self.value
        masses = (cumulative(noise, high) - cumulative(noise, low)).clamp(min=0.0)
        mass = (masses > 1e-14) & (middle.abs() <= 1e-7 * (1.0 + self.value.abs()))
        density, found = point_density(self.response, noise, unit, low, self.value)
        weight = torch.where(mass, masses.log(), density)
        weight = torch.where(mass | found, weight, torch.full_like(weight, -torch.inf))
        return Solutions(unit, low, high, weight, mass)


class Solved(dist.TorchDistribution):  # type: ignore[misc]
    """The distribution of an equation's value, scored by solving for the noise.

    Args:
        equation: The equation.
        parents: The values of what it reads.
    """

    arg_constraints: dict[str, constraints.Constraint] = {}  # noqa: RUF012
    support = constraints.real

    def __init__(self, equation: Equation, parents: Values) -> None:
        self.equation = equation
        self.parents = {name: parents[name] for name in equation.parents}
        shape = np.broadcast_shapes(*(column.shape for column in self.parents.values()))
        super().__init__(torch.Size(shape), validate_args=False)

    def expand(self, batch_shape: torch.Size, _instance: object = None) -> "Solved":
        """The same distribution for more units."""
        parents = {name: column.expand(batch_shape) for name, column in self.parents.items()}
        made = Solved(self.equation, parents)
        made._batch_shape = torch.Size(batch_shape)
        return made

    def sample(self, sample_shape: torch.Size = torch.Size()) -> Tensor:  # noqa: B008
        """Random values, from torch's global stream as every Pyro distribution."""
        shape = torch.Size(sample_shape) + self.batch_shape
        noise = self.equation.noise.expand(shape).sample().to(DTYPE)
        return self.equation.produce(self.parents, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """Of each value."""
        return self.equation.log_density(self.parents, value.to(DTYPE))
