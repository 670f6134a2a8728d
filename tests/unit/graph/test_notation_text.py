"""Each notation's own quirks, one line each, and where its errors point."""

from collections.abc import Callable

import pytest

from causalsim.errors.base import CausalsimError
from causalsim.errors.graph import GraphError
from causalsim.errors.notation import NotationError
from causalsim.graph import Graph
from causalsim.graph.equivalence import PAG
from causalsim.graph.notation.arrows import parse_arrows
from causalsim.graph.notation.dagitty import from_dagitty, parse_dagitty, to_dagitty
from causalsim.graph.notation.dot import from_dot, to_dot
from causalsim.graph.notation.files import from_arrows, to_arrows
from causalsim.graph.notation.gml import from_gml
from causalsim.graph.notation.lavaan import from_lavaan, to_lavaan
from causalsim.graph.notation.mermaid import from_mermaid, to_mermaid


@pytest.mark.parametrize(
    ("text", "arrows"),
    [
        ("dag { x -> y }", "x -> y"),
        ("dag{x->y;y->z}", "x -> y -> z"),
        ("DAG named {\n x -> y\n}", "x -> y"),
        ('dag "a name" { x -> y }', "x -> y"),
        ("digraph { x -> y }", "x -> y"),
        ("x -> y <- z", "x -> y <- z"),
        ("dag { x -> {a b c} <- y }", "x -> {a b c}; y -> {a b c}"),
        ("dag { {x y} -> {a b} }", "{x y} -> {a b}"),
        ("dag { x <-> y [pos=\"0.1,0.2\"] }", "x <-> y"),
        ("dag { x -> y -> z [beta=0.5] }", "x -> y -> z"),
        ("dag { bb=\"0,0,1,1\" x -> y }", "x -> y"),
        ("dag { x [latent, pos=\"1,-2.5\"] x -> y }", 'x [latent, pos="1,-2.5"]; x -> y'),
        ("dag { x [u] y [o] x -> y }", "x [latent]; x -> y"),
        ('dag { "a \\"b\\"" -> c }', '"a \\"b\\"" -> c'),
        ('dag { "a" + " b" -> c }', '"a b" -> c'),
        ("dag { x -> y /* note */ // more\n # and more\n }", "x -> y"),
        ("dag { x }", "x"),
        ("dag { }", ""),
        ("dag { -1 -> 2.5 }", '"-1" -> 2.5'),
    ],
)  # fmt: skip
def test_dagitty(text: str, arrows: str) -> None:
    assert from_dagitty(text) == Graph(arrows)


def test_dagitty_roles_and_positions_of_shrier_and_platt_style_texts() -> None:
    graph = from_dagitty(
        'dag {\n"Warm Up" [exposure,pos="0.1,0.5"]\nInjury [outcome,pos="0.1,0.9"]\n'
        'fit [adjusted]\ncoach [unobserved]\ncoach -> fit\nfit -> "Warm Up"\n"Warm Up" -> Injury\n}'
    )
    assert graph.exposures == ("Warm Up",)
    assert graph.outcomes == ("Injury",)
    assert graph.adjusted == ("fit",)
    assert graph.latent == ("coach",)
    assert graph.positions == (("Warm Up", (0.1, 0.5)), ("Injury", (0.1, 0.9)))
    assert graph.nodes == ("Warm Up", "Injury", "fit", "coach")


def test_dagitty_classes_are_read_as_edge_sketches() -> None:
    kind, sketch = parse_dagitty("PAG { a @-> b <-> c @-@ d -- e @-- f --@ g }")
    assert kind == "pag"
    assert [edge[2:] for edge in sketch.edges] == [
        ("o", ">"), (">", ">"), ("o", "o"), ("-", "-"), ("o", "-"), ("-", "o"),
    ]  # fmt: skip
    kind, sketch = parse_dagitty("pag { a @-> b <-> c; d @-> c; e }")
    assert PAG(sketch.edges, nodes=sketch.nodes) == PAG("a o-> b <-> c <-o d", nodes="abcde")
    with pytest.raises(NotationError, match="the text is a pag"):
        from_dagitty("pag { a @-> b }")


