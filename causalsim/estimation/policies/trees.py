"""A tree of questions that ends in treatments, and what it says in English."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.reading.design import Coding
from causalsim.estimation.reading.roles import Level
from causalsim.plots.decisions import Ending, Fork

_MISSING = "(missing)"


@final
@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers that questions are asked about.

    Attributes:
        name: The covariate.
        category: The category that it tells by 1 rather than 0; None for a number.
        other: The only other category; None where there are several.
        values: The two values of a number that has no others; None for the rest.
    """

    name: str
    category: str | None = None
    other: str | None = None
    values: tuple[float, float] | None = None

    def below(self, threshold: float) -> str:
        """In words that the column is at most a threshold."""
        if self.category is not None and self.other is not None:
            return f"{self.name} is {_word(self.other)}"
        if self.category is not None:
            return f"{self.name} is not {_word(self.category)}"
        if self.values is not None:
            return f"{self.name} = {self.values[0]:g}"
        return f"{self.name} <= {threshold:.16g}"

    def above(self, threshold: float) -> str:
        """In words that it is more."""
        if self.category is not None:
            return f"{self.name} is {_word(self.category)}"
        if self.values is not None:
            return f"{self.name} = {self.values[1]:g}"
        return f"{self.name} > {threshold:.16g}"


@final
@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of a tree: a treatment.

    Attributes:
        arm: The treatment.
        share: The share of the rows it was learnt from that end here.
    """

    arm: Level
    share: float

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {"arm": self.arm, "share": self.share}


@final
@dataclass(frozen=True, slots=True)
class Split:
    """A question, and how it goes on.

    Attributes:
        column: What is asked about.
        place: Its place among the columns of the matrix.
        threshold: Whether it is at most this.
        below: What follows if so.
        above: What follows if not.
    """

    column: Column
    place: int
    threshold: float
    below: "Tree"
    above: "Tree"

    @property
    def share(self) -> float:
        """The share of the rows it was learnt from that come here."""
        return self.below.share + self.above.share

    def asked(self) -> tuple[str, "Tree", "Tree"]:
        """The question, what follows if so, and what follows if not."""
        if self.column.category is None and self.column.values is None:
            return self.column.below(self.threshold), self.below, self.above
        return self.column.above(self.threshold), self.above, self.below

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        question, yes, no = self.asked()
        return {"question": question, "yes": yes.to_dict(), "no": no.to_dict()}


Tree = Leaf | Split


def columns_of(read: Coding, frame: Any) -> tuple[Column, ...]:  # noqa: ANN401
    """What each column of a coded frame means."""
    made = []
    matrix = read.matrix(frame)
    names = [(part, label) for part in read.parts for label in part.labels]
    for place, (part, label) in enumerate(names):
        if label != part.name:
            levels = part.levels or ()
            other = levels[0] if len(levels) == 2 else None
            made.append(Column(part.name, label[len(part.name) + 1 :], other))
            continue
        found = np.unique(matrix[:, place])
        two = (float(found[0]), float(found[1])) if len(found) == 2 else None
        made.append(Column(part.name, values=two))
    return tuple(made)


def decided(tree: Tree, matrix: Matrix, levels: tuple[Level, ...]) -> NDArray[np.int_]:
    """The place of the treatment of each row."""
    if isinstance(tree, Leaf):
        return np.full(len(matrix), levels.index(tree.arm), dtype=np.int_)
    low = matrix[:, tree.place] <= tree.threshold
    made = np.empty(len(matrix), dtype=np.int_)
    made[low] = decided(tree.below, matrix[low], levels)
    made[~low] = decided(tree.above, matrix[~low], levels)
    return made


def pruned(tree: Tree) -> Tree:
    """The same decisions without questions whose answers change nothing."""
    if isinstance(tree, Leaf):
        return tree
    below, above = pruned(tree.below), pruned(tree.above)
    if isinstance(below, Leaf) and isinstance(above, Leaf) and below.arm == above.arm:
        return Leaf(below.arm, below.share + above.share)
    return Split(tree.column, tree.place, tree.threshold, below, above)


def as_fork(tree: Tree) -> Fork | Ending:
    """The tree as the plot takes it."""
    if isinstance(tree, Leaf):
        return Ending(str(tree.arm), tree.share)
    question, yes, no = tree.asked()
    return Fork(question, as_fork(yes), as_fork(no))


def in_words(tree: Tree) -> str:
    """One sentence: who gets what; the most common treatment comes last, as what is left.

    >>> age, sex = Column("age"), Column("sex", "male", "female")
    >>> young = Split(sex, 1, 0.5, Leaf("drug", 0.3), Leaf("placebo", 0.2))
    >>> in_words(Split(age, 0, 50.0, young, Leaf("placebo", 0.5)))
    'drug if age <= 50 and sex is female; otherwise placebo'
    """
    ends = list(_paths(tree, ()))
    totals: dict[Level, float] = {}
    for leaf, _ in ends:
        totals[leaf.arm] = totals.get(leaf.arm, 0.0) + leaf.share
    rest = max(totals, key=lambda arm: totals[arm])
    if len(totals) == 1:
        return f"{rest} for everyone"
    told = []
    for arm in totals:
        if arm == rest:
            continue
        ways = [" and ".join(_shortened(path)) for leaf, path in ends if leaf.arm == arm]
        told.append(f"{arm} if {', or if '.join(ways)}")
    return f"{'; '.join(told)}; otherwise {rest}"


Path = tuple[tuple[Split, bool], ...]


def _paths(tree: Tree, path: Path) -> Iterator[tuple[Leaf, Path]]:
    """Every leaf with the questions that lead to it and whether each was answered by yes."""
    if isinstance(tree, Leaf):
        yield tree, path
        return
    yield from _paths(tree.below, (*path, (tree, True)))
    yield from _paths(tree.above, (*path, (tree, False)))


def _shortened(path: Path) -> list[str]:
    """The conditions of a path; of two on the same side of a column the later, narrower one."""
    kept: dict[tuple[int, bool], str] = {}
    for split, low in path:
        words = split.column.below if low else split.column.above
        kept[split.place, low] = words(split.threshold)
    return list(kept.values())


def _word(category: str) -> str:
    """A category as a word."""
    return "missing" if category == _MISSING else category
