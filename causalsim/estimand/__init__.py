"""How to say what we want: queries and the formulae that answer them."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "Bound": "causalsim.estimand.expression",
    "Combination": "causalsim.estimand.events",
    "Counterfactual": "causalsim.estimand.events",
    "Event": "causalsim.estimand.events",
    "Expectation": "causalsim.estimand.events",
    "Expression": "causalsim.estimand.expression",
    "P": "causalsim.estimand.expression",
    "Probability": "causalsim.estimand.events",
    "Product": "causalsim.estimand.expression",
    "Query": "causalsim.estimand.query",
    "Quotient": "causalsim.estimand.events",
    "Ratio": "causalsim.estimand.expression",
    "Sum": "causalsim.estimand.expression",
    "Table": "causalsim.estimand.evaluation",
    "contrasts": "causalsim.estimand.contrasts",
    "equivalent": "causalsim.estimand.canonical",
    "evaluate": "causalsim.estimand.evaluation",
    "parse_query": "causalsim.estimand.parsing",
    "path_specific_effect": "causalsim.estimand.paths",
    "probability": "causalsim.estimand.expression",
    "product": "causalsim.estimand.expression",
    "simplify": "causalsim.estimand.simplify",
    "to_english": "causalsim.estimand.wording",
    "to_latex": "causalsim.estimand.wording",
    "total": "causalsim.estimand.expression",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
