"""Effects that no adjustment gives: a formula, an instrument, a question about several worlds."""

import numpy as np
import pandas as pd
import pytest

from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import Effect, Plugin, estimate
from causalsim.estimation.estimators import Covariances
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear
from causalsim.identification.strategy import identify
from causalsim.reporting import report


def rows() -> pd.DataFrame:
    u, v, w, q = np.random.default_rng(1).random((4, 800))
    s = (v < 0.2 + 0.6 * (u > 0.5)).astype(int)
    t = (w < 0.1 + 0.5 * s).astype(int)
    return pd.DataFrame({"s": s, "t": t, "c": (q < 0.1 + 0.5 * t + 0.2 * (u > 0.5)).astype(int)})


FRONT = Graph("s -> t -> c; s <-> c")


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (estimate(identify(FRONT, Query("c", do="s")), rows(), by=Plugin()),
         "The effect of s on c"),
        (estimate(identify(FRONT, parse_query("P(t(s=0)=1 | s=1)")), rows(), by=Plugin()),
         "P(t(s=0)=1 | s=1)"),
        (estimate(identify(Graph("s -> t -> c; t <-> c"), Query("c", do="t"), assuming=Linear()),
                  rows(), by=Covariances()), "if everything is linear"),
    ],
    ids=["front door", "several worlds", "instrument"],
)  # fmt: skip
def test_they_have_a_page(effect: Effect, told: str) -> None:
    page = str(report(effect, frame=rows()).html)
    assert told in page
    assert "<svg" in page
