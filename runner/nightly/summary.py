"""The summary of a night as Markdown: what is new, what the night had, what became of it, and where the rest is. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from runner.compare import Comparison
from runner.judge import Judgement
from runner.model import Run
from runner.nightly.nights import Night
from runner.reports import compared_markdown
from runner.reports.clean import code_span, prose
from runner.reports.tables import pivot
from runner.reports.terminal import denominators, results


def summary(night: Night, run: Run, base: Run | None, comparison: Comparison | None, *, news: Sequence[str], judgement: Judgement) -> str:
    """Return the summary of a night; `base` is the run of the last night, None on the first."""
    totals = pivot(run).totals
    lines = [f"# Night {night.name}", ""]
    lines += [f"Run {code_span(run.header.run)}, profile {code_span(run.header.profile)}: {prose(judgement.text)}.", ""]
    lines += [f"{denominators(totals)}. Of those that ran: {results(totals)}.", ""]
    if night.notes:
        lines += ["## Tonight", "", *(f"- {prose(note, limit=1000)}" for note in night.notes), ""]
    since = f" since night {code_span(base.header.run)}" if base is not None else ""
    lines += [f"## News{since}", ""]
    if base is None:
        lines += ["This is the first night: there is nothing to compare it with.", ""]
    lines += [f"- {prose(line, limit=1000)}" for line in news] or ([] if base is None else ["Nothing."])
    lines.append("")
    if base is not None and comparison is not None:
        lines += [compared_markdown.render(base, run, comparison), ""]
    return "\n".join(lines)
