"""Causal inference and counterfactual simulation: one query, every rung, two engines that agree."""

from causalsim.lazy import table_of_contents

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
    "estimate": "causalsim.estimation.estimate",
    "estimation": "causalsim.estimation",
    "identify": "causalsim.identification.strategy",
    "refute": "causalsim.checks.refute",
    "report": "causalsim.reporting.report",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
