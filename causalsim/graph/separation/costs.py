"""What each node costs to measure, as whole numbers that add up without rounding."""

from collections.abc import Mapping
from fractions import Fraction
from math import isfinite, lcm

from causalsim.errors.adjustment import AdjustmentError
from causalsim.graph.graph import Graph

Costs = Mapping[str, float]


def whole_costs(graph: Graph, costs: Costs | None, nodes: list[int]) -> dict[int, int]:
    """The cost of each of the nodes in a common unit; 1 each without ``costs``, or where missing.

    Raises:
        GraphError: an unknown node, or a cost that is not a positive number.
    """
    given = {} if costs is None else costs
    if not isinstance(given, Mapping):
        raise AdjustmentError.no_costs(given)
    graph.indices(given)
    for name, cost in given.items():
        if isinstance(cost, bool) or not isinstance(cost, int | float | Fraction):
            raise AdjustmentError.bad_cost(name, cost)
        if not (isfinite(cost) and cost > 0):
            raise AdjustmentError.bad_cost(name, cost)
    exact = {node: Fraction(given.get(graph.nodes[node], 1)) for node in nodes}
    unit = lcm(*(cost.denominator for cost in exact.values()))
    return {node: int(cost * unit) for node, cost in exact.items()}
