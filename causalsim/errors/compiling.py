"""What can stand in the way of a model as straight-line code."""

from typing import Self

from causalsim.errors.model import ModelError


class CompilingError(ModelError):
    """A model or a question that has no straight-line form."""

    @classmethod
    def not_straight(cls, node: str, reason: str) -> Self:
        """A variable whose noise or value needs more than its function."""
        return cls(
            f"{node!r} {reason}, so that it cannot be compiled to straight-line code.",
            "ask the model itself: model.counterfactual(frame, do=...), which takes any mechanism.",
        )

    @classmethod
    def not_complete(cls, reason: str) -> Self:
        """Evidence that leaves something to infer."""
        return cls(
            f"The evidence leaves noise to infer: {reason}; compiled models need every noise that "
            "matters to follow from its own row.",
            "ask the model itself: model.counterfactual(frame, do=...), or leave out rows with "
            "missing cells.",
        )

    @classmethod
    def bad_dtype(cls, found: object) -> Self:
        """Numbers that are no real floating-point ones."""
        return cls(
            f"dtype must be torch.float64 or torch.float32; found {found!r}.",
            "type model.compile(dtype=torch.float32).",
        )

    @classmethod
    def not_fused(cls, error: Exception) -> Self:
        """torch.compile gave up."""
        told = str(error).strip().splitlines() or [type(error).__name__]
        return cls(
            f"torch.compile could not fuse the model: {told[0]}",
            "leave fuse out: model.compile(dtype=...) runs the same code step by step.",
        )

    @classmethod
    def not_a_number(cls, node: str, dtype: object) -> Self:
        """A result that is no number."""
        return cls(
            f"{node!r} came out as NaN or infinite in {dtype}.",
            "take dtype=torch.float64, or model.counterfactual(frame, do=...), which says in which "
            "row an equation fails.",
        )
