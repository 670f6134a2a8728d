"""Counterfactuals of whole frames beside dowhy.gcm, in one run: CPU time, memory, and the answers.

    python tests/benchmarks/compare_counterfactuals.py --peers-python peers/bin/python > table.md

The same file runs in both environments (see peers.txt). The model is written down, not fitted: each
variable is a weighted sum of at most three others, or of their hyperbolic tangents, plus Normal
noise; everything is observed, the first variable is set to one, and every other is asked for. dowhy
gets the functions as prediction models that have nothing to fit. A figure is the least CPU time of
three calls on one thread, compilation excluded; both sides must agree on every value to 1e-9 (a
weighted sum over all of them is compared; to 1e-5 in float32).

"float32" is ``model.compile(dtype=torch.float32)``, "fused" the same with ``fuse=True``.
"""

import argparse
import inspect
import itertools
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = ((10, 10_000), (10, 100_000), (10, 1_000_000), (100, 100_000))
OURS_ONLY = ((100, 1_000_000),)
BENDS = ("linear", "tanh")
CALLS = 3
OURS = ("causalsim", "float32", "fused")
MOST_FUSED = 10


def parents_of(nodes: int) -> dict[str, list[tuple[str, float]]]:
    """A random graph of average degree three, and its weights."""
    rng = np.random.default_rng(nodes)
    found = {}
    for at in range(nodes):
        chosen = sorted(rng.choice(at, size=min(at, 3), replace=False)) if at else []
        found[f"x{at}"] = [(f"x{k}", float(rng.normal())) for k in chosen]
    return found


def rows_of(bend: str, nodes: int, rows: int) -> Any:
    """A frame drawn from the model."""
    import pandas

    rng = np.random.default_rng(1)
    bent = {"linear": np.asarray, "tanh": np.tanh}[bend]
    columns: dict[str, np.ndarray] = {}
    for node, causes in parents_of(nodes).items():
        columns[node] = rng.normal(size=rows)
        for cause, weight in causes:
            columns[node] += weight * bent(columns[cause])
    return pandas.DataFrame(columns)


def print_of(frame: Any) -> float:
    """One number that all values enter."""
    weights = np.cos(np.arange(frame.shape[1]))
    return float(
        sum(
            w * frame[name].to_numpy().mean(dtype=np.float64)
            for name, w in zip(frame, weights, strict=True)
        )
    )


def ours(bend: str, nodes: int, how: str = "causalsim") -> Callable:
    """The model in causalsim, as a function of the frame."""
    import torch
    from pyro.distributions import Normal

    from causalsim import SCM

    torch.set_num_threads(1)
    bent = {"linear": torch.as_tensor, "tanh": torch.tanh}[bend]
    noise = Normal(torch.tensor(0.0).double(), torch.tensor(1.0).double())

    def equation(causes: list[tuple[str, float]]) -> Callable:
        def right(u: torch.Tensor, **values: torch.Tensor) -> torch.Tensor:
            return sum(weight * bent(values[name]) for name, weight in causes) + u

        kind = inspect.Parameter.KEYWORD_ONLY
        read = [inspect.Parameter(name, kind) for name, _ in causes]
        own = inspect.Parameter("u", kind, default=noise)
        right.__signature__ = inspect.Signature([*read, own])
        return right

    equations = {
        node: equation(causes) if causes else noise for node, causes in parents_of(nodes).items()
    }
    model = SCM.from_equations(equations)
    if how != "causalsim":
        model = model.compile(dtype=torch.float32, fuse=how == "fused")
    return lambda frame: model.counterfactual(frame, do={"x0": 1.0}).frame


