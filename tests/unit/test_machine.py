"""What control groups allow, in both versions, as files say it."""

from __future__ import annotations

from pathlib import Path

from runner.machine import Cgroup, cgroup


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return root


def look(tmp_path: Path, own: str, files: dict[str, str]) -> Cgroup:
    (tmp_path / "self").write_text(own, encoding="utf-8")
    return cgroup(tree(tmp_path / "cgroup", files), tmp_path / "self")


def test_version_2_the_least_of_all_groups_above_counts(tmp_path: Path) -> None:
    files = {
        "cgroup.controllers": "cpu memory",
        "user.slice/memory.max": "4000000000",
        "user.slice/cpu.max": "max 100000",
        "user.slice/app/memory.max": "max",
        "user.slice/app/cpu.max": "150000 100000",
    }
    assert look(tmp_path, "0::/user.slice/app\n", files) == Cgroup(2, 4_000_000_000, 1.5)


def test_version_2_inside_a_container_the_root_has_the_limits(tmp_path: Path) -> None:
    files = {"cgroup.controllers": "cpu memory", "memory.max": "2000000000", "cpu.max": "50000 100000"}
    assert look(tmp_path, "0::/\n", files) == Cgroup(2, 2_000_000_000, 0.5)
    assert look(tmp_path, "0::/../elsewhere\n", files) == Cgroup(2, 2_000_000_000, 0.5)


def test_version_1_each_controller_has_its_own_path(tmp_path: Path) -> None:
    files = {
        "memory/a/memory.limit_in_bytes": "3000000000",
        "memory/memory.limit_in_bytes": "9223372036854771712",
        "cpu/b/cpu.cfs_quota_us": "200000",
        "cpu/b/cpu.cfs_period_us": "100000",
    }
    assert look(tmp_path, "4:memory:/a\n2:cpu,cpuacct:/b\n0::/\n", files) == Cgroup(1, 3_000_000_000, 2.0)


def test_version_1_without_limits(tmp_path: Path) -> None:
    files = {"memory/memory.limit_in_bytes": "9223372036854771712", "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}
    assert look(tmp_path, "4:memory:/\n1:cpu:/\n", files) == Cgroup(1, None, None)


def test_nonsense_and_nothing_are_no_limits(tmp_path: Path) -> None:
    assert cgroup(tmp_path / "none", tmp_path / "none") == Cgroup()
    assert look(tmp_path, "what is this\n", {"cgroup.controllers": "", "memory.max": "much", "cpu.max": "a b c"}) == Cgroup(2, None, None)
