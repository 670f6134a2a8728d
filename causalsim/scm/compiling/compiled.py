"""A model whose counterfactuals of complete rows run as straight-line torch code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor

from causalsim.errors.compiling import CompilingError
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.scm.compiling import straight as straighten
from causalsim.scm.compiling.straight import Straight, straightened
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.imagining.abduction import Diagnostics
from causalsim.scm.imagining.counterfactual import Imagined, Prepared, prepared
from causalsim.scm.imagining.evidence import Evidence, read_values
from causalsim.scm.parallel.asking import ACTUAL, acted, with_frames
from causalsim.scm.result import Counterfactual
from causalsim.scm.worlds import require_lengths

if TYPE_CHECKING:
    from causalsim.scm.model import SCM

#: Rows at once: step by step, so that the numbers in between stay in the cache; fused, there are
#: none in between, and calls are fewer.
_STEPWISE = 32_768
_FUSED = 131_072
_WORLD = "imagined"

Program = Callable[[Mapping[str, Tensor], Mapping[str, Tensor]], tuple[list[Tensor], list[Tensor]]]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compiled:
    """A model as straight-line code: no checks on the way, in the numbers that are asked for.

    Abduction and prediction are one pass over the rows that touches only what the targets
    influence. For rows with everything observed, and mechanisms that only add their noise; anything
    else is refused, never approximated. float32 keeps seven digits, less where a prediction is much
    larger than its noise. Fused means that ``torch.compile`` makes one loop of it: half a minute to
    compile ten variables, once for each set of targets, then the speed of memory.

    Args:
        model: The model.
        dtype: The numbers inside and in the answer.
        fused: Whether by ``torch.compile``.
        programs: What was compiled so far, by targets and columns.

    Examples:
        >>> import pandas
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
        >>> seen = pandas.DataFrame({"x": [1.0, 3.0], "y": [2.5, 5.0]})
        >>> fast = model.compile(dtype=torch.float32)
        >>> fast.counterfactual(seen, do={"x": 0.0})["y"].tolist()
        [0.5, -1.0]
    """

    model: "SCM"
    dtype: torch.dtype
    fused: bool
    programs: dict[object, Program] = field(default_factory=dict, init=False)

    def counterfactual(self, frame: Any, *, do: Mapping[Any, object]) -> Counterfactual:  # noqa: ANN401
        """What these very units would have been under an action; as `SCM.counterfactual`.

        Args:
            frame: One row a unit, with every variable that matters observed.
            do: For each target a value, one value a unit, or an intervention.

        Raises:
            CompilingError: Noise is left to infer, a mechanism has no straight-line form, or a
                value came out as NaN.
            ModelError: As `SCM.counterfactual`.
            DataError: Incomplete columns, or columns of another type than those fitted.
        """
        worlds = {ACTUAL: self.model.mechanisms, _WORLD: acted(self.model, do)}
        evidence = Evidence({ACTUAL: frame})
        units = evidence.units
        for mechanisms in worlds.values():
            require_lengths(mechanisms, units)
        ready = prepared(worlds, evidence.columns)
        straight = straightened(ready)
        program = self._program(straight, ready)
        rooms = {name: torch.empty((1, units), dtype=self.dtype) for name in straight.gives}
        step = _FUSED if self.fused else _STEPWISE
        with torch.no_grad(), threads_for(units * len(rooms)):
            for start in range(0, units, step):
                rows = slice(start, min(start + step, units))
                columns = self._read(ready, straight, evidence, rows)
                made = self._run(program, straight, ready, columns, rows)
                for room, value in zip(rooms.values(), made, strict=True):
                    room[0, rows] = value
        places = ready.asked[_WORLD]
        values = {variable: rooms[name] for variable, name in places.items()}
        for variable, room in values.items():
            if not bool(room.sum(dtype=torch.float64).isfinite()):
                raise CompilingError.not_a_number(variable, self.dtype)
        imagined = Imagined(ready.parallel, {ACTUAL: {}, _WORLD: values}, self._diagnostics(), True)
        natural = self.model.mechanisms
        return with_frames(imagined, {_WORLD: worlds[_WORLD]}, natural, {ACTUAL: frame})[_WORLD]

    def __str__(self) -> str:
        """In a few words."""
        how = "fused" if self.fused else "step by step"
        return f"{self.model} compiled to straight-line {self._numbers}, {how}"

    __repr__ = __str__

    @property
    def _numbers(self) -> str:
        """The dtype's name."""
        return str(self.dtype).removeprefix("torch.")

    def _diagnostics(self) -> Diagnostics:
        """What was done."""
        how = ", fused by torch.compile" if self.fused else ""
        engine = f"inversion of each observed mechanism, straight-line in {self._numbers}{how}"
        return Diagnostics(engine, True, 1, (), ())

    def _program(self, straight: Straight, ready: Prepared) -> Program:
        """The function, compiled if it is to be; once for the same targets and columns."""
        if not self.fused:
            return straight
        key = (
            straight.reads,
            straight.gives,
            tuple(straight.given),
            tuple(
                (node.name, node.variable if node.name in straight.given else id(node.mechanism))
                for node in ready.copies
            ),
        )
        if key not in self.programs:
            # torch.compile counts how often one code object was compiled, and stops at a few.
            code = Straight.__call__.__code__.replace()
            own = MethodType(FunctionType(code, vars(straighten)), straight)
            self.programs[key] = torch.compile(own, dynamic=True, fullgraph=True)
        return self.programs[key]

    def _read(
        self, ready: Prepared, straight: Straight, evidence: Evidence, rows: slice
    ) -> dict[str, Tensor]:
        """Some rows of the columns, once they are complete."""
        try:
            found = read_values(ready.parallel, evidence, ready.seen, straight.reads, rows)
        except DataError as error:
            raise CompilingError.not_complete(error.message.rstrip(".")) from error
        return {name: column.to(self.dtype) for name, column in found.items()}

    def _run(
        self,
        program: Program,
        straight: Straight,
        ready: Prepared,
        columns: Mapping[str, Tensor],
        rows: slice,
    ) -> list[Tensor]:
        """The values of some rows."""
        given = {
            name: (value[rows] if value.dim() else value).to(self.dtype)
            for name, value in straight.given.items()
        }
        try:
            values, noises = program(columns, given)
        except torch._dynamo.exc.TorchDynamoException as error:
            raise CompilingError.not_fused(error) from error
        for name, noise in zip(straight.bounded, noises, strict=True):
            support = ready.joint.mechanisms[name].noise.support
            possible = support.check(noise)  # type: ignore[union-attr]
            if not bool(possible.all()):
                first = rows.start + int(torch.nonzero(~possible)[0])
                raise ModelError.impossible(name, int((~possible).sum()), first)
        return values


def compile_model(
    model: "SCM", *, dtype: torch.dtype = torch.float64, fuse: bool = False
) -> Compiled:
    """The model as straight-line code, for counterfactuals of many complete rows.

    Args:
        model: The model.
        dtype: ``torch.float64``, or ``torch.float32`` for half the memory and time.
        fuse: Whether ``torch.compile`` makes one loop of it. Needs a C++ compiler.

    Returns:
        A `Compiled` model, with ``counterfactual``.

    Raises:
        CompilingError: A dtype that is none of these.
    """
    if dtype not in (torch.float64, torch.float32):
        raise CompilingError.bad_dtype(dtype)
    return Compiled(model, dtype, bool(fuse))
