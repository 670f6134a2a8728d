"""Posteriors of one model by this package, by Pyro's NUTS and by NumPyro's.

Four variables, linear Gaussian, ten coefficients and four standard deviations, 1,000 rows; and a
logistic regression with four parents on the same rows. Each contender runs in a process of its
own and counts CPU seconds on one thread from the first call on, compilation included, imports not.

Usage: python tests/benchmarks/compare_learning.py [--only NAME]
"""

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas

ROWS, SEED = 1000, 4
PARENTS = {"a": (), "b": ("a",), "c": ("a", "b"), "d": ("a", "b", "c")}


def frame() -> pandas.DataFrame:
    rng = np.random.default_rng(SEED)
    a = rng.normal(size=ROWS)
    b = 0.8 * a + 0.6 * rng.normal(size=ROWS)
    c = a - b + rng.normal(size=ROWS)
    d = 0.5 * a + b - c + rng.normal(size=ROWS)
    y = rng.random(ROWS) < 1 / (1 + np.exp(-(0.5 * a - b + 0.3 * c)))
    return pandas.DataFrame({"a": a, "b": b, "c": c, "d": d, "y": y.astype(int)})


def ours(by: object, kind: str) -> dict[str, np.ndarray]:
    from causalsim.graph.graph import Graph
    from causalsim.scm import SCM
    from causalsim.scm.mechanisms.continuous.additive import Linear
    from causalsim.scm.mechanisms.discrete.threshold import Logit

    arrows = [(p, n) for n, found in PARENTS.items() for p in found]
    using = {name: Linear() for name in PARENTS}
    if kind == "logit":
        arrows += [(p, "y") for p in PARENTS]
        using["y"] = Logit()
    found = SCM.fit(Graph(arrows), frame(), using=using, by=by, seed=1)
    wanted = (
        [n for n in found.names if not n.endswith(".sd")]
        if kind == "gaussian"
        else [n for n in found.names if n.startswith("y.")]
    )
    return {name: found.draws(name) for name in wanted}


def by_pyro(kind: str) -> dict[str, np.ndarray]:
    import pyro
    import pyro.distributions as dist
    import torch
    from pyro.infer import MCMC, NUTS

    data = {k: torch.tensor(v.to_numpy()).float() for k, v in frame().items()}

    def line(node: str, parents: tuple[str, ...]) -> torch.Tensor:
        total = pyro.sample(f"{node}.intercept", dist.Normal(0.0, 5.0))
        for parent in parents:
            total = total + pyro.sample(f"{node}.{parent}", dist.Normal(0.0, 5.0)) * data[parent]
        return total

    def gaussian() -> None:
        for node, parents in PARENTS.items():
            mean = line(node, parents)
            sd = pyro.sample(f"{node}.sd", dist.HalfNormal(5.0))
            with pyro.plate(f"{node}.rows", ROWS):
                pyro.sample(node, dist.Normal(mean, sd), obs=data[node])

    def logit() -> None:
        mean = line("y", tuple(PARENTS))
        with pyro.plate("units", ROWS):
            pyro.sample("y", dist.Bernoulli(logits=mean), obs=data["y"])

    pyro.set_rng_seed(1)
    chain = MCMC(
        NUTS(gaussian if kind == "gaussian" else logit),
        num_samples=600,
        warmup_steps=300,
        disable_progbar=True,
    )
    chain.run()
    return {k: v.numpy() for k, v in chain.get_samples().items() if not k.endswith(".sd")}


def by_numpyro(kind: str) -> dict[str, np.ndarray]:
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

    data = {k: jnp.asarray(v.to_numpy()) for k, v in frame().items()}

    def line(node: str, parents: tuple[str, ...]) -> jax.Array:
        total = numpyro.sample(f"{node}.intercept", dist.Normal(0.0, 5.0))
        for parent in parents:
            total = total + numpyro.sample(f"{node}.{parent}", dist.Normal(0.0, 5.0)) * data[parent]
        return total

    def gaussian() -> None:
        for node, parents in PARENTS.items():
            mean = line(node, parents)
            sd = numpyro.sample(f"{node}.sd", dist.HalfNormal(5.0))
            numpyro.sample(node, dist.Normal(mean, sd), obs=data[node])

    def logit() -> None:
        numpyro.sample("y", dist.Bernoulli(logits=line("y", tuple(PARENTS))), obs=data["y"])

    chain = MCMC(
        NUTS(gaussian if kind == "gaussian" else logit),
        num_warmup=300,
        num_samples=600,
        progress_bar=False,
    )
    chain.run(jax.random.PRNGKey(1))
    return {k: np.asarray(v) for k, v in chain.get_samples().items() if not k.endswith(".sd")}


def contenders() -> dict[str, Callable[[], dict[str, np.ndarray]]]:
    from causalsim.scm.learning import NUTS, SVI, Conjugate, Flow, Laplace, MeanField

    return {
        "gaussian: Conjugate": lambda: ours(Conjugate(), "gaussian"),
        "gaussian: NUTS (ours, NumPyro)": lambda: ours(NUTS(kept=300, chains=2), "gaussian"),
        "gaussian: NumPyro NUTS": lambda: by_numpyro("gaussian"),
        "gaussian: Pyro NUTS": lambda: by_pyro("gaussian"),
        "logit: Laplace": lambda: ours(Laplace(), "logit"),
        "logit: SVI full-rank": lambda: ours(SVI(), "logit"),
        "logit: SVI flow": lambda: ours(SVI(guide=Flow()), "logit"),
        "logit: SVI mean-field": lambda: ours(SVI(guide=MeanField()), "logit"),
        "logit: NumPyro NUTS": lambda: by_numpyro("logit"),
        "logit: Pyro NUTS": lambda: by_pyro("logit"),
    }


def measure(name: str) -> str:
    import arviz
    import torch

    import causalsim.scm.learning.learning  # noqa: F401

    torch.set_num_threads(1)
    if "NumPyro" in name:
        import numpyro.infer  # noqa: F401
    elif "Pyro" in name:
        import pyro.infer  # noqa: F401
    run = contenders()[name]
    start = time.process_time()
    drawn = run()
    spent = time.process_time() - start
    least = min(float(arviz.ess(value)) for value in drawn.values())
    key = "c.b" if name.startswith("gaussian") else "y.b"
    return (
        f"| {name} | {spent:.2f} | {least:.0f} | {drawn[key].mean():.3f} | {drawn[key].std():.4f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only")
    only = parser.parse_args().only
    warnings.simplefilter("ignore")
    if only:
        print(measure(only))
        return
    print("| model: engine | CPU s | least ESS | slope of b | its sd |\n|---|---|---|---|---|")
    single = {"OMP_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    for name in contenders():
        done = subprocess.run(
            [sys.executable, "-W", "ignore", __file__, "--only", name],
            env={**os.environ, **single},
            capture_output=True,
            text=True,
            check=False,
        )
        print(
            done.stdout.strip() or f"| {name} | failed: {done.stderr.strip()[-200:]} |", flush=True
        )


if __name__ == "__main__":
    main()
