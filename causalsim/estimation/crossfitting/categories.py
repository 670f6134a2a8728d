"""Categories with many levels become numbers: what the target was like in each.

Hundreds of indicators leave a regression little to learn each of them from, and trees nothing to
split by. Each level is replaced by the mean of the target among the rows learnt from that have it,
shrunk towards the mean of all as far as it rests on few rows. A row's own target never enters its
own number: the rows that are predicted had no part in it, and those learnt from are divided once
more, each part encoded by the others.

References:
    D. Micci-Barreca (2001), A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems, ACM SIGKDD Explorations 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Block = tuple[int, ...]
MANY = 20
_PARTS = 4


def blocks_of(sources: tuple[str, ...]) -> tuple[Block, ...]:
    """The columns of each covariate that became more than twenty of them.

    >>> [len(block) for block in blocks_of(("age", *["town"] * 30))]
    [30]
    """
    places: dict[str, list[int]] = {}
    for place, source in enumerate(sources):
        places.setdefault(source, []).append(place)
    return tuple(tuple(found) for found in places.values() if len(found) > MANY)


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """Numbers for the levels of some categories, learnt from targets.

    Attributes:
        blocks: For each category the columns of its indicators; its first level has none.
        numbers: For each category, levels by targets.
    """

    blocks: tuple[Block, ...]
    numbers: tuple[Matrix, ...]

    @classmethod
    def fit(
        cls, matrix: Matrix, blocks: tuple[Block, ...], targets: Matrix, weights: Matrix | None
    ) -> "Encoding":
        """Shrunken means of the targets at each level.

        Args:
            matrix: The covariates, indicators among them.
            blocks: Which columns those are.
            targets: What is to be predicted, rows by targets.
            weights: A weight a row, or None.
        """
        share = np.ones(len(matrix)) if weights is None else weights
        made = [_shrunk(_codes(matrix, block), len(block) + 1, targets, share) for block in blocks]
        return cls(blocks, tuple(made))

    def of(self, matrix: Matrix) -> Matrix:
        """The other columns, and for each category its numbers."""
        kept = np.ones(matrix.shape[1], dtype=bool)
        for block in self.blocks:
            kept[list(block)] = False
        pairs = zip(self.blocks, self.numbers, strict=True)
        made = [numbers[_codes(matrix, block)] for block, numbers in pairs]
        return np.column_stack([matrix[:, kept], *made])


def encoded_in_parts(
    matrix: Matrix,
    blocks: tuple[Block, ...],
    targets: Matrix,
    weights: Matrix | None,
    rng: np.random.Generator,
) -> Matrix:
    """The rows learnt from, each encoded by rows of other parts.

    Args:
        matrix: The covariates, indicators among them.
        blocks: Which columns those are.
        targets: What is to be predicted, rows by targets.
        weights: A weight a row, or None.
        rng: Divides the rows.
    """
    part = rng.permutation(len(matrix)) % _PARTS
    made: Matrix | None = None
    for number in range(_PARTS):
        inside, others = part == number, part != number
        share = None if weights is None else weights[others]
        found = Encoding.fit(matrix[others], blocks, targets[others], share).of(matrix[inside])
        if made is None:
            made = np.empty((len(matrix), found.shape[1]))
        made[inside] = found
    assert made is not None
    return made


def _codes(matrix: Matrix, block: Block) -> NDArray[np.int_]:
    """The level of each row; 0 is the one without an indicator."""
    inside = matrix[:, list(block)]
    return np.where(inside.any(axis=1), inside.argmax(axis=1) + 1, 0)


def _shrunk(codes: NDArray[np.int_], count: int, targets: Matrix, share: Matrix) -> Matrix:
    """The mean at each level, drawn to the mean of all by its own noise."""
    size = np.bincount(codes, weights=share, minlength=count)
    made = np.empty((count, targets.shape[1]))
    for column in range(targets.shape[1]):
        target = targets[:, column]
        middle = float(np.average(target, weights=share))
        total = np.bincount(codes, weights=share * (target - middle), minlength=count)
        means = np.divide(total, size, out=np.zeros(count), where=size > 0)
        within = float(np.average((target - middle - means[codes]) ** 2, weights=share))
        levels = max(int((size > 0).sum()), 2)
        # Method of moments: the levels' means spread by their own variance and by noise.
        between = float(size @ means**2) / size.sum() - within * (levels - 1) / size.sum()
        pull = within / max(between, 1e-3 * within + 1e-300)
        made[:, column] = middle + total / (size + pull)
    return made
