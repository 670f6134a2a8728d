"""How a variable listens to its causes: mechanisms, and the recipes that fit them."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.mechanisms.continuous.additive import Additive as Additive
    from causalsim.scm.mechanisms.continuous.additive import Linear as Linear
    from causalsim.scm.mechanisms.continuous.additive import Splines as Splines
    from causalsim.scm.mechanisms.continuous.additive import linear as linear
    from causalsim.scm.mechanisms.continuous.censored import Tobit as Tobit
    from causalsim.scm.mechanisms.continuous.learners import Neural as Neural
    from causalsim.scm.mechanisms.continuous.learners import Regression as Regression
    from causalsim.scm.mechanisms.continuous.positive import GammaRegression as GammaRegression
    from causalsim.scm.mechanisms.continuous.positive import LogLinear as LogLinear
    from causalsim.scm.mechanisms.continuous.scale import Heteroscedastic as Heteroscedastic
    from causalsim.scm.mechanisms.continuous.scale import location_scale as location_scale
    from causalsim.scm.mechanisms.discrete.counts import (
        NegativeBinomialRegression as NegativeBinomialRegression,
    )
    from causalsim.scm.mechanisms.discrete.counts import PoissonRegression as PoissonRegression
    from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax as GumbelMax
    from causalsim.scm.mechanisms.discrete.regressions import Cloglog as Cloglog
    from causalsim.scm.mechanisms.discrete.regressions import Ordinal as Ordinal
    from causalsim.scm.mechanisms.discrete.regressions import Probit as Probit
    from causalsim.scm.mechanisms.discrete.threshold import Frequencies as Frequencies
    from causalsim.scm.mechanisms.discrete.threshold import Logit as Logit
    from causalsim.scm.mechanisms.discrete.threshold import Threshold as Threshold
    from causalsim.scm.mechanisms.discrete.threshold import frequencies as frequencies
    from causalsim.scm.mechanisms.discrete.threshold import logistic as logistic
    from causalsim.scm.mechanisms.discrete.threshold import table as table

_CONTENTS = {
    "Additive": "causalsim.scm.mechanisms.continuous.additive",
    "Cloglog": "causalsim.scm.mechanisms.discrete.regressions",
    "Frequencies": "causalsim.scm.mechanisms.discrete.threshold",
    "GammaRegression": "causalsim.scm.mechanisms.continuous.positive",
    "GumbelMax": "causalsim.scm.mechanisms.discrete.gumbel",
    "Heteroscedastic": "causalsim.scm.mechanisms.continuous.scale",
    "Linear": "causalsim.scm.mechanisms.continuous.additive",
    "LogLinear": "causalsim.scm.mechanisms.continuous.positive",
    "Logit": "causalsim.scm.mechanisms.discrete.threshold",
    "NegativeBinomialRegression": "causalsim.scm.mechanisms.discrete.counts",
    "Neural": "causalsim.scm.mechanisms.continuous.learners",
    "Ordinal": "causalsim.scm.mechanisms.discrete.regressions",
    "PoissonRegression": "causalsim.scm.mechanisms.discrete.counts",
    "Probit": "causalsim.scm.mechanisms.discrete.regressions",
    "Regression": "causalsim.scm.mechanisms.continuous.learners",
    "Splines": "causalsim.scm.mechanisms.continuous.additive",
    "Threshold": "causalsim.scm.mechanisms.discrete.threshold",
    "Tobit": "causalsim.scm.mechanisms.continuous.censored",
    "frequencies": "causalsim.scm.mechanisms.discrete.threshold",
    "linear": "causalsim.scm.mechanisms.continuous.additive",
    "location_scale": "causalsim.scm.mechanisms.continuous.scale",
    "logistic": "causalsim.scm.mechanisms.discrete.threshold",
    "table": "causalsim.scm.mechanisms.discrete.threshold",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
