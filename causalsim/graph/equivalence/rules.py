"""Which marks all Markov-equivalent MAGs share: Zhang's orientation rules, on integers.

The rules R0 to R10 are those of FCI, with the MAG itself as the oracle; the names and Greek
letters are Zhang's (2008): ``*`` is any mark, ``o`` a circle, ``-`` a tail, ``>`` an arrow.
"""

from collections.abc import Callable, Iterator

from causalsim.graph.equivalence.essential import cardinality_order
from causalsim.graph.equivalence.marked import Ends
from causalsim.graph.equivalence.uncovered import (
    circle_path,
    discriminating_collider,
    first_steps,
    leads_uncovered,
)
from causalsim.graph.notation.arrows import ARROW, CIRCLE, TAIL

Rule = Callable[[Ends], bool]


def invariant_marks(mag: Ends) -> Ends:
    """The PAG of a MAG, on integers.

    References:
        Zhang (2008), theorems 1 to 4: R0 to R4 find every shared arrow, R5 to R10 every
        shared tail.
    """
    ends: Ends = [dict.fromkeys(around, CIRCLE) for around in mag]
    _unshielded_colliders(mag, ends)
    _until_still(ends, _rule_1, _rule_2, _rule_3, lambda found: _rule_4(mag, found))
    _rule_5(ends)
    _until_still(ends, _rule_6, _rule_7)
    _until_still(ends, _rule_8, _rule_9, _rule_10)
    return ends


def member_of_pag(pag: Ends) -> Ends:
    """One MAG of the class: few arrows, and the circle edges directed without a new collider.

    References:
        Zhang (2008), theorem 2: ``o->`` becomes ``->``, ``-o`` becomes ``->``, and the edges
        ``o-o`` a DAG without unshielded colliders.
    """
    circles = [
        [b for b, mark in around.items() if mark == CIRCLE and pag[b][a] == CIRCLE]
        for a, around in enumerate(pag)
    ]
    place = [0] * len(pag)
    for number, node in enumerate(cardinality_order(circles)):
        place[node] = number
    found: Ends = [dict(around) for around in pag]
    for a, around in enumerate(pag):
        for b, mark in around.items():
            if mark == CIRCLE:
                near = pag[b][a]
                forward = near == TAIL or (near == CIRCLE and place[a] < place[b])
                found[a][b] = ARROW if forward else TAIL
    return found


def _until_still(ends: Ends, *rules: Rule) -> None:
    """Apply rules in turn until none changes anything."""
    changed = True
    while changed:
        changed = False
        for rule in rules:
            changed = rule(ends) or changed


def _edges_to(ends: Ends, near: str) -> Iterator[tuple[int, int]]:
    """The edges (beta, gamma) with this mark at beta."""
    for beta, around in enumerate(ends):
        for gamma in around:
            if ends[gamma][beta] == near:
                yield beta, gamma


def _unshielded_colliders(mag: Ends, ends: Ends) -> None:
    """R0: the unshielded colliders are those of the MAG."""
    for beta, around in enumerate(mag):
        into = [alpha for alpha in around if mag[alpha][beta] == ARROW]
        for alpha in into:
            if any(gamma != alpha and gamma not in mag[alpha] for gamma in into):
                ends[alpha][beta] = ARROW


def _rule_1(ends: Ends) -> bool:
    """R1: alpha *-> beta o-* gamma, alpha and gamma not adjacent: beta -> gamma."""
    changed = False
    for beta, gamma in _edges_to(ends, CIRCLE):
        if any(
            ends[alpha][beta] == ARROW and alpha != gamma and alpha not in ends[gamma]
            for alpha in ends[beta]
        ):
            ends[gamma][beta] = TAIL
            ends[beta][gamma] = ARROW
            changed = True
    return changed


def _rule_2(ends: Ends) -> bool:
    """R2: alpha -> beta *-> gamma or alpha *-> beta -> gamma, alpha *-o gamma: alpha *-> gamma."""
    changed = False
    for gamma, alpha in _edges_to(ends, CIRCLE):
        for beta in ends[alpha]:
            if (
                beta in ends[gamma]
                and ends[alpha][beta] == ARROW
                and ends[beta][gamma] == ARROW
                and (ends[beta][alpha] == TAIL or ends[gamma][beta] == TAIL)
            ):
                ends[alpha][gamma] = ARROW
                changed = True
                break
    return changed


def _rule_3(ends: Ends) -> bool:
    """R3: alpha *-> beta <-* gamma, alpha *-o theta o-* gamma, alpha and gamma not adjacent,
    theta *-o beta: theta *-> beta.
    """  # noqa: D205
    changed = False
    for beta, theta in _edges_to(ends, CIRCLE):
        both = [
            alpha
            for alpha in ends[theta]
            if alpha in ends[beta] and ends[alpha][beta] == ARROW and ends[alpha][theta] == CIRCLE
        ]
        if any(gamma != alpha and gamma not in ends[alpha] for alpha in both for gamma in both):
            ends[theta][beta] = ARROW
            changed = True
    return changed


