"""The commands that look at more than one run: `query`, and what keeps runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from runner.options import MATRIX, REPORTS, EngineName, Fresh, Jobs, Matrix, Reports, again, front, without

if TYPE_CHECKING:
    from runner.model import Run


def query(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="SQL | QUESTION [VALUE...]", help="one statement of SQL in quotes, or a question by name")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="list the ready-made questions")] = False,
    form: Annotated[str, typer.Option("--as", help="table, json, csv or markdown")] = "table",
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the screen")] = None,
    reports: Reports = REPORTS,
) -> int:
    """Ask all runs, in SQL or by a ready-made question. Runs are never changed by it."""
    from runner.querying import ask, list_questions

    console = Console()
    if list_ or not words:
        list_questions(console)
        return 0
    ask(tuple(words), form=form, output=output, reports=reports, console=console)
    return 0


def merge(
    shards: Annotated[list[str], typer.Argument(metavar="RUN...", help="the runs of all shards: ids, directories or files")],
    reports: Reports = REPORTS,
) -> int:
    """Put the runs of all shards of a plan together as one run, after proving that they are that plan, and report on it."""
    from runner import baselines
    from runner.judge import judge
    from runner.merging import merged
    from runner.report_files import leave_page
    from runner.reports.terminal import print_report
    from runner.store import RunStore, new_run_id

    store = RunStore(reports)
    parts = [store.find(shard) for shard in shards]
    header, outcomes, footer = merged(parts, run=new_run_id(), command=again())
    with store.create(header.run) as writer:
        writer.append(header, *outcomes, footer)
    made = store.read(header.run)
    baselines.keep(made, baselines.kept(parts[0]))
    judgement = judge(made, baselines.kept(made))
    page = leave_page(made, store, command=front(), judgement=judgement)
    print_report(made, Console(), command=front(), judgement=judgement, page=page)
    return judgement.exit_code


def nightly(
    step: Annotated[str, typer.Argument(help="all, or for more than one machine: prepare, then shards and merge, then finish")] = "all",
    matrix: Matrix = MATRIX,
    profile: Annotated[str | None, typer.Option(help="the profile to run; `nightly` where there is one, else the first")] = None,
    engine: EngineName = "auto",
    jobs: Jobs = None,
    fresh: Fresh = False,
    webhook: Annotated[
        str, typer.Option(envvar="TFMATRIX_WEBHOOK", show_envvar=True, help="an address that takes Slack's JSON, called on news only")
    ] = "",
    keep: Annotated[int, typer.Option(min=2, help="so many nights stay")] = 30,
    run: Annotated[str | None, typer.Option(help="of `finish`: the run that the night made; the newest when not given")] = None,
    reports: Reports = REPORTS,
) -> int:
    """Find what is new, run it with the rest, compare with the last night, report, and tell a webhook on news."""
    from runner.nightly.command import Wish
    from runner.nightly.command import nightly as do

    wish = Wish(
        matrix=matrix,
        reports=reports,
        profile=profile,
        engine=engine,
        jobs=jobs,
        fresh=fresh,
        keep=keep,
        address=webhook,
        run=run,
        command=without(again(), "--webhook"),
    )
    # What `prepare` prints on the screen's other stream is a path for scripts.
    return do(step, wish, Console(stderr=step == "prepare"))


def keep_as_parquet(run: Run, output: Path | None, reports: Path) -> int:
    """Write a run as Parquet: to `output`, else where `query` finds it when its lines are gone."""
    from runner.store import RunStore
    from runner.warehouse.parquet import export
    from runner.warehouse.tables import PARQUET
    from runner.writing import say_written

    path = output or RunStore(reports).reports / PARQUET / f"{run.header.run}.parquet"
    export(run, path)
    say_written(path)
    return 0


runs = typer.Typer(no_args_is_help=True, help="List the runs that are kept, or remove those that nobody needs any more.")


@runs.command("list")
def list_runs(json: Annotated[bool, typer.Option("--json", help="print JSON")] = False, reports: Reports = REPORTS) -> int:
    """List all runs, the newest first: what became of them, and how large they are."""
    from runner.keeping import print_runs
    from runner.store import RunStore

    print_runs(RunStore(reports), Console(), as_json=json)
    return 0


@runs.command("prune")
def prune_runs(
    keep: Annotated[int | None, typer.Option(min=0, help="the newest so many complete runs of each profile stay")] = None,
    days: Annotated[int | None, typer.Option(min=0, help="runs of the last so many days stay")] = None,
    archive: Annotated[bool, typer.Option("--archive", help="write each run as Parquet first, where `query` still finds it")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would go, and remove nothing")] = False,
    reports: Reports = REPORTS,
) -> int:
    """Remove old runs, and the artifacts that no other run could read."""
    from runner.keeping import print_pruned, prune
    from runner.store import RunStore

    print_pruned(prune(RunStore(reports), keep=keep, days=days, dry=dry_run, archive=archive), Console(), dry=dry_run)
    return 0
