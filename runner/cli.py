"""The commands. The only place that prints for people and turns errors into exit codes.

0 nothing unexpected, 1 news against a baseline or known failures, 2 bad usage or configuration, 3 nothing selected,
4 infrastructure left the result incomplete, or it cannot be believed, 130 interrupted; `judge` says which one a run gets.
"""

from __future__ import annotations

import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from runner import history_commands
from runner.closed_pipe import quiet_when_closed
from runner.errors import RunnerError, UsageError
from runner.model import Isolation, Stage
from runner.options import (
    MATRIX,
    REPORTS,
    BaselineOption,
    EngineName,
    Env,
    Fixtures,
    Formats,
    Fresh,
    From,
    Isolated,
    Jobs,
    Loaders,
    Matrix,
    Profile,
    Reports,
    RunId,
    Sharded,
    To,
    again,
    front,
)

if TYPE_CHECKING:
    from runner.engines.base import Engine


def _finish(code: int, **_: object) -> None:
    """Make what a command returned the exit code."""
    raise typer.Exit(code)


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    result_callback=_finish,
    help="Measure which saved TensorFlow models load in which other TensorFlow, and with what result.",
)


def _planned(matrix: Path, profile: str | None, until: Stage = Stage.LOAD, shard: str | None = None, **patterns: list[str] | None) -> Any:
    from runner.plan import make_plan
    from runner.selection import select
    from runner.shards import shard_of
    from runner.spec import load_matrix

    selection = select(load_matrix(matrix), profile=profile, **{name: tuple(given or ()) for name, given in patterns.items()})
    whole = make_plan(selection, until=until)
    return whole if shard is None else shard_of(whole, shard)


def _execute(plan: Any, *, engine: str, jobs: int | None, isolation: str, fresh: bool, reports: Path, baseline: str | None = None) -> int:
    """Run a plan with its progress on the screen, print the report, and return the exit code."""
    from runner.judge import judge
    from runner.report_files import leave_page
    from runner.reports import markdown
    from runner.reports.terminal import print_report
    from runner.running import run_plan
    from runner.step_summary import append_summary
    from runner.store import RunStore

    modes: dict[str, Isolation] = {"shared": "shared", "fork": "fork", "process": "process"}
    if isolation not in modes:
        raise UsageError(f"--isolation {isolation}: choose shared, fork or process")
    console, store = Console(), RunStore(reports)
    run, expectations = run_plan(
        plan,
        partial(_engine, engine),
        store,
        console,
        jobs=jobs,
        fresh=fresh,
        command=again(),
        isolation=modes[isolation],
        baseline=baseline,
    )
    judgement = judge(run, expectations)
    page = leave_page(run, store, command=front(), judgement=judgement)
    print_report(run, console, command=front(), judgement=judgement, page=page)
    append_summary(*(partial(markdown.render, run, command=front(), judgement=judgement, short=short) for short in (False, True)))
    return judgement.exit_code


def _engine(name: str, plan: Any) -> Engine:
    """Return the engine that a plan is run with."""
    from runner.running import engine_of

    return engine_of(name, plan)