def _rule_4(mag: Ends, ends: Ends) -> bool:
    """R4: a discriminating path for beta ends in beta o-* gamma: read the MAG at beta."""
    changed = False
    for beta, gamma in _edges_to(ends, CIRCLE):
        alpha = discriminating_collider(ends, beta, gamma)
        if alpha is None:
            continue
        changed = True
        if mag[gamma][beta] == ARROW:
            ends[alpha][beta] = ends[beta][alpha] = ARROW
            ends[gamma][beta] = ends[beta][gamma] = ARROW
        else:
            ends[gamma][beta] = TAIL
            ends[beta][gamma] = ARROW
    return changed


def _rule_5(ends: Ends) -> None:
    """R5: an uncovered circle path closes a ring around alpha o-o beta: all its edges are --.

    All rings are found before any is marked, so that no ring hides another.
    """
    plain: list[tuple[int, int]] = []
    for beta, alpha in _edges_to(ends, CIRCLE):
        if ends[beta][alpha] == CIRCLE and alpha < beta:
            path = circle_path(ends, alpha, beta)
            if path:
                plain += zip(path, [*path[1:], path[0]], strict=True)
    for one, other in plain:
        ends[one][other] = ends[other][one] = TAIL


def _rule_6(ends: Ends) -> bool:
    """R6: alpha -- beta o-* gamma: beta -* gamma."""
    changed = False
    for beta, gamma in _edges_to(ends, CIRCLE):
        if any(ends[alpha][beta] == TAIL and ends[beta][alpha] == TAIL for alpha in ends[beta]):
            ends[gamma][beta] = TAIL
            changed = True
    return changed


def _rule_7(ends: Ends) -> bool:
    """R7: alpha -o beta o-* gamma, alpha and gamma not adjacent: beta -* gamma."""
    changed = False
    for beta, gamma in _edges_to(ends, CIRCLE):
        if any(
            ends[alpha][beta] == CIRCLE
            and ends[beta][alpha] == TAIL
            and alpha != gamma
            and alpha not in ends[gamma]
            for alpha in ends[beta]
        ):
            ends[gamma][beta] = TAIL
            changed = True
    return changed


def _half_directed(ends: Ends) -> Iterator[tuple[int, int]]:
    """The edges alpha o-> gamma."""
    for alpha, gamma in _edges_to(ends, CIRCLE):
        if ends[alpha][gamma] == ARROW:
            yield alpha, gamma


def _rule_8(ends: Ends) -> bool:
    """R8: alpha -> beta -> gamma or alpha -o beta -> gamma, alpha o-> gamma: alpha -> gamma."""
    changed = False
    for alpha, gamma in _half_directed(ends):
        if any(
            ends[beta][alpha] == TAIL
            and ends[alpha][beta] in (ARROW, CIRCLE)
            and beta in ends[gamma]
            and ends[beta][gamma] == ARROW
            and ends[gamma][beta] == TAIL
            for beta in ends[alpha]
        ):
            ends[gamma][alpha] = TAIL
            changed = True
    return changed


def _rule_9(ends: Ends) -> bool:
    """R9: alpha o-> gamma and an uncovered potentially directed path from alpha by beta to gamma,
    beta and gamma not adjacent: alpha -> gamma.
    """  # noqa: D205
    changed = False
    for alpha, gamma in _half_directed(ends):
        if any(
            beta not in ends[gamma] and gamma in leads_uncovered(ends, alpha, beta)
            for beta in first_steps(ends, alpha, gamma)
        ):
            ends[gamma][alpha] = TAIL
            changed = True
    return changed


def _rule_10(ends: Ends) -> bool:
    """R10: alpha o-> gamma, beta -> gamma <- theta, uncovered potentially directed paths from
    alpha to beta and to theta whose first nodes differ and are not adjacent: alpha -> gamma.
    """  # noqa: D205
    changed = False
    for alpha, gamma in _half_directed(ends):
        parents = {
            beta
            for beta, mark in ends[gamma].items()
            if mark == TAIL and ends[beta][gamma] == ARROW
        }
        reach = {
            step: parents & leads_uncovered(ends, alpha, step, barred=gamma)
            for step in first_steps(ends, alpha, gamma)
        }
        if any(
            mu < omega and omega not in ends[mu] and len(reach[mu] | reach[omega]) > 1
            for mu in reach
            if reach[mu]
            for omega in reach
            if reach[omega]
        ):
            ends[gamma][alpha] = TAIL
            changed = True
    return changed