@pytest.mark.parametrize(
    ("text", "arrows"),
    [
        ("digraph { a -> b }", "a -> b"),
        ("digraph G{a->b->c}", "a -> b -> c"),
        ('strict digraph "my graph" { a -> b; a -> b; }', "a -> b"),
        ('digraph { "a b" -> "c;d" }', '"a b" -> "c;d"'),
        ("digraph { a -> b [dir=both] }", "a <-> b"),
        ('digraph { a -> b [dir="both", style=dashed]; a -> b }', "a -> b; a <-> b"),
        ("digraph { a -> b [dir=back] }", "b -> a"),
        ("digraph { a -> b [dir=both arrowtail=none] }", "a -> b"),
        ("digraph { a <-> b <- c }", "a <-> b <- c"),
        ("digraph { edge [dir=both]; a -> b; subgraph s { edge [dir=forward] c -> d }; e -> f }",
         "a <-> b; c -> d; e <-> f"),
        ('digraph { subgraph cluster_0 { label="one"; a; b -> c } -> d }', "b -> c; {a b c} -> d"),
        ("digraph { a -> { b c } -> d }", "a -> {b c}; {b c} -> d"),
        ("digraph { a:port:n -> b:sw }", "a -> b"),
        ("digraph { rankdir=LR; node [shape=box]; graph [fontsize=10] a -> b }", "a -> b"),
        ('digraph { u [label="Unobserved Confounders", observed="no"]; u -> a }',
         "u -> a; u [latent]"),
        ("digraph { u [latent=true]; node [observed=no]; v; u -> a; v -> a; a [observed=yes] }",
         "u -> a; v -> a; u [latent]; v [latent]"),  # what is said last wins over the default
        ("digraph { // one\n a -> b # two\n /* three\n four */ }", "a -> b"),
        ("digraph {a -> b;\\n b -> c;\\n}", "a -> b -> c"),
        ('digraph { a -> b; "\\n"; }', "a -> b"),
        ('digraph { "a" + "b" -> c }', "ab -> c"),
        ('digraph { "a\\"b" -> "c\\\nd" }', '"a\\"b" -> cd'),
        ("digraph { 1 -> -2.5 -> x2 }", '1 -> "-2.5" -> x2'),
        ("DiGraph { A -> Node1 }", "A -> Node1"),
    ],
)  # fmt: skip
def test_dot(text: str, arrows: str) -> None:
    assert from_dot(text) == Graph(arrows)


def test_dot_points_up_where_we_point_down() -> None:
    graph = from_dot('digraph { a [pos="1,2,9!"]; b [exposure=true, outcome=true] }')
    assert graph.positions == (("a", (1.0, -2.0)),)
    assert graph.exposures == graph.outcomes == ("b",)


def test_what_dot_and_dagitty_cannot_write_is_refused() -> None:
    for name in ("a\\", 'a\\"b'):
        with pytest.raises(NotationError, match="cannot write the name"):
            to_dot(Graph([(name, "b")]))
    for name in ("a\\", "a\nb"):
        with pytest.raises(NotationError, match="DAGitty cannot write the name"):
            to_dagitty(Graph([(name, "b")]))


def test_a_node_named_as_a_line_break_is_kept_when_we_wrote_it() -> None:
    graph = Graph(nodes=["\n", "\\n"])
    assert from_dot(to_dot(graph)) == graph


