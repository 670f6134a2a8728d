"""What can be wrong with a model that is to be saved, or with a file that is to become one."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError


class StorageError(ModelError):
    """A model that cannot be saved safely, or a file that is no saved model."""

    @classmethod
    def nameless_function(cls, where: str, found: object) -> Self:
        """A function that no name leads back to."""
        name = getattr(found, "__qualname__", type(found).__name__)
        return cls(
            f"{where} uses the function {name!r}, which cannot be saved: a file holds no code, "
            "only the name under which a function can be imported.",
            "define it with def at the top level of a module, and pass it to SCM.load as "
            'functions={"module:name": function}.',
        )

    @classmethod
    def unsafe_learner(cls, where: str, found: object) -> Self:
        """A fitted object of another package."""
        return cls(
            f"{where} holds a fitted {type(found).__name__}, which can be saved by pickle only, "
            "and a pickle can run any code when it is loaded.",
            "save the rows and the recipe and fit again, or use Splines() or Neural(module), "
            "whose numbers can be saved.",
        )

    @classmethod
    def whole_program(cls, where: str) -> Self:
        """A mechanism that is a site of a Pyro program."""
        return cls(
            f"{where} is a site of a Pyro program, which is code and cannot be saved.",
            "keep the program in a module and read it again: SCM.from_pyro(program).",
        )

    @classmethod
    def unknown_part(cls, where: str, found: object) -> Self:
        """Something that no file format was agreed for."""
        return cls(
            f"{where} holds a {type(found).__name__}, which cannot be saved.",
            "only mechanisms, noises and numbers of causalsim, torch and Pyro can be saved.",
        )

    @classmethod
    def missing_file(cls, path: object, reason: object) -> Self:
        """A path that cannot be read or written."""
        return cls(f"{str(path)!r} cannot be opened: {reason}.", "check the path.")

    @classmethod
    def foreign(cls, path: object, reason: object) -> Self:
        """A file that was not written by save."""
        return cls(
            f"{str(path)!r} is no saved model: {reason}.",
            "load a file that model.save(path) wrote.",
        )

    @classmethod
    def newer(cls, path: object, found: object, known: int) -> Self:
        """A file in a format that this version does not know."""
        return cls(
            f"{str(path)!r} is in format {found}; this version reads formats up to {known}.",
            "install the newer version of causalsim that wrote it.",
        )

    @classmethod
    def altered(cls, path: object) -> Self:
        """A file whose content is not what was saved."""
        return cls(
            f"{str(path)!r} was changed after it was saved: its checksum does not match.",
            "get an unchanged copy, or save the model again.",
        )

    @classmethod
    def corrupt(cls, where: str, reason: object) -> Self:
        """A part of a file that makes no sense."""
        return cls(
            f"The file is damaged: {where} {reason}.",
            "get an unchanged copy, or save the model again.",
        )

    @classmethod
    def untrusted(cls, names: Iterable[str]) -> Self:
        """Functions that the file names and the user did not give."""
        found = list(names)
        first = found[0] if found else "module:name"
        return cls(
            f"The model uses functions that were not given: {listed(found)}. A file is never "
            "allowed to choose what is imported.",
            f'SCM.load(path, functions={{"{first}": function}}), or, if you trust the module, '
            f'SCM.load(path, trust=["{first.partition(":")[0]}"]).',
        )

    @classmethod
    def wrong_function(cls, name: str, reason: object) -> Self:
        """A function that was given but does not fit."""
        return cls(
            f"What was given for {name!r} does not fit: {reason}.",
            "give the function, or a class (or function) that builds the empty torch module.",
        )
