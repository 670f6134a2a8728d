"""A Pyro program run with the values of its sites put in, for any number of units at once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyro
import torch
from pyro.poutine import runtime
from pyro.poutine.messenger import Messenger
from pyro.poutine.util import site_is_subsample
from torch import Tensor
from torch.distributions import Distribution

from causalsim.errors.base import CausalsimError
from causalsim.errors.program import ProgramError
from causalsim.scm.domain import DTYPE
from causalsim.scm.mechanism import Values

#: A program with its arguments in it.
Runnable = Callable[[], object]


class Reached(Exception):
    """Raised at the site that was asked for: what comes after it is not run."""


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """What a run saw at one site.

    Args:
        name: The site.
        distribution: Its distribution given the values before it.
        plates: The names and dimensions of the plates around it.
        computed: Whether it is deterministic.
        observed: Whether the program gave it a value itself.
        value: The value it took.
    """

    name: str
    distribution: Distribution
    plates: tuple[tuple[str, int | None], ...]
    computed: bool
    observed: bool
    value: Tensor


@dataclass(eq=False)
class Substitution(Messenger):  # type: ignore[misc]
    """A handler that puts values into sites, widens plates, and fixes parameters.

    Args:
        values: The values of sites; the others draw their own.
        units: How many units a plate holds.
        parameters: The values of `pyro.param`, read once; new ones are added.
        until: The site at which the run ends.
    """

    values: Values
    units: int
    parameters: dict[str, Tensor]
    until: str = ""
    visits: list[Visit] = field(default_factory=list)

    def _pyro_sample(self, msg: Any) -> None:  # noqa: ANN401
        """Put a value in, or draw one a unit."""
        if site_is_subsample(msg):
            if msg["fn"].subsample_size not in (None, msg["fn"].size):
                raise ProgramError.bad_plate(msg["name"], "a plate that takes only some units")
            msg["value"] = torch.arange(self.units)
            return
        name, found = msg["name"], msg["fn"]
        computed = bool(msg["infer"].get("_deterministic", False))
        observed = bool(msg["is_observed"]) and not computed
        plates = tuple((frame.name, frame.dim) for frame in msg["cond_indep_stack"])
        if name in self.values:
            msg["value"] = self.values[name]
        elif not computed and not (observed and not plates):
            shape = found.batch_shape
            if not plates and shape == ():
                shape = torch.Size((self.units,))
            msg["value"] = found.expand(shape).sample()
        msg["done"], msg["is_observed"] = True, True
        self.visits.append(Visit(name, found, plates, computed, observed, msg["value"]))
        if name == self.until:
            raise Reached

    def _pyro_param(self, msg: Any) -> None:  # noqa: ANN401
        """The value that the parameter has in the store, or starts with; no store is changed."""
        name = msg["name"]
        if name not in self.parameters:
            store = pyro.get_param_store()
            if name in store:
                found = store[name]
            else:
                start = msg["args"][1] if len(msg["args"]) > 1 else None
                if start is None:
                    raise ProgramError.failed(f"the parameter {name!r} has no value")
                found = start() if callable(start) else start
            self.parameters[name] = found.detach().clone()
        msg["value"] = self.parameters[name]
        msg["done"] = True


def run_program(
    program: Runnable,
    values: Values,
    units: int,
    parameters: dict[str, Tensor],
    until: str = "",
    *,
    seed: int = 0,
) -> list[Visit]:
    """What a run with these values sees, site by site.

    Raises:
        ProgramError: The program raised.
    """
    handler = Substitution(values, units, parameters, until)
    try:
        with torch.random.fork_rng(devices=[]), _alone(), handler:
            torch.manual_seed(seed)
            program()
    except Reached:
        pass
    except CausalsimError:
        raise
    except Exception as error:
        raise ProgramError.failed(error) from error
    return handler.visits


@contextmanager
def _alone() -> Iterator[None]:
    """No handler and no plate around.

    A model that was read from a program may itself be run as a program, whose handlers must not
    see the sites inside its mechanisms.
    """
    stack, plates = runtime._PYRO_STACK, runtime._DIM_ALLOCATOR._stack
    kept = stack[:], plates[:]
    stack.clear()
    plates.clear()
    try:
        yield
    finally:
        stack[:], plates[:] = kept


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The distribution of one sample site, as a function of the sites that it reads.

    Args:
        name: The site.
        program: The program.
        parents: The sites that its distribution depends on.
        typical: A value for every site before it, for those that it does not read.
        kinds: The type of the sites whose values the program wants as whole numbers or truth.
        parameters: The values of `pyro.param`.
    """

    name: str
    program: Runnable
    parents: tuple[str, ...]
    typical: Mapping[str, Tensor]
    kinds: Mapping[str, torch.dtype]
    parameters: dict[str, Tensor]

    def __call__(self, values: Values) -> Visit:
        """The site given its parents' values."""
        put = {
            name: values[name] if name in self.parents else typical
            for name, typical in self.typical.items()
        }
        put = {name: value.to(self.kinds.get(name, DTYPE)) for name, value in put.items()}
        columns = [put[name] for name in self.parents]
        shape = np.broadcast_shapes(*(column.shape for column in columns))
        put = {name: value.expand(shape) for name, value in put.items()}
        visits = run_program(
            self.program, put, shape[-1] if shape else 1, self.parameters, self.name
        )
        if not visits or visits[-1].name != self.name:
            raise ProgramError.changing([self.name], [visit.name for visit in visits])
        return visits[-1]

    def __str__(self) -> str:
        """In a few words."""
        return f"program({', '.join(self.parents)})"
