"""A workflow of GitHub Actions, run here: its `run:` steps by bash in their order, its actions stood in for by copying directories.

Every job has a directory of its own with a checkout, as it has a machine of its own there; only artifacts and outputs travel.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{ *([^}]+?) *\}\}")


@dataclass
class Job:
    """A job that ran: its directory, the outputs of its steps, what its steps printed, and the exit code of the one that failed."""

    place: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    said: str = ""
    code: int = 0
    summary: str = ""


@dataclass
class Workflow:
    """A workflow with what stands for GitHub: `artifacts` is their store, `checkout` what every job begins with."""

    file: Path
    checkout: Path
    artifacts: Path
    place: Path
    environ: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.text: dict[str, Any] = yaml.safe_load(self.file.read_text(encoding="utf-8"))
        self.needs: dict[str, dict[str, str]] = {}

    def run(self, job: str, *, matrix: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None) -> Job:
        """Run a job; its outputs are there for the jobs that need it."""
        text = self.text["jobs"][job]
        for needed in [text["needs"]] if isinstance(text.get("needs"), str) else text.get("needs", []):
            assert needed in self.needs, f"{job} needs {needed}, which has not run"
        done = Job(self.place / "-".join([job, *map(str, (matrix or {}).values())]))
        done.place.mkdir(parents=True)
        context = {"matrix": dict(matrix or {}), "secrets": self.secrets, "needs": self.needs, "github": {"token": "token"}}
        for step in text["steps"]:
            if self._wanted(step.get("if"), done, context):
                self._step(step, done, context, {**self.text.get("env", {}), **(env or {})})
        self.needs[job] = {name: self._filled(value, done, context) for name, value in text.get("outputs", {}).items()}
        return done

    def _wanted(self, condition: str | None, job: Job, context: Mapping[str, Any]) -> bool:
        if condition == "always()":
            return True
        if job.code:
            return False
        if condition is None:
            return True
        found = re.fullmatch(r"(\S+) != ''", condition)
        assert found, f"the condition {condition!r} is none that is known here"
        return bool(self._value(found[1], job, context))

    def _step(self, step: dict[str, Any], job: Job, context: Mapping[str, Any], env: Mapping[str, Any]) -> None:
        if "uses" in step:
            given = {name: self._filled(str(value), job, context) for name, value in step.get("with", {}).items()}
            getattr(self, "_" + step["uses"].partition("@")[0].rpartition("/")[2].replace("-", "_"))(job, given)
            return
        output, summary = job.place / ".output", job.place / ".summary"
        output.write_text("")
        own = {name: self._filled(str(value), job, context) for name, value in {**env, **step.get("env", {})}.items()}
        environ = {**self.environ, **own, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_REPOSITORY": "x/y"}
        script = self._filled(step["run"], job, context)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=job.place / "work",
            env={**environ, "PATH": f"{job.place}/bin{os.pathsep}{environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        job.said += f"--- {step['name']}: {done.returncode}\n{done.stdout}{done.stderr}"
        job.code = job.code or done.returncode
        job.summary = summary.read_text() if summary.exists() else ""
        lines = [line.partition("=") for line in output.read_text().splitlines()]
        job.outputs[step.get("id", step["name"])] = {name: value for name, _, value in lines}

    def _filled(self, text: str, job: Job, context: Mapping[str, Any]) -> str:
        return _EXPRESSION.sub(lambda found: str(self._value(found[1], job, context)), text)

    def _value(self, path: str, job: Job, context: Mapping[str, Any]) -> object:
        value: Any = {**context, "steps": {name: {"outputs": outputs} for name, outputs in job.outputs.items()}}
        if path.startswith("needs."):
            value, path = {"needs": {name: {"outputs": outputs} for name, outputs in self.needs.items()}}, path
        for word in path.split("."):
            value = value.get(word, "") if isinstance(value, Mapping) else ""
        return value

    def _checkout(self, job: Job, given: Mapping[str, str]) -> None:
        shutil.copytree(self.checkout, job.place / "work")

    def _setup_python(self, job: Job, given: Mapping[str, str]) -> None:
        """The Python of the tests, under the names that a script calls."""
        (job.place / "bin").mkdir()

    def _upload_artifact(self, job: Job, given: Mapping[str, str]) -> None:
        target = self.artifacts / given["name"]
        assert given.get("overwrite") == "True" or not target.exists(), f"there is an artifact {given['name']} already"
        shutil.rmtree(target, ignore_errors=True)
        paths = given["path"].split()
        # Paths in the artifact are relative to what they have in common.
        base = job.place / "work" / (os.path.commonpath(paths) if len(paths) > 1 else paths[0])
        for path in (job.place / "work" / path for path in paths):
            if path.exists():
                shutil.copytree(path, target / path.relative_to(base), dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))

    def _download_artifact(self, job: Job, given: Mapping[str, str]) -> None:
        target = job.place / "work" / given["path"]
        if "pattern" not in given:
            shutil.copytree(self.artifacts / given["name"], target, dirs_exist_ok=True)
        for artifact in self.artifacts.glob(given.get("pattern", "")) if "pattern" in given else ():
            shutil.copytree(artifact, target / artifact.name, dirs_exist_ok=True)

    def steps(self) -> Iterator[dict[str, Any]]:
        """Yield all steps of all jobs."""
        for job in self.text["jobs"].values():
            yield from job["steps"]
