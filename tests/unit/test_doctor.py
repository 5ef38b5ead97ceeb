"""What `doctor` makes of the facts: signs, remedies, which engine is taken, and whether the profile can run."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from runner import doctor
from runner.checkup.docker_side import kind_of, podman_facts, podman_sockets
from runner.checkup.finding import Finding, Sign
from runner.checkup.findings import choice, findings, ready
from runner.errors import UsageError

DOCKER: dict[str, Any] = {
    "answers": True,
    "program": True,
    "DOCKER_HOST": None,
    "address": "unix:///var/run/docker.sock",
    "name": "docker",
    "version": "28.2",
    "api": "1.50",
    "driver": "overlay2",
    "root": "/var/lib/docker",
    "cgroup": "2",
    "limits": {"memory": True, "cpu": True, "pids": True},
    "clock_skew_s": 0.1,
    "os": "linux",
    "arch": "x86_64",
    "cpus": 8,
    "memory_mb": 32_000,
    "free_bytes": 50_000_000_000,
    "images": {"tf2.15-py311": False, "tf2.16-py311": True},
    "bases": {"python:3.11-slim-bookworm": {"needed": True, "pythons": ["3.11"], "here": True, "why": None}},
}
FACTS: dict[str, Any] = {
    "matrix": "matrix.yaml",
    "profile": "quick",
    "environments": ["tf2.15-py311", "tf2.16-py311"],
    "left_out": [],
    "locks": {"tf2.15-py311": None, "tf2.16-py311": None},
    "docker": DOCKER,
    "podman": [],
    "local": {
        "system": "Linux",
        "machine": "x86_64",
        "uv": {"path": "/bin/uv", "version": "0.9.30"},
        "pythons": {"3.11": {"path": "/usr/bin/python3.11", "version": "3.11.7"}},
        "other_pythons": {"3.8": {"path": "/usr/bin/python3.8", "version": "3.8.18"}},
        "downloads": True,
        "cache": {"path": "/home/me/.cache/tfmatrix", "writable": True, "free_bytes": 9_000_000_000, "built": {"tf2.15-py311": True}},
    },
    "machine": {
        "system": "Linux-6",
        "cores": 8,
        "memory_mb": 32_000,
        "jobs_asked": None,
        "memory_mb_asked": None,
        "budget_mb": 22_400,
        "agents": 8,
        "alive": 36,
        "cgroup": {"version": 2, "memory": None, "cores": None},
        "fork": True,
    },
}


def facts(**changes: Any) -> dict[str, Any]:
    """Return the facts of a machine where all is well, changed at paths such as docker__answers."""
    changed = copy.deepcopy(FACTS)
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = changed
        for step in way:
            inner = inner[step]
        inner[last] = value
    return changed


def silent(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "answers": False,
        "program": True,
        "DOCKER_HOST": None,
        "address": "unix:///var/run/docker.sock",
        "kind": kind,
        "why": "x",
    } | more


def bad(given: dict[str, Any]) -> list[Finding]:
    return [finding for finding in findings(given) if finding.sign is not Sign.OK]


def only(given: dict[str, Any], area: str) -> Finding:
    (found,) = [finding for finding in bad(given) if finding.area == area]
    return found


def test_where_all_is_well_every_line_is_ok() -> None:
    assert bad(facts()) == []
    assert ready(facts())
    assert choice(DOCKER)[0] == "docker"


def test_what_is_not_ok_has_a_remedy_and_what_is_has_none() -> None:
    for given in (facts(), facts(docker=silent("absent")), facts(local__pythons={"3.11": {"why": "none"}}, machine__fork=False)):
        for finding in findings(given):
            assert bool(finding.remedy) is (finding.sign is not Sign.OK), finding


@pytest.mark.parametrize(
    ("docker", "text", "remedy"),
    [
        (silent("permission"), "permission denied", "group docker"),
        (silent("refused"), "nobody listens", "systemctl start docker"),
        (silent("absent"), "nothing is there", "systemctl start docker"),
        (silent("absent", program=False), "nothing is there", "install Docker Engine"),
        (silent("absent", DOCKER_HOST="unix:///x"), "nothing is there", "unset DOCKER_HOST"),
        (silent("ssh", DOCKER_HOST="ssh://me@there"), "ssh:// is not spoken", "ssh -N -L"),
        (silent("module", why="ImportError: no"), "ImportError: no", "pip install docker"),
        (silent("slow"), "in time", "restart"),
        (silent("other", why="no Docker engine answers: odd; start it, set DOCKER_HOST"), "docker.sock: odd", "docker info"),
    ],
)
def test_why_docker_does_not_answer(docker: dict[str, Any], text: str, remedy: str) -> None:
    finding = only(facts(docker=docker), "docker")
    assert finding.sign is Sign.MISSING
    assert text in finding.text
    assert remedy in finding.remedy
    assert ready(facts(docker=docker)), "the local engine has all it needs"
    assert choice(docker)[0] == "local"


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("('Connection aborted.', PermissionError(13, 'Permission denied'))", "permission"),
        ("('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))", "absent"),
        ("ConnectionRefusedError(111, 'Connection refused')", "refused"),
        ("UnixHTTPConnectionPool: Read timed out. (read timeout=15)", "slow"),
        ("anything", "other"),
    ],
)
def test_the_kind_of_silence(why: str, kind: str) -> None:
    assert kind_of(why, "unix:///var/run/docker.sock") == kind
    assert kind_of(why, "ssh://there") == "ssh"


def test_podman_is_offered_where_docker_is_not() -> None:
    socket = {"socket": "/run/user/1/podman/podman.sock", "answers": True, "version": "5.2"}
    found = [finding for finding in findings(facts(docker=silent("absent"), podman=[socket])) if "Podman 5.2" in finding.text]
    assert found[0].sign is Sign.WARNING
    assert "DOCKER_HOST=unix:///run/user/1/podman/podman.sock" in found[0].remedy
    assert bad(facts(podman=[socket])) == []
    mute = {"socket": "/run/podman/podman.sock", "answers": False, "why": "refused"}
    assert "systemctl --user start podman.socket" in bad(facts(docker=silent("absent"), podman=[mute]))[1].remedy


def test_podmans_sockets_are_looked_for_where_they_are(tmp_path: Path) -> None:
    assert podman_sockets({"XDG_RUNTIME_DIR": "/run/user/7"})[0] == Path("/run/user/7/podman/podman.sock")
    (tmp_path / "podman").mkdir()
    (tmp_path / "podman" / "podman.sock").touch()
    found = podman_facts({"XDG_RUNTIME_DIR": str(tmp_path)}, seconds=2)
    assert found[0]["socket"] == str(tmp_path / "podman" / "podman.sock")
    assert found[0]["answers"] is False
    assert found[0]["why"]


def test_a_base_image_that_cannot_be_had_sends_auto_to_the_local_engine() -> None:
    base = {
        "needed": True,
        "pythons": ["3.11"],
        "here": False,
        "why": "the base image p is not here and the registry does not give it: no such host",
    }
    given = facts(docker__bases={"p": base})
    assert choice(given["docker"]) == ("local", base["why"])
    assert only(given, "docker").text.endswith("cannot be had: no such host")
    assert ready(given)
    unneeded = facts(docker__bases={"p": base | {"needed": False}})
    assert choice(unneeded["docker"])[0] == "docker"
    assert bad(unneeded) == []


def test_docker_that_is_too_small_or_ignores_limits_is_a_warning() -> None:
    assert "--prune" in only(facts(docker__free_bytes=1_000_000_000), "docker").remedy
    assert "pids" in only(facts(docker__limits={"memory": True, "cpu": True, "pids": False}), "docker").text
    assert "aarch64" in only(facts(docker__arch="aarch64"), "docker").text
    assert bad(facts(docker__free_bytes=None)) == []


def test_a_clock_that_is_off_is_said_with_the_engine_that_runs() -> None:
    given = facts(docker__clock_skew_s=-900.0)
    assert "-900 s" in only(given, "docker").text
    assert only(given, "result").remedy.startswith("`--engine local`")
    assert ready(given)


def test_without_docker_the_local_engine_needs_its_interpreters() -> None:
    given = facts(docker=silent("absent"), local__pythons={"3.11": {"why": "none"}})
    assert not ready(given)
    assert only(given, "local engine").remedy == "`uv python install 3.11`"
    assert "download" in only(given, "local engine").text
    assert ready(facts(local__pythons={"3.11": {"why": "none"}})), "docker serves it"


@pytest.mark.parametrize(
    "changes",
    [
        {"local__uv": {"why": "uv was not found"}},
        {"local__system": "Darwin"},
        {"local__machine": "aarch64"},
        {"local__cache": {"why": "OSError"}},
        {"local__cache__writable": False},
    ],
)
def test_what_else_the_local_engine_needs(changes: dict[str, Any]) -> None:
    assert not ready(facts(docker=silent("absent"), **changes))
    assert only(facts(**changes), "local engine").sign is Sign.MISSING


def test_other_profiles_and_a_small_disk_are_warnings() -> None:
    given = facts(local__other_pythons={"3.7": {"why": "none"}, "3.8": {"path": "p", "version": "3.8.18"}})
    assert only(given, "local engine").remedy == "`uv python install 3.7`"
    small = facts(local__cache__built={"a": False, "b": False}, local__cache__free_bytes=2_000_000_000)
    assert only(small, "local engine").sign is Sign.WARNING
    assert ready(small)


def test_without_a_lock_no_engine_can_run_it() -> None:
    given = facts(locks={"tf2.15-py311": "x.txt: tf2.15-py311 has no lock; `nox -s lock -- tf2.15-py311` makes it"})
    assert not ready(given)
    finding = only(given, "matrix")
    assert (finding.text, finding.remedy) == ("x.txt: tf2.15-py311 has no lock", "`nox -s lock -- tf2.15-py311`")


def test_few_agents_and_no_fork_are_warnings() -> None:
    assert "fewer" in only(facts(machine__agents=2), "machine").text
    assert bad(facts(machine__agents=2, machine__jobs_asked=2)) == []
    assert "--isolation process" in only(facts(machine__fork=False), "machine").remedy
    text = [finding.text for finding in findings(facts(machine__cgroup={"version": 2, "memory": 4_000_000_000, "cores": 1.5}))]
    assert any("memory 4.0 GB, 1.5 cores" in line for line in text)


def command(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], *, as_json: bool = False, encoding: str = "utf-8") -> tuple[int, str]:
    monkeypatch.setattr(doctor, "collect", lambda spec, profile: given | {"ready": ready(given)})
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding=encoding, write_through=True), width=80)
    return doctor.doctor(matrix=Path("matrix.yaml"), profile=None, as_json=as_json, console=console), raw.getvalue().decode(encoding)


def test_the_exit_code_says_whether_it_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(monkeypatch, facts())[0] == 0
    code, text = command(monkeypatch, facts(docker=silent("absent"), local__uv={"why": "gone"}))
    assert code == 4
    assert "✗ no Docker engine answers" in text
    assert "cannot run" in text.splitlines()[-2]


def test_a_plain_terminal_gets_plain_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "  x no Docker engine" in command(monkeypatch, facts(docker=silent("absent")), encoding="ascii")[1]


def test_the_facts_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = command(monkeypatch, facts(), as_json=True)
    shown = json.loads(text)
    assert (code, shown["ready"], shown["docker"]["version"]) == (0, True, "28.2")
    assert {finding["sign"] for finding in shown["findings"]} == {"ok"}


def test_what_cannot_be_looked_at_hides_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setenv("DOCKER_HOST", "tcp://host:port")
    for name in ("find_uv", "cache_root", "read_lock"):
        monkeypatch.setattr(f"runner.checkup.local_side.{name}", broken)
    monkeypatch.setattr("runner.machine.cgroup", broken)
    monkeypatch.setattr("runner.checkup.docker_side.podman_sockets", lambda environ: [])
    matrix = tmp_path / "matrix.yaml"
    matrix.write_text('schema: 1\nenvironments:\n  - {tensorflow: "2.15.1", python: "3.11"}\n', encoding="utf-8")
    screen = io.StringIO()
    assert doctor.doctor(matrix=matrix, profile=None, as_json=False, console=Console(file=screen, width=200)) == 4
    assert "tcp://host:port" in screen.getvalue()
    assert "RuntimeError: broken" in screen.getvalue()


def test_a_profile_that_is_none_is_bad_usage(tmp_path: Path) -> None:
    matrix = tmp_path / "matrix.yaml"
    matrix.write_text('schema: 1\nenvironments:\n  - {tensorflow: "2.15.1", python: "3.11"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="did you mean 'default'"):
        doctor.doctor(matrix=matrix, profile="defalt", as_json=False, console=Console(file=io.StringIO()))
