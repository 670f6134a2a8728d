"""The four kinds of equivalence class as values: CPDAG, MPDAG, MAG and PAG."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self, final

from causalsim.graph.equivalence import validity
from causalsim.graph.equivalence.marked import MarkedGraph


@final
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class CPDAG(MarkedGraph):
    """All DAGs that imply the same independencies: ``a -> b`` in each, ``a -- b`` in some.

    Made from a DAG by `cpdag_of`, or from text, which is checked to be the CPDAG of some DAG.

    >>> CPDAG("a -> c <- b; c -> d")
    CPDAG('a -> c; b -> c; c -> d')
    >>> CPDAG("a -> b")
    Traceback (most recent call last):
        ...
    causalsim.errors.equivalence.EquivalenceError: This is no CPDAG: the arrow a -> b can be \
turned without changing what the class implies.
    Hint: write a -- b; if the direction is known from elsewhere, type orient(cpdag, "a -> b"), \
which gives an MPDAG.

    References:
        Andersson, Madigan and Perlman, "A characterization of Markov equivalence classes for
        acyclic digraphs" (Annals of Statistics 1997), theorem 4.1.
    """

    signs: ClassVar[tuple[str, ...]] = ("->", "--")

    def _check(self) -> None:
        validity.check_cpdag(self.nodes, self.ends)


@final
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class MPDAG(MarkedGraph):
    """The DAGs of a CPDAG that agree with background knowledge, all that follows being directed.

    Made by `orient`, or from text, which is checked to be closed under Meek's four rules.

    >>> MPDAG("a -> b -> c")
    MPDAG('a -> b; b -> c')
    >>> MPDAG.completed("a -> b -- c")
    MPDAG('a -> b; b -> c')

    References:
        Meek, "Causal inference and causal explanation with background knowledge" (UAI 1995);
        Perković, Kalisch and Maathuis, "Interpreting and using CPDAGs with background
        knowledge" (UAI 2017).
    """

    signs: ClassVar[tuple[str, ...]] = ("->", "--")

    def _check(self) -> None:
        validity.check_mpdag(self.nodes, self.ends)

    @classmethod
    def completed(cls, source: str | Iterable[object], *, nodes: Iterable[str] = ()) -> Self:
        """The MPDAG of edges of which some directions are known, with all that follows directed.

        Args:
            source: Text or edges with ``->`` and ``--``.
            nodes: Nodes to name first.

        Raises:
            EquivalenceError: no DAG agrees with the arrows without a new collider.
        """
        rough = _Rough(source, nodes=nodes)
        return cls.trusted(rough.nodes, validity.closed(rough.nodes, rough.ends))


@final
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class _Rough(MarkedGraph):
    """Arrows and undirected edges of which nothing is checked yet."""

    signs: ClassVar[tuple[str, ...]] = ("->", "--")

    def _check(self) -> None:
        """Nothing to check."""


@final
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class MAG(MarkedGraph):
    """A maximal ancestral graph: independence and ancestry among what is measured.

    ``a -> b``: a is an ancestor of b; ``a <-> b``: neither is an ancestor of the other;
    ``a -- b``: both are ancestors of a variable by which the sample was selected. Two nodes
    without an edge are separated by some set. Made from a graph with hidden nodes by `mag_of`.

    >>> MAG("a -> b <-> c <- d").siblings("b")
    ('c',)

    References:
        Richardson and Spirtes, "Ancestral graph Markov models" (Annals of Statistics 2002).
    """

    signs: ClassVar[tuple[str, ...]] = ("->", "<->", "--")

    def _check(self) -> None:
        validity.check_mag(self.nodes, self.ends)


@final
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class PAG(MarkedGraph):
    """All MAGs that imply the same independencies: shared marks stand, others are circles.

    ``a o-> b``: an arrow at b in every member; at a an arrow in some and a tail in others.
    Made by `pag_of`, or from text, which is checked to be the PAG of some MAG.

    >>> PAG("a o-> c <-o b; c -> d").parents("d")
    ('c',)

    References:
        Zhang, "On the completeness of orientation rules for causal discovery in the presence of
        latent confounders and selection bias" (Artificial Intelligence 2008).
    """

    signs: ClassVar[tuple[str, ...]] = ("->", "o->", "<->", "--", "-o", "o-o")

    def _check(self) -> None:
        validity.check_pag(self.nodes, self.ends)
