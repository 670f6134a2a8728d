"""Causal inference and counterfactual simulation: one query, every rung, two engines that agree."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim import checks as checks
    from causalsim import datasets as datasets
    from causalsim import estimation as estimation
    from causalsim.checks.refuting.attempting import refute as refute
    from causalsim.estimand.query import Query as Query
    from causalsim.estimation.estimating import estimate as estimate
    from causalsim.graph.graph import Graph as Graph
    from causalsim.identification.strategy import identify as identify
    from causalsim.reporting.effect_report import report as report
    from causalsim.scm.intervention import Draw as Draw
    from causalsim.scm.intervention import Policy as Policy
    from causalsim.scm.intervention import Set as Set
    from causalsim.scm.intervention import Shift as Shift
    from causalsim.scm.model import SCM as SCM

__version__ = "0.1.0"

_CONTENTS = {
    "Draw": "causalsim.scm.intervention",
    "Graph": "causalsim.graph.graph",
    "Policy": "causalsim.scm.intervention",
    "Query": "causalsim.estimand.query",
    "SCM": "causalsim.scm.model",
    "Set": "causalsim.scm.intervention",
    "Shift": "causalsim.scm.intervention",
    "checks": "causalsim.checks",
    "datasets": "causalsim.datasets",
    "estimate": "causalsim.estimation.estimating",
    "estimation": "causalsim.estimation",
    "identify": "causalsim.identification.strategy",
    "refute": "causalsim.checks.refuting.attempting",
    "report": "causalsim.reporting.effect_report",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
