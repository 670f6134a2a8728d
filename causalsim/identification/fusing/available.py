"""Which data exist: observations and experiments, in our population and in others, with holes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

from causalsim.errors.identification import AvailabilityError
from causalsim.graph.graph import Graph, Names


@final
@dataclass(frozen=True, slots=True, init=False)
class Experiment:
    """What was set, and what was then measured.

    Attributes:
        do: The variables that were set, each to every one of its levels.
        measured: The variables measured; None stands for all the others.

    >>> Experiment("dose", measured="tumour")
    Experiment(do=('dose',), measured=('tumour',))
    """

    do: tuple[str, ...]
    measured: tuple[str, ...] | None

    def __init__(self, do: Names, measured: Names | None = None) -> None:
        """Describe an experiment.

        Raises:
            AvailabilityError: nothing was set, or a variable is both set and measured.
        """
        put = object.__setattr__
        put(self, "do", _names(do))
        put(self, "measured", None if measured is None else _names(measured))
        if not self.do:
            raise AvailabilityError.bad_experiment(do)
        both = set(self.do) & set(self.measured or ())
        if both:
            raise AvailabilityError.set_and_measured(sorted(both))


Experiments = str | Experiment | Iterable[Names | Experiment]


@final
@dataclass(frozen=True, slots=True, init=False)
class Domain:
    """Another population, drawn by the same graph, with the mechanisms that may differ there.

    In a selection diagram it is the selection variable S: an arrow S -> v stands for each v of
    ``differs``. A hidden cause shared by two variables that is distributed differently in this
    population counts as a difference of both.

    Attributes:
        name: Its name, printed as ``P^name``.
        differs: The variables whose own mechanism, or whose own noise, may be another here.
        observational: The variables observed there; None stands for all of them, () for none.
        experiments: The experiments done there.

    >>> Domain("trial", differs="age", observational=False, experiments=["dose"]).differs
    ('age',)

    References:
        Bareinboim and Pearl, "Transportability from multiple environments with limited experiments:
        completeness results" (2014), definition 1.
    """

    name: str
    differs: tuple[str, ...]
    observational: tuple[str, ...] | None
    experiments: tuple[Experiment, ...]

    def __init__(
        self,
        name: str,
        differs: Names = (),
        observational: bool | Names = True,
        experiments: Experiments = (),
    ) -> None:
        """Describe a population.

        Raises:
            AvailabilityError: an experiment that sets nothing.
        """
        put = object.__setattr__
        put(self, "name", name)
        put(self, "differs", _names(differs))
        put(self, "observational", _observed(observational))
        put(self, "experiments", _experiments(experiments))


@final
@dataclass(frozen=True, slots=True, init=False)
class Available:
    """All the data there are: of the population that the query is about, and of others.

    Attributes:
        populations: Ours first, named ``""``; then the others.
        selected: The node whose level 1 marks the units in the data, when only some are.
        missing: For each variable with missing values the node whose level 1 marks that its value
            is recorded.

    >>> for source in Available(experiments=["z"]).sources(Graph("z -> x -> y; x <-> y")):
    ...     print(source)
    P(z, x, y)
    P(x, y | do(z))
    """

    populations: tuple[Domain, ...]
    selected: str | None
    missing: tuple[tuple[str, str], ...]

    def __init__(
        self,
        observational: bool | Names | None = None,
        experiments: Experiments = (),
        domains: Domain | Iterable[Domain] = (),
        *,
        selected: str | None = None,
        missing: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the data at hand.

        Args:
            observational: Whether our population is observed, or which of its variables are; with
                ``selected``, which are known of everyone, say from a census. Left out, everything
                is observed, in the selected units if there are such.
            experiments: What was set in our population: names, tuples of names, `Experiment`.
            domains: Other populations.
            selected: The node of the graph for being in the data, where only some units are.
            missing: For each variable with missing values its indicator, a node of the graph whose
                level 1 marks that the value is recorded.

        Raises:
            AvailabilityError: two populations of one name, no data at all, or incomplete data
                together with others.
        """
        others = (domains,) if isinstance(domains, Domain) else tuple(domains)
        everything = selected is None if observational is None else observational
        ours = Domain("", (), everything, experiments)
        holes = _holes(missing)
        if (selected or holes) and (others or ours.experiments):
            raise AvailabilityError.incomplete_and_more("experiments or other populations")
        if holes and (selected or ours.observational is not None):
            raise AvailabilityError.incomplete_and_more("selection, or variables left out,")
        names = [domain.name for domain in others]
        for place, name in enumerate(names):
            if not name or name in names[:place]:
                raise AvailabilityError.repeated_domain(name)
        put = object.__setattr__
        put(self, "populations", (ours, *others))
        put(self, "selected", selected)
        put(self, "missing", holes)
        if not selected and not any(_offers(domain) for domain in self.populations):
            raise AvailabilityError.nothing()

    @property
    def incomplete(self) -> bool:
        """Whether some units, or some of their values, are not in the data."""
        return self.selected is not None or bool(self.missing)

    def sources(self, graph: Graph) -> tuple["Source", ...]:
        """Every distribution that is known, with names checked against the graph.

        Raises:
            AvailabilityError: a variable that the graph lacks, or that is latent; data that show no
                whole distribution, because units or values are missing.
        """
        if self.incomplete:
            raise AvailabilityError.incomplete()
        found: list[Source] = []
        for domain in self.populations:
            _check(graph, domain.differs, f"a difference of {domain.name!r}", latent=True)
            if domain.observational != ():
                found.append(_source(graph, domain, (), domain.observational))
            found.extend(_source(graph, domain, e.do, e.measured) for e in domain.experiments)
        return tuple(found)


