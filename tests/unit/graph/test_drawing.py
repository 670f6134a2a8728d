"""Pictures: what they show, what they are safe against, and golden files that were looked at.

After a wanted change of the looks, ``REDRAW=1 pytest tests/unit/graph/test_drawing.py`` writes the
golden files anew; then look at them.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from causalsim.errors import GraphError
from causalsim.graph import Graph
from causalsim.graph.drawing import Diagram, Direction, Edge, Highlight, Mark, draw, to_svg
from causalsim.graph.drawing.highlight import Path as Way
from causalsim.graph.drawing.highlight import Role, causal_edges
from causalsim.graph.drawing.palette import INK, PANEL, edge_style, node_style
from causalsim.graph.drawing.text import label, printable, text_width
from causalsim.graph.equivalence import CPDAG, MAG, PAG
from tests.oracles.pictures import SVG, nodes, random_diagram

GOLDEN = Path(__file__).parents[2] / "reference" / "svg"

CONFOUNDERS = ["sex", "race", "age", "education", "smokeintensity"]
CONFOUNDERS += ["smokeyrs", "exercise", "active", "wt71"]
NHEFS = Graph(
    [(name, effect) for effect in ("quit", "weight_gain") for name in CONFOUNDERS]
    + ["quit -> weight_gain", "age -> education <- race", "sex -> smokeintensity <- education"]
    + ["age -> smokeyrs", "education -> exercise -> active -> wt71 <- sex"]
)
WARM_UP = Graph(
    """
    Coach -> TeamMotivation -> PreviousInjury
    Coach -> FitnessLevel -> PreGameProprioception -> WarmUpExercises
    Genetics -> FitnessLevel -> NeuromuscularFatigue -> Injury
    Genetics -> NeuromuscularFatigue -> IntraGameProprioception
    Genetics -> ConnectiveTissueDisorder -> NeuromuscularFatigue
    ConnectiveTissueDisorder -> TissueWeakness -> Injury
    TeamMotivation -> WarmUpExercises -> IntraGameProprioception -> Injury
    PreviousInjury <- ContactSport -> IntraGameProprioception
    """
)
# Where the figure of the paper has them, y downwards.
PLACES = [
    ("Coach", (-4.4, -7.9)),
    ("Genetics", (2.0, -7.9)),
    ("ConnectiveTissueDisorder", (3.5, -5.1)),
    ("FitnessLevel", (-1.5, -4.5)),
    ("TeamMotivation", (-7.2, -1.0)),
    ("PreGameProprioception", (-3.6, -1.2)),
    ("NeuromuscularFatigue", (1.5, -1.2)),
    ("TissueWeakness", (4.2, 1.9)),
    ("ContactSport", (-1.2, 2.5)),
    ("PreviousInjury", (-4.3, 4.2)),
    ("IntraGameProprioception", (-1.3, 7.1)),
    ("WarmUpExercises", (-7.0, 8.6)),
    ("Injury", (5.0, 8.6)),
]
OPEN = [
    ("Coach", "TeamMotivation"),
    ("TeamMotivation", "WarmUpExercises"),
    ("Coach", "FitnessLevel"),
    ("FitnessLevel", "NeuromuscularFatigue"),
    ("NeuromuscularFatigue", "Injury"),
]
M_BIAS = Graph("U1 -> X -> Y; U1 -> M <- U2 -> Y", latent=["U1", "U2"])
CASES: dict[str, tuple[Graph | Diagram, Highlight | None, Direction]] = {
    "nhefs": (NHEFS, Highlight("quit", "weight_gain", CONFOUNDERS), Direction.RIGHT),
    "shrier_platt_2008": (
        WARM_UP,
        Highlight("WarmUpExercises", "Injury", biasing=OPEN),
        Direction.RIGHT,
    ),
    "shrier_platt_2008_placed": (
        Graph(WARM_UP.directed, positions=PLACES),
        Highlight("WarmUpExercises", "Injury", ["NeuromuscularFatigue", "TissueWeakness"]),
        Direction.RIGHT,
    ),
    "shrier_platt_2008_asked": (
        WARM_UP,
        Highlight.asked(WARM_UP, "WarmUpExercises", "Injury", ["PreviousInjury", "FitnessLevel"]),
        Direction.RIGHT,
    ),
    "shrier_platt_2008_down": (WARM_UP, None, Direction.DOWN),
    "front_door": (
        Graph("smoking -> tar -> cancer; smoking <-> cancer"),
        Highlight("smoking", "cancer", biasing=[("smoking", "cancer")]),
        Direction.RIGHT,
    ),
    "m_bias": (M_BIAS, Highlight.asked(M_BIAS, "X", "Y", "M"), Direction.DOWN),
    "napkin": (
        Graph("W -> R -> X -> Y; W <-> X; W <-> Y"),
        Highlight("X", "Y"),
        Direction.RIGHT,
    ),
    "chain_of_12": (
        Graph(" -> ".join(f"step_{number}" for number in range(1, 13))),
        None,
        Direction.RIGHT,
    ),
    "random_40": (random_diagram(40, 60, 6, 4), None, Direction.RIGHT),
    "pag": (
        Diagram(
            ("A", "B", "C", "D"),
            (
                Edge("A", "B", Mark.CIRCLE, Mark.CIRCLE),
                Edge("B", "C", Mark.CIRCLE, Mark.ARROW),
                Edge("A", "D", Mark.TAIL, Mark.TAIL),
                Edge("D", "C"),
                Edge("B", "D", Mark.ARROW, Mark.ARROW),
            ),
        ),
        None,
        Direction.RIGHT,
    ),
    "given_positions": (
        Graph(
            "W -> X -> Y; W -> Y; X <-> Y; Z -> Y",
            positions=[("X", (0, 1)), ("Y", (2, 1)), ("Z", (1, 1)), ("W", (1, 0))],
            exposures="X",
            outcomes="Y",
        ),
        None,
        Direction.RIGHT,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden_picture(name: str) -> None:
    graph, highlight, direction = CASES[name]
    drawn = to_svg(graph, highlight, direction=direction)
    golden = GOLDEN / f"{name}.svg"
    if os.environ.get("REDRAW"):
        golden.write_text(drawn, encoding="utf-8")
    assert drawn == golden.read_text(encoding="utf-8")


def test_a_question_alone_colours_what_biases_its_answer() -> None:
    asked = Highlight.asked(M_BIAS, "X", "Y")
    assert asked.biasing == ()
    held = Highlight.asked(M_BIAS, "X", "Y", adjusted="M")
    assert [edge.text for edge in held.biasing if isinstance(edge, Edge)] == [
        "U1 -> X", "U1 -> M", "U2 -> M", "U2 -> Y",
    ]  # fmt: skip
    # The arrow of a pair is causal, the hidden cause biases.
    both = Graph("X -> Y; X <-> Y", exposures="X", outcomes="Y")
    assert Highlight.of(both).paths(Diagram.of(both)) == [Way.CAUSAL, Way.BIASING]
    # An arrow on a causal path that also carries bias is shown as causal.
    held = Highlight.asked(Graph("X -> M -> Y; M <- U -> Y"), "X", "Y", "M")
    assert {edge.text for edge in held.biasing if isinstance(edge, Edge)} == {
        "X -> M", "U -> M", "U -> Y",
    }  # fmt: skip
    with pytest.raises(GraphError, match="no node"):
        Highlight.asked(M_BIAS, "X", "Q")
    with pytest.raises(GraphError, match="stands both in"):
        Highlight.asked(M_BIAS, "X", "Y", "X")


def test_graphs_and_classes_draw_themselves() -> None:
    for drawn in (Graph("a -> b"), CPDAG("a -- b"), MAG("a <-> b"), PAG("a o-> b <-o c")):
        assert drawn.to_svg() == to_svg(drawn) == drawn._repr_svg_()
        assert draw(drawn).get_aspect() == 1.0
    assert to_svg(PAG("a o-> b <-o c"), Highlight("a", "b")) != to_svg(PAG("a o-> b <-o c"))


@pytest.mark.parametrize(
    "call",
    [
        lambda: to_svg("a -> b"),
        lambda: to_svg(None),
        lambda: to_svg(M_BIAS, "X"),
        lambda: draw(M_BIAS, {"X": "treatment"}),
        lambda: to_svg(M_BIAS, direction="down"),
        lambda: Highlight(3),
        lambda: Highlight("X", [["Y"]]),
        lambda: Highlight("X", "Y", biasing="XY"),
        lambda: Highlight("X", "Y", biasing=[("X", "Y", "Z")]),
        lambda: Highlight("X", "Y", biasing=3),
        lambda: Highlight.asked(CPDAG("X -- Y"), "X", "Y"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(GraphError, match="Hint: "):
        call()


def test_roles_of_a_notation_that_overlap_are_drawn_all_the_same() -> None:
    graph = Graph("X -> Y", exposures="X", outcomes="Y", adjusted="Y")
    assert Highlight.of(graph).biasing == ()
    assert "adjusted" in to_svg(Graph("X -> Y", adjusted="Y"))


def test_the_picture_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "from tests.unit.graph.test_drawing import *; import hashlib;"
        "print(hashlib.sha256(''.join(to_svg(g, h, direction=d) for g, h, d in CASES.values())"
        ".encode()).hexdigest())"
    )
    root = Path(__file__).parents[3]
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


HOSTILE = [
    '<script>alert("x")</script>',
    "a&b",
    "</svg>",
    "\x00\x1b[0m",
    "\ud800",
    "'\"",
    "年齢",
    " ",
]


def test_hostile_names_give_well_formed_xml() -> None:
    edges = tuple(Edge(one, other) for one, other in pairwise(HOSTILE))
    svg = to_svg(Diagram(tuple(HOSTILE), edges), title="<b>&")
    root = ElementTree.fromstring(svg.encode("utf-8"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "g", "rect", "text", "path", "polygon", "circle",
    }  # fmt: skip
    assert root.get("aria-label") == "<b>&"
    assert '<script>alert("x")</script>' in nodes(svg)


def test_a_very_long_name_is_cut_in_the_node_and_whole_in_its_title() -> None:
    name = "word " * 20_000 + "x" * 50_000
    svg = to_svg(Diagram((name, "b"), (Edge(name, "b"),)))
    found = ElementTree.fromstring(svg)
    assert float(found.get("width", "inf")) < 600
    assert any(text.text and text.text.endswith("…") for text in found.iter(f"{SVG}text"))
    assert any(title.text == name for title in found.iter(f"{SVG}title"))


def test_pictures_share_a_page_since_they_hold_no_identifiers_and_no_references() -> None:
    svg = to_svg(*CASES["front_door"][:2])
    for word in ("id=", "url(", "href", "<style", "<script", "marker"):
        assert word not in svg
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg") == 1


def test_a_picture_speaks_to_screen_readers() -> None:
    root = ElementTree.fromstring(to_svg(Graph("a -> b; a <-> b"), Highlight("a", "b")))
    assert (root.get("role"), root.get("aria-label")) == ("img", "Causal graph of a, b")
    assert root.findtext(f"{SVG}desc") == "a -> b; a <-> b"
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert titles[-2:] == ["a (treatment)", "b (outcome)"]


def test_end_marks_are_drawn() -> None:
    root = ElementTree.fromstring(to_svg(CASES["pag"][0]))
    marks = {
        (group.get("data-start"), group.get("data-end")): (
            len(list(group.iter(f"{SVG}circle"))),
            len(list(group.iter(f"{SVG}polygon"))),
        )
        for group in root.iter(f"{SVG}g")
        if group.get("class") == "edge"
    }
    assert marks == {
        ("A", "B"): (2, 0),
        ("B", "C"): (1, 1),
        ("A", "D"): (0, 0),
        ("D", "C"): (0, 1),
        ("B", "D"): (0, 2),
    }


@pytest.mark.parametrize(
    ("text", "treatment", "expected"),
    [
        ("x -> m -> y; x -> y; z -> x; z -> y; m -> n; y -> w", ["x"], "x->m m->y x->y"),
        # Proper: a path that meets the second treatment again is not one.
        ("x1 -> x2 -> y; x1 -> y", ["x1", "x2"], "x2->y x1->y"),
        ("y -> x", ["x"], ""),
        ("x -> m <-> y", ["x"], ""),
    ],
)
def test_causal_edges(text: str, treatment: list[str], expected: str) -> None:
    diagram = Diagram.of(Graph(text))
    found = causal_edges(diagram, treatment, "y")
    shown = [f"{diagram.edges[n].start}->{diagram.edges[n].end}" for n in sorted(found)]
    assert shown == expected.split()


def test_a_reversed_edge_lies_on_a_causal_path_too() -> None:
    diagram = Diagram(("x", "y"), (Edge("y", "x", Mark.ARROW, Mark.TAIL),))
    assert causal_edges(diagram, "x", "y") == {0}


def test_roles_of_the_notation_are_shown_unless_told_otherwise() -> None:
    graph = Graph("x -> y", exposures="x", outcomes="y")
    assert ">treatment<" in to_svg(graph)
    assert ">treatment<" not in to_svg(graph, Highlight())
    assert ">treatment<" not in to_svg(graph, legend=False)


@pytest.mark.parametrize("role", ["treatment", "outcome", "adjusted"])
def test_a_misspelt_role_is_refused(role: str) -> None:
    with pytest.raises(GraphError, match="did you mean 'smoking'"):
        to_svg(Graph("smoking -> tar"), Highlight(**{role: "smokng"}))


def test_a_misspelt_biasing_edge_is_refused() -> None:
    with pytest.raises(GraphError, match="did you mean 'smoking'"):
        to_svg(Graph("smoking -> tar"), Highlight(biasing=[("smokng", "tar")]))


def test_a_diagram_refuses_unknown_ends_and_loops() -> None:
    with pytest.raises(GraphError, match="no node 'b'"):
        Diagram(("a",), (Edge("a", "b"),))
    with pytest.raises(GraphError, match="edge to itself"):
        Diagram(("a",), (Edge("a", "a"),))
    with pytest.raises(GraphError, match="no node 'b'"):
        Diagram(("a",), (), (), (("b", (0.0, 0.0)),))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("paper", ["#ffffff", "#16181d"])
@pytest.mark.parametrize("path", Way)
def test_lines_stand_out_on_light_and_dark_paper(path: Way, paper: str) -> None:
    assert contrast(edge_style(path, bidirected=False).line, paper) >= 3  # WCAG 1.4.11


@pytest.mark.parametrize("role", Role)
def test_names_stand_out_in_their_nodes(role: Role) -> None:
    style = node_style(role, latent=False)
    assert contrast(INK, style.fill) >= 7  # WCAG 1.4.6
    assert contrast(style.line, style.fill) >= 3
    assert contrast(INK, PANEL) >= 7


def test_looks_differ_without_colour() -> None:
    shapes = {
        (style.width, style.square, style.double, bool(style.dash))
        for role in Role
        for style in (node_style(role, latent=False), node_style(role, latent=True))
    }
    assert len(shapes) == 2 * len(Role)
    lines = {
        (edge_style(path, two).width, edge_style(path, two).dash)
        for path, two in (
            (Way.NONE, False),
            (Way.NONE, True),
            (Way.CAUSAL, False),
            (Way.BIASING, False),
        )
    }
    assert len(lines) == 4


def test_widths_are_those_of_the_standard_fonts() -> None:
    # Helvetica's published advance widths: W 944, i 222, space 278.
    assert text_width("Wi ", 1000) == 944 + 222 + 278
    assert text_width("é", 1000) == text_width("e", 1000) == 556
    assert text_width("年", 1000) == 1000


def test_names_break_at_spaces_underscores_and_humps() -> None:
    assert label("PreGameProprioception").lines == ("PreGame", "Proprioception")
    assert label("blood_pressure_at_baseline").lines == ("blood_pressure_", "at_baseline")
    assert label("x").width == label("x").height
    assert printable("a\n\tb") == "a b"


def test_axes_show_the_same_picture() -> None:
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    graph, highlight, _ = CASES["shrier_platt_2008"]
    before = pyplot.get_fignums()
    ax = draw(graph, highlight)
    assert pyplot.get_fignums() == before
    ax.figure.canvas.draw()
    borders = [patch for patch in ax.patches if type(patch).__name__ == "FancyBboxPatch"]
    # A border for each node, a second one for the outcome, and the legend's three.
    assert len(borders) == len(graph) + 1 + 3
    one, two = Figure().subplots(1, 2)
    assert draw(CASES["pag"][0], ax=one) is one
    assert draw(Diagram(("$a$ and $", "\\frac")), ax=two) is two
    two.figure.canvas.draw()


def test_what_is_no_axes_is_refused() -> None:
    with pytest.raises(GraphError, match=r"found 3[\s\S]*ax=ax"):
        draw(Graph("a -> b"), ax=3)  # type: ignore[arg-type]
