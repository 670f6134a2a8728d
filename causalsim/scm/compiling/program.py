"""A structural causal model as a Pyro program, for Pyro's own handlers, guides and kernels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyro
from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.noise import NOTHING, is_noiseless


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The mechanisms as a Pyro program; calling it runs it.

    Sites, all inside ``pyro.plate("units", units, dim=-1)``, in causal order: for each variable
    ``x`` with noise a sample site ``U_x``, and a deterministic site ``x`` with its value. Hidden
    variables have sites too. A noise that several equations share is one sample site with its own
    name.

    Condition the noise sites only: a value is a function of noise, and conditioning a Pyro program
    on a deterministic site is silently without effect.

    Args:
        mechanisms: In causal order.

    Examples:
        >>> from causalsim.scm.mechanisms.continuous.additive import linear
        >>> program = Program({"x": linear({}), "y": linear({"x": 2.0})})
        >>> trace = pyro.poutine.trace(program).get_trace(units=3)
        >>> [name for name in trace.nodes if name not in ("_INPUT", "_RETURN", "units")]
        ['U_x', 'x', 'U_y', 'y']
    """

    mechanisms: Mapping[str, Mechanism]

    def __call__(self, units: int = 1) -> dict[str, Tensor]:
        """The value of every variable, of shape (units,)."""
        if isinstance(units, bool) or not isinstance(units, int) or units < 1:
            raise ModelError.bad_size("units", units)
        values: dict[str, Tensor] = {}
        with pyro.plate("units", units, dim=-1):
            for node, mechanism in self.mechanisms.items():
                if is_shared(mechanism):
                    values[node] = pyro.sample(node, mechanism.noise).to(DTYPE)
                    continue
                noise = NOTHING
                if not is_noiseless(mechanism.noise):
                    noise = pyro.sample(f"U_{node}", mechanism.noise).to(DTYPE)
                value = mechanism.produce(values, noise)
                shape = np.broadcast_shapes(value.shape, (units,))
                # With event_dim=0 every unit is a batch of the plate, not part of one event.
                values[node] = pyro.deterministic(node, value.expand(shape), event_dim=0)
        return values
