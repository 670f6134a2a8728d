"""How long a picture takes; run by hand with ``-m benchmark``. Goals: 40 nodes 50 ms, 200 2 s."""

import pytest

from causalsim.graph.drawing import to_svg
from tests.oracles.pictures import random_diagram

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize(("size", "links"), [(10, 14), (40, 60), (40, 90), (200, 300), (200, 600)])
def test_to_svg(benchmark, size: int, links: int) -> None:  # noqa: ANN001
    diagram = random_diagram(size, links, size // 8, seed=1)
    benchmark.pedantic(to_svg, args=(diagram,), rounds=5, warmup_rounds=1)
