"""Estimates, refutations and identification beside econml, DoubleML and dowhy, in one run.

    python tests/benchmarks/compare_estimation.py --peers-python peers/bin/python > table.md

The same file runs in both environments (see peers.txt), every line of the table in a process of
its own: CPU seconds of one thread without imports (a small fit before the clock starts), the most
memory of the process in GB, libraries included, and how far the estimate is from the truth, with
its standard error. Twenty normal covariates, a curved propensity, a product in the outcome, and an
effect of ``1 + x4``, which is 1 on average over everyone, the treated and the overlap alike.

"Same learners" means scikit-learn's boosting with the same settings on both sides, five folds,
one division; DoubleML gets the very folds that ours were.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (2_000, 10_000, 100_000)
WIDTH = 20
NAMES = [f"x{place}" for place in range(WIDTH)]
FOLDS = 5
Found = dict[str, Any]
#: What a function is given: covariates, treatment, outcome, and the file of the folds.
Rows = tuple[np.ndarray, np.ndarray, np.ndarray, str]


def drawn(rows: int, folds: str) -> Rows:
    """The same people in both environments."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((rows, WIDTH))
    score = 0.8 * np.sin(2 * x[:, 0]) + 0.4 * (x[:, 1] ** 2 - 1) + 0.3 * x[:, 2]
    a = (rng.random(rows) < 1.0 / (1.0 + np.exp(-score))).astype(np.int64)
    low = 2 * np.sin(2 * x[:, 0]) + x[:, 1] ** 2 + 0.5 * x[:, 2] * x[:, 3]
    return x, a, low + a * (1 + x[:, 4]) + rng.standard_normal(rows), folds


def boosting() -> tuple[Any, Any]:
    """A regressor and a classifier of small trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    settings = {"max_iter": 100, "max_leaf_nodes": 8, "early_stopping": False, "random_state": 1}
    return HistGradientBoostingRegressor(**settings), HistGradientBoostingClassifier(**settings)


def frame_of(rows: Rows) -> Any:
    """The rows as a frame."""
    import pandas

    x, a, y, _ = rows
    return pandas.DataFrame(x, columns=NAMES).assign(a=a, y=y)


def told(value: float, error: float | None = None, truth: float = 1.0) -> Found:
    """How far an estimate is from the truth."""
    return {"off": float(value) - truth, "error": None if error is None else float(error)}


# --- ours ---------------------------------------------------------------------------------------


def graph() -> Any:
    """All covariates cause treatment and outcome."""
    from causalsim import Graph

    return Graph("a -> y; " + "; ".join(f"{name} -> a; {name} -> y" for name in NAMES))


def ours(rows: Rows, by: Any) -> Any:
    """An effect, from the graph on."""
    from causalsim import Query, estimate, identify

    return estimate(identify(graph(), Query("y", do="a")), frame_of(rows), by=by, seed=1)


def aipw() -> Any:
    """Ours with the learners of the peers."""
    from causalsim.estimation import AIPW

    regressor, classifier = boosting()
    return AIPW(folds=FOLDS, repeats=1, outcome=regressor, propensity=classifier)


def default(rows: Rows) -> Found:
    from causalsim.estimation import AIPW

    effect = ours(rows, AIPW(repeats=1) if len(rows[0]) < min(SIZES) else None)
    return told(effect.value, effect.standard_error)


def same_learners(rows: Rows) -> Found:
    effect = ours(rows, aipw())
    if rows[3]:
        np.save(rows[3], effect.nuisances.splits[0].folds)
    return told(effect.value, effect.standard_error)


def three(rows: Rows) -> Found:
    from dataclasses import replace

    from causalsim.estimation import Overlap, Treated

    by = aipw()
    effect = ours(rows, by)
    task = effect.recipe.read(frame_of(rows))
    others = [
        replace(by, target=target).effect(task, effect.nuisances, 1)
        for target in (Treated(), Overlap())
    ]
    return {
        **told(effect.value, effect.standard_error),
        "more": [told(one.value) for one in others],
    }


def refuted(rows: Rows) -> Found:
    from causalsim.checks import refute

    frame, effect = frame_of(rows), ours(rows, aipw())
    start = time.process_time()
    found = refute(effect, frame, seed=1)
    spent = time.process_time() - start
    return {**told(found[0].estimate, truth=0.0), "seconds": spent}


def identified(rows: Rows) -> Found:
    from causalsim import Query, identify

    made, query = graph(), Query("y", do="a")
    start = time.process_time()
    identify(made, query)
    return {"seconds": time.process_time() - start}


# --- peers --------------------------------------------------------------------------------------


def doubleml(rows: Rows, kinds: tuple[str, ...]) -> Found:
    import doubleml

    x, a, y, folds = rows
    regressor, classifier = boosting()
    data = doubleml.DoubleMLData.from_arrays(x, y, a)
    found = []
    for kind in kinds:
        if kind == "PLR":
            made = doubleml.DoubleMLPLR(data, regressor, classifier, n_folds=FOLDS)
        else:
            made = doubleml.DoubleMLIRM(data, regressor, classifier, n_folds=FOLDS, score=kind)
        if folds:
            of_row = np.load(folds)
            turns = [
                (np.flatnonzero(of_row != k), np.flatnonzero(of_row == k)) for k in range(FOLDS)
            ]
            made.set_sample_splitting([turns])
        made.fit()
        found.append(made)
    values = [float(one.coef[0]) for one in found]
    return {**told(values[0], found[0].se[0]), "more": [told(one) for one in values[1:]]}


def irm(rows: Rows) -> Found:
    return doubleml(rows, ("ATE",))


def separate(rows: Rows) -> Found:
    return doubleml(rows, ("ATE", "ATTE", "PLR"))


def linear_dr(rows: Rows) -> Found:
    from econml.dr import LinearDRLearner

    x, a, y, _ = rows
    regressor, classifier = boosting()
    made = LinearDRLearner(
        model_regression=regressor, model_propensity=classifier, cv=FOLDS, random_state=1
    )
    made.fit(y, a, X=x)
    found = made.ate_inference(x)
    return told(found.mean_point, found.stderr_mean)


def forest(rows: Rows) -> Found:
    from econml.dml import CausalForestDML

    x, a, y, _ = rows
    regressor, classifier = boosting()
    made = CausalForestDML(
        model_y=regressor,
        model_t=classifier,
        discrete_treatment=True,
        cv=FOLDS,
        random_state=1,
        n_jobs=1,
    )
    made.fit(y, a, X=x)
    found = made.ate_inference(x)
    return told(found.mean_point, found.stderr_mean)


def dowhys(rows: Rows) -> tuple[Any, Any, float]:
    """dowhy's model and estimand, and the seconds that identification took."""
    from dowhy import CausalModel

    frame = frame_of(rows)
    frame["a"] = frame["a"].astype(bool)
    model = CausalModel(frame, treatment="a", outcome="y", common_causes=NAMES)
    start = time.process_time()
    estimand = model.identify_effect(proceed_when_unidentifiable=True)
    return model, estimand, time.process_time() - start


