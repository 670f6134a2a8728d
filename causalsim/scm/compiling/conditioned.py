"""A structural causal model that has seen evidence, as a Pyro program for guides and kernels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyro
import torch
from torch import Tensor

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Counts, Levels
from causalsim.scm.imagining.abduction import read_evidence
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.noise import NOTHING, is_noiseless
from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True, eq=False)
class ConditionedProgram:
    """The mechanisms given what was seen, as a Pyro program whose posterior is the abduction.

    Evidence meets `Mechanism.given`, the density of a value with its own noise integrated out (a
    change of variables for invertible mechanisms, a probability for levels), never a point mass:
    conditioning Pyro on a deterministic site is silently without effect. What is inferred is only
    what was not seen; `noises` then gives the noise of every variable, seen ones included.

    Sites, all inside ``pyro.plate("units", units, dim=-1)``, in causal order:

    ============================  ==========================================================
    variable                      sites
    ============================  ==========================================================
    seen                          ``x``, a sample site with its value as ``obs``
    hidden, continuous            ``U_x``, a sample site, and ``x``, deterministic
    hidden, levels or counts      ``x``, a sample site (levels are marked for parallel
                                  enumeration; their noise is integrated out)
    without noise                 ``x``, deterministic
    a noise shared by equations   a sample site with its own name
    ============================  ==========================================================

    Gradient-based guides and kernels need every hidden variable to be continuous, or its levels
    to be enumerated: ``pyro.infer.config_enumerate`` is not needed, ``TraceEnum_ELBO`` and
    ``NUTS`` find the marks, with ``max_plate_nesting=1``.

    Args:
        mechanisms: In causal order.
        seen: The observed values, each of shape (units,).
        units: How many rows.

    Examples:
        >>> import pandas
        >>> from causalsim.scm.mechanisms.continuous.additive import linear
        >>> rows = pandas.DataFrame({"y": [1.0, 2.0, 3.0]})
        >>> program = conditioned({"x": linear({}), "y": linear({"x": 2.0})}, rows)
        >>> trace = pyro.poutine.trace(program).get_trace()
        >>> [name for name in trace.nodes if name not in ("_INPUT", "_RETURN", "units")]
        ['U_x', 'x', 'y']
        >>> trace.nodes["y"]["is_observed"]
        True

    References:
        Pearl, *Causality* (2009), theorem 7.1.7; Bingham et al., "Pyro: deep universal
        probabilistic programming" (2019).
    """

    mechanisms: Mapping[str, Mechanism]
    seen: Values
    units: int

    def __call__(self) -> dict[str, Tensor]:
        """The value of every variable, hidden ones as drawn; of shape (units,)."""
        values: dict[str, Tensor] = {}
        with pyro.plate("units", self.units, dim=-1):
            for node, mechanism in self.mechanisms.items():
                values[node] = self._site(node, mechanism, values)
        return values

    @property
    def hidden(self) -> tuple[str, ...]:
        """The names of the sample sites that inference has to fill."""
        return tuple(
            node if is_shared(found) or _collapsed(found) else f"U_{node}"
            for node, found in self.mechanisms.items()
            if node not in self.seen and not is_noiseless(found.noise)
        )

    def noises(self, samples: Values, *, seed: int | Seed = 0) -> dict[str, Tensor]:
        """The noise of every variable under draws of what is hidden: the end of abduction.

        The result are the posterior samples of `Program` in any other world:
        ``Predictive(model.do(x=1).program(), posterior_samples=noises)(units)`` are
        counterfactuals.

        Args:
            samples: For each site in `hidden` draws of shape (draws, units), such as
                ``mcmc.get_samples()``; others are not read.
            seed: Root of the draws of noises that a value leaves uncertain.

        Returns:
            ``U_x`` (and shared noises by name), each of shape (draws, units), then the noise's own
            dimensions.

        Raises:
            ModelError: Draws are missing for a hidden site, or of another shape.
        """
        draws = self._draws(samples)
        root = seeded(seed, "noises")
        values: dict[str, Tensor] = {}
        found: dict[str, Tensor] = {}
        for node, mechanism in self.mechanisms.items():
            if is_shared(mechanism):
                found[node] = values[node] = samples[node]
                continue
            if node in self.seen or (not is_noiseless(mechanism.noise) and _collapsed(mechanism)):
                value = self.seen[node] if node in self.seen else samples[node]
                values[node] = value.to(DTYPE).expand(draws, self.units)
                stream = root.child(node).torch()
                noise = mechanism.abduct(values, values[node], stream)
            else:
                noise = samples.get(f"U_{node}", NOTHING)
                values[node] = mechanism.produce(values, noise).expand(draws, self.units)
            if not is_noiseless(mechanism.noise):
                found[f"U_{node}"] = noise
        return found

    def _site(self, node: str, mechanism: Mechanism, values: Values) -> Tensor:
        """One variable: observed, drawn, or computed."""
        if is_shared(mechanism):
            shared: Tensor = pyro.sample(node, mechanism.noise).to(DTYPE)
            return shared
        if is_noiseless(mechanism.noise):
            value = self.seen.get(node)
            value = mechanism.produce(values, NOTHING) if value is None else value
            return self._fixed(node, value)
        if node in self.seen:
            likelihood = mechanism.given(values)
            seen: Tensor = pyro.sample(node, likelihood, obs=self.seen[node])
            return seen
        if _collapsed(mechanism):
            marks = {"enumerate": "parallel"} if isinstance(mechanism.domain, Levels) else {}
            drawn: Tensor = pyro.sample(node, mechanism.given(values), infer=marks)
            return drawn
        noise = pyro.sample(f"U_{node}", mechanism.noise).to(DTYPE)
        return self._fixed(node, mechanism.produce(values, noise))

    def _fixed(self, node: str, value: Tensor) -> Tensor:
        """A deterministic site; every unit is a batch of the plate, not part of one event."""
        shape = np.broadcast_shapes(value.shape, (self.units,))
        fixed: Tensor = pyro.deterministic(node, value.expand(shape), event_dim=0)
        return fixed

    def _draws(self, samples: Values) -> int:
        """How many draws there are of every hidden site."""
        if not self.hidden:
            return 1
        for site in self.hidden:
            if site not in samples:
                raise ModelError.bad_parameter(
                    "samples", sorted(samples), f"draws of the hidden sites {self.hidden}"
                )
            if samples[site].dim() < 2 or samples[site].shape[1] != self.units:
                raise ModelError.bad_parameter(
                    f"the draws of {site!r}",
                    f"shape {tuple(samples[site].shape)}",
                    f"of shape (draws, {self.units})",
                )
        return int(samples[self.hidden[0]].shape[0])


def conditioned(
    mechanisms: Mapping[str, Mechanism],
    frame: Any,  # noqa: ANN401
) -> ConditionedProgram:
    """The program of these mechanisms given the columns that a frame has.

    Args:
        mechanisms: In causal order.
        frame: One row a unit. Variables without a column are hidden.

    Raises:
        ModelError: A value without a density (its equation is not affine in its noise), or a
            value that hidden variables determine.
        DataError: No column is a variable; missing cells.
    """
    units = frames.height(frame)
    columns = frames.names(frame)
    found = [node for node in mechanisms if node in columns and not is_shared(mechanisms[node])]
    if not found:
        first = next(node for node in mechanisms if not is_shared(mechanisms[node]))
        raise DataError.unknown_column(first, columns)
    seen = read_evidence(frame, mechanisms, found)
    for node in found:
        mechanism = mechanisms[node]
        if is_noiseless(mechanism.noise):
            _check_determined(node, mechanism, seen, units)
    program = ConditionedProgram(mechanisms, seen, units)
    _check_possible(program)
    return program


def _check_determined(node: str, mechanism: Mechanism, seen: Values, units: int) -> None:
    """A value without noise must follow from what was seen."""
    if any(parent not in seen for parent in mechanism.parents):
        raise ModelError.not_inferable(
            [node], f"{node!r} is determined by hidden variables, so its value has no density"
        )
    noise = mechanism.abduct(seen, seen[node], seeded(0).torch())
    wrong = noise.isnan().expand(units)
    if bool(wrong.any()):
        raise ModelError.impossible(node, int(wrong.sum()), int(torch.nonzero(wrong)[0]))


def _check_possible(program: ConditionedProgram) -> None:
    """Evidence on a variable whose parents were all seen must have some probability."""
    for node, mechanism in program.mechanisms.items():
        known = all(parent in program.seen for parent in mechanism.parents)
        if node in program.seen and known and not is_noiseless(mechanism.noise):
            logs = mechanism.given(program.seen).log_prob(program.seen[node])
            wrong = logs.expand(program.units).isneginf()
            if bool(wrong.any()):
                raise ModelError.impossible(node, int(wrong.sum()), int(torch.nonzero(wrong)[0]))


def _collapsed(mechanism: Mechanism) -> bool:
    """Whether a hidden variable is drawn as a value: its noise would be a step for any gradient."""
    return isinstance(mechanism.domain, Levels | Counts) and not mechanism.coupling.exact
