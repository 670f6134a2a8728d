"""Random models with hidden variables, and their posteriors by brute force on a grid."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causalsim.graph.graph import Graph
from causalsim.scm import SCM, GumbelMax, Levels, Threshold, linear
from causalsim.scm.engines.block import Block
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.chances import Logits
from causalsim.scm.mechanisms.parts.terms import Curve, Offsets, Predictor, Slope
from causalsim.scm.noise import normal

KINDS = ("line", "curve", "binary", "ordered", "gumbel")
LEVELS = {
    "binary": Levels((0, 1)),
    "ordered": Levels((0, 1, 3)),
    "gumbel": Levels(("a", "b", "c")),
}
_GRID = 801


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """A model and evidence on it that leaves some variables hidden.

    Args:
        model: All its variables.
        block: The hidden variables with what is tied to them, and the values seen.
    """

    model: SCM
    block: Block


def random_hidden(seed: int, *, kinds: tuple[str, ...], hidden: int, units: int = 3) -> Hidden:
    """A random model: ``hidden`` roots or chains nobody sees, and two or three effects seen.

    Args:
        seed: Of everything.
        kinds: What the hidden variables may be; effects may be of any kind.
        hidden: How many variables are hidden.
        units: How many rows of evidence, drawn from the model itself.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, Mechanism] = {}
    for at in range(hidden):
        # The second hidden variable may listen to the first.
        causes = [f"h{other}" for other in range(at) if rng.random() < 0.5]
        found[f"h{at}"] = mechanism(rng, str(rng.choice(kinds)), causes, found)
    for at in range(int(rng.integers(2, 4))):
        causes = [f"h{other}" for other in range(hidden) if rng.random() < 0.8] or ["h0"]
        causes += [f"x{other}" for other in range(at) if rng.random() < 0.6]
        found[f"x{at}"] = mechanism(rng, str(rng.choice(KINDS)), causes, found)
    arrows = [(parent, node) for node in found for parent in found[node].parents]
    model = SCM(Graph(arrows, nodes=list(found)), found)
    rows = model.sample(units, seed=seed)
    values = {
        node: found[node].domain.encode(node, rows[node].to_numpy())
        for node in found
        if node.startswith("x")
    }
    return Hidden(model, Block(tuple(model.mechanisms), model.mechanisms, values))


def mechanism(
    rng: np.random.Generator, kind: str, causes: list[str], found: dict[str, Mechanism]
) -> Mechanism:
    """A random mechanism of this kind."""
    if kind == "line" and not causes:
        return linear({}, intercept=float(rng.normal()), scale=float(rng.uniform(0.5, 1.5)))
    if kind in ("line", "curve"):
        scale = normal(float(rng.uniform(0.5, 1.5)))
        return Additive(_predictor(rng, causes, found, 0, bend=kind == "curve"), scale)
    levels = LEVELS[kind]
    odds = _predictor(rng, causes, found, len(levels.levels) - 1, bend=False)
    return (GumbelMax if kind == "gumbel" else Threshold)(Logits(odds), levels)


def _predictor(
    rng: np.random.Generator,
    causes: list[str],
    found: dict[str, Mechanism],
    outputs: int,
    *,
    bend: bool,
) -> Predictor:
    """A random sum of terms, with one output (outputs == 0) or several."""
    terms: list[Slope | Curve | Offsets] = []
    for cause in causes:
        domain = found[cause].domain
        if isinstance(domain, Levels) and domain.named:
            terms.append(Offsets(cause, domain))
        elif bend:
            terms.append(Curve(cause, (-1.0, 0.0, 1.5)))
        else:
            terms.append(Slope(cause))
    shape = (outputs,) if outputs else ()
    weights = tuple(torch.tensor(rng.normal(size=(term.width, *shape))) for term in terms)
    return Predictor(tuple(terms), 0.5 * torch.tensor(rng.normal(size=shape)), weights)


def grid_posterior(block: Block, node: str) -> tuple[Tensor, Tensor]:
    """The posterior mean of a hidden variable and the log density of the evidence, by unit.

    Every hidden variable runs over its levels, or over a fine grid from far below to far above;
    the joint density is the product of what each mechanism gives. Nothing of the engines is used.
    """
    axes, values = [], dict(block.values)
    measure = torch.zeros((), dtype=torch.float64)
    hidden = [name for name in block.nodes if name not in block.values]
    for at, name in enumerate(hidden):
        domain = block.mechanisms[name].domain
        shape = [1] * len(hidden) + [1]
        if isinstance(domain, Levels):
            points = domain.points
        else:
            points = torch.linspace(-25.0, 25.0, _GRID, dtype=torch.float64)
            measure = measure + torch.log(points[1] - points[0])
        shape[at] = len(points)
        values[name] = points.reshape(shape)
        axes.append(at)
    logs = measure
    for name in block.nodes:
        logs = logs + block.mechanisms[name].given(values).log_prob(values[name])
    total = torch.logsumexp(logs, dim=axes)
    weights = (logs - total).exp()
    return (weights * values[node]).sum(dim=axes), total
