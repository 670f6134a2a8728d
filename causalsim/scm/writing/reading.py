"""From a Pyro program to a graph and mechanisms: each sample site gets a noise of its own.

The program is run with many units at once. What a site reads is found by putting other values into
one site after the other, all else held, and by following derivatives: a change in a distribution,
or a derivative that is there, is an arrow. A dependence that shows at none of the probes and has
no derivative (a jump beyond all of them) is not found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pyro.distributions import Delta
from torch import Tensor
from torch.distributions import Distribution, Transform

from causalsim.errors.program import ProgramError
from causalsim.graph.graph import Graph
from causalsim.scm.domain import DTYPE, Counts, Domain, Levels, Real
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.sites.forms import KNOWN, form_of
from causalsim.scm.mechanisms.sites.running import Runnable, Site, Visit, run_program
from causalsim.scm.mechanisms.sites.sampled import (
    ComputedSite,
    SampledCount,
    SampledNumber,
    SiteChances,
)
from causalsim.scm.noise import is_discrete

#: A prime, so that no data in the program happen to be as long.
_UNITS = 61
_STRETCHES = (1.0, 25.0)

Coupler = type[Threshold] | type[GumbelMax]


def read_program(
    program: Runnable, coupling: Mapping[str, Coupler]
) -> tuple[Graph, dict[str, Mechanism]]:
    """The graph and the mechanisms of a Pyro program.

    Args:
        program: Takes no arguments; its sites stand in no plate (it describes one unit) or in one
            plate of units.
        coupling: For sites with levels how they are tied to their noise; thresholds otherwise.

    Raises:
        ProgramError: A site without a known noise form, control flow that depends on values,
            sites outside the plate, several numbers a site, a program that fails on tensors.
    """
    if not callable(program):
        raise ProgramError.not_a_program(program)
    parameters: dict[str, Tensor] = {}
    first = _variables(run_program(program, {}, _UNITS, parameters))
    if not first:
        raise ProgramError.no_sites()
    values = {visit.name: _one_each(visit).detach() for visit in first}
    kinds = {n: value.dtype for n, value in values.items() if not value.dtype.is_floating_point}
    values = {name: value.to(DTYPE) for name, value in values.items()}
    reader = _Reader(program, kinds, parameters)
    parents = _parents(reader, values)
    for name in coupling:
        if name not in parents:
            raise ProgramError.unknown_site(name, parents, "no site")
    mechanisms: dict[str, Mechanism] = {}
    before: dict[str, Tensor] = {}
    for visit in reader.visits(values):
        site = Site(visit.name, program, parents[visit.name], dict(before), kinds, parameters)
        mechanisms[visit.name] = _mechanism(visit, site, coupling)
        before[visit.name] = values[visit.name][0]
    arrows = [(parent, node) for node, read in parents.items() for parent in read]
    return Graph(arrows, nodes=list(parents)), mechanisms


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Runs of one program with values put in."""

    program: Runnable
    kinds: Mapping[str, torch.dtype]
    parameters: dict[str, Tensor]

    def visits(self, values: Mapping[str, Tensor], seed: int = 0) -> list[Visit]:
        """What a run sees, once it has the sites that it should have."""
        put = {name: value.to(self.kinds.get(name, DTYPE)) for name, value in values.items()}
        found = _variables(run_program(self.program, put, _UNITS, self.parameters, seed=seed))
        names = [visit.name for visit in found]
        if names != list(values):
            raise ProgramError.changing(list(values), names)
        return found


def _variables(visits: Sequence[Visit]) -> list[Visit]:
    """The sites that are variables of units, after checks of what surrounds them."""
    if any(visit.plates for visit in visits):
        shared = [v.name for v in visits if not v.plates and not v.observed and not v.computed]
        if shared:
            raise ProgramError.outside_plate(shared)
        visits = [visit for visit in visits if visit.plates]
    for visit in visits:
        if type(visit.distribution).__name__ == "Unit":
            raise ProgramError.factor(visit.name)
        if len(visit.plates) > 1:
            raise ProgramError.bad_plate(visit.name, f"{len(visit.plates)} plates")
        for name, dim in visit.plates:
            if dim is None:
                raise ProgramError.bad_plate(visit.name, f"a loop over the plate {name!r}")
            if dim != -1:
                raise ProgramError.bad_plate(visit.name, f"the plate {name!r} of dimension {dim}")
        found = visit.distribution
        shape = tuple(visit.value.shape if visit.computed else found.batch_shape)
        if found.event_shape and not visit.computed:
            raise ProgramError.not_one_number(visit.name, tuple(found.event_shape))
        if shape not in ((), (1,), (_UNITS,)):
            raise ProgramError.not_one_number(visit.name, shape)
    return list(visits)


def _one_each(visit: Visit) -> Tensor:
    """A site's value, one a unit."""
    return visit.value.expand(_UNITS)


