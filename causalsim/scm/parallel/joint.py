"""Worlds with evidence as one model, so that every engine works on them as on any other.

A noise that enters evidence in one world only stays where it is. One that enters evidence in
several becomes a node of its own, which the copies of its variable read: a hidden root, or, where
the equation can be inverted, what follows from the copy that was observed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.borrowed import Rerouted
from causalsim.scm.mechanisms.echoed import Echoed, Tapped
from causalsim.scm.mechanisms.written.equation import Exogenous
from causalsim.scm.parallel.nodes import Parallel
from causalsim.scm.worlds import causal_order


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """All that evidence speaks of, as one model.

    Args:
        mechanisms: By node, in causal order.
        sources: For each noise by its name the node of this model that holds it.
    """

    mechanisms: Mapping[str, Mechanism]
    sources: Mapping[str, str]


def joint_model(parallel: Parallel, seen: Collection[str]) -> Joint:
    """The first world, and of the others what the evidence in them depends on.

    Args:
        parallel: The worlds side by side.
        seen: The nodes with evidence.
    """
    first = [*parallel.places[parallel.base].values()]
    kept = parallel.ancestors([*first, *seen])
    readers: dict[str, list[str]] = {}
    mechanisms: dict[str, Mechanism] = {}
    for name, node in parallel.nodes.items():
        if name in kept:
            names = {own: found for own, found in node.parents.items() if own != found}
            mechanisms[name] = Rerouted(node.mechanism, names) if names else node.mechanism
            if node.noise:
                readers.setdefault(node.noise, []).append(name)
    sources = {noise: found[0] for noise, found in readers.items()}
    shared = {noise: found for noise, found in readers.items() if len(found) > 1}
    for noise, found in shared.items():
        owner = next((name for name in found if name in seen), found[0])
        hub = f"U_{noise}"
        if mechanisms[owner].coupling.exact:
            mechanisms[hub] = Tapped(mechanisms[owner], owner)
            found = [name for name in found if name != owner]
        else:
            mechanisms[hub] = Exogenous(mechanisms[owner].noise, shared=True)
            owner = hub
        sources[noise] = owner
        for name in found:
            mechanisms[name] = Echoed(mechanisms[name], hub)
    if shared:
        mechanisms = {name: mechanisms[name] for name in causal_order(mechanisms)}
    return Joint(mechanisms, sources)
