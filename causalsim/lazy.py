"""Tables of contents that import a name when it is first asked for (PEP 562)."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def table_of_contents(
    package: str, contents: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package that holds ``name -> module``.

    A package is a light table of contents, so that importing it never imports torch or
    scikit-learn; its names are imported from their modules one by one, when used.

    Args:
        package: The package's ``__name__``.
        contents: For each public name the module that defines it; a name equal to the last
            part of its module is that module itself when the module has no such attribute.
    """

    def getattr_(name: str) -> Any:  # noqa: ANN401
        if name not in contents:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(contents[name])
        if contents[name] == f"{package}.{name}":
            return module
        return getattr(module, name)

    def dir_() -> list[str]:
        return sorted(contents)

    return getattr_, dir_
