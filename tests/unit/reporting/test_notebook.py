"""What a notebook shows of a plot."""

from causalsim.reporting import Plot, distribution


def test_a_plot_shows_itself_without_a_backend() -> None:
    shown = Plot.of(distribution([1.0, 2.0, 2.5, 4.0], label="kg"))._repr_html_()
    assert "<svg" in shown
    assert shown.count("<path") > 4