def weighting(rows: Rows) -> Found:
    model, estimand, _ = dowhys(rows)
    start = time.process_time()
    found = model.estimate_effect(estimand, method_name="backdoor.propensity_score_weighting")
    return {**told(found.value), "seconds": time.process_time() - start}


def placebo(rows: Rows) -> Found:
    model, estimand, _ = dowhys(rows)
    found = model.estimate_effect(estimand, method_name="backdoor.propensity_score_weighting")
    start = time.process_time()
    again = model.refute_estimate(
        estimand,
        found,
        method_name="placebo_treatment_refuter",
        placebo_type="permute",
        num_simulations=10,
        random_seed=1,
    )
    return {**told(again.new_effect, truth=0.0), "seconds": time.process_time() - start}


def dowhy_identified(rows: Rows) -> Found:
    return {"seconds": dowhys(rows)[2]}


#: Name, function, whether it runs among the peers, the most rows, and rows of the fit before.
LINES: dict[str, tuple[Callable[[Rows], Found], bool, int, int]] = {
    "causalsim, default AIPW": (default, False, 10**6, 400),
    "causalsim, AIPW, same learners": (same_learners, False, 10**6, 400),
    "DoubleML IRM, same learners": (irm, True, 10**6, 400),
    "econml LinearDRLearner, same learners": (linear_dr, True, 10**6, 400),
    "econml CausalForestDML, same learners": (forest, True, 10**4, 400),
    "dowhy, propensity weighting (logistic)": (weighting, True, 10**6, 0),
    "causalsim, ATE + ATT + ATO from one fit": (three, False, 10**6, 400),
    "DoubleML, IRM ATE + IRM ATTE + PLR": (separate, True, 10**6, 400),
    "causalsim, 6 attempts to refute, 100 each": (refuted, False, 10**6, 400),
    "dowhy, placebo refuter alone, 10": (placebo, True, 10**6, 0),
    "causalsim, identify": (identified, False, 2_000, 400),
    "dowhy, identify_effect": (dowhy_identified, True, 2_000, 0),
}


def measured(name: str, rows: int, folds: str) -> Found:
    """Seconds, gigabytes, and what came out."""
    warnings.simplefilter("ignore")
    ask, _, _, before = LINES[name]
    if before:
        ask(drawn(before, ""))
    given = drawn(rows, folds)
    start = time.process_time()
    found = ask(given)
    found.setdefault("seconds", time.process_time() - start)
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return found


def asked(python: str, name: str, rows: int, folds: str) -> Found:
    """The same in a process of its own."""
    command = [python, __file__, "--measure", name, str(rows), folds]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    out = subprocess.run(
        command, capture_output=True, text=True, timeout=900, env={**os.environ, **threads}
    )
    if out.returncode:
        raise RuntimeError(out.stderr[-2000:])
    return json.loads(out.stdout.splitlines()[-1])


def line_of(name: str, rows: int, found: Found) -> str:
    """A line of the table."""
    off, error = found.get("off"), found.get("error")
    shown = "" if off is None else f"{off:+.4f}"
    shown += "" if error is None else f" ({error:.4f})"
    more = ", ".join(f"{one['off']:+.4f}" for one in found.get("more", ()))
    cells = [name, f"{rows:,}", f"{found['seconds']:.3g}", f"{found['peak']:.2f}", shown, more]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python", default="")
    parser.add_argument("--measure", nargs=3, default=None)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--only", default="", help="lines whose name holds this")
    options = parser.parse_args()
    if options.measure:
        name, rows, folds = options.measure
        print(json.dumps(measured(name, int(rows), folds)))
        return
    print("| what | rows | CPU s | GB | off the truth (s. e.) | ATT and ATO off |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for name, (_, peer, most, _) in LINES.items():
            for rows in options.sizes:
                if rows > most or options.only not in name:
                    continue
                if peer and not options.peers_python:
                    continue
                # Ours go first and leave their folds for the peers to use.
                folds = str(Path(place) / f"folds_{rows}.npy")
                if not os.path.exists(folds) and "same learners" not in name:
                    asked(sys.executable, "causalsim, AIPW, same learners", rows, folds)
                python = options.peers_python if peer else sys.executable
                print(line_of(name, rows, asked(python, name, rows, folds)), flush=True)


if __name__ == "__main__":
    main()
