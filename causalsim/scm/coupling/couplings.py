"""How much of a counterfactual is the coupling: the interval over all of them.

Two models with the same tables agree on all that can be seen and on all that actions do. What they
say of single units, and of what would have been, also depends on how values are tied to noise:
by thresholds, by Gumbel-max, or in any other way. `bounds` lets that vary freely.

References:
    Balke and Pearl, "Counterfactual probabilities: computational methods, bounds and applications"
    (1994); Tian and Pearl, "Probabilities of causation: bounds and identification" (2000); Oberst
    and Sontag, "Counterfactual off-policy evaluation with Gumbel-max structural causal models"
    (2019).
"""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import opt_einsum
from numpy.typing import NDArray

from causalsim.errors.contraction import ContractionError
from causalsim.errors.coupling import CouplingError
from causalsim.estimand.events import Question
from causalsim.identification.bounding.bounded import Bounds
from causalsim.scm.coupling.asked import Asked, Model, Term, asked
from causalsim.scm.coupling.extremes import End, Objective, extreme
from causalsim.scm.coupling.responses import Responses, TooMany, response_factors
from causalsim.scm.domain import Level, Levels
from causalsim.scm.engines.contraction import codes_of, contract, pinned
from causalsim.scm.networks.ordering import order_of, terms
from causalsim.scm.networks.parallel import Network, Place, Worlds, parallel_network
from causalsim.scm.networks.tables import MOST_NUMBERS, Factor

Array = NDArray[np.float64]
_ASSUMED = ("the graph and the tables of the model",)


def bounds(model: Model, question: Question | str) -> Bounds:
    """The interval of a counterfactual over all couplings of a model's values to its noises.

    The tables P(x | parents) stay as they are, and so do the independence of the noises and the
    noises that several equations read; which answers to different causes go together in one unit
    is free. What is identified by the tables alone (seeing, doing) comes out as a point.

    The interval is sharp where one variable meets its causes at several values in the question,
    or where all but one of those that do have two levels at two such values (Tian and Pearl's
    closed forms are of this kind); else, where an outer bound and a coupling found by search agree.
    Otherwise it is valid but perhaps too wide, and `Bounds.sharp` and `Bounds.why` say so. It fails
    for models with variables that have no levels.

    Args:
        model: A structural causal model over levels.
        question: Probabilities of events in several worlds, means, or a weighted sum of these
            among the same units, as text or value: ``"P(Y(X=0)=0 | X=1, Y=1)"``.

    Returns:
        Lower and upper end, whether sharp, and why.

    Raises:
        QueryError: A text that is no question.
        CouplingError: A variable without a value, a quotient, impossible evidence.
        ContractionError: A variable without levels, or tables too large even for a wide bound.

    Examples:
        Would a treated patient who recovered have recovered untreated? The tables leave much open:

        >>> from causalsim import Graph
        >>> from causalsim.scm import SCM, Levels, frequencies, table
        >>> rows = {(0,): [0.7, 0.3], (1,): [0.4, 0.6]}
        >>> model = SCM(Graph("x -> y"), {
        ...     "x": frequencies({0: 0.5, 1: 0.5}),
        ...     "y": table(["x"], rows, levels=[0, 1], domains=[Levels((0, 1))]),
        ... })
        >>> print(bounds(model, "P(y(x=0)=0 | x=1, y=1)"))
        between 0.5 and 1
        >>> print(bounds(model, "P(y(x=0)=0)"))
        identified: 0.7

    References:
        Balke and Pearl (1994); Tian and Pearl (2000), section 4.
    """
    found = asked(model, question)
    if not found.terms:
        return Bounds(0.0, 0.0, True, "The events contradict each other.", _ASSUMED)
    objective = objective_of(found)
    if isinstance(objective, TooMany):
        return _by_worlds(found, objective)
    low, high = extreme(objective, 1), extreme(objective, -1)
    if low is None or high is None:
        names = ", ".join(group.variable for group in objective.groups)
        return _by_worlds(found, TooMany(names, float(objective.weight.size)))
    sharp = low.attained and high.attained
    return Bounds(low.value, high.value, sharp, _why(objective, low, high, sharp), _ASSUMED)


def objective_of(found: Asked) -> Objective | TooMany:
    """A question as coefficients of response functions."""
    network = pinned(parallel_network(found.worlds, found.places), found.evidence)
    made = response_factors(network)
    if isinstance(made, TooMany):
        return made
    factors, groups = made
    unknowns = prod(float(len(g.functions)) * len(g.rows) for g in groups)
    if unknowns > MOST_NUMBERS:
        return TooMany(", ".join(group.variable for group in groups), unknowns)
    axes = tuple(dict.fromkeys(axis for g in groups for axis in (*g.strata, g.axis)))
    known = [_at(network, place, level) for place, level in found.evidence.items()]
    weights = [
        term.weight * _summed([*factors, *known, *_factors(network, term)], axes)
        for term in found.terms
    ]
    weight = np.asarray(sum(weights, np.zeros(())))
    whole = _summed([*factors, *known], axes) if known else np.ones(())
    if not known:
        return _reduced(axes, weight, 1.0, groups)
    places = tuple(axes.index(group.axis) for group in groups)
    varies = any(float(np.ptp(whole, axis=place).max()) > 1e-15 for place in places)
    if varies:
        return _reduced(axes, weight, whole, groups)
    share = float(whole[tuple(0 if p in places else slice(None) for p in range(whole.ndim))].sum())
    if share <= 0:
        raise CouplingError.impossible_evidence()
    return _reduced(axes, weight, share, groups)


