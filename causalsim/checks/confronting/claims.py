"""Do the data contradict the graph, and which arrow is then to be doubted?"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from causalsim.checks.confronting.dependence import (
    GeneralisedCovariance,
    IndependenceTest,
    Judge,
)
from causalsim.checks.confronting.doubts import Doubt, doubts, without_edge
from causalsim.checks.confronting.measured import Measured
from causalsim.errors.confronting import ConfrontingError
from causalsim.graph.claims.independencies import Independence, pairwise_independencies
from causalsim.graph.graph import Graph, causal_graph
from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """One independence that the graph claims, held against the data.

    Attributes:
        claim: What the graph claims.
        statistic: How far the data are from it.
        p_value: How often true claims look as false.
        adjusted: The same with Holm's correction for the number of claims.
    """

    claim: Independence
    statistic: float
    p_value: float
    adjusted: float

    def __str__(self) -> str:
        """The claim and its p-value."""
        return f"{self.claim}: p = {self.p_value:.2g} (adjusted {self.adjusted:.2g})"


@dataclass(frozen=True, slots=True)
class GraphCheck:
    """What the data say of a graph.

    Attributes:
        graph: The graph.
        test: The name of the test.
        level: The chance of doubting a right graph.
        claims: Every claim with its verdict, most doubtful first.
        doubts: What to change in the graph, the change that explains most first.
        idle: Arrows without which the data would look the same, as far as this test sees.
        rows: How many complete rows there were.
        dropped: How many rows were left out for missing cells.
    """

    graph: Graph
    test: str
    level: float
    claims: tuple[ClaimCheck, ...]
    doubts: tuple[Doubt, ...]
    idle: tuple[ClaimCheck, ...]
    rows: int
    dropped: int

    @property
    def contradicted(self) -> tuple[ClaimCheck, ...]:
        """The claims that the data contradict."""
        return tuple(one for one in self.claims if one.adjusted < self.level)

    @property
    def passed(self) -> bool:
        """Whether the data contradict none of the claims."""
        return not self.contradicted

    def __str__(self) -> str:
        """A verdict in a sentence."""
        count, wrong = len(self.claims), self.contradicted
        if not wrong:
            return (
                f"the data contradict none of the {count} independencies that the graph implies "
                f"({self.rows} rows)"
            )
        told = f"the data contradict {len(wrong)} of {count} independencies: " + "; ".join(
            str(one) for one in wrong[:5]
        )
        return "; ".join([told, *(one.sentence for one in self.doubts[:3])])

    @property
    def why(self) -> str:
        """What was tested and how, what to doubt, and what no test of this kind can see."""
        idle = [f"{one.claim.x[0]} and {one.claim.y[0]}" for one in self.idle]
        sentences = [
            f"{str(self)[0].upper()}{str(self)[1:]}.",
            f"Tested by the {self.test}, with Holm's correction at {self.level:.0%}.",
            f"{self.dropped} rows with missing cells were left out." if self.dropped else "",
            f"No sign of a direct dependence where the graph has one: {', '.join(idle)}."
            if idle
            else "",
            "A graph with more arrows passes more easily, and graphs with the same independencies "
            "cannot be told apart: passing does not prove it.",
        ]
        return " ".join(sentence for sentence in sentences if sentence)

    def to_frame(self) -> Any:  # noqa: ANN401
        """A pandas frame with one row a claim."""
        import pandas

        return pandas.DataFrame(
            {
                "claim": [str(one.claim) for one in self.claims],
                "statistic": [one.statistic for one in self.claims],
                "p_value": [one.p_value for one in self.claims],
                "adjusted": [one.adjusted for one in self.claims],
            }
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "graph": str(self.graph),
            "test": self.test,
            "level": self.level,
            "passed": self.passed,
            "rows": self.rows,
            "dropped": self.dropped,
            "claims": self.to_frame().to_dict("records"),
            "doubts": [one.sentence for one in self.doubts],
            "idle": [str(one.claim) for one in self.idle],
        }

    def _repr_html_(self) -> str:
        """The verdict and a table for notebooks."""
        rows = "".join(
            f"<tr><td>{escape(str(one.claim))}</td><td>{one.statistic:.2f}</td>"
            f"<td>{one.p_value:.2g}</td><td>{one.adjusted:.2g}</td>"
            f"<td>{'contradicted' if one.adjusted < self.level else ''}</td></tr>"
            for one in self.claims
        )
        heads = "".join(
            f"<th>{head}</th>" for head in ("claim", "statistic", "p", "adjusted p", "")
        )
        return f"<p>{escape(str(self))}</p><table><tr>{heads}</tr>{rows}</table>"


def check_graph(
    graph: Graph,
    frame: Any,  # noqa: ANN401
    by: IndependenceTest = GeneralisedCovariance(),  # noqa: B008  (frozen)
    level: float = 0.05,
    seed: int | Seed = 0,
) -> GraphCheck:
    """Hold every independence that a graph implies against the data.

    One claim for each two measured nodes that something measured separates
    (`pairwise_independencies`); Holm's correction keeps the chance of doubting a right graph at
    ``level``. For what is contradicted, single changes of the graph are ranked by how many of the
    contradictions they would explain. Every drawn arrow is tested the other way: are its ends
    independent given what would separate them if it were not there?

    Args:
        graph: The causal graph; nodes that the frame lacks count as hidden.
        frame: A pandas or polars frame; rows with missing cells among the nodes are left out.
        by: The test.
        level: The chance of doubting a right graph.
        seed: Decides the test's random choices.

    Returns:
        The verdicts.

    Raises:
        ConfrontingError: Fewer than two measured nodes, too few rows, a column that does not
            vary, or a graph that claims nothing.
        DataError: A column that holds neither numbers nor categories, or infinities.

    Examples:
        >>> import numpy, pandas
        >>> rng = numpy.random.default_rng(1)
        >>> a = rng.normal(size=500)
        >>> b = a + rng.normal(size=500)
        >>> rows = pandas.DataFrame({"a": a, "b": b, "c": a + b + rng.normal(size=500)})
        >>> found = check_graph(Graph("a -> b -> c"), rows)
        >>> found.contradicted[0].claim
        Independence(x=('a',), y=('c',), given=('b',))
        >>> print(found.doubts[0])
        an arrow or a hidden common cause between a and c explains 1 of 1 contradiction

    References:
        S. Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian
        Journal of Statistics 6.
    """
    graph = causal_graph(graph)
    measured, judge = confronted(graph, frame, by, level, seed)
    claims = _judged(judge, claims_of(graph, measured))
    wrong = [one.claim for one in claims if one.adjusted < level]
    idle = _judged(judge, without_edge(graph, measured.names))
    return GraphCheck(
        graph=graph,
        test=by.name,
        level=level,
        claims=claims,
        doubts=doubts(graph, wrong, [one.claim for one in claims if one.adjusted >= level]),
        idle=tuple(one for one in idle if one.p_value >= level),
        rows=measured.height,
        dropped=measured.dropped,
    )


def confronted(
    graph: Graph,
    frame: Any,  # noqa: ANN401
    by: IndependenceTest,
    level: float,
    seed: int | Seed,
) -> tuple[Measured, Judge]:
    """The measured nodes, and the test on them.

    Raises:
        ConfrontingError: Not a test, not a level, or data that cannot be tested.
    """
    if isinstance(by, type) or not isinstance(by, IndependenceTest):
        raise ConfrontingError.not_a_test(by)
    if not isinstance(level, int | float) or not 0.0 < level < 1.0:
        raise ConfrontingError.bad_setting("level", level, "a number between 0 and 1")
    measured = Measured.of(graph, frame)
    return measured, by.on(measured, seeded(seed, "graph against data"))


def claims_of(graph: Graph, measured: Measured) -> tuple[Independence, ...]:
    """What the graph claims of the measured nodes.

    Raises:
        ConfrontingError: It claims nothing.
    """
    found = tuple(pairwise_independencies(graph, among=measured.names))
    if not found:
        raise ConfrontingError.claims_nothing()
    return found


def _judged(judge: Judge, claims: Iterable[Independence]) -> tuple[ClaimCheck, ...]:
    """The claims with their verdicts, most doubtful first."""
    pairs = [(claim, judge(claim)) for claim in claims]
    pairs.sort(key=lambda pair: (pair[1].p_value, -pair[1].statistic))
    count = len(pairs)
    raised = [(count - place) * verdict.p_value for place, (_, verdict) in enumerate(pairs)]
    adjusted = np.minimum(1.0, np.maximum.accumulate(raised)) if raised else np.empty(0)
    return tuple(
        ClaimCheck(claim, verdict.statistic, verdict.p_value, float(after))
        for (claim, verdict), after in zip(pairs, adjusted, strict=True)
    )
