"""The command `images`: build the images of environments two at a time, list those that are there, remove those of no use."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from runner.engines import docker_engine
from runner.errors import EngineFault, UsageError
from runner.model import Environment
from runner.reports.words import counted, duration, size
from runner.selection import absent, named, profile_of
from runner.spec import MatrixSpec, load_matrix

if TYPE_CHECKING:
    import docker

    from runner.engines.docker.engine import DockerEngine
    from runner.engines.docker.images import Kept
    from runner.engines.docker.leftovers import Leftover

AT_ONCE = 2
LOG_LINES = 25
_HEADINGS = ("environment", "tag", "size", "age", "used by")


@dataclass(frozen=True)
class Wanted:
    """Which images a matrix uses: environments by tag; `doubtful` are environments whose lock is missing, so that nobody knows."""

    by_tag: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()

    def uses(self, image: Kept) -> bool:
        """Say whether some environment has this image, or may have it."""
        return image.tag in self.by_tag or image.environment in self.doubtful


def images(patterns: tuple[str, ...], *, matrix: Path, list_: bool, prune: bool, console: Console) -> int:
    """Build the images of the environments that the patterns name (of the default profile without one), or list, or prune."""
    if (list_ or prune) and (patterns or (list_ and prune)):
        raise UsageError("images: give environments to build their images, or `--list`, or `--prune` alone: both are about all images")
    spec = load_matrix(matrix)
    chosen = named(spec, patterns, "images") if patterns else _of_default(spec)
    with closing(docker_engine(spec.locks, spec.images, spec.limits)) as engine:
        if list_:
            return _listed(engine, spec, console)
        if prune:
            return _pruned(engine, spec, console)
        return _built(engine, chosen, patterns, console)


def _of_default(spec: MatrixSpec) -> tuple[Environment, ...]:
    ids = profile_of(spec, None).environments
    return tuple(environment for environment in spec.environments if environment.id in ids)


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _built(engine: DockerEngine, chosen: Sequence[Environment], patterns: tuple[str, ...], console: Console) -> int:
    from runner.engines.docker.daemon import check_clock

    check_clock(engine.facts)
    for environment in chosen:
        if not environment.pinned and environment.id not in patterns:
            _say(console, f"note: {absent(environment)}")
    wanted = [environment for environment in chosen if environment.pinned or environment.id in patterns]
    started = time.monotonic()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        results = list(pool.map(lambda environment: _made(engine, environment, console), wanted))
    except KeyboardInterrupt:
        _say(console, "interrupted: the builds that are under way end first")
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    made = [done for done in results if done is not None]
    said = f"{len(made)} of {counted(len(results), 'image')} {'is' if len(made) == 1 else 'are'} there"
    _say(console, f"{said}: {sum(not reused for reused in made)} built, {sum(made)} reused, {duration(time.monotonic() - started)}")
    return 4 if len(made) < len(results) else 0


def _made(engine: DockerEngine, environment: Environment, console: Console) -> bool | None:
    """Build the image of an environment and tell; return whether it was there before, None when there is none now."""
    from runner.engines.docker import images

    started = time.monotonic()
    try:
        recipe = engine.recipe(environment)
        if images.find(engine.client, recipe) is None:
            _say(console, f"{environment.id}: building")
        built = engine.image(recipe)
    except EngineFault as fault:
        lines = [f"{environment.id}: failed after {duration(time.monotonic() - started)}: {fault.reason}: {fault.message}"]
        _say(console, "\n".join([*lines, *end_of(fault.log)]))
        return None
    how = "reused" if built.reused else "built"
    _say(console, f"{environment.id}: {how}, {duration(time.monotonic() - started)}, {size(built.bytes)}, {built.tag}")
    return built.reused


def end_of(log: str) -> list[str]:
    """Return the last lines of a build log as they are printed below a failure."""
    lines = [line.rstrip() for line in log.replace("\r", "\n").splitlines() if line.strip()]
    left_out = len(lines) - LOG_LINES
    return [*([f"    ... {left_out} lines before"] if left_out > 0 else []), *(f"    {line[:400]}" for line in lines[-LOG_LINES:])]


def wanted_by(spec: MatrixSpec, engine: DockerEngine) -> Wanted:
    """Return which images the environments of a matrix file have."""
    by_tag: dict[str, tuple[str, ...]] = {}
    doubtful = set()
    for environment in spec.environments:
        try:
            tag = engine.recipe(environment).tag
        except EngineFault:
            doubtful.add(environment.id)
            continue
        by_tag[tag] = (*by_tag.get(tag, ()), environment.id)
    return Wanted(by_tag, frozenset(doubtful))


def _listed(engine: DockerEngine, spec: MatrixSpec, console: Console) -> int:
    from runner.engines.docker.images import kept

    found = kept(engine.client)
    for line in table(found, wanted_by(spec, engine), now=datetime.now(UTC)):
        _say(console, line)
    return 0


def table(found: Sequence[Kept], wanted: Wanted, *, now: datetime) -> list[str]:
    """Return the images as lines of a table, the newest first, and what they have together."""
    from runner.engines.docker.images import total_bytes

    if not found:
        return ["there are no images of ours; `nox -s images` builds those of the default profile"]
    rows = [_HEADINGS, *(_row(image, wanted, now) for image in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    unused = sum(not wanted.uses(image) for image in found)
    lines.append(f"{counted(len(found), 'image')}, {size(total_bytes(found))} with what they share counted in each")
    if unused:
        lines.append(f"{unused} of no use to this matrix: `nox -s images -- --prune` removes them")
    return lines


def _row(image: Kept, wanted: Wanted, now: datetime) -> tuple[str, ...]:
    users = ", ".join(wanted.by_tag.get(image.tag, ()))
    if not users:
        users = "unknown: its environment has no lock" if image.environment in wanted.doubtful else "nothing"
    tag = image.tag if not image.tag.startswith("sha256:") else f"(none) {image.tag[7:19]}"
    return (image.environment or "?", tag, size(image.bytes), age(image.created, now), users)


def age(created: str, now: datetime) -> str:
    """Return how long ago a moment in ISO form was: `3 days`, `2 h 5 min`; a question mark when it is none."""
    try:
        seconds = (now - datetime.fromisoformat(created)).total_seconds()
    except (ValueError, TypeError):
        return "?"
    if seconds < 60:
        return "now"
    return counted(int(seconds // 86400), "day") if seconds >= 86400 else duration(seconds // 60 * 60)


def _pruned(engine: DockerEngine, spec: MatrixSpec, console: Console) -> int:
    from runner.engines.docker.images import kept
    from runner.engines.docker.leftovers import leftovers

    wanted = wanted_by(spec, engine)
    found = kept(engine.client)
    for environment in sorted(wanted.doubtful & {image.environment for image in found}):
        _say(console, f"note: the images of {environment} are kept: without a lock that answers the matrix nobody knows which it uses")
    failed, freed = remove_images(engine.client, [image for image in found if not wanted.uses(image)], console)
    freed += remove_leftovers(engine.client, leftovers(engine.client), console)
    sessions = engine.tidy()
    if sessions:
        _say(console, f"what {counted(sessions, 'killed run')} left removed: containers and volumes")
    used = sum(wanted.uses(image) for image in found)
    _say(console, f"{size(freed)} freed; {counted(used, 'image')} of {spec.path} {'is' if used == 1 else 'are'} left")
    return 4 if failed else 0


def remove_images(client: docker.DockerClient, found: Iterable[Kept], console: Console) -> tuple[int, int]:
    """Remove these images and tell of each; return how many could not be removed, and the bytes that are free now."""
    from runner.engines.docker.images import remove
    from runner.engines.docker.leftovers import own_bytes

    chosen = list(found)
    own = own_bytes(client) if chosen else {}
    failed, freed = 0, 0
    for image in chosen:
        try:
            remove(client, image)
        except EngineFault as fault:
            failed += 1
            _say(console, f"{image.environment}: {fault.message}")
            continue
        freed += own.get(image.id, image.bytes)
        _say(console, f"{image.environment}: {image.tag} removed, {size(own.get(image.id, image.bytes))}")
    return failed, freed


def remove_leftovers(client: docker.DockerClient, found: Iterable[Leftover], console: Console) -> int:
    """Remove what builds left and tell how much; return the bytes that are free now."""
    from runner.engines.docker.leftovers import discard, own_bytes

    chosen = list(found)
    own = own_bytes(client) if chosen else {}
    gone = [one for one in chosen if discard(client, one)]
    for what in sorted({one.what for one in gone}):
        same = [one for one in gone if one.what == what]
        _say(console, f"{counted(len(same), f'left-over {what}')} removed, {size(sum(own.get(one.id, one.bytes) for one in same))}")
    return sum(own.get(one.id, one.bytes) for one in gone)
