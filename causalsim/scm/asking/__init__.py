"""Questions of all rungs, answered by a structural causal model."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.asking.answer import SimulatedAnswer as SimulatedAnswer
    from causalsim.scm.asking.individual import Fairness as Fairness
    from causalsim.scm.asking.individual import counterfactual_fairness as counterfactual_fairness
    from causalsim.scm.asking.individual import individual_effects as individual_effects
    from causalsim.scm.asking.means import WorldMeans as WorldMeans
    from causalsim.scm.asking.means import dose_response as dose_response
    from causalsim.scm.asking.means import world_means as world_means

_CONTENTS = {
    "Fairness": "causalsim.scm.asking.individual",
    "SimulatedAnswer": "causalsim.scm.asking.answer",
    "WorldMeans": "causalsim.scm.asking.means",
    "counterfactual_fairness": "causalsim.scm.asking.individual",
    "dose_response": "causalsim.scm.asking.means",
    "individual_effects": "causalsim.scm.asking.individual",
    "world_means": "causalsim.scm.asking.means",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
