"""In which order the vertices of each layer stand, so that few edges cross."""

from bisect import bisect_right, insort

from causalsim.graph.drawing.layers import Layers

_SWEEPS = 24
_PATIENCE = 4
#: Links above which fewer sweeps are made, to keep large drawings quick.
_MANY_LINKS = 1500


def uncrossed(layers: Layers) -> list[list[int]]:
    """The layers in an order with few crossings, by sweeps of barycentres and exchanges.

    Each sweep sorts every layer by the mean (in turn the median) position of its neighbours in
    the layer before; then adjacent vertices are exchanged for as long as that removes crossings.
    The best order met is kept. Finding the fewest crossings is NP-hard; this is the usual good one.

    References:
        Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
        structures" (1981); Gansner et al. (1993), section 3, for medians with exchanges.
    """
    links = sum(map(len, layers.below))
    sweeps = _SWEEPS if links <= _MANY_LINKS else _SWEEPS // 3
    best = [list(layer) for layer in layers.layers]
    fewest = crossings(best, layers)
    for downwards_first in (True, False):
        order = [list(layer) for layer in layers.layers]
        stale = 0
        for sweep in range(sweeps):
            if not fewest or stale > _PATIENCE:
                break
            _sweep(order, layers, (sweep % 2 == 0) is downwards_first, median=sweep % 4 > 1)
            _exchange(order, layers)
            found = crossings(order, layers)
            stale += 1
            if found < fewest:
                best, fewest, stale = [list(layer) for layer in order], found, 0
    return best


def crossings(order: list[list[int]], layers: Layers) -> float:
    """How many links cross, plus a little for edges within a layer that reach over others."""
    place = _places(order, len(layers.ranks))
    total = sum(max(0, abs(place[one] - place[other]) - 1) for one, other in layers.flat) * 0.5
    for layer in order[:-1]:
        seen: list[int] = []
        for vertex in layer:
            ends = [place[other] for other in layers.below[vertex]]
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def _places(order: list[list[int]], size: int) -> list[int]:
    """The position of each vertex in its layer."""
    place = [0] * size
    for layer in order:
        for number, vertex in enumerate(layer):
            place[vertex] = number
    return place


def _sweep(order: list[list[int]], layers: Layers, downwards: bool, median: bool) -> None:
    """Sort every layer by where its neighbours in the layer before stand."""
    place = _places(order, len(layers.ranks))
    linked = layers.above if downwards else layers.below
    ranks = range(1, len(order)) if downwards else range(len(order) - 2, -1, -1)
    for rank in ranks:
        layer = order[rank]
        # A vertex without a neighbour keeps its relative place.
        scale = len(order[rank - 1 if downwards else rank + 1]) / len(layer)
        keys: dict[int, float] = {}
        for vertex in layer:
            ends = [place[other] for other in linked[vertex]]
            if not ends:
                keys[vertex] = place[vertex] * scale
            elif median:
                ends.sort()
                keys[vertex] = (ends[(len(ends) - 1) // 2] + ends[len(ends) // 2]) / 2
            else:
                keys[vertex] = sum(ends) / len(ends)
        layer.sort(key=keys.__getitem__)
        for number, vertex in enumerate(layer):
            place[vertex] = number


def _exchange(order: list[list[int]], layers: Layers) -> None:
    """Exchange neighbours in a layer while that removes crossings."""
    place = _places(order, len(layers.ranks))
    siblings: dict[int, list[int]] = {}
    for one, other in layers.flat:
        siblings.setdefault(one, []).append(other)
        siblings.setdefault(other, []).append(one)
    for _ in range(3):
        changed = False
        for layer in order:
            up = {v: sorted([place[other] for other in layers.above[v]]) for v in layer}
            down = {v: sorted([place[other] for other in layers.below[v]]) for v in layer}
            for left in range(len(layer) - 1):
                one, other = layer[left], layer[left + 1]
                gain: float = _gain(up[one], up[other]) + _gain(down[one], down[other])
                if siblings:
                    gain += _nearer(one, other, siblings, place)
                if gain > 0:
                    layer[left], layer[left + 1] = other, one
                    place[one], place[other] = left + 1, left
                    changed = True
        if not changed:
            return


def _gain(left: list[int], right: list[int]) -> int:
    """Crossings removed when two neighbours with these ends are exchanged."""
    if not left or not right or left[-1] <= right[0]:
        # They do not cross; an exchange could only add crossings.
        return -sum(len(right) - bisect_right(right, end) for end in left) if left and right else 0
    now = sum(bisect_right(right, end - 1) for end in left)
    then = sum(len(right) - bisect_right(right, end) for end in left)
    return now - then


def _nearer(one: int, other: int, siblings: dict[int, list[int]], place: list[int]) -> float:
    """How much shorter edges within the layer become when two neighbours are exchanged."""
    here, there = place[one], place[other]
    gain = 0
    for vertex, before, after in ((one, here, there), (other, there, here)):
        for end in siblings.get(vertex, ()):
            if end not in (one, other):
                gain += abs(before - place[end]) - abs(after - place[end])
    return 0.5 * gain
