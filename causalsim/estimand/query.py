"""The question, written once, in the order in which it is spoken."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import final

from causalsim.errors import QueryError
from causalsim.estimand.literals import level_text, name_text

Level = int | float | str | bool
Variables = str | Iterable[str] | Mapping[str, Level] | Mapping[str, Level | None]


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable, left free (``value is None``) or held at a value."""

    variable: str
    value: Level | None = None

    def __str__(self) -> str:
        """``X`` or ``X=1``."""
        name = name_text(self.variable)
        return name if self.value is None else f"{name}={level_text(self.value)}"


@final
@dataclass(frozen=True, slots=True, init=False)
class Query:
    """The distribution P(outcome | do(do), given): what would be seen under an action.

    The query holds no data and no graph. `causalsim.identify` answers it from a graph, an estimator
    puts a number on the answer, and an `causalsim.SCM` answers the same query by simulation.

    Attributes:
        events: The outcomes, each free or at a value.
        do: What is set by an action, each free or at a value.
        given: What is known of the unit, each free or at a value.

    >>> print(Query("cancer", do="smoking"))
    P(cancer | do(smoking))
    >>> print(Query("recovery", do={"dose": 20}, given=["age", "sex"]))
    P(recovery | do(dose=20), age, sex)

    References:
        Pearl, "Causality" (2009), section 3.2.
    """

    events: tuple[Setting, ...]
    do: tuple[Setting, ...]
    given: tuple[Setting, ...]

    def __init__(self, outcome: Variables, do: Variables = (), given: Variables = ()) -> None:
        """Write down a question.

        Args:
            outcome: One name, several, or names with values.
            do: What is intervened on.
            given: What is conditioned on, as it is after the intervention.

        Raises:
            QueryError: no outcome, or a variable with two roles.
        """
        put = object.__setattr__
        put(self, "events", _settings(outcome))
        put(self, "do", _settings(do))
        put(self, "given", _settings(given))
        if not self.events:
            raise QueryError.empty_outcome()
        roles = (("outcome", self.outcome), ("do", self.treatments), ("given", self.conditions))
        for number, (first, names) in enumerate(roles):
            for second, others in roles[number + 1 :]:
                taken = set(others)
                both = [name for name in names if name in taken]
                if both:
                    raise QueryError.two_roles(both, first, second)

    @property
    def outcome(self) -> tuple[str, ...]:
        """The names of the outcomes."""
        return tuple(setting.variable for setting in self.events)

    @property
    def treatments(self) -> tuple[str, ...]:
        """The names of what is intervened on."""
        return tuple(setting.variable for setting in self.do)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of what is conditioned on."""
        return tuple(setting.variable for setting in self.given)

    def __str__(self) -> str:
        """The query as text: ``P(Y | do(X), Z)``."""
        heads = ", ".join(map(str, self.events))
        done = [f"do({', '.join(map(str, self.do))})"] if self.do else []
        bar = [*done, *map(str, self.given)]
        return f"P({heads} | {', '.join(bar)})" if bar else f"P({heads})"

    def to_dict(self) -> dict[str, dict[str, Level | None]]:
        """The query as plain values, fit for JSON."""
        return {
            role: {setting.variable: setting.value for setting in settings}
            for role, settings in (("outcome", self.events), ("do", self.do), ("given", self.given))
        }


def _settings(found: Variables) -> tuple[Setting, ...]:
    """Names, or names with values, as settings; each variable once."""
    if isinstance(found, str):
        return (Setting(found),)
    if isinstance(found, Mapping):
        return tuple(Setting(_name(name), _value(name, value)) for name, value in found.items())
    if not isinstance(found, Iterable):
        raise QueryError.bad_setting(found)
    return tuple(Setting(_name(name)) for name in dict.fromkeys(found))


def _value(name: str, found: Level | None) -> Level | None:
    """A level that can be looked up: a list cannot, and NaN is not even itself."""
    if not isinstance(found, Hashable) or found != found:
        raise QueryError.bad_level(name, found)
    return found


def _name(found: object) -> str:
    """A variable's name."""
    if not isinstance(found, str) or not found:
        raise QueryError.bad_setting(found)
    return found
