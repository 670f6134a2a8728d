"""From what was observed to the noise behind it: the first of the three steps of a counterfactual.

With a variable and its parents observed, its noise is recovered by itself: exactly where one noise
gives one value, else as a draw from the noises that give it. What is hidden is left to the engines
in `causalsim.scm.engines`.

References:
    Pearl, *Causality* (2009), theorem 7.1.7 (abduction, action, prediction).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Domain, Levels
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.choosing import choose
from causalsim.scm.engines.engine import Engine, Inference
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.noise import has_nan, is_noiseless
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostics:
    """How a counterfactual was computed and how far to trust it.

    Args:
        engine: What recovered the noise.
        exact: Whether the model and the evidence leave one answer a unit.
        draws: How many draws of the noise each unit has.
        drawn: The variables whose noise the evidence leaves uncertain, so that it was drawn.
        couplings: How each of them is tied to its noise: an assumption that no data can check.
        ess: The smallest effective sample size of any unit, where guesses were weighted.
        inferences: What each block of partly hidden variables was inferred by: effective sample
            size, Pareto shape and log density of the evidence of each unit; NaN for units that it
            does not concern.
        patterns: Where cells are missing: for each set of missing cells which they are, how many
            rows lack them, and how those were computed.
    """

    engine: str
    exact: bool
    draws: int
    drawn: tuple[str, ...]
    couplings: tuple[tuple[str, Coupling], ...]
    ess: float | None = None
    inferences: tuple[Inference, ...] = ()
    patterns: tuple[tuple[str, int, "Diagnostics"], ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against the answer, one sentence each; empty if nothing is known to."""
        return tuple(dict.fromkeys(doubt for one in self.inferences for doubt in one.doubts))

    @property
    def k_hat(self) -> float | None:
        """The greatest Pareto shape of any unit's weights, where it was looked at."""
        found = [one.k_hat for one in self.inferences if one.k_hat is not None]
        shapes = [float(shape[~shape.isnan()].max()) for shape in found]
        return max(shapes, default=None)

    @property
    def log_evidence(self) -> NDArray[np.float64] | None:
        """The log density of each unit's evidence in the blocks, where every engine knows it.

        NaN for units all of whose noise was recovered without inferring anything hidden.
        """
        found = [one.log_evidence for one in self.inferences]
        known = [log for log in found if log is not None]
        if not found or len(known) < len(found):
            return None
        every = torch.stack(known)
        total = torch.where(every.isnan().all(dim=0), torch.nan, every.nansum(dim=0))
        return np.asarray(total.numpy())

    def __str__(self) -> str:
        """In a few words."""
        if self.exact:
            return f"{self.engine}; exact"
        times = "once" if self.draws == 1 else f"{self.draws} times"
        text = f"{self.engine}; the noise of {', '.join(self.drawn)} was drawn {times}"
        ties = "; ".join(f"{node} by {tie.value}" for node, tie in self.couplings)
        text = f"{text} ({ties})" if ties else text
        return f"{text}. Doubtful: {' '.join(self.doubts)}" if self.doubts else text


def read_evidence(
    frame: Any,  # noqa: ANN401
    mechanisms: Mapping[str, Mechanism],
    nodes: Iterable[str],
) -> dict[str, Tensor]:
    """The columns of these variables as tensors of shape (units,).

    Raises:
        DataError: A column is missing, incomplete or not numeric.
        ModelError: A value is none of its variable's levels.
    """
    wanted = list(nodes)
    try:
        return {node: _column(frame, node, mechanisms[node].domain) for node in wanted}
    except DataError:
        # Missing values are told for all columns at once; looking for them first costs as much
        # as reading.
        absent = {node: int(frames.missing(frame, node).sum()) for node in wanted}
        counts = {node: count for node, count in absent.items() if count}
        if counts:
            raise DataError.missing_values(counts, frames.height(frame)) from None
        raise


def _column(frame: Any, node: str, domain: Domain) -> Tensor:  # noqa: ANN401
    """One complete column as a tensor."""
    if not (isinstance(domain, Levels) and domain.named):
        return domain.encode(node, frames.numeric(frame, node))
    if absent := int(frames.missing(frame, node).sum()):
        raise DataError.missing_values({node: absent}, frames.height(frame))
    return domain.encode(node, frames.values(frame, node))


def require_evidence(
    columns: Iterable[str], mechanisms: Mapping[str, Mechanism], nodes: Iterable[str]
) -> tuple[str, ...]:
    """The columns that the noises of ``nodes`` are recovered from, all of them present.

    Raises:
        ModelError: One of them is not there.
    """
    present = set(columns)
    needed: dict[str, list[str]] = {}
    for node in nodes:
        for name in (node, *mechanisms[node].parents):
            needed.setdefault(name, []).append(node)
    for name, users in needed.items():
        if name not in present and is_shared(mechanisms[name]):
            raise ModelError.shared_noise(name, users)
        if name not in present:
            raise ModelError.missing_evidence(name, users)
    return tuple(node for node in mechanisms if node in needed)


