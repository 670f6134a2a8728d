"""The command of the README, as a person would type it."""

import io
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from causalsim import cli, demo


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What the demo prints, and the page it writes."""
    out = tmp_path_factory.mktemp("demo") / "report.html"
    stream = io.StringIO()
    path = demo.run(Console(file=stream, width=200), out, seed=1)
    return stream.getvalue(), path.read_text(encoding="utf-8")


def test_the_estimate_lies_inside_the_published_intervals(told: tuple[str, str]) -> None:
    found = re.search(r"([\d.]+) kg \(95 % CI ([\d.]+) to ([\d.]+)\), AIPW, n = 1566", told[0])
    assert found is not None
    assert 2.6 <= float(found[1]) <= 4.5
    assert float(found[2]) < float(found[1]) < float(found[3])


def test_the_two_engines_agree_within_300_grams(told: tuple[str, str]) -> None:
    found = re.search(r"in each world\) ([\d.]+) kg; by estimation ([\d.]+) kg", told[0])
    assert found is not None
    assert abs(float(found[1]) - float(found[2])) < 0.3


def test_every_step_is_told(told: tuple[str, str]) -> None:
    for step in range(1, 6):
        assert f"\n{step}. " in told[0]
    assert "E[weight_gain | do(quit)]: identified by adjustment" in told[0]
    assert told[0].count("passed") == 6
    assert "Person 428 gave up and gained 15.87 kg" in told[0]


def test_the_page_needs_no_network_and_has_pictures(told: tuple[str, str]) -> None:
    page = told[1]
    HTMLParser().feed(page)
    linked = set(re.findall(r"https?://[^\"'<> ]+", page))
    assert linked <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/1998/Math/MathML",
    }
    assert not re.search(r"<script|src=|@import|<link", page)
    assert page.count("<svg") == 3


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for flag, expected in (("--help", "demo"), ("--version", "0.1.0")):
        with pytest.raises(SystemExit) as stopped:
            cli.app([flag])
        assert stopped.value.code in (0, None)
        assert expected in capsys.readouterr().out


def test_a_page_that_cannot_be_written_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/locked/report.html")

    monkeypatch.setattr(demo, "run", fail)
    monkeypatch.setattr("sys.argv", ["causalsim", "demo"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    assert "/locked/report.html: Permission denied" in capsys.readouterr().err
