"""Doors to a model besides its graph and mechanisms: equations, programs, networks, files.

Each is a function whose first argument is the class of the model; `SCM` has them as class methods.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch.distributions import Distribution

from causalsim.scm.domain import Level
from causalsim.scm.networks.exchange.conversion import Ties, mechanisms_of, read_network
from causalsim.scm.storing.models import load_parts, require_running
from causalsim.scm.writing.equations import read_equations
from causalsim.scm.writing.reading import read_program

if TYPE_CHECKING:
    from causalsim.scm.model import SCM


def written(
    cls: "type[SCM]",
    equations: Mapping[str, object],
    *,
    noises: Mapping[str, Distribution] | None = None,
    levels: Mapping[str, Sequence[Level]] | None = None,
) -> "SCM":
    """The model that equations spell out, as a book prints them.

    Args:
        cls: The class of the model.
        equations: For each variable a function whose arguments name the variables it reads,
            with its noise as an argument that has a Pyro distribution as default; or a Pyro
            distribution (a root); or a mechanism. Functions work on tensors, unit by unit. Of
            several noises the one in which the equation is simplest is solved for, and the
            others become hidden roots, such as ``y.v``.
        noises: Noises with names of their own. One that two equations read is a common cause
            that nobody measures: the graph shows ``<->``.
        levels: The levels of variables whose function gives numbers that are levels; truth
            values are found by themselves.

    Raises:
        ModelError: Unknown names, a cycle, a function that does not work on tensors, mixes
            units, or draws random numbers itself.
    """
    graph, mechanisms = read_equations(equations, noises or {}, levels or {})
    return cls(graph, mechanisms)


def programmed(
    cls: "type[SCM]",
    program: Callable[[], object],
    *,
    coupling: Mapping[str, Ties] | None = None,
) -> "SCM":
    """The model that a Pyro program becomes when each sample site gets its own noise.

    Location and scale, quantiles, thresholds for levels, cumulative probabilities for counts;
    deterministic sites are computed, `pyro.param` is fixed, observations are not kept.

    Args:
        cls: The class of the model.
        program: Takes no arguments; its sites stand in no plate (it describes one unit) or in
            one plate of units.
        coupling: `Threshold` (the default) or `GumbelMax` for sites with levels.

    Raises:
        ProgramError: A site without a known noise form, control flow that depends on values,
            sites outside the plate of the units, a program that fails on tensors.

    Examples:
        >>> import pyro
        >>> from causalsim.scm import SCM
        >>> from pyro.distributions import Bernoulli, Normal
        >>> def program():
        ...     x = pyro.sample("x", Normal(0.0, 1.0))
        ...     pyro.sample("y", Bernoulli(logits=x))
        >>> print(SCM.from_pyro(program).graph)
        x -> y
    """
    return cls(*read_program(program, coupling or {}))


def networked(
    cls: "type[SCM]",
    network: Any,  # noqa: ANN401
    *,
    coupling: Ties | Mapping[str, Ties] | None = None,
) -> "SCM":
    """The model that a Bayesian network becomes when its values are tied to noises.

    Args:
        cls: The class of the model.
        network: A pgmpy network of tables (``DiscreteBayesianNetwork``).
        coupling: `Threshold` or `GumbelMax`, or one for some variables by name. By default
            thresholds where the levels have an order (numbers, or two names), and Gumbel-max
            for three names or more. The tables do not tell it and counterfactuals rest on
            it: it is printed in `equations`, and `bounds` lets it vary.

    Raises:
        NetworkError: No such network, a variable without a table, an unknown coupling.
    """
    return cls(*mechanisms_of(read_network(network), coupling))


def loaded(
    cls: "type[SCM]",
    path: str | os.PathLike[str],
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    trust: Sequence[str] = (),
) -> "SCM":
    """The model that `save` wrote to a file; nothing in a file is ever run or imported.

    Args:
        cls: The class of the model.
        path: The file.
        functions: For each ``module:name`` that the file mentions the function of an equation,
            or what builds the empty torch module.
        trust: Modules from which such functions may be imported.

    Raises:
        StorageError: A file that is missing, foreign, newer, changed or damaged, or that
            mentions functions that were not given.
    """
    graph, mechanisms, choices, like = load_parts(path, functions or {}, trust)
    made = cls(graph, mechanisms, choices, like)
    require_running(made.mechanisms)
    return made