def recover(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    nodes: Iterable[str],
    *,
    draws: int,
    seed: Seed,
) -> dict[str, Tensor]:
    """The noise of each of ``nodes`` given its own value and its parents'.

    Args:
        mechanisms: Those of the world in which the values were observed.
        values: Observed values, of shape (units,).
        nodes: The variables whose noise is wanted.
        draws: How often noises that stay uncertain are drawn.
        seed: Each variable draws from its own stream below it.

    Returns:
        For each variable with noise a tensor of shape (units,), or (draws, units) where drawn.

    Raises:
        ModelError: The model gives an observed value probability zero.
    """
    noises: dict[str, Tensor] = {}
    for node in nodes:
        mechanism = mechanisms[node]
        value = values[node]
        if not mechanism.coupling.exact:
            value = value.expand(draws, *value.shape)
        noise = mechanism.abduct(values, value, seed.child("abduct", node).torch())
        if has_nan(noise):
            impossible = noise.isnan()
            if mechanism.noise.event_shape:
                impossible = impossible.any(dim=-1)
            rows = impossible.reshape(-1, impossible.shape[-1]).any(dim=0)
            first = int(torch.nonzero(rows)[0])
            raise ModelError.impossible(node, int(rows.sum()), first)
        if not is_noiseless(mechanism.noise):
            noises[node] = noise
    return noises


def infer(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    nodes: Sequence[str],
    by: Engine | None,
    *,
    draws: int,
    seed: Seed,
) -> tuple[Mapping[str, Tensor], Inference]:
    """The noises of a partly hidden block, by the engine asked for or the cheapest exact one.

    Args:
        mechanisms: Those of the world in which the values were observed.
        values: Observed values, of shape (units,).
        nodes: The block, in causal order; nodes without a value are hidden.
        by: The engine, if the user wants a certain one; None to choose.
        draws: How many draws.
        seed: Root of the draws.

    Raises:
        InferenceError: The engine asked for does not apply, or none does.
        ModelError: Evidence of probability zero.
    """
    found = set(nodes)
    needed = {n for node in nodes for n in (node, *mechanisms[node].parents) if n in values}
    block = Block(
        tuple(node for node in mechanisms if node in found),
        mechanisms,
        {name: value for name, value in values.items() if name in needed},
    )
    engine, why = choose(block, by)
    inferred = engine.infer(block, draws=draws, seed=seed)
    words = f"{inferred.inference.engine} {why}".strip()
    return inferred.noises, replace(inferred.inference, engine=words)


def noise_columns(
    mechanisms: Mapping[str, Mechanism], noises: Values, nodes: Iterable[str]
) -> dict[str, NDArray[np.float64]]:
    """One draw of the noises as columns: ``U_x``, or ``U_x[level]`` where each level has one."""
    columns: dict[str, NDArray[np.float64]] = {}
    for node in nodes:
        if node not in noises:
            continue
        event = mechanisms[node].noise.event_shape
        noise = noises[node].reshape(-1, *event).numpy()
        if not event:
            columns[f"U_{node}"] = noise
            continue
        levels = getattr(mechanisms[node].domain, "levels", range(event[0]))
        for code, level in enumerate(levels):
            columns[f"U_{node}[{level}]"] = noise[:, code]
    return columns


def diagnose(
    mechanisms: Mapping[str, Mechanism],
    inverted: Iterable[str],
    inferences: Sequence[Inference],
    free: Sequence[str],
    draws: int,
) -> Diagnostics:
    """How a plan recovers its noises, in words."""
    split = tuple(node for node in inverted if not mechanisms[node].coupling.exact)
    inverted = tuple(inverted)
    engines = ["inversion of each observed mechanism"] if inverted else []
    if split:
        engines.append("exact draws where one value has many noises")
    engines += [found.engine for found in inferences]
    if free:
        engines.append(f"the prior of ({', '.join(free)}), about which nothing was observed")
    drawn = (*split, *(node for found in inferences for node in found.block), *free)
    couplings = tuple((node, mechanisms[node].coupling) for node in split)
    sizes = [float(found.ess.min()) for found in inferences if found.ess is not None]
    return Diagnostics(
        ", ".join(engines) or "nothing to recover",
        not drawn,
        draws if drawn else 1,
        drawn,
        couplings,
        min(sizes, default=None),
        tuple(inferences),
    )
