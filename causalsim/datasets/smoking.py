"""The study of giving up smoking and gaining weight."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from causalsim.graph.graph import Graph

_COLUMNS = {
    "sex": "sex",
    "race": "race",
    "age": "age",
    "education": "education",
    "smokeintensity": "smokeintensity",
    "smokeyrs": "smokeyrs",
    "exercise": "exercise",
    "active": "active",
    "wt71": "wt71",
    "qsmk": "quit",
    "wt82_71": "weight_gain",
}
_WHOLE = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active")
_UNITS = {"weight_gain": "kg", "wt71": "kg", "age": "years", "smokeyrs": "years"}


def quit_smoking() -> "pandas.DataFrame":
    """1,566 smokers of the NHEFS study: who gave up by 1982, and the weight each gained.

    The National Health and Nutrition Examination Survey Epidemiologic Follow-up Study asked
    smokers aged 25 to 74 in 1971 and again in 1982; these are the rows with no missing value in
    the columns below, as in table 12.1 of the book. The adjusted effect in the book is 3.4 kg
    (95 % confidence interval 2.4 to 4.5, IP weighting) and 3.5 kg (2.6 to 4.5, standardisation);
    the mean difference without adjustment is 2.5 kg.

    Columns: ``sex`` (0 male, 1 female), ``race`` (0 white, 1 black or other), ``age`` (years in
    1971), ``education`` (1 to 5, up to college), ``smokeintensity`` (cigarettes a day in 1971),
    ``smokeyrs`` (years of smoking), ``exercise`` (0 much, 1 moderate, 2 little or none),
    ``active`` (0 very, 1 moderately, 2 inactive), ``wt71`` (kg), ``quit`` (1 gave up between 1971
    and 1982), ``weight_gain`` (kg, 1971 to 1982). The index is the person's number ``seqn``.

    Returns:
        A new pandas frame; ``frame.attrs["units"]`` tells the units.

    >>> people = quit_smoking()
    >>> people.shape
    (1566, 11)
    >>> round(float(people.groupby("quit")["weight_gain"].mean().diff().iloc[1]), 2)
    2.54

    References:
        M. Hernán, J. Robins (2020), Causal Inference: What If, table 12.1 and chapters 12 and 13.
        The rows come from the Python package causaldata (N. Huntington-Klein).
    """
    from causaldata import nhefs_complete

    raw = nhefs_complete.load_pandas().data
    people: pandas.DataFrame = raw[list(_COLUMNS)].rename(columns=_COLUMNS)
    people = people.astype(dict.fromkeys((*_WHOLE, "quit"), "int64"))
    people.index = raw["seqn"].astype("int64")
    people.index.name = "seqn"
    people.attrs["units"] = dict(_UNITS)
    return people


def quit_smoking_graph() -> "Graph":
    """The causal graph that the package's guides assume for `quit_smoking`.

    The nine confounders of *What If* (table 12.1) all may lead to giving up and to gaining weight;
    the arrows among them follow time: sex, race and age come first, then education, then habits,
    then the weight in 1971. It is an assumption, not a finding.

    >>> graph = quit_smoking_graph()
    >>> len(graph.parents("quit")), len(graph.parents("weight_gain"))
    (9, 10)

    References:
        M. Hernán, J. Robins (2020), Causal Inference: What If, section 12.1.
    """
    from causalsim.graph.graph import Graph

    confounders = "sex race age education smokeintensity smokeyrs exercise active wt71"
    return Graph(
        f"""
        {{sex race age}} -> education
        {{sex race age education}} -> smokeintensity
        {{sex race age education}} -> smokeyrs
        smokeyrs -> smokeintensity
        {{sex race age education}} -> exercise
        {{sex age exercise}} -> active
        {{sex race age education smokeintensity smokeyrs exercise active}} -> wt71
        {{{confounders}}} -> quit
        {{{confounders} quit}} -> weight_gain
        quit [exposure]
        weight_gain [outcome]
        """,
        nodes=confounders.split(),
    )
