"""What can be wrong when an answer meets a table and an effect is to be estimated."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, did_you_mean, listed


class EstimationError(CausalsimError):
    """An effect that cannot be estimated as it was asked for."""

    @classmethod
    def unusable_answer(cls, estimator: str, needs: str, found: str, hint: str) -> Self:
        """The estimator cannot use the way in which the effect is identified."""
        return cls(f"{estimator} needs {needs}, but this effect is {found}.", hint)

    @classmethod
    def nothing_to_estimate(cls, answer: str, remedies: Iterable[str]) -> Self:
        """An answer that no data would turn into a number."""
        told = listed(remedies, limit=4)
        return cls(
            f"There is no formula to estimate: {answer.rstrip('.')}.",
            "print(answer.why) tells what is in the way"
            + (f"; what would help: {told}." if told else "; bound(graph, query) may still help."),
        )

    @classmethod
    def not_an_answer(cls, found: object) -> Self:
        """Something else stands where the answer of ``identify`` is expected."""
        return cls(
            f"An answer is expected; found {type(found).__name__}.",
            "type answer = identify(graph, Query(outcome, do=treatment)) and pass that.",
        )

    @classmethod
    def not_an_estimator(cls, found: object) -> Self:
        """Something else stands where an estimator is expected."""
        return cls(
            f"An estimator is expected as by=; found {found!r}.",
            "pass an object such as by=AIPW(folds=5), from causalsim.estimation.",
        )

    @classmethod
    def one_cluster(cls, name: str) -> Self:
        """All rows in one cluster."""
        return cls(
            f"All rows have the same {name!r}, so there is one cluster only.",
            "leave clusters= out, or name the column that tells the clusters apart.",
        )

    @classmethod
    def few_clusters(cls, count: int, folds: int, by: str = "") -> Self:
        """Fewer clusters than folds."""
        return cls(
            f"{count} clusters cannot be divided into {folds} folds.",
            _fewer_folds(by, count, "with so few, an interval by clusters means nothing"),
        )

    @classmethod
    def arm_in_one_fold(cls, name: str, level: object) -> Self:
        """Clusters kept whole leave nothing to learn an arm from."""
        return cls(
            f"The rows with {name!r} = {level!r} lie in so few clusters that one fold holds them "
            "all, and nothing is left to learn from for that fold.",
            f"an arm must occur in several clusters; leave out the rows with {name!r} = {level!r}, "
            "or name a finer column as clusters=.",
        )

    @classmethod
    def several(cls, role: str, names: Iterable[str]) -> Self:
        """More variables in a role than this layer can treat."""
        found = list(names)
        return cls(
            f"One {role} is expected; the query has {len(found)}: {listed(found)}.",
            f"ask one query for each {role}.",
        )

    @classmethod
    def conditional(cls, names: Iterable[str]) -> Self:
        """A query that conditions on covariates."""
        found = list(names)
        return cls(
            f"The query conditions on {listed(found)}; only averages over everyone are estimated.",
            f"leave given= out, or keep the rows of interest: frame[frame[{found[0]!r}] == value].",
        )

    @classmethod
    def one_level(cls, name: str, level: object, height: int) -> Self:
        """A treatment that never varies."""
        return cls(
            f"The treatment {name!r} has one value only: {level!r} in all {height} rows.",
            "an effect compares two values; look at the filter that made the frame.",
        )

    @classmethod
    def constant_column(cls, name: str) -> Self:
        """A column that never varies has no covariance with anything."""
        return cls(
            f"The column {name!r} has one value in every row.",
            "leave it out of the graph, or look at the filter that made the frame.",
        )

    @classmethod
    def no_linear_effect(cls, why: str) -> Self:
        """Covariances at which the formula has no value."""
        return cls(
            f"The formula has no value at the covariances of these rows: {why}",
            "look for columns that are sums of others, or an instrument that moves nothing.",
        )

    @classmethod
    def dose_at_value(cls, name: str, value: object) -> Self:
        """A slope was asked for, and the mean at one dose."""
        return cls(
            f"The question holds {name!r} at {value!r}; a slope is what one unit more adds.",
            f"leave the dose free: Query(..., do={name!r}).",
        )

    @classmethod
    def no_variation(cls, name: str) -> Self:
        """A treatment that the covariates decide."""
        return cls(
            f"The covariates predict {name!r} exactly, or so nearly that no two people alike "
            "differ in it.",
            "look for a covariate that is the treatment under another name, or leave out one that "
            "the treatment decides.",
        )

    @classmethod
    def no_differences(cls) -> Self:
        """Predictions that are the same for everyone."""
        return cls(
            "The effect is predicted to be the same for everyone, so that there are no differences "
            "to judge.",
            "that is an answer: the data show no one for whom the effect is larger.",
        )

    @classmethod
    def no_scores(cls, estimator: str, estimand: str) -> Self:
        """An effect whose influence values are no scores of single rows."""
        return cls(
            f"Groups are read off the scores of everyone's average effect, a difference, by AIPW "
            f"or TMLE; this is the {estimand} by {estimator}.",
            "estimate(answer, frame, by=AIPW()).",
        )

    @classmethod
    def thin_groups(cls, column: str, count: int, smallest: str, rows: int) -> Self:
        """Groups too small, or too many, to say anything about."""
        return cls(
            f"{column!r} makes {count} groups, of which {smallest!r} has {rows} rows; a group "
            "needs 20 of them, and there may be 20 groups.",
            f"merge levels, or cut a number: effect.by({column!r}, groups=3).",
        )

    @classmethod
    def no_instrument(cls, question: str) -> Self:
        """An effect that does not rest on one instrument."""
        return cls(
            f"The effect ({question}) does not rest on one instrument alone.",
            "estimate(identify(graph, query, assuming=Linear()), frame, by=Covariances()) does "
            "where the graph has an instrument.",
        )

    @classmethod
    def no_balance(cls, treatment: str, level: object) -> Self:
        """No weights give an arm the means that it should have."""
        return cls(
            f"No weights on the rows with {treatment} = {level!r} give them the covariate means of "
            "the target: these lie at or beyond the edge of what such rows span.",
            "overlap(effect) shows where; balance fewer moments (moments=1), leave out people "
            "unlike anybody in that arm, or use by=AIPW(target=Overlap()).",
        )

    @classmethod
    def two_arms_only(cls, name: str, treatment: str, levels: Iterable[object]) -> Self:
        """An estimator of two arms, and a treatment with more."""
        found = list(levels)
        return cls(
            f"{name} compares two arms; {treatment!r} has {len(found)} "
            f"({listed(repr(level) for level in found)}).",
            f"keep two: frame[frame[{treatment!r}].isin([{found[0]!r}, {found[-1]!r}])], or "
            "by=AIPW().",
        )

    @classmethod
    def constant_outcome(cls, name: str, value: float) -> Self:
        """An outcome that never varies."""
        return cls(
            f"The outcome {name!r} is {value:g} in every row, so no arm can differ.",
            "look at the filter that made the frame.",
        )

    @classmethod
    def many_levels(cls, name: str, levels: Iterable[object]) -> Self:
        """A treatment with more values than can be contrasted."""
        found = list(levels)
        return cls(
            f"The treatment {name!r} has {len(found)} different values "
            f"({listed(repr(level) for level in found[:5])}{', …' if len(found) > 5 else ''}); "
            "these are too many to be arms.",
            "for a dose, by=PLR() gives what one unit more adds, estimate_curve(answer, frame) the "
            "mean at every dose, and by=DoseResponse() with arms=(low, high) two doses compared; a "
            "question that holds it at a value goes by=Plugin(); or cut it in two: "
            f"frame.assign({_word(name)}=frame[{name!r}] > value).",
        )

    @classmethod
    def shares_nothing(cls, by: object) -> Self:
        """An estimator from which several arms cannot be read at once."""
        return cls(
            f"One cross-fit for all arms needs an estimator that shares its nuisances; found "
            f"{by!r}.",
            "by=AIPW(), or by=IPW().",
        )

    @classmethod
    def which_arms(cls, name: str, levels: Iterable[object]) -> Self:
        """Several arms, and nobody said which two are compared."""
        found = list(levels)
        return cls(
            f"The treatment {name!r} has {len(found)} levels "
            f"({listed(repr(level) for level in found)}), and the question does not say which "
            "two are compared.",
            f"arms=({found[0]!r}, {found[-1]!r}) compares the second with the first; "
            f"every_arm(answer, frame, against={found[0]!r}) compares each with one; "
            f"Query(..., do={{{name!r}: {found[-1]!r}}}) asks for the mean under one.",
        )

    @classmethod
    def unknown_level(cls, name: str, level: object, levels: Iterable[object]) -> Self:
        """An action that nobody in the data took."""
        found = [repr(one) for one in levels]
        return cls(
            f"The query sets {name!r} to {level!r}, but nobody in the frame has that value.",
            did_you_mean(repr(level), found, f"the values of {name!r} are"),
        )

    @classmethod
    def few_rows(cls, name: str, level: object, count: int, folds: int, by: str = "") -> Self:
        """An arm too small to be split into folds."""
        return cls(
            f"Only {count} rows have {name!r} = {level!r}; {folds} folds need at least "
            f"{2 * folds}.",
            _fewer_folds(by, count // 2, f"leave out the rows with {name!r} = {level!r}"),
        )

    @classmethod
    def few_people(cls, count: int, folds: int, each: int, by: str) -> Self:
        """Too few rows to be split into folds."""
        return cls(
            f"The frame has {count} rows; {folds} folds need at least {each * folds}.",
            _fewer_folds(by, count // each, "so few rows say nothing about a dose"),
        )

    @classmethod
    def bad_setting(cls, name: str, value: object, allowed: str) -> Self:
        """An option outside its range."""
        return cls(f"{name} must be {allowed}; found {value!r}.", f"pass {name}= as {allowed}.")

    @classmethod
    def bad_learner(cls, role: str, found: object, needed: str) -> Self:
        """A learner that cannot fill its role."""
        return cls(
            f"The learner of the {role} must have {needed}; found {found!r}.",
            "pass a scikit-learn estimator or pipeline, such as LogisticRegression() for the "
            "propensity or Ridge() for the outcome.",
        )

    @classmethod
    def failed_learner(cls, role: str, found: object, reason: object) -> Self:
        """A user's learner stopped with an error of its own."""
        return cls(
            f"The learner of the {role}, {found!r}, stopped: {reason}",
            "fit it by hand on the covariates to see why, or leave it out to use the default.",
        )

    @classmethod
    def no_number(cls, role: str, found: object) -> Self:
        """A learner predicted something that is no finite number."""
        return cls(
            f"The learner of the {role}, {found!r}, predicted missing or infinite values.",
            "use a learner that is stable on these columns, or leave it out to use the default.",
        )

    @classmethod
    def no_overlap(cls, name: str, count: int, height: int) -> Self:
        """Propensities of exactly zero or one."""
        return cls(
            f"The propensity of {name!r} is exactly 0 or 1 in {count} of {height} rows: some "
            "people could only ever get one treatment, so the data hold no comparison for them.",
            "keep the rows where both treatments occur, or set clip= to a small number such as "
            "0.01 and say so.",
        )

    @classmethod
    def one_arm_target(cls, name: str) -> Self:
        """A comparison of arms where the query names only one."""
        return cls(
            f"Two values of {name!r} are compared here, but the query holds it at one.",
            f"leave it free: Query(outcome, do={name!r}).",
        )

    @classmethod
    def no_ratio(cls, what: str, needed: str, means: tuple[float, float]) -> Self:
        """A ratio of means that has no meaning."""
        return cls(
            f"The {what} needs means that are {needed}; they are {means[0]:.3g} (low) and "
            f"{means[1]:.3g} (high).",
            "use contrast=Difference(), or ask of an outcome at a value: Query({outcome: 1}, …).",
        )

    @classmethod
    def other_rows(cls, first: int, second: int) -> Self:
        """Arithmetic between effects from different data."""
        return cls(
            f"The two effects come from different rows ({first} and {second} of them), so their "
            "covariance is not known.",
            "estimate both from the same frame; for independent samples add the squares of the "
            "standard errors.",
        )

    @classmethod
    def nothing_to_compare(cls, count: int) -> Self:
        """Fewer effects than two where several are compared."""
        return cls(
            f"Whether effects are the same is asked of two or more; found {count}.",
            'compare those of groups: effect.by("age").same().',
        )

    @classmethod
    def mixed_scales(cls, first: str, other: str) -> Self:
        """A ratio beside a difference."""
        return cls(
            f"A ratio and a difference cannot be the same: {first}, and {other}.",
            "compare ratios with ratios, and differences with differences.",
        )

    @classmethod
    def other_frame(cls) -> Self:
        """Another frame than the one the effect came from."""
        return cls(
            "The frame does not hold the outcomes and treatments that the effect came from.",
            "pass the same frame, with its rows in the same order.",
        )

    @classmethod
    def not_an_effect(cls, found: object) -> Self:
        """Something else stands where an effect is expected."""
        return cls(
            f"An effect is expected; found {type(found).__name__}.",
            "type effect = estimate(answer, frame) and pass that.",
        )

    @classmethod
    def no_propensity(cls, estimator: str) -> Self:
        """A check that needs weights, and an effect without any."""
        return cls(
            f"This check looks at propensities, and the estimator ({estimator}) has none.",
            "estimate by AIPW() or IPW() and check that effect.",
        )

    @classmethod
    def impossible_benchmark(cls, name: str, times: float) -> Self:
        """A confounder stronger than anything that can exist."""
        return cls(
            f"A confounder {times:g} times as strong as {name!r} would explain more of the "
            "treatment than there is.",
            "use fewer times, or a weaker covariate, as benchmark.",
        )

    @classmethod
    def nothing_to_check(cls, what: str) -> Self:
        """An effect that no check of this kind applies to."""
        return cls(
            f"There is nothing to check by data here: {what}.",
            "check an estimated contrast: ask Query(outcome, do=treatment) of a graph in which the "
            "treatment causes the outcome.",
        )

    @classmethod
    def not_a_check(cls, found: object) -> Self:
        """Something else stands where a refuter is expected."""
        return cls(
            f"A refuter is expected in by=; found {found!r}.",
            "pass objects, such as by=(PlaceboTreatment(), RandomCommonCause()).",
        )


def _fewer_folds(by: str, folds: int, otherwise: str) -> str:
    """What to type for as many folds as the data allow, if they allow two."""
    if folds < 2:
        return f"{otherwise}."
    return f"use fewer folds, {f'by={by}(folds={folds})' if by else f'folds={folds}'}."


def _word(name: str) -> str:
    """A name as it can stand before an equals sign."""
    return name if name.isidentifier() else "treated"
