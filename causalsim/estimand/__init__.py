"""How to say what we want: queries and the formulae that answer them."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimand import contrasts as contrasts
    from causalsim.estimand.canonical import equivalent as equivalent
    from causalsim.estimand.evaluation import Table as Table
    from causalsim.estimand.evaluation import evaluate as evaluate
    from causalsim.estimand.events import Combination as Combination
    from causalsim.estimand.events import Counterfactual as Counterfactual
    from causalsim.estimand.events import Event as Event
    from causalsim.estimand.events import Expectation as Expectation
    from causalsim.estimand.events import Probability as Probability
    from causalsim.estimand.events import Quotient as Quotient
    from causalsim.estimand.expression import Bound as Bound
    from causalsim.estimand.expression import Expression as Expression
    from causalsim.estimand.expression import P as P
    from causalsim.estimand.expression import Product as Product
    from causalsim.estimand.expression import Ratio as Ratio
    from causalsim.estimand.expression import Sum as Sum
    from causalsim.estimand.expression import probability as probability
    from causalsim.estimand.expression import product as product
    from causalsim.estimand.expression import total as total
    from causalsim.estimand.parsing import parse_query as parse_query
    from causalsim.estimand.paths import path_specific_effect as path_specific_effect
    from causalsim.estimand.query import Query as Query
    from causalsim.estimand.simplification import simplify as simplify
    from causalsim.estimand.wording import to_english as to_english
    from causalsim.estimand.wording import to_latex as to_latex

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
    "simplify": "causalsim.estimand.simplification",
    "to_english": "causalsim.estimand.wording",
    "to_latex": "causalsim.estimand.wording",
    "total": "causalsim.estimand.expression",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
