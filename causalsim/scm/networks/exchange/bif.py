"""The Bayesian Interchange Format: read with the line of every mistake, and written back.

A file declares each variable with its states, and for each variable a table given its parents: row
by row, ``(yes, no) 0.2, 0.8;``, or all at once, ``table 0.2, …;``, with the variable's own states
slowest and the last parent's fastest. ``default`` fills the rows that are not listed.

References:
    Cozman, "The Interchange Format for Bayesian Networks" (1998).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.base import did_you_mean, listed
from causalsim.errors.network import NetworkError
from causalsim.scm.networks.exchange.cursor import SHAPE, Cursor, tokens_of
from causalsim.scm.networks.exchange.discrete import DiscreteNetwork, scaled

Array = NDArray[np.float64]
_PLAIN = re.compile(r"""(?:(?!//|/\*)[^\s{}()\[\];,|"])+""")
_WORDS = ("table", "default", "property", "type", "variable", "probability", "network")


def parse_bif(text: str) -> DiscreteNetwork:
    """The network that a BIF text describes.

    Args:
        text: The text of the file.

    Raises:
        NetworkError: Text that is no BIF, undeclared variables or states, rows that are missing,
            twice there, of the wrong length, or do not sum to one; each with its line.

    >>> text = '''network n { } variable x { type discrete [ 2 ] { yes, no }; }
    ... probability ( x ) { table 0.2, 0.8; }'''
    >>> parse_bif(text).tables["x"].tolist()
    [0.2, 0.8]
    """
    cursor = Cursor(text, tokens_of(text))
    reader = _Reader(cursor)
    while cursor.more:
        word = cursor.word("network, variable or probability")
        if word == "network":
            reader.network()
        elif word == "variable":
            reader.variable()
        elif word == "probability":
            reader.probability()
        else:
            raise cursor.wrong(f"{word!r} is no block of a BIF file.", SHAPE, back=1)
    return reader.finished()


def bif_text(network: DiscreteNetwork) -> str:
    """The network as a BIF text; numbers are written in full, so that reading gives them back.

    Levels that are numbers become names, since BIF has no others.

    Raises:
        NetworkError: A name with a quotation mark or a line break.
    """
    lines = [f"network {_written(network.name)} {{", "}"]
    for node, levels in network.levels.items():
        states = ", ".join(_written(str(level)) for level in levels)
        lines += [
            f"variable {_written(node)} {{",
            f"  type discrete [ {len(levels)} ] {{ {states} }};",
            "}",
        ]
    for node, parents in network.parents.items():
        head = f"{_written(node)} | {', '.join(map(_written, parents))}" if parents else node
        lines.append(f"probability ( {head if parents else _written(node)} ) {{")
        table = network.tables[node]
        if not parents:
            lines.append(f"  table {_numbers(table)};")
        else:
            names = [[_written(str(level)) for level in network.levels[p]] for p in parents]
            for states_, row in zip(
                product(*names), table.reshape(-1, table.shape[-1]), strict=True
            ):
                lines.append(f"  ({', '.join(states_)}) {_numbers(row)};")
        lines.append("}")
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Reader:
    """Where reading has come to, and what was found."""

    cursor: Cursor
    name: str = "unknown"
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, Array] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)

    def network(self) -> None:
        """The name of the network, and its properties."""
        self.name = " ".join(self.cursor.names("{")) or "unknown"
        while not self.cursor.ahead("}"):
            if not self.cursor.keyword("property"):
                raise self.cursor.wrong("Only properties stand in a network block.", SHAPE)
            self.cursor.skip()
        self.cursor.at += 1

    def variable(self) -> None:
        """A variable and its states."""
        start = self.cursor.at
        name = " ".join(self.cursor.names("{"))
        if name in self.levels:
            self.cursor.at = start
            raise self.cursor.wrong(
                f"The variable {name!r} is declared twice.", "remove one of them."
            )
        while not self.cursor.ahead("}"):
            if self.cursor.keyword("property"):
                self.cursor.skip()
                continue
            if not self.cursor.keyword("type"):
                raise self.cursor.wrong(f"The states of {name!r} are expected here.", SHAPE)
            if (kind := self.cursor.word("discrete")) != "discrete":
                raise self.cursor.wrong(
                    f"{name!r} is {kind}; only discrete variables have tables.", SHAPE, back=1
                )
            self.states(name)
        self.cursor.at += 1
        if name not in self.levels:
            raise self.cursor.wrong(f"The variable {name!r} has no states.", SHAPE, back=1)

    def states(self, name: str) -> None:
        """``[ 2 ] { yes, no };``."""
        self.cursor.mark("[")
        count = self.cursor.word("the number of states")
        self.cursor.mark("]")
        self.cursor.mark("{")
        found = self.cursor.names("}")
        if str(len(found)) != count:
            raise self.cursor.wrong(
                f"{name!r} is said to have {count} states, but {len(found)} are listed: "
                f"{listed(found)}.",
                "make the two agree.",
                back=1,
            )
        if len(set(found)) < len(found):
            raise self.cursor.wrong(
                f"{name!r} has a state twice: {listed(found)}.", "name each once.", back=1
            )
        self.cursor.mark(";")
        self.levels[name] = tuple(found)

    def probability(self) -> None:
        """The table of one variable."""
        self.cursor.mark("(")
        start = self.cursor.at
        bar = any(token.text == "|" and token.kind == "mark" for token in self.cursor.until(")"))
        if bar:
            node, parents = " ".join(self.cursor.names("|")), self.cursor.names(")")
        else:
            # Without a bar the first name is the variable and the others are its parents.
            node, *parents = self.cursor.names(")") or [""]
        for name in (node, *parents):
            if name not in self.levels:
                self.cursor.at = start
                raise self.cursor.wrong(
                    f"{name!r} is not declared as a variable.",
                    did_you_mean(name, self.levels, "the variables declared so far are"),
                )
        if node in self.tables or node in parents or len(set(parents)) < len(parents):
            self.cursor.at = start
            raise self.cursor.wrong(
                f"{node!r} has two tables, or a parent twice, or is its own parent.",
                "give each variable one table.",
            )
        self.blocks[node] = start
        self.cursor.mark("{")
        self.parents[node] = tuple(parents)
        self.tables[node] = self.rows(node, parents)

    def rows(self, node: str, parents: Sequence[str]) -> Array:
        """The rows of a table, each listed, or all at once, or by default."""
        sizes = [len(self.levels[parent]) for parent in parents]
        own = len(self.levels[node])
        table = np.full((*sizes, own), np.nan)
        default: list[float] | None = None
        while not self.cursor.ahead("}"):
            place = self.cursor.at
            if self.cursor.keyword("property"):
                self.cursor.skip()
            elif self.cursor.keyword("table"):
                found = self.counted(node, prod(sizes) * own)
                table = np.moveaxis(np.array(found).reshape(own, *sizes), 0, -1)
            elif self.cursor.keyword("default"):
                default = self.counted(node, own)
            elif self.cursor.ahead("("):
                self.cursor.at += 1
                row = self.row(node, parents)
                if not np.isnan(table[row]).all():
                    self.cursor.at = place
                    raise self.cursor.wrong(
                        f"A row of {node!r} is there twice.", "remove one of them."
                    )
                table[row] = self.counted(node, own)
            else:
                raise self.cursor.wrong(f"A row of the table of {node!r} is expected here.", SHAPE)
        self.cursor.at += 1
        if default is not None:
            table = np.where(np.isnan(table), default, table)
        self.require_complete(node, parents, table)
        return self.summed(node, parents, table)

    def counted(self, node: str, count: int) -> list[float]:
        """Exactly so many numbers."""
        found = self.cursor.numbers()
        if len(found) != count:
            raise self.cursor.wrong(
                f"{count} numbers are needed for {node!r} here; found {len(found)}.",
                f"its states are: {listed(self.levels[node])}.",
                back=1,
            )
        return found

    def row(self, node: str, parents: Sequence[str]) -> tuple[int, ...]:
        """The states of the parents as positions."""
        found = self.cursor.names(")")
        if len(found) != len(parents):
            raise self.cursor.wrong(
                f"A row of {node!r} names {len(found)} states for {len(parents)} parents.",
                f"name one state for each of: {listed(parents)}.",
                back=1,
            )
        for parent, state in zip(parents, found, strict=True):
            if state not in self.levels[parent]:
                raise self.cursor.wrong(
                    f"{parent!r} has no state {state!r}.",
                    did_you_mean(state, self.levels[parent], "its states are"),
                    back=1,
                )
        return tuple(self.levels[p].index(s) for p, s in zip(parents, found, strict=True))

    def require_complete(self, node: str, parents: Sequence[str], table: Array) -> None:
        """Every combination of the parents' states has its row."""
        lacking = np.argwhere(np.isnan(table).any(axis=-1))
        if len(lacking):
            states = [self.levels[p][i] for p, i in zip(parents, lacking[0], strict=True)]
            row = f" for ({', '.join(states)})" if states else ""
            raise self.cursor.wrong(
                f"The table of {node!r} has no row{row}; {len(lacking)} are missing.",
                "list the row, or add default …;",
                back=1,
            )

    def summed(self, node: str, parents: Sequence[str], table: Array) -> Array:
        """The table, its rows summing to one."""
        combinations = product(*(self.levels[parent] for parent in parents))
        try:
            return scaled(node, table, (", ".join(states) for states in combinations if states))
        except NetworkError as error:
            raise self.cursor.wrong(error.message, error.hint, back=1) from None

    def finished(self) -> DiscreteNetwork:
        """The network, once every variable has its table."""
        if not self.levels:
            raise NetworkError.at(self.cursor.text, 0, "The text declares no variable.", SHAPE)
        if lacking := [name for name in self.levels if name not in self.tables]:
            raise NetworkError.without_table(lacking)
        parents = {name: self.parents[name] for name in self.levels}
        tables = {name: self.tables[name] for name in self.levels}
        return DiscreteNetwork(self.levels, parents, tables, name=self.name)


def _written(name: str) -> str:
    """A name as the file has it: quoted unless it is a plain word that means nothing else."""
    if '"' in name or "\n" in name or not name:
        raise NetworkError.unwritable(name)
    return name if _PLAIN.fullmatch(name) and name not in _WORDS else f'"{name}"'


def _numbers(row: Array) -> str:
    """Numbers in full."""
    return ", ".join(repr(float(number)) for number in row)
