"""Times to an event that may be censored: survival and restricted means compared."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.survival.curves import SurvivalCurves as SurvivalCurves
    from causalsim.estimation.survival.curves import survival_curves as survival_curves
    from causalsim.estimation.survival.hazards import Cox as Cox
    from causalsim.estimation.survival.hazards import HazardModel as HazardModel
    from causalsim.estimation.survival.hazards import KaplanMeier as KaplanMeier
    from causalsim.estimation.survival.reading import SurvivalTask as SurvivalTask
    from causalsim.estimation.survival.summaries import RestrictedMean as RestrictedMean
    from causalsim.estimation.survival.summaries import SurvivalAt as SurvivalAt
    from causalsim.estimation.survival.weighted import AIPCW as AIPCW
    from causalsim.estimation.survival.weighted import IPCW as IPCW

_CONTENTS = {
    "AIPCW": "causalsim.estimation.survival.weighted",
    "IPCW": "causalsim.estimation.survival.weighted",
    "Cox": "causalsim.estimation.survival.hazards",
    "HazardModel": "causalsim.estimation.survival.hazards",
    "KaplanMeier": "causalsim.estimation.survival.hazards",
    "RestrictedMean": "causalsim.estimation.survival.summaries",
    "SurvivalAt": "causalsim.estimation.survival.summaries",
    "SurvivalCurves": "causalsim.estimation.survival.curves",
    "SurvivalTask": "causalsim.estimation.survival.reading",
    "survival_curves": "causalsim.estimation.survival.curves",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
