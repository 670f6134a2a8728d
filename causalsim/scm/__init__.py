"""A world that can be run: structural causal models, actions on them, and what would have been."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.domain import Levels as Levels
    from causalsim.scm.engines.particles import Particles as Particles
    from causalsim.scm.intervention import Draw as Draw
    from causalsim.scm.intervention import Edge as Edge
    from causalsim.scm.intervention import From as From
    from causalsim.scm.intervention import Imperfect as Imperfect
    from causalsim.scm.intervention import Policy as Policy
    from causalsim.scm.intervention import Replace as Replace
    from causalsim.scm.intervention import Set as Set
    from causalsim.scm.intervention import Shift as Shift
    from causalsim.scm.mechanism import Mechanism as Mechanism
    from causalsim.scm.mechanisms.continuous.additive import Additive as Additive
    from causalsim.scm.mechanisms.continuous.additive import Linear as Linear
    from causalsim.scm.mechanisms.continuous.additive import Splines as Splines
    from causalsim.scm.mechanisms.continuous.additive import linear as linear
    from causalsim.scm.mechanisms.discrete.counts import PoissonRegression as PoissonRegression
    from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax as GumbelMax
    from causalsim.scm.mechanisms.discrete.threshold import Frequencies as Frequencies
    from causalsim.scm.mechanisms.discrete.threshold import Logit as Logit
    from causalsim.scm.mechanisms.discrete.threshold import Threshold as Threshold
    from causalsim.scm.mechanisms.discrete.threshold import frequencies as frequencies
    from causalsim.scm.mechanisms.discrete.threshold import logistic as logistic
    from causalsim.scm.mechanisms.discrete.threshold import table as table
    from causalsim.scm.model import SCM as SCM

_CONTENTS = {
    "Additive": "causalsim.scm.mechanisms.continuous.additive",
    "Draw": "causalsim.scm.intervention",
    "Edge": "causalsim.scm.intervention",
    "Frequencies": "causalsim.scm.mechanisms.discrete.threshold",
    "From": "causalsim.scm.intervention",
    "GumbelMax": "causalsim.scm.mechanisms.discrete.gumbel",
    "Imperfect": "causalsim.scm.intervention",
    "Levels": "causalsim.scm.domain",
    "Linear": "causalsim.scm.mechanisms.continuous.additive",
    "Logit": "causalsim.scm.mechanisms.discrete.threshold",
    "Mechanism": "causalsim.scm.mechanism",
    "Particles": "causalsim.scm.engines.particles",
    "PoissonRegression": "causalsim.scm.mechanisms.discrete.counts",
    "Policy": "causalsim.scm.intervention",
    "Replace": "causalsim.scm.intervention",
    "SCM": "causalsim.scm.model",
    "Set": "causalsim.scm.intervention",
    "Shift": "causalsim.scm.intervention",
    "Splines": "causalsim.scm.mechanisms.continuous.additive",
    "Threshold": "causalsim.scm.mechanisms.discrete.threshold",
    "frequencies": "causalsim.scm.mechanisms.discrete.threshold",
    "linear": "causalsim.scm.mechanisms.continuous.additive",
    "logistic": "causalsim.scm.mechanisms.discrete.threshold",
    "table": "causalsim.scm.mechanisms.discrete.threshold",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
