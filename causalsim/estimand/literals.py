"""How names and levels are written in a question, so that what is printed reads back the same."""

import re

NUMBER = re.compile(r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w.])")
WORD = re.compile(r"\w[\w.]*+")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_RESERVED = frozenset({"do", "P", "E", "True", "False", "true", "false"})


def name_text(name: str) -> str:
    """A variable's name, in quotes where it would read as something else.

    >>> name_text("dose"), name_text("blood pressure"), name_text("5")
    ('dose', '"blood pressure"', '"5"')
    """
    bare = WORD.fullmatch(name) and not NUMBER.fullmatch(name) and name not in {"do", "P", "E"}
    return name if bare else _quoted(name)


def level_text(level: object) -> str:
    """A level, in quotes where a text would read as a number or a truth value.

    >>> level_text(1), level_text("1"), level_text("low"), level_text(-0.5)
    ('1', '"1"', 'low', '-0.5')
    """
    if not isinstance(level, str):
        return str(level)
    bare = WORD.fullmatch(level) and not NUMBER.fullmatch(level) and level not in _RESERVED
    return level if bare else _quoted(level)


def unquoted(text: str) -> str:
    """What stands between quotes."""
    return re.sub(r"\\(.)", lambda found: found[1], text, flags=re.DOTALL)


def _quoted(text: str) -> str:
    """A text in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
