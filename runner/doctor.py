"""The command `doctor`: what this machine can do for a profile, and what to do about what it cannot. Changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from runner.checkup.docker_side import docker_facts, podman_facts
from runner.checkup.finding import Finding, Sign
from runner.checkup.findings import choice, findings, ready
from runner.checkup.local_side import local_facts, lock_facts, machine_facts
from runner.reports.printing import Part, print_parts
from runner.selection import absent, profile_of
from runner.spec import MatrixSpec, load_matrix

SIGNS = {Sign.OK: ("✓", "+", "green"), Sign.WARNING: ("!", "!", "yellow"), Sign.MISSING: ("✗", "x", "bold red")}


def doctor(*, matrix: Path, profile: str | None, as_json: bool, console: Console) -> int:
    """Look, judge and print; 0 when the profile (the default one when not given) can run here, else 4."""
    facts = collect(load_matrix(matrix), profile)
    found = findings(facts)
    if as_json:
        shown = {**facts, "findings": [asdict(finding) for finding in found]}
        console.file.write(json.dumps(shown, indent=2, default=str) + "\n")
    else:
        print_findings(found, console)
    return 0 if facts["ready"] else 4


def collect(spec: MatrixSpec, profile: str | None) -> dict[str, Any]:
    """Return all facts. Raises UsageError for a profile that is none, and nothing else."""
    chosen = profile_of(spec, profile)
    members = [environment for environment in spec.environments if environment.id in chosen.environments]
    environments = [environment for environment in members if environment.pinned]
    facts: dict[str, Any] = {
        "matrix": str(spec.path),
        "profile": chosen.name,
        "environments": [environment.id for environment in environments],
        "left_out": [absent(environment) for environment in members if not environment.pinned],
        "locks": lock_facts(environments, spec),
        "docker": docker_facts(spec, environments),
        "podman": podman_facts(),
        "local": local_facts(environments, spec),
        "machine": machine_facts(spec),
    }
    name, why = choice(facts["docker"])
    return facts | {"engine": {"name": name, "why": why}, "ready": ready(facts)}


def print_findings(found: tuple[Finding, ...], console: Console) -> None:
    """Print findings below the name of what they are about, each remedy below its finding."""
    ascii_only = console.options.ascii_only
    parts = []
    for area, group in groupby(found, key=lambda finding: finding.area):
        parts.append(Part(Text(area, "bold"), whole=True))
        for finding in group:
            sign, stand_in, style = SIGNS[finding.sign]
            parts.append(Part(Text.assemble("  ", (stand_in if ascii_only else sign, style), f" {finding.text}"), whole=True))
            if finding.remedy:
                parts.append(Part(Text(f"      {finding.remedy}"), whole=True))
    print_parts(parts, console)
