"""A world that can be run: structural causal models, actions on them, and what would have been."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "Additive": "causalsim.scm.mechanisms.additive",
    "Draw": "causalsim.scm.intervention",
    "Frequencies": "causalsim.scm.mechanisms.discrete",
    "GumbelMax": "causalsim.scm.mechanisms.gumbel",
    "Levels": "causalsim.scm.domain",
    "Linear": "causalsim.scm.mechanisms.additive",
    "Logit": "causalsim.scm.mechanisms.discrete",
    "Mechanism": "causalsim.scm.mechanism",
    "Particles": "causalsim.scm.engines.particles",
    "PoissonRegression": "causalsim.scm.mechanisms.counts",
    "Policy": "causalsim.scm.intervention",
    "SCM": "causalsim.scm.model",
    "Set": "causalsim.scm.intervention",
    "Shift": "causalsim.scm.intervention",
    "Splines": "causalsim.scm.mechanisms.additive",
    "Threshold": "causalsim.scm.mechanisms.discrete",
    "frequencies": "causalsim.scm.mechanisms.discrete",
    "linear": "causalsim.scm.mechanisms.additive",
    "logistic": "causalsim.scm.mechanisms.discrete",
    "table": "causalsim.scm.mechanisms.discrete",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
