"""Does the time grow with the graph and no faster: up to 10^6 nodes and 3 x 10^6 edges.

    python tests/benchmarks/growth.py docs/_static/growth.svg

prints CPU seconds and draws them on logarithmic axes beside a line of slope one.
"""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from causalsim import Graph
from causalsim.graph import minimal_adjustment_set, separated

SIZES = (10_000, 100_000, 1_000_000)


def cpu(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def measured(size: int) -> dict[str, float]:
    """CPU seconds of building a graph of average degree six and of two questions to it."""
    rng = random.Random(size)
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < 3 * size:
        a, b = rng.randrange(size), rng.randrange(size)
        if a != b:
            pairs[min(a, b), max(a, b)] = None
    names = [f"v{i}" for i in range(size)]
    edges = [(names[a], names[b]) for a, b in pairs]
    found: list[Graph] = []
    times = {"build": cpu(lambda: found.append(Graph(edges, nodes=names)))}
    graph = found[0]
    x, y, *given = rng.sample(names, size // 10 + 2)
    times["d-separation, a tenth given"] = cpu(lambda: separated(graph, x, y, given))
    middle, late = names[int(size * 0.5)], names[int(size * 0.9)]
    times["one minimal adjustment set"] = cpu(lambda: minimal_adjustment_set(graph, middle, late))
    return times


def main() -> None:
    rows = {size: measured(size) for size in SIZES}
    print("| CPU s | " + " | ".join(f"{size:,} nodes" for size in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    axes = Figure(figsize=(6, 4), layout="constrained").subplots()
    for name, marker in zip(rows[SIZES[0]], "os^", strict=True):
        values = [rows[size][name] for size in SIZES]
        print(f"| {name} | " + " | ".join(f"{value:.3g}" for value in values) + " |")
        axes.loglog(SIZES, values, marker=marker, label=name)
    first = rows[SIZES[0]]["build"]
    axes.loglog(SIZES, [first * s / SIZES[0] for s in SIZES], "k:", label="in proportion")
    axes.set_xlabel("nodes (three times as many edges)")
    axes.set_ylabel("CPU seconds")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    if len(sys.argv) > 1:
        axes.figure.savefig(Path(sys.argv[1]), metadata={"Date": None})


if __name__ == "__main__":
    main()
