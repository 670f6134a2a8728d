"""The command line: ``causalsim demo``."""

import sys
from pathlib import Path

from cyclopts import App
from rich.console import Console

from causalsim import __version__
from causalsim.errors import CausalsimError

app = App(
    name="causalsim",
    help="Causal inference and counterfactual simulation.",
    version=__version__,
)


@app.command
def demo(*, out: Path = Path("causalsim-report.html"), seed: int = 1) -> None:
    """Run every rung on a real study: does giving up smoking make people gain weight?

    Args:
        out: Where the report is written: one HTML file that needs no network.
        seed: Decides every random choice; equal seeds give equal numbers.
    """
    # Imported here, so that --help need not wait for torch.
    from causalsim.demo import run

    run(Console(), out, seed)


def main() -> None:
    """Run the command line; a misuse is told in words, without a traceback."""
    try:
        app(sys.argv[1:])
    except CausalsimError as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        sys.exit(1)
    except OSError as error:
        Console(stderr=True).print(f"{error.filename}: {error.strerror}", style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
