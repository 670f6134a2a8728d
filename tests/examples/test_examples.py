"""Every example, and every journey of the README, runs."""

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_in_the_docs_which_run_it(path: Path) -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert f"\nexamples/{path.stem}\n" in index


@pytest.mark.slow  # building the docs runs them too, and fails where one of them does
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")


def test_readme(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    journeys = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(journeys) == 3
    monkeypatch.chdir(tmp_path)
    for number, journey in enumerate(journeys):
        script = tmp_path / f"journey_{number}.py"
        script.write_text(journey, encoding="utf-8")
        runpy.run_path(str(script))
        assert len(journey.strip().splitlines()) <= 12
