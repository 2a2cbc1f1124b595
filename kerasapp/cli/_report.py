"""What `run` and `evaluate` print of a report."""

from kerasapp.run import Run


def headline(run: Run) -> str:
    """The first part of report.md, up to the comparison with the baselines, and where the rest is."""
    parts = (run.path / "report.md").read_text(encoding="utf-8").strip().split("\n## ")
    return "\n## ".join(parts[:2]).strip() + f"\n\nThe whole report, with plots: {run.path / 'report.html'}"
