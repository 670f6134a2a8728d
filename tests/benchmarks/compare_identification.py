"""Identification beside the peers, in one run: CPU time a call (median and largest), and verdicts.

    python tests/benchmarks/compare_identification.py --peers-python peers/bin/python > table.md

As in compare_graphs.py, the same file runs in both environments. A figure is the median over
instances of the mean CPU time of one call, with the largest of them in brackets; graphs, tables and
questions are built before the clock starts. A call that needs more than 60 s counts as a timeout.
"""

import argparse
import json
import random
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from compare_graphs import Problem, sparse, timed

Ask = Callable[[], object]

TASKS = {
    "P(y \\| do(x)), formula": (10, 100, 1_000, 10_000),
    "identify, covariates": (5, 10, 20, 40),
    "conjunction of 4 worlds": (20,),
    "sharp bound, instrument 4 x 3 x 3": (3,),
}
PEERS = ("y0", "dowhy")
LIMIT_SECONDS = 60


def problem(task: str, size: int, instance: int) -> Problem:
    """One random problem; nodes are ``v0`` … in causal order."""
    rng = random.Random(f"{task} {size} {instance}")
    if task == "identify, covariates":
        z = [f"v{i}" for i in range(size)]
        edges = [*((c, end) for c in z for end in ("x", "y")), ("x", "y")]
        return {"nodes": [*z, "x", "y"], "edges": edges, "both": [], "x": "x", "y": "y"}
    if task.startswith("sharp"):
        return {"seed": instance}
    names = [f"v{i}" for i in range(size)]
    found: Problem = {"nodes": names}
    found["edges"] = [(names[a], names[b]) for a, b in sparse(rng, size, 4)]
    found["both"] = [(names[a], names[b]) for a, b in sparse(rng, size, 0.8)]
    if task.startswith("conjunction"):
        found["events"] = [event(rng, names) for _ in range(4)]
        return found
    # An outcome that the treatment affects.
    children: dict[str, list[str]] = {}
    for cause, effect in found["edges"]:
        children.setdefault(cause, []).append(effect)
    found["x"] = rng.choice([name for name in names if name in children])
    below, stack = dict[str, None](), [found["x"]]
    while stack:
        for child in children.get(stack.pop(), ()):
            if child not in below:
                below[child] = None
                stack.append(child)
    found["y"] = rng.choice(list(below))
    return found


def event(rng: random.Random, names: list[str]) -> tuple[str, int, dict[str, int]]:
    """A variable at a level in a world of two actions."""
    outcome, *actions = rng.sample(names, 3)
    return outcome, rng.randrange(2), {name: rng.randrange(2) for name in actions}


def causalsim(task: str, p: Problem) -> Ask:
    from causalsim import Graph, Query, identify

    if task.startswith("sharp"):
        return sharp_bound(p["seed"])
    graph = Graph(p["edges"], nodes=p["nodes"], bidirected=p["both"])
    if task.startswith("conjunction"):
        from causalsim.estimand import Event, Probability

        question = Probability(Event(name, level, do) for name, level, do in p["events"])
        return lambda: identify(graph, question).identified
    return lambda: identify(graph, Query(p["y"], do=p["x"])).identified


def sharp_bound(seed: int) -> Ask:
    """P(y=0 | do(x=1)) from a joint table of an instrument of 4 levels and two variables of 3."""
    import numpy as np

    from causalsim import Graph, Query
    from causalsim.estimand import Table
    from causalsim.identification import bound

    rng = np.random.default_rng(seed)
    z, hidden = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(5))
    x, y = rng.dirichlet(np.ones(3), (4, 5)), rng.dirichlet(np.ones(3), (3, 5))
    joint = Table.of("zxy", np.einsum("z,h,zhx,xhy->zxy", z, hidden, x, y))
    graph, query = Graph("z -> x -> y; x <-> y"), Query({"y": 0}, do={"x": 1})
    return lambda: bound(graph, query, joint).sharp


