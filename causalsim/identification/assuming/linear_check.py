"""Is a linear formula right: its value on the covariances of random models, beside the truth."""

from causalsim.errors.verification import VerificationError
from causalsim.identification.assuming.linearity import LinearEffect, asked_of
from causalsim.identification.linear.linear_model import LinearModel

#: How far a right formula may be off; instruments that happen to be weak magnify rounding.
TOLERANCE = 1e-6


def verified_linear(answer: LinearEffect, models: int = 2) -> str:
    """Check a formula on random linear models of the graph.

    The truth is the sum over directed paths of the products of their coefficients.

    Args:
        answer: What is claimed.
        models: How many random models.

    Returns:
        A sentence that says that the formula was verified.

    Raises:
        VerificationError: the formula is wrong in a random model.

    >>> from causalsim import Graph, Query, identify
    >>> from causalsim.identification.assuming import Linear
    >>> graph = Graph("z -> x -> y; x <-> y")
    >>> verified_linear(identify(graph, Query("y", do="x"), assuming=Linear()))
    'Verified: on 2 random linear models the formula equals the truth to 1e-06.'
    """
    asked = asked_of(answer.graph, answer.query)
    assert asked is not None  # else there would be no such answer
    for seed in range(models):
        model = LinearModel.draw(answer.graph, seed)
        total = along(model, asked.cause, asked.effect)
        direct = along(model, asked.cause, asked.effect, asked.mediators)
        truth = asked.through * total + asked.beside * direct
        error = abs(answer.evaluate(model.covariance()) - truth) / max(1.0, abs(truth))
        if not error < TOLERANCE:
            text = str(answer.formula)
            raise VerificationError.wrong(str(answer.query), text, error, str(answer.graph))
    return (
        f"Verified: on {models} random linear models the formula equals the truth to {TOLERANCE}."
    )


def along(model: LinearModel, cause: str, effect: str, around: tuple[str, ...] = ()) -> float:
    """The sum over directed paths that meet none of the nodes ``around``."""
    reach = dict.fromkeys(model.graph.nodes, 0.0)
    reach[cause] = 1.0
    for node in model.graph.order():
        if node != cause and node not in around:
            reach[node] = sum(
                reach[parent] * model.coefficient(parent, node)
                for parent in model.graph.parents(node)
            )
    return reach[effect]
