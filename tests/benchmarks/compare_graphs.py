"""Graph questions beside the peers, in one run: CPU time a call, and whether the answers agree.

    python tests/benchmarks/compare_graphs.py --peers-python peers/bin/python > table.md

The same file runs in both environments: here it measures causalsim and starts itself once for each
peer under ``--peers-python`` (see peers.txt), which prints its times and answers as JSON. Graph
objects are built before the clock starts, which favours peers that prepare much. A figure is the
median over instances of the mean CPU time of one call, repeated until 0.2 s have passed; a call
that takes longer than 30 s counts as a timeout.
"""

import argparse
import json
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, pairwise

Problem = dict
LIMIT_SECONDS = 30
REPEAT_SECONDS = 0.2
INSTANCES = 4

TASKS = {
    "d-separation": (100, 1_000, 10_000),
    "one minimal adjustment set": (100, 1_000, 10_000),
    "100 minimal adjustment sets": (100, 1_000, 10_000),
    "front door, largest": (100, 1_000, 10_000),
    "front door, minimal": (100, 1_000, 10_000),
    "one separator a pair (per pair)": (100, 1_000),
}
PEERS = ("networkx", "pgmpy", "dowhy", "ciflypy")


# Problems: random, the same for every engine.


def sparse(rng: random.Random, size: int, degree: float) -> list[tuple[int, int]]:
    """Edges from lower to higher numbers, of an average degree."""
    wanted = min(int(size * degree / 2), size * (size - 1) // 2)
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < wanted:
        a, b = sorted(rng.sample(range(size), 2))
        pairs[a, b] = None
    return list(pairs)


def problem(task: str, size: int, instance: int) -> Problem:
    """One random problem; nodes are ``v0`` … in causal order."""
    rng = random.Random(f"{task} {size} {instance}")
    names = [f"v{i}" for i in range(size)]
    found: Problem = {"nodes": names, "both": [], "latent": [], "z": []}
    found["edges"] = [(names[a], names[b]) for a, b in sparse(rng, size, 4)]
    if task == "d-separation":
        found["x"], found["y"], *found["z"] = rng.sample(names, size // 10 + 2)
    elif "adjustment" in task:
        # A treatment and an outcome far down, joined by an arrow and by a common cause.
        cause, x, y = (names[int(size * place)] for place in (0.3, 0.7, 0.9))
        found["x"], found["y"] = x, y
        found["edges"] += [(cause, x), (cause, y), (x, y)]
        found["edges"] = [tuple(e) for e in dict.fromkeys(map(tuple, found["edges"]))]
        free = [n for n in names if n not in (cause, x, y)]
        parents = {a for a, b in found["edges"] if b in (x, y)}
        found["latent"] = rng.sample([n for n in free if n not in parents], size // 5)
    elif "front door" in task:
        found["x"], found["y"] = names[0], names[-1]
        path = [names[0], *sorted(rng.sample(names[1:-1], 3), key=names.index), names[-1]]
        found["edges"] += list(pairwise(path))
        direct = (found["x"], found["y"])
        found["edges"] = [e for e in dict.fromkeys(map(tuple, found["edges"])) if e != direct]
        found["both"] = [direct]
    return found


# Engines: for each task, a callable that answers one problem; the answer must be JSON.


def causalsim(task: str, p: Problem) -> Callable[[], object]:
    from causalsim import Graph
    from causalsim.graph import (
        maximal_front_door_set,
        minimal_adjustment_set,
        minimal_adjustment_sets,
        minimal_front_door_set,
        pair_separators,
        separated,
    )

    graph = Graph(p["edges"], nodes=p["nodes"], bidirected=p["both"], latent=p["latent"])
    x, y = p.get("x"), p.get("y")
    return {
        "d-separation": lambda: separated(graph, x, y, p["z"]),
        "one minimal adjustment set": lambda: minimal_adjustment_set(graph, x, y) is not None,
        "100 minimal adjustment sets": lambda: (
            len(list(islice(minimal_adjustment_sets(graph, x, y), 100))) > 0
        ),
        "front door, largest": lambda: maximal_front_door_set(graph, x, y) is not None,
        "front door, minimal": lambda: minimal_front_door_set(graph, x, y) is not None,
        "one separator a pair (per pair)": lambda: sum(1 for _ in pair_separators(graph)),
    }[task]


def networkx(task: str, p: Problem) -> Callable[[], object] | None:
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(p["nodes"])
    graph.add_edges_from(p["edges"])
    if task == "d-separation":
        x, y, z = {p["x"]}, {p["y"]}, set(p["z"])
        return lambda: nx.is_d_separator(graph, x, y, z)
    if task == "one minimal adjustment set":
        # The recipe: cut the first edges of causal paths, then a minimal separator.
        from networkx.algorithms import d_separation

        x, y = p["x"], p["y"]

        def adjust() -> bool:
            causal = (nx.descendants(graph, x) & nx.ancestors(graph, y)) | {y}
            cut = graph.copy()
            cut.remove_edges_from([(x, c) for c in causal if graph.has_edge(x, c)])
            banned = set(causal).union(*(nx.descendants(graph, c) for c in causal))
            allowed = set(p["nodes"]) - banned - set(p["latent"]) - {x, y}
            found = d_separation.find_minimal_d_separator(cut, {x}, {y}, restricted=allowed)
            return found is not None

        return adjust
    if task == "one separator a pair (per pair)":
        pairs = non_adjacent(p)[:100]

        def separate() -> int:
            for a, b in pairs:
                nx.algorithms.d_separation.find_minimal_d_separator(graph, {a}, {b})
            return len(pairs)

        return separate
    return None


def pgmpy(task: str, p: Problem) -> Callable[[], object] | None:
    from pgmpy.base import DAG

    graph = DAG()
    graph.add_nodes_from(p["nodes"])
    graph.add_edges_from(p["edges"])
    if task == "d-separation":
        return lambda: not graph.is_dconnected(p["x"], p["y"], observed=p["z"])
    if task == "one separator a pair (per pair)":
        pairs = non_adjacent(p)[:100]

        def separate() -> int:
            for a, b in pairs:
                graph.minimal_dseparator(a, b)
            return len(pairs)

        return separate
    if task == "one minimal adjustment set":
        from pgmpy.inference import CausalInference
        from pgmpy.models import DiscreteBayesianNetwork

        model = DiscreteBayesianNetwork()
        model.add_nodes_from(p["nodes"])
        model.add_edges_from(p["edges"])
        model.latents = set(p["latent"])
        return lambda: CausalInference(model).get_minimal_adjustment_set(p["x"], p["y"]) is not None
    return None


def dowhy(task: str, p: Problem) -> Callable[[], object] | None:
    import networkx as nx
    from dowhy.causal_identifier import AutoIdentifier, BackdoorAdjustment, EstimandType

    if task not in {"one minimal adjustment set", "front door, largest"}:
        return None
    graph = nx.DiGraph(p["edges"])
    graph.add_nodes_from(p["nodes"])
    hidden = set(p["latent"])
    for a, b in p["both"]:
        graph.add_edges_from([(f"u{a}{b}", a), (f"u{a}{b}", b)])
        hidden.add(f"u{a}{b}")
    observed = [n for n in graph.nodes if n not in hidden]
    kind = (
        BackdoorAdjustment.BACKDOOR_MIN
        if task == "one minimal adjustment set"
        else BackdoorAdjustment.BACKDOOR_DEFAULT
    )
    identifier = AutoIdentifier(
        estimand_type=EstimandType.NONPARAMETRIC_ATE, backdoor_adjustment=kind
    )

    def ask() -> bool:
        found = identifier.identify_effect(graph, [p["x"]], [p["y"]], observed)
        if "front door" in task:
            return bool(found.frontdoor_variables)
        return bool((found.estimands or {}).get("backdoor")) or bool(found.backdoor_variables)

    return ask


def ciflypy(task: str, p: Problem) -> Callable[[], object] | None:
    import ciflypy as cf

    if task != "d-separation":
        return None
    number = {name: i for i, name in enumerate(p["nodes"])}
    edges = {"-->": [(number[a], number[b]) for a, b in p["edges"]]}
    table = cf.Ruletable(
        "EDGES --> <--\nSETS X, Z\nSTART <-- AT X\nOUTPUT ...\n\n"
        "--> | <-- | current in Z\n... | ... | current not in Z\n",
        table_as_string=True,
    )
    graph = cf.Graph(edges, table)
    x, y = number[p["x"]], number[p["y"]]
    sets = cf.Sets({"X": [x], "Z": [number[z] for z in p["z"]]}, table)
    return lambda: y not in cf.reach(graph, sets, table)


ENGINES: dict[str, Callable[[str, Problem], Callable[[], object] | None]] = {
    "causalsim": causalsim,
    "networkx": networkx,
    "pgmpy": pgmpy,
    "dowhy": dowhy,
    "ciflypy": ciflypy,
}


def non_adjacent(p: Problem) -> list[tuple[str, str]]:
    """Pairs without an edge, in a random order that is the same for every engine."""
    rng = random.Random(1)
    joined = {frozenset(edge) for edge in p["edges"]}
    found: list[tuple[str, str]] = []
    while len(found) < 100:
        pair = tuple(rng.sample(p["nodes"], 2))
        if frozenset(pair) not in joined:
            found.append(pair)
    return found


# The clock.


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Interrupt what takes longer."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def timed(call: Callable[[], object]) -> tuple[float, object]:
    """Mean CPU milliseconds of one call, and its answer."""
    count, start = 0, time.process_time()
    while True:
        answer = call()
        count += 1
        spent = time.process_time() - start
        if spent >= REPEAT_SECONDS:
            return 1e3 * spent / count, answer


def measure(engine: str) -> dict[str, dict[str, object]]:
    """Times and answers of one engine for every task and size it can do."""
    found: dict[str, dict[str, object]] = {}
    for task, sizes in TASKS.items():
        gone = False
        for size in sizes:
            times, answers, note = [], [], ""
            for instance in range(INSTANCES if not gone else 0):
                p = problem(task, size, instance)
                try:
                    with limit(LIMIT_SECONDS):
                        call = ENGINES[engine](task, p)
                        if call is None:
                            note = "-"
                            break
                        spent, answer = timed(call)
                except TimeoutError:
                    note, gone = "timeout", True
                    break
                except Exception as error:
                    note = f"error: {type(error).__name__}"
                    print(engine, task, size, repr(error)[:300], file=sys.stderr)
                    break
                if "per pair" in task:
                    spent, answer = spent / max(1, int(str(answer))), None
                times.append(spent)
                answers.append(answer)
            if gone and not note:
                note = "timeout"
            found[f"{task}|{size}"] = {
                "ms": statistics.median(times) if times else None,
                "answers": answers,
                "note": note,
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers-python", default=None)
    parser.add_argument("--engine", default=None)
    given = parser.parse_args()
    if given.engine:
        print(json.dumps(measure(given.engine)))
        return
    results = {"causalsim": measure("causalsim")}
    for peer in PEERS if given.peers_python else ():
        command = [given.peers_python, __file__, "--engine", peer]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        results[peer] = json.loads(run.stdout.splitlines()[-1]) if run.stdout else {}
    names = list(results)
    print(f"| ms CPU a call | n | {' | '.join(names)} |")
    print("|---|---|" + "---|" * len(names))
    for task, sizes in TASKS.items():
        for size in sizes:
            cells = [cell(results, name, f"{task}|{size}") for name in names]
            print(f"| {task} | {size:,} | {' | '.join(cells)} |")


def cell(results: dict, name: str, key: str) -> str:
    """A figure, with how many answers differ from ours."""
    found = results[name].get(key)
    if not found or found["ms"] is None:
        return found["note"] if found else "-"
    ours = results["causalsim"][key]["answers"]
    wrong = sum(a is not None and a != b for a, b in zip(found["answers"], ours, strict=False))
    text = f"{found['ms']:.3g}"
    return f"{text} ({wrong} of {len(found['answers'])} differ)" if wrong else text


if __name__ == "__main__":
    main()
