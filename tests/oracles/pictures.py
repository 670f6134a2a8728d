"""What the tests of drawings share: random diagrams, and an SVG read back by other means."""

import random
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from causalsim.graph.drawing import Diagram, Edge, Mark

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ("x", "age", "smoking intensity", "PreGameProprioception", "blood_pressure_at_baseline")


@dataclass(frozen=True)
class Node:
    """A node as a renderer sees it."""

    left: float
    top: float
    right: float
    bottom: float
    lines: tuple[tuple[float, float, float], ...]  # x, baseline, length


def random_diagram(size: int, links: int, arcs: int, seed: int, placed: bool = False) -> Diagram:
    """A random acyclic diagram with distinct names of mixed lengths."""
    chance = random.Random(seed)
    names = tuple(f"{chance.choice(WORDS)} {number}" for number in range(size))
    pairs = [(i, j) for i in range(size) for j in range(i + 1, size)]
    marks = (Mark.TAIL, Mark.TAIL, Mark.TAIL, Mark.CIRCLE)
    edges = [
        Edge(names[i], names[j], chance.choice(marks), chance.choice((Mark.ARROW, Mark.ARROW, m)))
        for (i, j), m in zip(chance.sample(pairs, min(links, len(pairs))), marks * 99, strict=False)
    ]
    edges += [
        Edge(names[i], names[j], Mark.ARROW, Mark.ARROW)
        for i, j in chance.sample(pairs, min(arcs, len(pairs)))
    ]
    where = ((name, (chance.random(), chance.random())) for name in names)
    return Diagram(names, tuple(edges), names[: size // 8], tuple(where) if placed else ())


def nodes(svg: str) -> dict[str, Node]:
    """The nodes of a picture."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") == "node":
            rect = group.find(f"{SVG}rect")
            assert rect is not None
            x, y, w, h = (float(rect.get(key, "nan")) for key in ("x", "y", "width", "height"))
            lines = tuple(
                tuple(float(text.get(key, "nan")) for key in ("x", "y", "textLength"))
                for text in group.iter(f"{SVG}text")
            )
            found[group.get("data-name", "")] = Node(x, y, x + w, y + h, lines)
    return found


def edges(svg: str) -> list[tuple[str, str, list[tuple[float, float]]]]:
    """The edges of a picture, as (start, end, many points along the line and its heads)."""
    found = []
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") == "edge":
            points: list[tuple[float, float]] = []
            for path in group.iter(f"{SVG}path"):
                points += sampled(path.get("d", ""))
            for polygon in group.iter(f"{SVG}polygon"):
                points += [_pair(text) for text in polygon.get("points", "").split()]
            found.append((group.get("data-start", ""), group.get("data-end", ""), points))
    return found


def sampled(commands: str, steps: int = 80) -> list[tuple[float, float]]:
    """Points along a path of M, L and C commands."""
    points: list[tuple[float, float]] = []
    for letter, text in re.findall(r"([MLC])([^MLC]*)", commands):
        given = [_pair(part) for part in text.split()]
        if letter == "M":
            points.append(given[0])
            continue
        here = points[-1]
        handles = [here, *given] if letter == "C" else [here, here, given[0], given[0]]
        for step in range(1, steps + 1):
            t = step / steps
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points.append(
                (
                    sum(w * p[0] for w, p in zip(weights, handles, strict=True)),
                    sum(w * p[1] for w, p in zip(weights, handles, strict=True)),
                )
            )
    return points


def _pair(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)