@pytest.mark.parametrize(
    ("text", "arrows"),
    [
        ("graph TD\n a --> b", "a -> b"),
        ("flowchart LR; a --> b --> c", "a -> b -> c"),
        ("flowchart LR\n a-->b & c-->d", "a -> {b c}; {b c} -> d"),
        ("graph LR\n A[age] --> B(blood pressure) --> C((stroke))",
         'age -> "blood pressure" -> stroke'),
        ('graph LR\n A["a #quot;b#quot; #35;1"] --> B[/slanted/] --> C[\\other/] --> D{{six}}',
         '"a \\"b\\" #1" -> slanted -> other -> six'),
        ("graph LR\n a --> b\n a[age]", "age -> b"),
        ("graph LR\n a <--> b", "a <-> b"),
        ("graph LR\n a <-.-> b; c -.-> d; e ==> f; g <==> h", "a <-> b; c -> d; e -> f; g <-> h"),
        ("graph LR\n a -->|causes| b -- raises --> c -. may .-> d == must ==> e",
         "a -> b -> c -> d -> e"),
        ("graph LR\n a ----> b", "a -> b"),
        ("graph LR\n a ~~~ b --> c", "a; b -> c"),
        ("graph LR %% note\n%% more\n a --> b %% and more", "a -> b"),
        ("---\ntitle: x\n---\ngraph LR\n a --> b", "a -> b"),
        ("%%{init: {}}%%\ngraph LR\n a --> b", "a -> b"),
        ("graph LR\n subgraph one [Title]\n direction TB\n a --> b\n end\n b --> c", "a -> b -> c"),
        ("graph LR\n classDef latent fill:#f9f\n u:::latent --> a\n class v,w latent\n"
         " v --> a & b",
         "u -> a; v -> {a b}; w; u [latent]; v [latent]; w [latent]"),
        ("graph LR\n style a fill:#f9f,stroke:#333\n linkStyle 0 stroke:red\n a --> b\n"
         " click a \"https://x.y\"", "a -> b"),
        ("graph LR\n my-node --> a.b", '"my-node" -> a.b'),
        ('graph LR\n a@{ shape: rect, label: "age" } --> b', "age -> b"),
        ("graph", ""),
        ("flowchart RL\n lonely", "lonely"),
    ],
)  # fmt: skip
def test_mermaid(text: str, arrows: str) -> None:
    assert from_mermaid(text) == Graph(arrows)


def test_mermaid_takes_one_class_after_colons() -> None:
    graph = Graph("x -> y", exposures="x", adjusted="x")
    assert to_mermaid(graph).splitlines() == [
        "flowchart LR", "  x:::exposure", "  class x adjusted", "  y", "  x --> y",
    ]  # fmt: skip
    assert from_mermaid(to_mermaid(graph)).adjusted == ("x",)


def test_mermaid_words_are_not_taken_for_nodes() -> None:
    graph = Graph("end -> graph -> n0; class -> n1")
    text = to_mermaid(graph)
    assert from_mermaid(text) == graph
    assert "  end" not in text


@pytest.mark.parametrize(
    ("text", "arrows"),
    [
        ("y ~ x + z", "x -> y <- z"),
        ("y ~ x\ny ~~ z", "x -> y; y <-> z"),
        ("u =~ a + b", "u -> {a b}; u [latent]"),
        ("u =~ 1*a + start(0.5)*b + c(1, 1)*d", "u -> {a b d}; u [latent]"),
        ("f <~ a + b", "{a b} -> f; f [latent]"),
        ("y ~ 0*x + z", "z -> y; x"),
        ("x ~~ 0*y", "x; y"),
        ("y ~ b1*x + b2*z; ind := b1*b2; b1 == b2\n b1 > 0", "{x z} -> y"),
        ("y ~ 1\ny ~ 0 + x\ny ~~ y", "x -> y"),
        ("y ~ x + # why\n  z ! because\n", "{x z} -> y"),
        ("y ~ x\n  + z", "{x z} -> y"),
        ("y + w ~ x", "x -> {y w}"),
        ("y | t1 + t2\ny ~*~ 1*y\ny ~ x", "x -> y"),
        ('y ~ equal("a=b")*x + "label"*z', "{x z} -> y"),
        ("y.1 ~ .x2", '".x2" -> y.1'),
        ("y ~ -0.5*x", "x -> y"),
        ("", ""),
    ],
)  # fmt: skip
def test_lavaan(text: str, arrows: str) -> None:
    assert from_lavaan(text) == Graph(arrows)


