"""What can be wrong with a Pyro program that is to become a structural causal model."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError


class ProgramError(ModelError):
    """A program whose sites are no mechanisms of single units."""

    @classmethod
    def not_a_program(cls, found: object) -> Self:
        """Something that cannot be called without arguments."""
        return cls(
            f"A Pyro program is a function without arguments; found {found!r}.",
            "give its arguments first: SCM.from_pyro(lambda: program(data)).",
        )

    @classmethod
    def failed(cls, reason: object) -> Self:
        """A program that raised when many units were put into it."""
        return cls(
            f"The program failed when its sites held many units at once: {reason}",
            "a program gets one tensor a site, with all units in it: write torch.where(x > 0, a, "
            "b), not if, and torch.exp, not math.exp; make data that differ between units sites.",
        )

    @classmethod
    def no_sites(cls) -> Self:
        """A program without sample statements."""
        return cls("The program has no sample site.", 'write pyro.sample("x", Normal(0.0, 1.0)).')

    @classmethod
    def changing(cls, found: Iterable[str], other: Iterable[str]) -> Self:
        """Control flow that depends on values."""
        return cls(
            f"The program's sites depend on values: it had ({listed(found)}), then "
            f"({listed(other)}).",
            "every unit needs the same sites: let a value choose between numbers with "
            "torch.where, not between sites with if.",
        )

    @classmethod
    def unknown_noise(cls, node: str, family: object, known: Iterable[str]) -> Self:
        """A distribution that cannot be written with an explicit noise."""
        return cls(
            f"The site {node!r} is a {type(family).__name__}, which has no known noise form, so "
            "what a unit keeps from one world to the next would be undefined.",
            f"write it with one of {listed(known, 40)}, or as a function of such a site.",
        )

    @classmethod
    def not_one_number(cls, node: str, shape: tuple[int, ...]) -> Self:
        """A site with several numbers a unit."""
        return cls(
            f"The site {node!r} has several numbers a unit (shape {shape}).",
            "give each number a site of its own; a loop over names is fine.",
        )

    @classmethod
    def outside_plate(cls, nodes: Iterable[str]) -> Self:
        """Sites that all units share."""
        return cls(
            f"The sites {listed(nodes)} stand outside the plate of the units: all units share "
            "them, so they are parameters, not variables.",
            'fix them: pyro.poutine.condition(program, data={"slope": torch.tensor(2.0)}), or move '
            "them into the plate.",
        )

    @classmethod
    def bad_plate(cls, node: str, reason: str) -> Self:
        """A plate that is not the one of the units."""
        return cls(
            f"The site {node!r} stands in {reason}.",
            'use one plate for the units: with pyro.plate("units", n): ...',
        )

    @classmethod
    def factor(cls, node: str) -> Self:
        """A factor, which belongs to no variable."""
        return cls(
            f"The site {node!r} is a factor: it weighs units but produces no value.",
            "leave it out, or write what it means as a variable with a distribution.",
        )

    @classmethod
    def draws_itself(cls, node: str) -> Self:
        """Randomness that is no site."""
        return cls(
            f"The distribution of {node!r} changes though all values are the same: the program "
            "draws random numbers outside its sample statements.",
            "write each random number as a site: pyro.sample(name, distribution).",
        )

    @classmethod
    def differing_units(cls, node: str) -> Self:
        """A site whose distribution depends on which unit it is."""
        return cls(
            f"The distribution of {node!r} differs between units though their values are the "
            "same: the program reads data that are no site.",
            "make the data a site, such as pyro.sample(name, Normal(mean, sd), obs=data).",
        )

    @classmethod
    def unknown_site(cls, name: str, sites: Iterable[str], what: str) -> Self:
        """A coupling for a site that has no levels."""
        return cls(
            f"A coupling was given for {name!r}, which is {what}.",
            f"the sites with levels are: {listed(sites) or 'none'}.",
        )
