"""A structural causal model: a graph, a mechanism for each node, and what can be asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final, overload

from causalsim import frames
from causalsim.errors.learning import LearningError
from causalsim.graph.graph import Graph
from causalsim.scm import report, verbs
from causalsim.scm.asking.means import dose_response
from causalsim.scm.compiling.compiled import compile_model
from causalsim.scm.compiling.conditioned import ConditionedProgram, conditioned
from causalsim.scm.compiling.program import Program
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.coupling.couplings import bounds
from causalsim.scm.explaining.changes import explain_change
from causalsim.scm.explaining.evaluation import evaluate
from causalsim.scm.explaining.influences import intrinsic_influences
from causalsim.scm.explaining.outliers import explain_outlier
from causalsim.scm.explaining.strengths import arrow_strengths
from causalsim.scm.fitting import Choice
from causalsim.scm.learning.engines.likelihood import MaximumLikelihood
from causalsim.scm.learning.missing.fitted import fit_with_gaps
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.parallel.asking import frame_like
from causalsim.scm.recipe import Recipe
from causalsim.scm.storing.models import save_model
from causalsim.scm.writing import doors
from causalsim.scm.writing.structure import matched
from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from causalsim.scm.learning.learnt import Learner
    from causalsim.scm.learning.posterior import Posterior
    from causalsim.scm.learning.priors import Prior


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SCM:
    """A world that can be run: seen, acted upon, and imagined otherwise.

    Each variable is ``x = f_x(parents, U_x)`` with its own exogenous noise. Frozen: `do` gives
    another model. What is random takes ``seed=``; worlds sampled under one seed share their
    noise, so that contrasts between them are precise.

    Args:
        graph: What causes what. Every node needs a mechanism that reads its parents.
        mechanisms: The mechanism of each node.
        choices: Which families were chosen in `fit`, and why.
        like: A frame whose kind (pandas or polars) samples take; pandas if None.

    Raises:
        ModelError: A node without mechanism, a mechanism that reads other nodes than its parents.

    Examples:
        The encouragement model of Pearl, Glymour and Jewell, section 4.2.3: Joe's score had his
        homework doubled.

        >>> import pandas
        >>> from causalsim.scm import linear
        >>> model = SCM(
        ...     Graph("X -> H -> Y <- X"),
        ...     {"X": linear({}), "H": linear({"X": 0.5}), "Y": linear({"X": 0.7, "H": 0.4})},
        ... )
        >>> joe = pandas.DataFrame({"X": [0.5], "H": [1.0], "Y": [1.5]})
        >>> round(float(model.counterfactual(joe, do={"H": 2.0})["Y"][0]), 6)
        1.9

    References:
        Pearl, *Causality* (2009), definitions 7.1.1 to 7.1.5.
    """

    graph: Graph
    mechanisms: Mapping[str, Mechanism]
    choices: tuple[Choice, ...] = ()
    like: Any = None

    def __post_init__(self) -> None:
        """Check what was given."""
        ordered = matched(self.graph, self.mechanisms)
        object.__setattr__(self, "mechanisms", MappingProxyType(ordered))

    @overload
    @classmethod
    def fit(
        cls,
        graph: Graph,
        frame: Any,  # noqa: ANN401
        *,
        using: Mapping[str, Recipe] | None = None,
        by: MaximumLikelihood | None = None,
        seed: int | Seed = 0,
    ) -> "SCM": ...

    @overload
    @classmethod
    def fit(
        cls,
        graph: Graph,
        frame: Any,  # noqa: ANN401
        *,
        using: Mapping[str, Recipe] | None = None,
        by: "Learner",
        priors: "Mapping[str, Prior] | None" = None,
        seed: int | Seed = 0,
    ) -> "Posterior": ...

    @classmethod
    def fit(
        cls,
        graph: Graph,
        frame: Any,
        *,
        using: Mapping[str, Recipe] | None = None,
        by: "MaximumLikelihood | Learner | None" = None,
        priors: "Mapping[str, Prior] | None" = None,
        seed: int | Seed = 0,
    ) -> "SCM | Posterior":
        """The model whose mechanisms the rows suggest, or a `Posterior` of such models.

        For each variable the family is chosen by its type and by cross-validated log density,
        the simpler one in ties; `table` and `why` say which and why.

        Args:
            graph: All causes observed: no ``<->`` and no latent node.
            frame: One row a unit; pandas or polars. Cells may be missing at random: they are
                latent, not dropped, and `table` and `why` say what was done about them.
            using: For some variables the family, such as ``{"dose": Linear()}``.
            by: How parameters are learnt: `MaximumLikelihood` (the default) gives a model;
                `Conjugate`, `Laplace`, `SVI` and `NUTS` give a `Posterior`.
            priors: For some variables what is believed about their parameters; the others have
                the defaults of `causalsim.scm.learning.priors`.
            seed: Root of all draws; which rows are held out when families are compared.

        Raises:
            ModelError: Hidden causes, too few rows, or a family that does not fit its variable.
            DataError: Columns that are missing or neither numbers nor names; columns or rows
                without any value.
        """
        root = seeded(seed, "fit")
        frames.height(frame)
        if by is not None and not isinstance(by, MaximumLikelihood):
            from causalsim.scm.learning.learning import learn

            return learn(graph, frame, using=using or {}, by=by, priors=priors or {}, seed=root)
        if priors:
            raise LearningError.priors_without_posterior()
        with threads_for(frames.height(frame)):
            mechanisms, choices = fit_with_gaps(
                graph, frame, using=using or {}, by=by or MaximumLikelihood(), seed=root
            )
        return cls(graph, mechanisms, choices, frames.build(frame, {}))

    # Other doors to a model are functions; each says what it takes, gives and refuses.
    from_equations = classmethod(doors.written)
    from_pyro = classmethod(doors.programmed)
    from_network = classmethod(doors.networked)
    load = classmethod(doors.loaded)
    # And so are its verbs.
    do = verbs.do_to
    sample = verbs.sample_from
    counterfactual = verbs.imagine_rows
    worlds = verbs.show_worlds
    answer = verbs.answer_to
    bounds = bounds
    dose_response = dose_response
    evaluate = evaluate
    explain_outlier = explain_outlier
    explain_change = explain_change
    arrow_strengths = arrow_strengths
    intrinsic_influences = intrinsic_influences
    abduct = verbs.noise_of_rows
    compile = compile_model
    save = save_model

    def program(self) -> Program:
        """The model as a Pyro program; `Program` documents its sites and plate.

        >>> from causalsim.scm import linear
        >>> sorted(SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})}).program()(2))
        ['x', 'y']
        """
        return Program(self.mechanisms)

    def conditioned(self, frame: Any) -> ConditionedProgram:  # noqa: ANN401
        """The model as a Pyro program given the columns of a frame; `ConditionedProgram` tells.

        Args:
            frame: One row a unit. Variables without a column are hidden and left to inference.
        """
        return conditioned(self.mechanisms, frame)

    def table(self) -> Any:  # noqa: ANN401
        """Which mechanism each variable has, and why: one row a variable."""
        return frames.build(frame_like(self.like), report.columns(self.mechanisms, self.choices))

    @property
    def equations(self) -> str:
        """The mechanisms as equations, in causal order."""
        return "\n".join(found.describe(node) for node, found in self.mechanisms.items())

    @property
    def why(self) -> str:
        """Which family each variable has and why, a line each."""
        return report.why(self.mechanisms, self.choices)

    def to_dict(self) -> dict[str, object]:
        """The model in words: graph, equations, choices."""
        return {
            "graph": str(self.graph),
            "equations": self.equations.splitlines(),
            "why": self.why.splitlines(),
        }

    def __str__(self) -> str:
        """In a few words."""
        return report.headline(self.graph, self.mechanisms, self.choices)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The table that notebooks show."""
        return report.html(str(self), report.columns(self.mechanisms, self.choices))
