"""Exact answers over levels: the network of parallel worlds, multiplied and summed.

References:
    Balke and Pearl, "Probabilistic evaluation of counterfactual queries" (1994), twin networks;
    Shpitser and Pearl, "What counterfactuals can be tested" (2007), parallel worlds and which
    variables of two worlds are one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from causalsim.errors.contraction import ContractionError
from causalsim.scm.domain import Level, Levels
from causalsim.scm.mechanism import Coupling
from causalsim.scm.networks.ordering import Order
from causalsim.scm.networks.parallel import Copy, Network, Place, Worlds, parallel_network
from causalsim.scm.networks.products import SumProduct, sum_product
from causalsim.scm.networks.tables import Factor, factors_of

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Evidence = Mapping[Place, Any] | Mapping[tuple[str, str], Any]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Contracted:
    """The exact probabilities of the levels of some targets.

    Args:
        targets: What was asked about.
        levels: The levels of each target, in the order of its axis.
        joint: P(targets, evidence), of shape (K_1, …), or (patterns, K_1, …).
        couplings: The variables whose noise two worlds share, and how each is tied to it.
        order: What the contraction cost.
    """

    targets: tuple[Place, ...]
    levels: tuple[Levels, ...]
    joint: Array
    couplings: tuple[tuple[str, Coupling], ...]
    order: Order

    @property
    def evidence(self) -> Array:
        """P(evidence), one number, or one a pattern; zero where it contradicts the model."""
        over = tuple(range(self.joint.ndim - len(self.targets), self.joint.ndim))
        return np.asarray(self.joint.sum(axis=over))

    @property
    def probabilities(self) -> Array:
        """P(targets | evidence), of the shape of ``joint``; NaN where the evidence is impossible.

        The evidence of `contract` is possible, or it is an error there.
        """
        whole = self.evidence.reshape(self.evidence.shape + (1,) * len(self.targets))
        found = np.full(self.joint.shape, np.nan)
        np.divide(self.joint, whole, out=found, where=np.broadcast_to(whole > 0, found.shape))
        return found

    def probability(self, values: Mapping[Place, Level]) -> Array:
        """P(some targets at these levels | evidence), the other targets summed out.

        Raises:
            ModelError: A level that a target does not have.
            ContractionError: A place that is no target.
        """
        if strange := [place for place in values if place not in self.targets]:
            raise ContractionError.no_such_target(map(str, strange), map(str, self.targets))
        found = self.probabilities
        for place, levels in zip(self.targets[::-1], self.levels[::-1], strict=True):
            if place not in values:
                found = found.sum(axis=-1)
                continue
            found = found[..., int(codes_of(place, levels, values[place]))]
        return np.asarray(found)

    def __str__(self) -> str:
        """In a few words."""
        names = ", ".join(map(str, self.targets))
        ties = "; ".join(f"{name} by {tie.value}" for name, tie in self.couplings)
        text = f"exact contraction for ({names}), {self.order.operations:.3g} operations"
        return f"{text} ({ties})" if ties else text


def contract(worlds: Worlds, targets: Sequence[tuple[str, str]], evidence: Evidence) -> Contracted:
    """The exact joint distribution of targets in several worlds, given evidence in several worlds.

    All worlds share all noises. Only what lies downstream of a difference between the worlds
    stands twice; the noise of a variable that does is cut into finitely many cells (thresholds,
    Gumbel-max, finite noises, equations over levels that rise or fall with their noise), so that
    the answer is exact, up to rounding, whatever is hidden.

    It fails where something needed has no levels, where a noise cannot be cut, and where the
    tables would be too large; `ContractionError` says which and how large. To ask one question of
    many patterns of evidence, or again and again, keep a `contraction` and call it.

    Args:
        worlds: For each world its mechanisms (``model.mechanisms``, ``model.do(...).mechanisms``).
            A variable that is set is held at one value, not at one value a unit.
        targets: The variables asked about, each a `Place` or a pair of world and variable; any
            number, repeats allowed.
        evidence: What is known, each in its world: a level, or a tensor of encoded values; or for
            n patterns arrays or tensors of shape (n,), all of the same length.

    Returns:
        ``.probabilities`` of shape (K_1, …), or (n, K_1, …) for n patterns of evidence; with
        ``.evidence`` their probabilities and ``.couplings`` what was assumed.

    Raises:
        ContractionError: Something is not discrete or too large; evidence of probability zero.
        ModelError: An unknown variable, or a level that a variable does not have.

    Examples:
        Did the treatment do it? Of a treated unit that recovered, the probability that it would
        not have recovered untreated.

        >>> from causalsim import Graph
        >>> from causalsim.scm import SCM, Levels, frequencies, table
        >>> rows = {(0,): [0.7, 0.3], (1,): [0.4, 0.6]}
        >>> model = SCM(Graph("x -> y"), {
        ...     "x": frequencies({0: 0.5, 1: 0.5}),
        ...     "y": table(["x"], rows, levels=[0, 1], domains=[Levels((0, 1))]),
        ... })
        >>> worlds = {"": model.mechanisms, "untreated": model.do(x=0).mechanisms}
        >>> seen = {Place("", "x"): 1, Place("", "y"): 1}
        >>> found = contract(worlds, [Place("untreated", "y")], seen)
        >>> found.probabilities.round(12).tolist()
        [0.5, 0.5]

    References:
        Balke and Pearl, "Probabilistic evaluation of counterfactual queries" (1994).
    """
    single = all(np.ndim(value) == 0 for value in evidence.values())
    made = _ready(worlds, _places(targets), _places(evidence), evidence if single else {})
    found = made(evidence)
    if bool((found.evidence <= 0).any()):
        raise ContractionError.impossible_evidence(
            f"{Place(*place)} = {value!r}" for place, value in evidence.items()
        )
    return found


def contraction(
    worlds: Worlds, targets: Sequence[tuple[str, str]], evidence: Iterable[tuple[str, str]] = ()
) -> "Contraction":
    """A question made ready: call it with the values of the evidence, as often as needed.

    Args:
        worlds: As for `contract`.
        targets: As for `contract`.
        evidence: The places that will be known; a mapping's values are not looked at.

    Raises:
        ContractionError: Something is not discrete, or too large.
        ModelError: An unknown variable.

    >>> from causalsim.scm import frequencies
    >>> ready = contraction({"": {"x": frequencies({"a": 0.25, "b": 0.75})}}, [Place("", "x")])
    >>> ready({}).probabilities.tolist()
    [0.25, 0.75]
    """
    return _ready(worlds, _places(targets), _places(evidence), {})


def _ready(
    worlds: Worlds, asked: tuple[Place, ...], known: tuple[Place, ...], values: Evidence
) -> "Contraction":
    """A contraction; with values of the evidence for these only, and then in smaller tables."""
    if not asked:
        raise ContractionError.no_target()
    network = pinned(parallel_network(worlds, (*asked, *known)), values)
    factors, couplings = factors_of(network)
    seen = tuple(network.numbers[place] for place in known)
    axes, echoes = _outputs([network.numbers[place] for place in asked], seen, network.copies)
    factors = [*factors, *echoes]
    return Contraction(
        targets=asked,
        levels=tuple(network.copies[network.numbers[place]].levels for place in asked),
        known=known,
        known_levels=tuple(network.copies[number].levels for number in seen),
        seen=seen,
        couplings=couplings,
        product=sum_product(factors, seen, axes, again=bool(known) and not values),
    )


@final
@dataclass(frozen=True, slots=True, eq=False)
class Contraction:
    """A question ready to be asked of any evidence on some places.

    Args:
        targets: What is asked about.
        levels: The levels of each target.
        known: What will be known.
        known_levels: The levels of each of them.
        seen: The axis of each of them.
        couplings: The variables whose noise is shared.
        product: The tables, and the order in which they are multiplied.
    """

    targets: tuple[Place, ...]
    levels: tuple[Levels, ...]
    known: tuple[Place, ...]
    known_levels: tuple[Levels, ...]
    seen: tuple[int, ...]
    couplings: tuple[tuple[str, Coupling], ...]
    product: SumProduct

    @property
    def order(self) -> Order:
        """What one answer costs."""
        return self.product.order

    def __call__(self, evidence: Evidence) -> Contracted:
        """The answer for one pattern of evidence, or for several.

        Args:
            evidence: Values for exactly the places it was made for, as `contract` takes them.

        Raises:
            ContractionError: Evidence on other places.
            ModelError: A level that a variable does not have.
        """
        if len(evidence) != len(self.known) or any(place not in evidence for place in self.known):
            raise ContractionError.other_evidence(map(str, evidence), map(str, self.known))
        codes = [
            codes_of(place, levels, evidence[place])
            for place, levels in zip(self.known, self.known_levels, strict=True)
        ]
        if not any(found.ndim for found in codes):
            joint = self._one([int(found) for found in codes])
        else:
            patterns = np.stack(np.broadcast_arrays(*codes), axis=1)
            if self.product.kept is not None:
                joint = self._several(patterns)
            else:
                distinct, place = np.unique(patterns, axis=0, return_inverse=True)
                joint = self._several(distinct)[place.reshape(-1)]
        return Contracted(self.targets, self.levels, joint, self.couplings, self.order)

    def _one(self, codes: Sequence[int]) -> Array:
        """P(targets, evidence) for one pattern."""
        known = dict(zip(self.seen, codes, strict=True))
        if any(known[axis] != code for axis, code in zip(self.seen, codes, strict=True)):
            # One variable of two worlds, seen at two levels.
            return np.zeros([len(levels.levels) for levels in self.levels])
        return self.product.one(known)

    def _several(self, patterns: Integers) -> Array:
        """P(targets, evidence) for different patterns, of shape (patterns, K_1, …)."""
        columns = dict(zip(self.seen, patterns.T, strict=True))
        agree = np.ones(len(patterns), dtype=bool)
        for axis, column in zip(self.seen, patterns.T, strict=True):
            agree &= column == columns[axis]
        found = np.zeros((len(patterns), *(len(levels.levels) for levels in self.levels)))
        if agree.any():
            possible = {axis: column[agree] for axis, column in columns.items()}
            found[agree] = self.product.several(possible, int(agree.sum()))
        return found


def pinned(network: Network, evidence: Evidence) -> Network:
    """The network in which what reads known variables knows only the level that they have.

    Where two worlds' evidence contradicts about one variable the first counts; the answer is zero
    anyway.
    """
    levels: dict[int, int] = {}
    for (world, variable), value in evidence.items():
        place = Place(world, variable)
        number = network.numbers[place]
        levels.setdefault(number, int(codes_of(place, network.copies[number].levels, value)))
    return replace(network, pinned=levels)


def _places(found: Iterable[tuple[str, str]]) -> tuple[Place, ...]:
    """Pairs of a world and a variable as places."""
    pairs = tuple(found)
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise ContractionError.bad_place(pair)
    return tuple(Place(*pair) for pair in pairs)


def _outputs(
    asked: Sequence[int], seen: Sequence[int], copies: Sequence[Copy]
) -> tuple[tuple[int, ...], list[Factor]]:
    """An axis for each target; what is seen, or asked twice, is echoed on an axis of its own."""
    fresh = 2 * len(copies)
    axes: list[int] = []
    echoes: list[Factor] = []
    for number in asked:
        if number in seen or number in axes:
            echoes.append(Factor((number, fresh), np.eye(len(copies[number].levels.levels))))
            axes.append(fresh)
            fresh += 1
        else:
            axes.append(number)
    return tuple(axes), echoes


def codes_of(place: Place, levels: Levels, value: object) -> Integers:
    """A level, or one a pattern, as indices."""
    if isinstance(value, str | int | float) and value in levels.levels:
        return np.asarray(levels.levels.index(value))
    encoded: Tensor = levels.encode(place.variable, value)
    if encoded.ndim > 1:
        raise ContractionError.bad_evidence(str(place), tuple(encoded.shape))
    codes = levels.codes(place.variable, encoded.reshape(-1))
    return np.asarray(codes.reshape(encoded.shape).numpy())