@app.command()
def plan(
    matrix: Matrix = MATRIX,
    profile: Profile = None,
    env: Env = None,
    from_: From = None,
    to: To = None,
    fixture: Fixtures = None,
    format: Formats = None,
    loader: Loaders = None,
    engine: EngineName = "auto",
    jobs: Jobs = None,
    shard: Sharded = None,
    reports: Reports = REPORTS,
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> int:
    """Show what would run: cells, what is reused, and the expected time."""
    from runner.reports.planned import describe, print_plan
    from runner.store import RunStore

    planned = _planned(matrix, profile, shard=shard, env=env, from_=from_, to=to, fixture=fixture, format=format, loader=loader)
    with closing(_engine(engine, planned)) as made:
        facts = describe(planned, made, RunStore(reports), jobs=jobs)
    print_plan(facts, Console(), as_json=json)
    return 0


@app.command()
def run(
    matrix: Matrix = MATRIX,
    profile: Profile = None,
    env: Env = None,
    from_: From = None,
    to: To = None,
    fixture: Fixtures = None,
    format: Formats = None,
    loader: Loaders = None,
    engine: EngineName = "auto",
    jobs: Jobs = None,
    isolation: Isolated = "shared",
    fresh: Fresh = False,
    shard: Sharded = None,
    baseline: BaselineOption = None,
    reports: Reports = REPORTS,
) -> int:
    """Save every fixture in each environment, load it in every other, compare, and report. The main job."""
    planned = _planned(matrix, profile, shard=shard, env=env, from_=from_, to=to, fixture=fixture, format=format, loader=loader)
    return _execute(planned, engine=engine, jobs=jobs, isolation=isolation, fresh=fresh, reports=reports, baseline=baseline)


@app.command()
def save(
    environment: Annotated[str, typer.Argument(help="the environment that saves")],
    matrix: Matrix = MATRIX,
    profile: Profile = None,
    fixture: Fixtures = None,
    format: Formats = None,
    engine: EngineName = "auto",
    jobs: Jobs = None,
    isolation: Isolated = "shared",
    fresh: Fresh = False,
    reports: Reports = REPORTS,
) -> int:
    """Save every fixture in one environment, and load nothing."""
    planned = _planned(matrix, _profile_with(matrix, profile, environment), Stage.SAVE, env=[environment], fixture=fixture, format=format)
    return _execute(planned, engine=engine, jobs=jobs, isolation=isolation, fresh=fresh, reports=reports)


@app.command()
def load(
    environment: Annotated[str, typer.Argument(help="the environment that loads")],
    matrix: Matrix = MATRIX,
    profile: Profile = None,
    from_: From = None,
    fixture: Fixtures = None,
    format: Formats = None,
    loader: Loaders = None,
    engine: EngineName = "auto",
    jobs: Jobs = None,
    isolation: Isolated = "shared",
    fresh: Fresh = False,
    reports: Reports = REPORTS,
) -> int:
    """Load in one environment what every other of its profile saves (saving what is not saved yet)."""
    planned = _planned(
        matrix, _profile_with(matrix, profile, environment), to=[environment], from_=from_, fixture=fixture, format=format, loader=loader
    )
    return _execute(planned, engine=engine, jobs=jobs, isolation=isolation, fresh=fresh, reports=reports)


def _profile_with(matrix: Path, profile: str | None, environment: str) -> str | None:
    """Return the profile asked for, or the first one that has the environment."""
    from runner.spec import load_matrix

    having = [item.name for item in load_matrix(matrix).profiles if environment in item.environments]
    return profile or (having[0] if having else None)


@app.command()
def report(
    run: RunId = None,
    form: Annotated[str, typer.Option("--as", help="terminal, markdown, json, html, svg, png, junit, badge or parquet")] = "terminal",
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the screen")] = None,
    format: Annotated[list[str] | None, typer.Option("--format", help="of svg and png: the formats that have a panel (glob)")] = None,
    reports: Reports = REPORTS,
) -> int:
    """Report on a run."""
    from runner import report_files
    from runner.baselines import kept
    from runner.judge import judge
    from runner.reports import as_json, badge, junit, markdown, terminal
    from runner.step_summary import append_summary
    from runner.store import RunStore
    from runner.writing import write_text

    store = RunStore(reports)
    found = store.find(run)
    judgement = judge(found, kept(found))
    newest = store.ids()[-1:] == (found.header.run,)
    if form == "terminal" and output is None and not format:
        terminal.print_report(found, Console(), command=front(), judgement=judgement, newest=newest)
        return 0
    if form == "parquet":
        return history_commands.keep_as_parquet(found, output, reports)
    makers = {
        "terminal": lambda: terminal.to_text(found, command=front(), judgement=judgement, newest=newest),
        "markdown": lambda: markdown.render(found, command=front(), judgement=judgement, newest=newest),
        "json": lambda: as_json.render(found, judgement),
        "junit": lambda: junit.render(found, judgement),
        "badge": lambda: badge.render(found, judgement),
    }
    if form in report_files.FORMS or format:
        return report_files.write_report_file(
            found, store, form=form, output=output, formats=format or (), command=front(), judgement=judgement
        )
    if form not in makers:
        raise UsageError(f"--as {form}: choose one of {', '.join((*makers, *report_files.FORMS, 'parquet'))}")
    text = makers[form]()
    write_text(text, output)
    if form == "markdown":
        append_summary(lambda: text, partial(markdown.render, found, command=front(), judgement=judgement, newest=newest, short=True))
    return 0


@app.command()
def compare(
    base: Annotated[str, typer.Argument(help="the run that is compared with, or RUN@ENVIRONMENT; latest is the newest run")],
    new: Annotated[str, typer.Argument(help="the run that is looked at, or RUN@ENVIRONMENT")],
    form: Annotated[str, typer.Option("--as", help="terminal, markdown or json")] = "terminal",
    length: Annotated[str, typer.Option("--form", help="short or full")] = "short",
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the screen")] = None,
    reports: Reports = REPORTS,
) -> int:
    """Compare two runs, or two environments: what newly breaks, what is fixed, what still breaks."""
    from runner.comparing import show_comparison

    return show_comparison(base, new, way=form, form=length, output=output, reports=reports, console=Console())


baseline_app = typer.Typer(no_args_is_help=True, help="What is accepted: `run` fails only on news against it.")
app.add_typer(baseline_app, name="baseline")


@baseline_app.command()
def accept(
    run: RunId = None,
    output: Annotated[Path, typer.Option(help="the file to write")] = REPORTS / "published" / "baseline.jsonl",
    reports: Reports = REPORTS,
) -> int:
    """Write a run as a baseline."""
    from runner.expecting import accept as accept_run

    return accept_run(run, output=output, reports=reports, console=Console())


@app.command()
def show(
    cell: Annotated[str, typer.Argument(help="the id of a cell, as reports print it")],
    run: Annotated[str | None, typer.Option(help="a run; the newest when not given")] = None,
    newest: Annotated[int, typer.Option(min=1, help="so many of the newest runs that have the cell are its history")] = 20,
    reports: Reports = REPORTS,
) -> int:
    """Show everything known of one cell."""
    from runner.history import history_of, stretches_of
    from runner.reports.cell import print_cell
    from runner.reports.next_steps import options, show_command
    from runner.shelf import runs_with
    from runner.store import RunStore

    store = RunStore(reports)
    history = stretches_of(history_of(cell, runs_with(store, cell, newest=newest)))
    found = store.find(run)
    if cell not in found.outcomes and history:
        other = history[0].last
        command = show_command(cell, options(store.runs / other, found.header.matrix, newest=False), command=front())
        raise UsageError(f"no cell {cell!r} in run {found.header.run}; run {other} has it: {command}")
    print_cell(found, cell, Console(), command=front(), history=history)
    return 0


@app.command()
def reproduce(
    cell: Annotated[str, typer.Argument(help="the id of a cell, as reports print it")],
    matrix: Matrix = MATRIX,
    engine: EngineName = "auto",
    reports: Reports = REPORTS,
) -> int:
    """Run one cell again, alone, in a fresh process, with its output on the screen."""
    from runner.reproduce import reproduce as again

    return again(cell, matrix=matrix, engine=engine, reports=reports, console=Console(), command=front())


@app.command()
def lock(
    environment: Annotated[list[str] | None, typer.Argument(help="environments (glob); all of the matrix file when not given")] = None,
    matrix: Matrix = MATRIX,
) -> int:
    """Resolve environments and write their locks."""
    from runner.locking import lock_environments

    return lock_environments(tuple(environment or ()), matrix=matrix, console=Console())


@app.command()
def images(
    environment: Annotated[list[str] | None, typer.Argument(help="environments (glob); the default profile's when not given")] = None,
    matrix: Matrix = MATRIX,
    list_: Annotated[bool, typer.Option("--list", help="list the images that are there, and build none")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="remove images that the matrix does not use, and what killed runs left")] = False,
) -> int:
    """Build the container images of environments, list them, or remove those of no use."""
    from runner import imaging

    return imaging.images(tuple(environment or ()), matrix=matrix, list_=list_, prune=prune, console=Console())


