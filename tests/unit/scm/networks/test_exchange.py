"""Networks in BIF files and in pgmpy: read, written, refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.errors.graph import GraphError
from causalsim.errors.network import NetworkError
from causalsim.scm import SCM, GumbelMax, Threshold
from causalsim.scm.networks import Place, contract, read_bif, to_network, write_bif
from causalsim.scm.networks.exchange.bif import bif_text, parse_bif
from causalsim.scm.networks.exchange.conversion import network_of, read_network
from causalsim.scm.networks.exchange.discrete import DiscreteNetwork
from tests.oracles.coupling_cases import model_of
from tests.oracles.discrete_couplings import tables

CANCER = """
network cancer { property author = "Korb and Nicholson"; }
// the smoker's example
variable Smoker { type discrete [ 2 ] { True, False }; }
variable "Lung cancer" { type discrete [ 3 ] { none, early, late }; property position = (1, 2); }
probability ( Smoker ) { table 0.3, 0.7; }
probability ( "Lung cancer" | Smoker ) { /* rows by state */
  (True) 0.5, 0.3, 0.2;
  default 0.9, 0.08, 0.02;
}
"""


def test_a_file_as_the_format_has_it() -> None:
    found = parse_bif(CANCER)
    assert found.name == "cancer"
    assert found.levels == {"Smoker": ("True", "False"), "Lung cancer": ("none", "early", "late")}
    assert found.tables["Lung cancer"].tolist() == [[0.5, 0.3, 0.2], [0.9, 0.08, 0.02]]


def test_a_table_runs_over_its_own_states_slowest() -> None:
    text = """variable a { type discrete [ 2 ] { t, f }; }
    variable b { type discrete [ 2 ] { t, f }; }
    probability ( a ) { table 0.2 0.8; } probability ( b a ) { table 0.1 0.4 0.9 0.6; }"""
    assert parse_bif(text).tables["b"].tolist() == [[0.1, 0.9], [0.4, 0.6]]


HEAD = "variable x { type discrete [ 2 ] { yes, no }; }\n"
MISTAKES = [
    ("", "Line 1: The text declares no variable"),
    ("hello", "Line 1: 'hello' is no block"),
    (HEAD, "no table for x"),
    ("variable x { type discrete [ 3 ] { yes, no }; }", "said to have 3 states, but 2"),
    ("variable x { type discrete [ 2 ] { a, a }; }", "a state twice"),
    ("variable x { type continuous [ 2 ] { a, b }; }", "only discrete"),
    ("variable x { }", "has no states"),
    (HEAD + HEAD, "Line 2: The variable 'x' is declared twice"),
    (HEAD + "probability ( y ) { table 1, 0; }", "Line 2: 'y' is not declared"),
    (HEAD + "probability ( x ) {\n table 0.5, a; }", "Line 3: 'a' is no number"),
    (HEAD + "probability ( x ) {\n table 0.5; }", "Line 3: 2 numbers are needed"),
    (HEAD + "probability ( x ) { table 0.5, 0.4; }", "sum to 0.9"),
    (HEAD + "probability ( x ) { table 1.5, -0.5; }", "some are negative"),
    (HEAD + "probability ( x ) { table nan, 1; }", "missing"),
    (HEAD + "probability ( x ) { }", "no row"),
    (HEAD + "probability ( x | x ) { }", "its own parent"),
    (HEAD + "probability ( x ) { table 0.5, 0.5;", "a row|expected here"),
    (HEAD + "probability ( x ) { property a", "does not end"),
    (HEAD + 'variable "y', "not closed"),
    (HEAD + "/* no end", "not closed"),
]


@pytest.mark.parametrize("text, match", MISTAKES)
def test_mistakes_are_told_with_their_line(text: str, match: str) -> None:
    with pytest.raises(NetworkError, match=f"(?i){match}"):
        parse_bif(text)


ROW = HEAD + "variable y { type discrete [ 2 ] { a, b }; }\nprobability ( x ) { table 0.5, 0.5; }\n"


@pytest.mark.parametrize(
    "rows, match",
    [
        ("(yes) 0.5, 0.5;", "no row for \\(no\\); 1 are missing"),
        ("(yse) 0.5, 0.5;", "did you mean 'yes'"),
        ("(yes, no) 0.5, 0.5;", "names 2 states for 1 parents"),
        ("(yes) 0.5, 0.5;\n(yes) 0.5, 0.5;", "Line 6: A row of 'y' is there twice"),
        ("(yes) 0.5, 0.5; (no) 0.5, 0.6;", "given \\(no\\) sum to 1.1"),
    ],
)
def test_rows_that_are_wrong(rows: str, match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        parse_bif(f"{ROW}probability ( y | x ) {{\n{rows} }}")


NAMES = st.text(
    st.characters(blacklist_characters='"\n\r', blacklist_categories=["Cs"]), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        NAMES.map(lambda n: " ".join(n.split())).filter(bool), min_size=6, max_size=6, unique=True
    ),
    st.integers(0, 10**6),
)
def test_writing_and_reading_is_the_identity(names: list[str], seed: int) -> None:
    x, y, *states = names
    rng = np.random.default_rng(seed)
    network = DiscreteNetwork(
        {x: tuple(states[:2]), y: tuple(states)},
        {x: (), y: (x,)},
        {x: rng.dirichlet(np.ones(2)), y: rng.dirichlet(np.ones(4) * 0.2, 2)},
    )
    found = parse_bif(bif_text(network))
    assert found.levels == network.levels
    assert found.parents == network.parents
    for node, table in found.tables.items():
        assert np.array_equal(table, network.tables[node])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_a_model_comes_back_from_pgmpy(seed: int) -> None:
    made = tables(np.random.default_rng(seed), 4, levels=3)
    model = model_of(made)
    back = SCM.from_network(to_network(model), coupling=Threshold)
    assert set(back.graph.directed) == set(model.graph.directed)
    for node, mechanism in back.mechanisms.items():
        assert mechanism.domain == model.mechanisms[node].domain
    for name, parents, rows in made:
        found = network_of(back.graph, back.mechanisms)
        assert set(found.parents[name]) == set(parents)
        order = [found.parents[name].index(parent) for parent in parents]
        table = found.tables[name].transpose([*order, len(order)])
        assert table.reshape(rows.shape) == pytest.approx(rows, abs=1e-15)


def test_a_file_as_a_model_and_back(tmp_path: Path) -> None:
    (tmp_path / "cancer.bif").write_text(CANCER)
    model = read_bif(tmp_path / "cancer.bif")
    assert "Gumbel" in model.equations  # three names
    assert "Uniform(0, 1)" in model.equations  # two names
    write_bif(model, tmp_path / "again.bif")
    again = read_bif(tmp_path / "again.bif", coupling={"Lung cancer": Threshold})
    assert isinstance(again.mechanisms["Lung cancer"], Threshold)
    found = contract({"": again.do(Smoker="True").mechanisms}, [Place("", "Lung cancer")], {})
    assert found.probabilities.tolist() == pytest.approx([0.5, 0.3, 0.2])


def test_pgmpys_own_reader_agrees() -> None:
    from pgmpy.readwrite import BIFReader

    # pgmpy takes no property in the network's block, so the file is written anew.
    ours = parse_bif(CANCER)
    theirs = read_network(BIFReader(string=bif_text(ours)).get_model())
    assert set(theirs.levels) == set(ours.levels)
    for node in ours.levels:
        assert theirs.tables[node] == pytest.approx(ours.tables[node])


def test_levels_listed_in_another_order_by_a_child() -> None:
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    network = DiscreteBayesianNetwork([("x", "y")], latents={"x"})
    network.add_cpds(
        TabularCPD("x", 2, [[0.25], [0.75]], state_names={"x": ["a", "b"]}),
        TabularCPD("y", 2, [[0.1, 0.6], [0.9, 0.4]], ["x"], [2], {"y": [1, 0], "x": ["b", "a"]}),
    )
    model = SCM.from_network(network)
    assert model.graph.latent == ("x",)
    found = network_of(model.graph, model.mechanisms)
    # Levels that are numbers stand from low to high; the rows follow a before b.
    assert found.levels["y"] == (0, 1)
    assert found.tables["y"] == pytest.approx(np.array([[0.4, 0.6], [0.9, 0.1]]))


class _Table:
    def __init__(self, variable: str, states: dict[str, list], values: list) -> None:
        self.variable, self.state_names = variable, states
        self.variables = list(states)
        self.values = np.array(values)


class _Network:
    def __init__(self, nodes: list[str], found: list) -> None:
        self._nodes, self._found = nodes, found

    def nodes(self) -> list[str]:
        return self._nodes

    def get_cpds(self) -> list:
        return self._found


X = _Table("x", {"x": ["a", "b"]}, [0.5, 0.5])
WRONG = [
    (42, "found int"),
    (_Network(["x"], []), "no table for x"),
    (_Network(["x"], [_Table("x", {"x": ["a", 1]}, [0.5, 0.5])]), "neither all names"),
    (_Network(["x"], [_Table("x", {"x": ["a", "b"]}, [0.5, 0.6])]), "sum to 1.1"),
    (
        _Network(["x", "y"], [X, _Table("y", {"y": ["a"], "x": ["a", "c"]}, [[1.0, 1.0]])]),
        "lists the levels of 'x'",
    ),
]


@pytest.mark.parametrize("network, match", WRONG)
def test_networks_that_are_none(network: object, match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        SCM.from_network(network)


def test_couplings_that_are_none() -> None:
    network = _Network(["x"], [X])
    with pytest.raises(NetworkError, match="did you mean 'x'"):
        SCM.from_network(network, coupling={"X": GumbelMax})
    with pytest.raises(NetworkError, match="Threshold or GumbelMax"):
        SCM.from_network(network, coupling="threshold")  # type: ignore[arg-type]


def test_a_circle_of_tables() -> None:
    half = np.full((2, 2), 0.5)
    network = DiscreteNetwork(
        {"x": ("a", "b"), "y": ("a", "b")}, {"x": ("y",), "y": ("x",)}, {"x": half, "y": half}
    )
    with pytest.raises(GraphError):
        SCM.from_network(network)


def test_a_shared_noise_becomes_a_latent_variable() -> None:
    import pyro.distributions as dist
    import torch

    half = torch.tensor(0.5).double()
    model = SCM.from_equations(
        {"x": lambda w: w > 0.5, "y": lambda x, w: x != (w > 0.5)},
        noises={"w": dist.Bernoulli(half)},
    )
    assert model.graph == Graph("x -> y; x <-> y")
    network = to_network(model)
    assert network.latents == {"w"}
    assert network.check_model()


def test_compressed_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.bif").write_bytes(b"\x1f\x8b\xff\xfe")
    with pytest.raises(NetworkError, match=r"\.bif\.gz"):
        read_bif(tmp_path / "a.bif")


def test_quotation_marks_cannot_be_written() -> None:
    network = DiscreteNetwork({'a"b': ("s", "t")}, {'a"b': ()}, {'a"b': np.array([0.5, 0.5])})
    with pytest.raises(NetworkError, match="cannot hold"):
        bif_text(network)
