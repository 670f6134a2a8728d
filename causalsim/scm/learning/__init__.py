"""Posteriors of mechanisms: priors, likelihoods, and the engines that turn them into draws."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.engines.guides import Flow as Flow
    from causalsim.scm.engines.guides import FullRank as FullRank
    from causalsim.scm.engines.guides import MeanField as MeanField
    from causalsim.scm.engines.laplace import Laplace as Laplace
    from causalsim.scm.engines.nuts import NUTS as NUTS
    from causalsim.scm.engines.svi import SVI as SVI
    from causalsim.scm.learning.drawn import Drawn as Drawn
    from causalsim.scm.learning.engines.conjugate import Conjugate as Conjugate
    from causalsim.scm.learning.engines.likelihood import MaximumLikelihood as MaximumLikelihood
    from causalsim.scm.learning.engines.nuts import NumPyro as NumPyro
    from causalsim.scm.learning.engines.nuts import Pyro as Pyro
    from causalsim.scm.learning.pooling import Pooled as Pooled
    from causalsim.scm.learning.posterior import Posterior as Posterior
    from causalsim.scm.learning.priors import Beta as Beta
    from causalsim.scm.learning.priors import Dirichlet as Dirichlet
    from causalsim.scm.learning.priors import HalfCauchy as HalfCauchy
    from causalsim.scm.learning.priors import HalfNormal as HalfNormal
    from causalsim.scm.learning.priors import InverseGamma as InverseGamma
    from causalsim.scm.learning.priors import Normal as Normal
    from causalsim.scm.learning.priors import Prior as Prior
    from causalsim.scm.learning.priors import ScaledNormal as ScaledNormal
    from causalsim.scm.learning.uncertain import Intervals as Intervals
    from causalsim.scm.learning.uncertain import Uncertain as Uncertain

_CONTENTS = {
    "Beta": "causalsim.scm.learning.priors",
    "Conjugate": "causalsim.scm.learning.engines.conjugate",
    "Dirichlet": "causalsim.scm.learning.priors",
    "Drawn": "causalsim.scm.learning.drawn",
    "Flow": "causalsim.scm.engines.guides",
    "FullRank": "causalsim.scm.engines.guides",
    "HalfCauchy": "causalsim.scm.learning.priors",
    "HalfNormal": "causalsim.scm.learning.priors",
    "Intervals": "causalsim.scm.learning.uncertain",
    "InverseGamma": "causalsim.scm.learning.priors",
    "Laplace": "causalsim.scm.engines.laplace",
    "MaximumLikelihood": "causalsim.scm.learning.engines.likelihood",
    "MeanField": "causalsim.scm.engines.guides",
    "NUTS": "causalsim.scm.engines.nuts",
    "Normal": "causalsim.scm.learning.priors",
    "NumPyro": "causalsim.scm.learning.engines.nuts",
    "Pooled": "causalsim.scm.learning.pooling",
    "Posterior": "causalsim.scm.learning.posterior",
    "Prior": "causalsim.scm.learning.priors",
    "Pyro": "causalsim.scm.learning.engines.nuts",
    "SVI": "causalsim.scm.engines.svi",
    "ScaledNormal": "causalsim.scm.learning.priors",
    "Uncertain": "causalsim.scm.learning.uncertain",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