def _reduced(
    axes: tuple[int, ...], weight: Array, whole: Array | float, groups: Sequence[Responses]
) -> Objective:
    """The objective without variables whose answers make no difference to it."""
    kept = []
    for group in groups:
        place = axes.index(group.axis)
        moves = float(np.ptp(weight, axis=place).max()) > 1e-15
        if isinstance(whole, np.ndarray):
            moves |= float(np.ptp(whole, axis=place).max()) > 1e-15
        if moves:
            kept.append(group)
            continue
        weight = weight.take([0], axis=place)
        whole = whole.take([0], axis=place) if isinstance(whole, np.ndarray) else whole
    used = {axis for group in kept for axis in (*group.strata, group.axis)}
    gone = tuple(place for place, axis in enumerate(axes) if axis not in used)
    left = tuple(axis for axis in axes if axis in used)
    weight = weight.sum(axis=gone)
    whole = whole.sum(axis=gone) if isinstance(whole, np.ndarray) else whole
    return Objective(left, np.asarray(weight), whole, tuple(kept))


def _factors(network: Network, term: Term) -> list[Factor]:
    """What a term puts on the axes of its places: one at a level, or the levels themselves."""
    found = [_at(network, place, level) for place, level in term.events.items()]
    if term.mean is not None:
        number = network.numbers[term.mean]
        copy = network.copies[number]
        domain = copy.mechanism.domain
        if isinstance(domain, Levels) and domain.named:
            raise CouplingError.names_have_no_mean(str(term.mean), domain.levels)
        found.append(Factor((number,), np.asarray(copy.levels.points.numpy())))
    return found


def _at(network: Network, place: Place, level: Level) -> Factor:
    """One at a level, zero at the others."""
    number = network.numbers[place]
    levels = network.copies[number].levels
    code = int(codes_of(place, levels, level))
    return Factor((number,), np.eye(len(levels.levels))[code])


def _summed(factors: Sequence[Factor], axes: tuple[int, ...]) -> Array:
    """The product of tables, summed down to some axes."""
    inputs = tuple(factor.axes for factor in factors)
    sizes = {a: n for f in factors for a, n in zip(f.axes, f.values.shape, strict=True)}
    order = order_of(inputs, axes, tuple(sorted(sizes.items())))
    if order.largest > MOST_NUMBERS:
        raise ContractionError.too_large(
            "The table of all response functions", order.largest, MOST_NUMBERS
        )
    made = opt_einsum.contract(
        terms(inputs, axes), *(factor.values for factor in factors), optimize=list(order.path)
    )
    return np.asarray(made)


def _by_worlds(found: Asked, large: TooMany) -> Bounds:
    """What holds whatever goes together in different worlds (Fréchet 1935): valid, but wide."""
    whole = _together(found.worlds, [found.evidence])
    if whole[1] <= 0:
        raise CouplingError.impossible_evidence()
    low = high = 0.0
    for term in found.terms:
        for weight, events in _cases(found.worlds, term):
            part = _together(found.worlds, [events, found.evidence])
            ends = (part[0] / whole[1], min(1.0, part[1] / max(whole[0], 1e-300)))
            low += weight * ends[0 if weight > 0 else 1]
            high += weight * ends[1 if weight > 0 else 0]
    why = (
        f"{large.variable} has {large.count:.3g} response functions, too many to list: what is "
        "given holds however events of different worlds go together (Fréchet 1935), which is valid "
        "but may be too wide."
    )
    return Bounds(low, high, False, why, _ASSUMED)


def _cases(worlds: Worlds, term: Term) -> list[tuple[float, Mapping[Place, Level]]]:
    """A term as weighted probabilities of events."""
    if term.mean is None:
        return [(term.weight, term.events)]
    domain = worlds[term.mean.world][term.mean.variable].domain
    if not isinstance(domain, Levels) or domain.named:
        levels = domain.levels if isinstance(domain, Levels) else ()
        raise CouplingError.names_have_no_mean(str(term.mean), levels)
    return [(term.weight * float(level), {term.mean: level}) for level in domain.levels]


def _together(worlds: Worlds, parts: Sequence[Mapping[Place, Level]]) -> tuple[float, float]:
    """The ends of the probability of events, world by world."""
    by_world: dict[str, dict[Place, Level]] = {}
    for part in parts:
        for place, level in part.items():
            if by_world.setdefault(place.world, {}).setdefault(place, level) != level:
                return 0.0, 0.0
    chances = []
    for events in by_world.values():
        made = contract(worlds, list(events), {})
        chances.append(float(made.probability(events)))
    if not chances:
        return 1.0, 1.0
    return max(0.0, sum(chances) - (len(chances) - 1)), min(chances)


def _why(objective: Objective, low: End, high: End, sharp: bool) -> str:
    """How the interval was found, in English."""
    if not objective.groups:
        return "No variable meets its causes at two values in the question: any coupling agrees."
    names = ", ".join(group.variable for group in objective.groups)
    found = f"The response functions of {names} are free; their tables are not"
    if all(group.simple for group in objective.groups):
        return f"{found}. Two levels at two values each: closed form (Tian and Pearl 2000)."
    if sharp:
        return (
            f"{found}. A linear program (Balke and Pearl 1994), whose ends some coupling attains."
        )
    return (
        f"{found}. That they are independent is not linear; without it the linear program gives "
        f"this interval, which is valid but may be too wide. Couplings were found from "
        f"{low.reached:.4g} to {high.reached:.4g}."
    )