@app.command()
def doctor(
    matrix: Matrix = MATRIX,
    profile: Profile = None,
    json: Annotated[bool, typer.Option("--json", help="print the facts as JSON")] = False,
) -> int:
    """Say what this machine can do, and what to do about what is missing."""
    from runner.doctor import doctor as look

    return look(matrix=matrix, profile=profile, as_json=json, console=Console())


@app.command()
def bench(
    matrix: Matrix = MATRIX,
    env: Annotated[str | None, typer.Option(help="the environment to measure in; one of the newest TensorFlow when not given")] = None,
    engine: EngineName = "local",
    cells: Annotated[int, typer.Option(min=1, max=1000, help="how many loads are measured, if so many pass")] = 250,
    fresh: Annotated[int, typer.Option(min=1, max=1000, help="how many of them have a fresh process each")] = 50,
    setup: Annotated[bool, typer.Option(help="also measure set-up against plain pip in a venv")] = True,
) -> int:
    """Measure this runner against a fresh process per cell and against the bare work, on the same cells in one run."""
    from runner.bench import bench as measure

    return measure(matrix=matrix, environment=env, engine=engine, cells=cells, fresh=fresh, setup=setup, console=Console())


@app.command()
def schema(what: Annotated[str, typer.Argument(help="matrix, run, report or compare")]) -> int:
    """Print a JSON Schema: of the matrix file, of a line of run.jsonl, of `report --as json` or of `compare --as json`."""
    import json

    from runner.records import run_schema
    from runner.reports.json_schemas import compare_schema, report_schema
    from runner.schemas import matrix_schema

    makers = {"matrix": matrix_schema, "run": run_schema, "report": report_schema, "compare": compare_schema}
    if what not in makers:
        raise UsageError(f"schema {what}: choose one of {', '.join(makers)}")
    sys.stdout.write(json.dumps(makers[what](), indent=2) + "\n")
    return 0


app.command()(history_commands.query)
app.command()(history_commands.merge)
app.command()(history_commands.nightly)
app.add_typer(history_commands.runs, name="runs")


def main() -> int:
    """Run the command line and return the exit code."""
    try:
        with quiet_when_closed():
            return _called()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 2


def _called() -> int:
    try:
        app()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 2
    except RunnerError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0
