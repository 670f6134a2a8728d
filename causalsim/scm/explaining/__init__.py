"""Why: how good each mechanism is, and what contributes to outliers, changes and variance."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.explaining.attribution import Attribution as Attribution
    from causalsim.scm.explaining.changes import explain_change as explain_change
    from causalsim.scm.explaining.evaluation import evaluate as evaluate
    from causalsim.scm.explaining.influences import intrinsic_influences as intrinsic_influences
    from causalsim.scm.explaining.outliers import explain_outlier as explain_outlier
    from causalsim.scm.explaining.strengths import arrow_strengths as arrow_strengths
    from causalsim.scm.explaining.verdicts import Evaluation as Evaluation
    from causalsim.scm.explaining.verdicts import Verdict as Verdict

_CONTENTS = {
    "Attribution": "causalsim.scm.explaining.attribution",
    "Evaluation": "causalsim.scm.explaining.verdicts",
    "Verdict": "causalsim.scm.explaining.verdicts",
    "arrow_strengths": "causalsim.scm.explaining.strengths",
    "evaluate": "causalsim.scm.explaining.evaluation",
    "explain_change": "causalsim.scm.explaining.changes",
    "explain_outlier": "causalsim.scm.explaining.outliers",
    "intrinsic_influences": "causalsim.scm.explaining.influences",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
