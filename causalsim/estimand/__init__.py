"""How to say what we want: queries and the formulae that answer them."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "Bound": "causalsim.estimand.expression",
    "Expression": "causalsim.estimand.expression",
    "Free": "causalsim.estimand.expression",
    "P": "causalsim.estimand.expression",
    "Product": "causalsim.estimand.expression",
    "Query": "causalsim.estimand.query",
    "Ratio": "causalsim.estimand.expression",
    "Setting": "causalsim.estimand.query",
    "Sum": "causalsim.estimand.expression",
    "Table": "causalsim.estimand.evaluation",
    "Value": "causalsim.estimand.expression",
    "evaluate": "causalsim.estimand.evaluation",
    "probability": "causalsim.estimand.expression",
    "product": "causalsim.estimand.expression",
    "to_english": "causalsim.estimand.wording",
    "to_latex": "causalsim.estimand.wording",
    "to_text": "causalsim.estimand.wording",
    "total": "causalsim.estimand.expression",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