def dowhys(bend: str, nodes: int) -> Callable:
    """The model in dowhy.gcm, as a function of the frame."""
    import networkx
    from dowhy import gcm
    from dowhy.gcm.ml import PredictionModel
    from scipy.stats import norm

    gcm.config.disable_progress_bars()
    bent = {"linear": np.asarray, "tanh": np.tanh}[bend]

    class Sum(PredictionModel):
        def __init__(self, weights: list[float]) -> None:
            self.weights = np.asarray(weights)

        def fit(self, X: np.ndarray, Y: np.ndarray) -> None:
            pass

        def predict(self, X: np.ndarray) -> np.ndarray:
            return (bent(X) @ self.weights).reshape(-1, 1)

        def clone(self) -> "Sum":
            return Sum(list(self.weights))

    causes = parents_of(nodes)
    graph = networkx.DiGraph([(p, node) for node, found in causes.items() for p, _ in found])
    graph.add_nodes_from(causes)
    model = gcm.InvertibleStructuralCausalModel(graph)
    for node, found in causes.items():
        noise = gcm.ScipyDistribution(norm, loc=0.0, scale=1.0)
        if found:
            # dowhy hands parents over in the order of their names.
            weights = [weight for _, weight in sorted(found)]
            model.set_causal_mechanism(node, gcm.AdditiveNoiseModel(Sum(weights), noise))
        else:
            model.set_causal_mechanism(node, noise)
    gcm.fit(model, rows_of(bend, nodes, 200))
    order = list(causes)
    return lambda frame: gcm.counterfactual_samples(
        model, {"x0": lambda x: np.ones_like(x)}, observed_data=frame
    )[order]


def measured(engine: str, bend: str, nodes: int, rows: int) -> dict[str, float]:
    """Seconds of CPU time, gigabytes at most, and the print of the answer."""
    ask = dowhys(bend, nodes) if engine == "dowhy" else ours(bend, nodes, engine)
    ask(rows_of(bend, nodes, 100))
    frame = rows_of(bend, nodes, rows)
    seconds = []
    for _ in range(CALLS):
        answer = None  # one answer in memory at a time
        start = time.process_time()
        answer = ask(frame)
        seconds.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": min(seconds), "peak": peak, "print": print_of(answer)}


def asked(python: str, engine: str, bend: str, nodes: int, rows: int) -> dict[str, float]:
    """The same in a process of its own, so that memory is told apart."""
    command = [python, __file__, "--measure", engine, bend, str(nodes), str(rows)]
    out = subprocess.run(command, capture_output=True, text=True, timeout=500)
    if out.returncode:
        raise RuntimeError(out.stderr[-2000:])
    return json.loads(out.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python", default="")
    parser.add_argument("--measure", nargs=4, default=None)
    parser.add_argument("--bends", nargs="+", default=BENDS, choices=BENDS)
    parser.add_argument("--most-rows", type=int, default=10**9)
    options = parser.parse_args()
    if options.measure:
        engine, bend, nodes, rows = options.measure
        print(json.dumps(measured(engine, bend, int(nodes), int(rows))))
        return
    heads = ["functions, nodes x rows"]
    for engine in (*OURS, "dowhy.gcm"):
        heads += [f"{engine}, s CPU", "GB"]
    heads += [f"dowhy / {engine}" for engine in OURS]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    sizes = [size for size in (*SIZES, *OURS_ONLY) if size[1] <= options.most_rows]
    for bend, (nodes, rows) in itertools.product(options.bends, sizes):
        found = {}
        for engine in OURS:
            # Fusing a hundred variables takes many minutes.
            if engine != "fused" or nodes <= MOST_FUSED:
                found[engine] = asked(sys.executable, engine, bend, nodes, rows)
        if (nodes, rows) not in OURS_ONLY and options.peers_python:
            found["dowhy"] = asked(options.peers_python, "dowhy", bend, nodes, rows)
        cells = [f"{bend}, {nodes} x {rows:,}"]
        for engine in (*OURS, "dowhy"):
            one = found.get(engine)
            cells += [f"{one['seconds']:.3g}", f"{one['peak']:.2g}"] if one else ["-", "-"]
        cells += [ratio(found, engine) for engine in OURS]
        print("| " + " | ".join(cells) + " |", flush=True)


def ratio(found: dict[str, dict[str, float]], engine: str) -> str:
    """How many times as long dowhy takes, if both answer the same."""
    if engine not in found or "dowhy" not in found:
        return "-"
    mine, peer = found[engine], found["dowhy"]
    text = f"{peer['seconds'] / mine['seconds']:.1f}"
    slack = 1e-9 if engine == "causalsim" else 1e-5 * (1 + abs(peer["print"]))
    return text if abs(peer["print"] - mine["print"]) < slack else f"{text} (answers differ)"


if __name__ == "__main__":
    main()
