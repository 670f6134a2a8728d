"""A study in one population and the question in another, with known truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True, eq=False)
class StudyAndTarget:
    """A study, a sample of the population that is asked about, and what is true of each.

    Attributes:
        study: A pandas frame with covariates, treatment and outcome.
        target: A pandas frame with the covariates of the population that is asked about.
        graph: The graph, in arrow notation.
        effect: The average effect in the target population.
        effect_in_study: The average effect in the study's population.
    """

    study: Any
    target: Any
    graph: str
    effect: float
    effect_in_study: float


def young_study(
    rows: int, seed: int | Seed, randomised: bool = True, target_rows: int | None = None
) -> StudyAndTarget:
    """A study of the young and well, and a population that is older and worse off.

    In the population ``age`` and ``frailty`` are standard normal; in the study their means are
    -0.7 and -0.4. ``P(a) = 0.5`` in a trial; else ``logit P(a) = 0.6 age - 0.5 frailty``. The
    outcome is ``y = age + frailty^2 / 2 + a (1 + age - 0.5 frailty) + N(0, 1)``, so that the effect
    is 1 in the population and 0.5 in the study.

    Args:
        rows: How many units the study has.
        seed: Decides every draw.
        randomised: Whether the study is a trial.
        target_rows: How many units of the population are known; None is as many.

    Returns:
        Both frames, and their truth.

    >>> data = young_study(500, seed=1)
    >>> data.effect, data.effect_in_study, data.target.shape
    (1.0, 0.5, (500, 2))
    """
    import pandas

    rng = seeded(seed, "young study").numpy()
    age, frailty = rng.standard_normal((2, rows)) + np.array([[-0.7], [-0.4]])
    chance = np.full(rows, 0.5) if randomised else expit(0.6 * age - 0.5 * frailty)
    a = (rng.random(rows) < chance).astype(np.int64)
    y = age + frailty**2 / 2 + a * (1 + age - 0.5 * frailty) + rng.standard_normal(rows)
    there = rng.standard_normal((2, rows if target_rows is None else target_rows))
    return StudyAndTarget(
        study=pandas.DataFrame({"age": age, "frailty": frailty, "a": a, "y": y}),
        target=pandas.DataFrame({"age": there[0], "frailty": there[1]}),
        graph="{age frailty} -> {a y}; a -> y",
        effect=1.0,
        effect_in_study=1.0 - 0.7 + 0.2,
    )