def _parents(reader: _Reader, values: Mapping[str, Tensor]) -> dict[str, tuple[str, ...]]:
    """What each site reads, in the order of the program."""
    names = list(values)
    linked = _linked(reader, values)
    moved: dict[str, set[str]] = {name: set() for name in names}
    base = _signatures(reader.visits(values))
    for name, again in _signatures(reader.visits(values, seed=1)).items():
        if not _same(base[name], again):
            raise ProgramError.draws_itself(name)
    alike = {name: value[:1].expand(_UNITS) for name, value in values.items()}
    for name, signature in _signatures(reader.visits(alike)).items():
        parts = [part for part in signature.values() if part.shape[:1] == (_UNITS,)]
        if any(bool((part != part[:1]).any()) for part in parts):
            raise ProgramError.differing_units(name)
    for at, name in enumerate(names):
        for other in _others(values[name], name in reader.kinds):
            try:
                found = _signatures(reader.visits({**values, name: other}))
            except ProgramError as error:
                if "depend on values" in error.message:
                    raise
                continue  # a value that the program cannot take shows nothing
            for child in names[at + 1 :]:
                if not _same(base[child], found[child]):
                    moved[child].add(name)
    return {
        name: tuple(one for one in names if one in moved[name] or one in linked[name])
        for name in names
    }


def _others(value: Tensor, whole: bool) -> list[Tensor]:
    """Other values for a site: its own shuffled, and for numbers far ones."""
    shuffled = value.flip(0).roll(7)
    levels = whole or bool((value == value.round()).all())
    if levels:
        every = value.unique()  # type: ignore[no-untyped-call]
        return [shuffled, *(one.expand(_UNITS) for one in every[:12])]
    centre, spread = value.median(), value.std().clamp(min=1e-3)
    return [shuffled, *(centre + stretch * spread * _signs(value) for stretch in _STRETCHES)]


def _signs(value: Tensor) -> Tensor:
    """Plus and minus one in turn."""
    return 1.0 - 2.0 * (torch.arange(len(value)) % 2).to(DTYPE)


def _linked(reader: _Reader, values: Mapping[str, Tensor]) -> dict[str, set[str]]:
    """For each site the sites from which a derivative reaches its distribution."""
    names = [name for name in values if name not in reader.kinds]
    inputs = {name: values[name].clone().requires_grad_(True) for name in names}
    linked: dict[str, set[str]] = {name: set() for name in values}
    with torch.enable_grad():
        visits = reader.visits({**values, **inputs})
        for visit in visits:
            parts = [p for p in tensors_of(visit.distribution).values() if p.requires_grad]
            if not parts or not names:
                continue
            total = torch.stack([part.sum() for part in parts]).sum()
            found = torch.autograd.grad(
                total, list(inputs.values()), allow_unused=True, retain_graph=True
            )
            linked[visit.name] = {
                name
                for name, slope in zip(names, found, strict=True)
                if slope is not None and name != visit.name
            }
    return linked


def _signatures(visits: Sequence[Visit]) -> dict[str, dict[str, Tensor]]:
    """For each site the parameters of its distribution."""
    return {
        visit.name: {
            key: part.detach().to(DTYPE) for key, part in tensors_of(visit.distribution).items()
        }
        for visit in visits
    }


def tensors_of(found: Any, path: str = "") -> dict[str, Tensor]:  # noqa: ANN401
    """Every tensor inside a distribution and its transforms, by where it is.

    >>> from pyro.distributions import Normal
    >>> sorted(tensors_of(Normal(0.0, 1.0)))
    ['.loc', '.scale']
    """
    if isinstance(found, Tensor):
        return {path: found}
    if isinstance(found, list | tuple):
        pairs: Any = [(str(at), part) for at, part in enumerate(found)]
    elif isinstance(found, Distribution | Transform):
        # A transform and its inverse hold each other.
        pairs = [(k, part) for k, part in vars(found).items() if k != "_inv" and "cache" not in k]
    else:
        return {}
    tensors: dict[str, Tensor] = {}
    for key, part in pairs:
        tensors.update(tensors_of(part, f"{path}.{key}"))
    return tensors


def _same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether two distributions have the same parameters."""
    shared = one.keys() & other.keys()
    for key in sorted(shared):
        before, after = np.broadcast_arrays(one[key].numpy(), other[key].numpy())
        if not np.allclose(before, after, rtol=1e-9, atol=0.0, equal_nan=True):
            return False
    return True


def _mechanism(visit: Visit, site: Site, coupling: Mapping[str, Coupler]) -> Mechanism:
    """The mechanism of one site."""
    member = visit.distribution
    domain = _domain(visit)
    if visit.computed or isinstance(member, Delta):
        return ComputedSite(site, domain)
    if isinstance(domain, Levels):
        return coupling.get(visit.name, Threshold)(SiteChances(site), domain)
    if visit.name in coupling:
        raise ProgramError.unknown_site(visit.name, [], str(domain))
    if isinstance(domain, Counts):
        return SampledCount(site)
    form = form_of(member)
    if form is None:
        raise ProgramError.unknown_noise(visit.name, member, KNOWN)
    return SampledNumber(site, form)


def _domain(visit: Visit) -> Domain:
    """The values of a site, by its family."""
    member: Any = visit.distribution
    if visit.computed or isinstance(member, Delta):
        return Levels((False, True)) if visit.value.dtype == torch.bool else Real()
    if isinstance(member, torch.distributions.Bernoulli):
        return Levels((0, 1))
    if isinstance(member, torch.distributions.Categorical):
        return Levels(tuple(range(member.probs.shape[-1])))
    if not is_discrete(member):
        return Real()
    support: Any = member.support
    if float(torch.as_tensor(getattr(support, "lower_bound", 0)).min()) != 0.0:
        raise ProgramError.unknown_noise(visit.name, member, KNOWN)
    return Counts()
