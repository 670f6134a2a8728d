"""Can the data answer it: identify a query, bound it, or say what forbids it."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.identification.answer import Adjustment as Adjustment
    from causalsim.identification.answer import Answer as Answer
    from causalsim.identification.answer import Formula as Formula
    from causalsim.identification.answer import FrontDoor as FrontDoor
    from causalsim.identification.answer import NoEffect as NoEffect
    from causalsim.identification.answer import Unidentified as Unidentified
    from causalsim.identification.bounding.bounded import Bounds as Bounds
    from causalsim.identification.bounding.bounds import bound as bound
    from causalsim.identification.bounding.bounds import bound_effect as bound_effect
    from causalsim.identification.c_factors import Hedge as Hedge
    from causalsim.identification.calculus import rule_1 as rule_1
    from causalsim.identification.calculus import rule_2 as rule_2
    from causalsim.identification.calculus import rule_3 as rule_3
    from causalsim.identification.counterfactual.answer import (
        CounterfactualFormula as CounterfactualFormula,
    )
    from causalsim.identification.counterfactual.answer import (
        CounterfactualUnidentified as CounterfactualUnidentified,
    )
    from causalsim.identification.counterfactual.causation import (
        identify_causation as identify_causation,
    )
    from causalsim.identification.counterfactual.multiworld import independent as independent
    from causalsim.identification.fusing.available import Available as Available
    from causalsim.identification.fusing.available import Domain as Domain
    from causalsim.identification.fusing.available import Experiment as Experiment
    from causalsim.identification.fusing.combining import Combined as Combined
    from causalsim.identification.fusing.combining import Insufficient as Insufficient
    from causalsim.identification.strategy import identify as identify
    from causalsim.identification.teaching import teach_identification as teach_identification

_CONTENTS = {
    "Adjustment": "causalsim.identification.answer",
    "Answer": "causalsim.identification.answer",
    "Available": "causalsim.identification.fusing.available",
    "Bounds": "causalsim.identification.bounding.bounded",
    "Combined": "causalsim.identification.fusing.combining",
    "CounterfactualFormula": "causalsim.identification.counterfactual.answer",
    "CounterfactualUnidentified": "causalsim.identification.counterfactual.answer",
    "Domain": "causalsim.identification.fusing.available",
    "Experiment": "causalsim.identification.fusing.available",
    "Formula": "causalsim.identification.answer",
    "FrontDoor": "causalsim.identification.answer",
    "Hedge": "causalsim.identification.c_factors",
    "Insufficient": "causalsim.identification.fusing.combining",
    "NoEffect": "causalsim.identification.answer",
    "Unidentified": "causalsim.identification.answer",
    "bound": "causalsim.identification.bounding.bounds",
    "bound_effect": "causalsim.identification.bounding.bounds",
    "identify": "causalsim.identification.strategy",
    "identify_causation": "causalsim.identification.counterfactual.causation",
    "independent": "causalsim.identification.counterfactual.multiworld",
    "rule_1": "causalsim.identification.calculus",
    "rule_2": "causalsim.identification.calculus",
    "rule_3": "causalsim.identification.calculus",
    "teach_identification": "causalsim.identification.teaching",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
