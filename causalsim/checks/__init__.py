"""Why should I believe it: attempts to break an estimate, each with a calibrated verdict."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "PlaceboTreatment": "causalsim.checks.refuters",
    "RandomCommonCause": "causalsim.checks.refuters",
    "Refutation": "causalsim.checks.refutation",
    "Refutations": "causalsim.checks.refutation",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