def test_lavaan_has_no_quotes() -> None:
    for name in ("a b", "1x", "_x", "é-"):
        with pytest.raises(NotationError, match="lavaan cannot write the name"):
            to_lavaan(Graph([(name, "y")]))
    with pytest.raises(NotationError, match="stands alone"):
        to_lavaan(Graph("u [latent]"))


@pytest.mark.parametrize(
    ("text", "arrows"),
    [
        ('graph [directed 1 node [id 1 label "x"] node [id 2 label "y"] edge [source 1 target 2]]',
         "x -> y"),
        ('graph[directed 1 node[ id "X" label "X"]node[ id "U" label "Unobserved" observed "no"]'
         'edge[source "U" target "X"]]', "Unobserved -> X; Unobserved [latent]"),
        ("Creator \"me\"\nVersion 1\ngraph [\n# note\n node [ id 1 ] node [ id 2 ]\n"
         " edge [ source 2 target 1 ]\n]", "2 -> 1; 1"),
        ('graph [ node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 dir "both" ] ]', "1 <-> 2"),
        ("graph [ node [ id 1 ] node [ id 2 ] "
         'edge [ source 1 target 2 graphics [ arrow "both" ] ] ]',
         "1 <-> 2"),
        ('graph [ edge [ source 1 target 2 ] node [ id 1 label "a &amp; &#233;" ] node [ id 2 ] ]',
         '"a & é" -> 2'),
        ("graph [ ]", ""),
    ],
)  # fmt: skip
def test_gml(text: str, arrows: str) -> None:
    assert from_gml(text) == Graph(arrows)