def y0(task: str, p: Problem) -> Ask | None:
    if task.startswith("sharp") or "covariates" in task:
        return None
    from y0.algorithm.identify import Identification, Unidentifiable, identify
    from y0.dsl import Variable
    from y0.graph import NxMixedGraph

    graph = NxMixedGraph.from_str_edges(nodes=p["nodes"], directed=p["edges"], undirected=p["both"])
    if task.startswith("conjunction"):
        from y0.algorithm.identify import id_star

        worlds = {}
        for name, level, do in p["events"]:
            actions = [+Variable(n) if to else -Variable(n) for n, to in do.items()]
            worlds[Variable(name) @ actions] = +Variable(name) if level else -Variable(name)

        def conjunction() -> bool:
            try:
                id_star(graph, worlds)
            except Unidentifiable:
                return False
            return True

        return conjunction
    asked = Identification.from_parts(
        outcomes={Variable(p["y"])}, treatments={Variable(p["x"])}, graph=graph
    )

    def ask() -> bool:
        try:
            identify(asked)
        except Unidentifiable:
            return False
        return True

    return ask


def dowhy(task: str, p: Problem) -> Ask | None:
    if "covariates" not in task:
        return None
    import networkx as nx
    from dowhy.causal_identifier import AutoIdentifier, BackdoorAdjustment, EstimandType

    graph = nx.DiGraph(p["edges"])
    identifier = AutoIdentifier(
        estimand_type=EstimandType.NONPARAMETRIC_ATE,
        backdoor_adjustment=BackdoorAdjustment.BACKDOOR_DEFAULT,
    )
    return lambda: bool(
        identifier.identify_effect(graph, [p["x"]], [p["y"]], p["nodes"]).estimands.get("backdoor")
    )


ENGINES: dict[str, Callable[[str, Problem], Ask | None]] = {
    "causalsim": causalsim,
    "y0": y0,
    "dowhy": dowhy,
}


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Interrupt what takes more CPU time."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def measure(engine: str, instances: int) -> dict[str, dict[str, object]]:
    """Times and verdicts of one engine for every task and size it can do."""
    found: dict[str, dict[str, object]] = {}
    for task, sizes in TASKS.items():
        for size in sizes:
            times: list[float] = []
            answers: list[object] = []
            notes: list[str] = []
            # The covariates are always the same graph.
            for instance in range(2 if "covariates" in task else instances):
                try:
                    with limit(LIMIT_SECONDS):
                        ask = ENGINES[engine](task, problem(task, size, instance))
                        if ask is None:
                            break
                        spent, answer = timed(ask)
                except TimeoutError:
                    notes.append("timeout")
                    answers.append(None)
                    continue
                except Exception as error:
                    notes.append(type(error).__name__)
                    answers.append(None)
                    print(engine, task, size, instance, repr(error)[:300], file=sys.stderr)
                    continue
                times.append(spent)
                answers.append(answer)
            found[f"{task}|{size}"] = {"times": times, "answers": answers, "notes": notes}
    return found


def cell(results: dict, name: str, key: str) -> str:
    """Median and largest time, what failed, and how many verdicts differ from ours."""
    found = results[name].get(key)
    if not found or not (found["times"] or found["notes"]):
        return "-"
    said = [f"{len(found['notes'])} failed ({found['notes'][0]})"] if found["notes"] else []
    ours = results["causalsim"][key]["answers"]
    wrong = sum(a is not None and a != b for a, b in zip(found["answers"], ours, strict=True))
    said += [f"{wrong} of {len(ours)} verdicts differ"] if wrong else []
    if found["times"]:
        figure = f"{statistics.median(found['times']):.3g} ({max(found['times']):.3g})"
        said = [figure, *said]
    return ", ".join(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers-python", default=None)
    parser.add_argument("--engine", default=None)
    parser.add_argument("--instances", type=int, default=20)
    given = parser.parse_args()
    if given.engine:
        print(json.dumps(measure(given.engine, given.instances)))
        return
    results = {"causalsim": measure("causalsim", given.instances)}
    for peer in PEERS if given.peers_python else ():
        command = [given.peers_python, __file__, "--engine", peer]
        command += ["--instances", str(given.instances)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        results[peer] = json.loads(run.stdout.splitlines()[-1]) if run.stdout else {}
    print(f"| ms CPU a call: median (largest) | n | {' | '.join(results)} |")
    print("|---|---|" + "---|" * len(results))
    for task, sizes in TASKS.items():
        for size in sizes:
            cells = [cell(results, name, f"{task}|{size}") for name in results]
            print(f"| {task} | {size:,} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