@final
@dataclass(frozen=True, slots=True)
class Source:
    """One known distribution: P(measured | do(do)) of a population, for every level of ``do``."""

    do: tuple[str, ...]
    measured: tuple[str, ...]
    domain: str
    differs: tuple[str, ...]
    complete: bool

    def __str__(self) -> str:
        """The distribution as a formula writes it."""
        star = f"^{self.domain}" if self.domain else ""
        bar = f" | do({', '.join(self.do)})" if self.do else ""
        return f"P{star}({', '.join(self.measured)}{bar})"


def _source(
    graph: Graph, domain: Domain, do: tuple[str, ...], measured: tuple[str, ...] | None
) -> Source:
    """One distribution, its variables in the graph's order."""
    where = f" in {domain.name!r}" if domain.name else ""
    _check(graph, do, f"set by an experiment{where}")
    _check(graph, measured or (), f"measured{where}")
    rest = tuple(name for name in graph.observed if name not in do)
    kept = rest if measured is None else tuple(name for name in rest if name in measured)
    return Source(do, kept, domain.name, domain.differs, kept == rest)


def _check(graph: Graph, names: tuple[str, ...], role: str, latent: bool = False) -> None:
    """Every name is a node, and a measured one unless ``latent`` allows others."""
    for name in names:
        if name not in graph:
            raise AvailabilityError.unknown_variable(name, role, graph.nodes)
        if name in graph.latent and not latent:
            raise AvailabilityError.latent(name, role)


def _names(found: Names) -> tuple[str, ...]:
    """One name or several, each once."""
    return (found,) if isinstance(found, str) else tuple(dict.fromkeys(found))


def _observed(found: bool | Names) -> tuple[str, ...] | None:
    """None for all, () for nothing."""
    if isinstance(found, bool):
        return None if found else ()
    return _names(found)


def _experiments(found: Experiments) -> tuple[Experiment, ...]:
    """Experiments, each as a value."""
    if isinstance(found, str | Experiment):
        found = (found,)
    if not isinstance(found, Iterable):
        raise AvailabilityError.bad_experiment(found)
    return tuple(item if isinstance(item, Experiment) else _experiment(item) for item in found)


def _experiment(found: object) -> Experiment:
    """Names as an experiment that measures everything else."""
    if isinstance(found, str):
        return Experiment(found)
    if not isinstance(found, Iterable):
        raise AvailabilityError.bad_experiment(found)
    names = tuple(found)
    if not names or not all(isinstance(name, str) for name in names):
        raise AvailabilityError.bad_experiment(found)
    return Experiment(names)


def _holes(found: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """Variables with their indicators."""
    if found is None:
        return ()
    if not isinstance(found, Mapping):
        raise AvailabilityError.bad_missing(found)
    return tuple(found.items())


def _offers(domain: Domain) -> bool:
    """Whether a population has any data."""
    return domain.observational != () or bool(domain.experiments)