@pytest.mark.parametrize(
    ("reader", "text", "line", "column", "what"),
    [
        (from_arrows, "a -> b\nb => c", 2, 3, "expected an arrow"),
        (from_arrows, "a -> b\n  c -> ", 2, 8, "expected a node's name"),
        (from_arrows, 'a -> "b\n', 1, 6, "not closed"),
        (from_arrows, "a [x=", 1, 4, "expected an attribute"),
        (from_dagitty, "dag {\n a -> }", 2, 7, "expected a node's name, found '}'"),
        (from_dagitty, "dag {\n a -- b }", 2, 4, "not '--'"),
        (from_dagitty, "dag {\n a @-> b }", 2, 4, "not '@->'"),
        (from_dagitty, "dag { a -> b", 1, 13, "expected '}'"),
        (from_dagitty, "dag { a } b", 1, 11, "expected the end of the text"),
        (from_dagitty, 'dag { a [pos="1,2', 1, 14, "cannot read '\"'"),
        (from_dagitty, "digraph { a -> b [dir=both] }", 1, 13, "dir=both"),
        (from_dagitty, "dag { a $ b }", 1, 9, "cannot read '$'"),
        (from_dot, "graph { a -- b }", 1, 1, "not a 'graph'"),
        (from_dot, "a -> b", 1, 1, "expected 'digraph'"),
        (from_dot, "digraph {\n  a -- b }", 2, 5, "not '--'"),
        (from_dot, "digraph { a [label=<b>] }", 1, 20, "HTML-like"),
        (from_dot, "digraph { <b> -> a }", 1, 11, "HTML-like"),
        (from_dot, "digraph { a -> b [dir", 1, 22, "expected an attribute"),
        (from_dot, "digraph { subgraph -> a }", 1, 20, "expected '{'"),
        (from_dot, 'digraph { "" -> a }', 1, 11, "a name is empty"),
        (from_mermaid, "a --> b", 1, 1, "expected 'flowchart'"),
        (from_mermaid, "graph LR\n a --- b", 2, 4, "no direction"),
        (from_mermaid, "graph LR\n a --x b", 2, 4, "a cross"),
        (from_mermaid, "graph LR\n a[age --> b", 2, 3, "not closed"),
        (from_mermaid, "graph LR\n a[x] --> b[x]", 2, 11, "both named 'x'"),
        (from_mermaid, "graph LR\n a -->", 2, 7, "expected a node's id"),
        (from_mermaid, "graph LR\n subgraph s\n a\n end\n s --> b", 5, 2, "is a subgraph"),
        (from_lavaan, "y ~ x\ny ~ x z", 2, 7, "expected '+'"),
        (from_lavaan, "y ~ x:z", 1, 6, "products"),
        (from_lavaan, "group: 1\ny ~ x", 1, 6, "groups"),
        (from_lavaan, "m <- 'y ~ x'", 1, 3, "assignment"),
        (from_lavaan, "y x", 1, 3, "expected '~'"),
        (from_lavaan, "y ~ c(1, 2", 1, 6, "not closed"),
        (from_lavaan, "y ~", 1, 4, "expected a variable"),
        (from_gml, "graph [ node [ id 1 ] ", 1, 23, "expected ']'"),
        (from_gml, "graph [ edge [ source 1 target 2 ] ]", 1, 9, "no node's id"),
        (from_gml, "graph [ node [ id 1 ] node [ id 1 ] ]", 1, 23, "stands twice"),
        (from_gml, "graph [ directed 0 ]", 1, 1, "directed edges"),
        (from_gml, "node [ id 1 ]", 1, 14, "expected one graph"),
        (from_gml, "graph [ 1 ]", 1, 9, "expected a key"),
    ],
)  # fmt: skip
def test_errors_point_at_line_and_column(
    reader: Callable[[str], Graph], text: str, line: int, column: int, what: str
) -> None:
    with pytest.raises(GraphError) as caught:
        reader(text)
    assert caught.value.message.startswith(f"Line {line}, column {column}: ")
    assert what in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "reader",
    [from_dagitty, from_dot, from_gml, from_mermaid, from_lavaan],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("found", [None, 3, b"dag { }", ["a"]])
def test_what_is_no_text_is_refused(reader: Callable[[object], Graph], found: object) -> None:
    with pytest.raises(NotationError, match="is read from text"):
        reader(found)


@pytest.mark.parametrize(
    "text",
    ["dag { a -> b -> a }", "dag { a -> a }", "dag { a -> b a -> b }", "dag { a [pos=\"1\"] }",
     "dag { a [pos=\"inf,0\"] }", "dag { a [selected] }"],
)  # fmt: skip
def test_what_is_no_causal_graph_is_refused(text: str) -> None:
    with pytest.raises(CausalsimError):
        from_dagitty(text)


def test_a_group_shares_its_attributes() -> None:
    sketch = parse_arrows('{a b} [latent, pos="1,2"]; a -> b')
    assert sketch.attributes == {name: {"latent": "", "pos": "1,2"} for name in "ab"}


def test_arrows_may_be_signs_and_may_be_chained() -> None:
    assert Graph("a → b ↔ c ← d") == Graph("a -> b; b <-> c; d -> c")
    assert Graph("\ufeffa -> b\r\nb -> c\r\n") == Graph("a -> b -> c")
    assert Graph("a->b#note\nb  ->\tc") == Graph("a -> b -> c")


def test_a_dagitty_text_in_a_file_of_arrows_is_recognised() -> None:
    assert from_arrows("  DAG {\n a -> b }") == Graph("a -> b")
    assert from_arrows("dag -> b") == Graph("dag -> b")
    graph = Graph("b -> a", exposures="b", positions=[("a", (1.5, 2))])
    assert from_arrows(to_arrows(graph)).positions == graph.positions
