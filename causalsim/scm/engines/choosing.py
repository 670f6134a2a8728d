"""Which engine infers a block: the one asked for, else the cheapest exact one, else particles."""

from causalsim.errors.inference import InferenceError
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.elimination import Elimination
from causalsim.scm.engines.engine import Engine
from causalsim.scm.engines.enumeration import Enumeration
from causalsim.scm.engines.gaussian import Gaussian
from causalsim.scm.engines.particles import Particles
from causalsim.scm.engines.solving import Solving

#: From the cheapest exact engine to the most general; the first that accepts a block infers it.
LADDER: tuple[Engine, ...] = (
    Gaussian(),
    Elimination(),
    Enumeration(),
    Particles(),
    Solving(),
)


def choose(block: Block, by: Engine | None) -> tuple[Engine, str]:
    """The engine for a block, and why the cheaper ones were passed over.

    Args:
        block: What is to be inferred.
        by: The engine that the user wants; None for the first of `LADDER` that applies.

    Returns:
        The engine, and the reason in words; empty if it is the cheapest.

    Raises:
        InferenceError: The engine asked for does not apply, or none does. No other engine is taken
            in its place.
    """
    if by is not None:
        reason = by.accepts(block)
        if reason is not None:
            raise InferenceError.not_applicable(by, block.nodes, reason)
        return by, "as asked"
    reasons: list[str] = []
    for engine in LADDER:
        reason = engine.accepts(block)
        if reason is None:
            return engine, f"because {'; '.join(reasons)}" if reasons else ""
        if reason not in reasons:
            reasons.append(reason)
    raise InferenceError.no_engine(block.nodes, reasons)


def require_engine(by: object) -> None:
    """Refuse what is no engine, such as an engine's name or class.

    Raises:
        InferenceError: Saying what engines there are.
    """
    if by is not None and (isinstance(by, type) or not isinstance(by, Engine)):
        raise InferenceError.not_an_engine(by)
