"""Entries of `environments:` and what they stand for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from runner.environments import MOST, Expansion, expand, pin
from runner.errors import RunnerError
from runner.matrix_file import EnvironmentEntry
from runner.model import Environment
from runner.package_index import newest_in_channel, refresh_releases
from runner.releases import PYTHONS, load_releases
from runner.uv_command import UvResult

RELEASES = load_releases()


def expanded(**entry: object) -> Expansion:
    return expand(EnvironmentEntry.model_validate(entry), RELEASES)


def environments(**entry: object) -> list[Environment]:
    """Return the environments of an entry that has nothing wrong with it."""
    found = expanded(**entry)
    assert found.problems == ()
    return list(found.environments)


def ids(**entry: object) -> list[str]:
    return [environment.id for environment in environments(**entry)]


def problem(**entry: object) -> str:
    """Return the only problem of an entry."""
    (found,) = expanded(**entry).problems
    return f"{found.what}; {found.hint}"


def test_one_environment_written_out() -> None:
    (found,) = environments(tensorflow="2.15.1", python="3.11", addons="0.23.0", packages=["numpy<1.26"], variables={"OMP_NUM_THREADS": 1})
    assert found == Environment(
        id="tf2.15-tfa0.23-py311",
        tensorflow="2.15.1",
        package="tensorflow-cpu",
        python="3.11",
        addons="0.23.0",
        as_of="2024-04-22",
        packages=("numpy<1.26",),
        variables=(("OMP_NUM_THREADS", "1"),),
    )


def test_range_takes_the_newest_patch_of_each_minor() -> None:
    found = environments(tensorflow=">=2.4,<2.8", python="3.9")
    assert [environment.tensorflow for environment in found] == ["2.5.3", "2.6.5", "2.7.4"]
    assert expanded(tensorflow=">=2.4,<2.8", python="3.9").notes == ("left out: tensorflow-cpu 2.4.4 has no wheel for Python 3.9",)


def test_range_of_the_whole_history_with_the_newest_python_of_each() -> None:
    found = environments(tensorflow=">=1.15", python="newest")
    assert [environment.tensorflow for environment in found][:3] == ["1.15.0", "2.0.4", "2.1.4"]
    assert [environment.package for environment in found][:3] == ["tensorflow-cpu", "tensorflow", "tensorflow-cpu"]
    assert all(environment.as_of and environment.as_of > "2019" for environment in found)


def test_product_of_axes_with_what_exists() -> None:
    found = ids(tensorflow=["2.15", "2.16"], python=["3.11", "3.12"], addons=["none", "fitting"])
    assert found == ["tf2.15-py311", "tf2.15-tfa0.23-py311", "tf2.16-py311", "tf2.16-py312"]


def test_all_pythons() -> None:
    assert ids(tensorflow="2.15.1", python="all") == ["tf2.15-py39", "tf2.15-py310", "tf2.15-py311"]


def test_exclude_and_include() -> None:
    found = ids(
        tensorflow=">=2.12,<2.16",
        python="3.11",
        exclude=[{"tensorflow": "2.13"}, {"tensorflow": ">=2.14,<2.15", "python": "3.11"}],
        include=[{"tensorflow": "2.16.2"}, {"tensorflow": "2.17", "python": "3.12", "id": "mine"}],
    )
    assert found == ["tf2.12-py311", "tf2.15-py311", "tf2.16-py311", "mine"]


def test_include_takes_what_it_leaves_out_from_its_entry() -> None:
    *_, found = environments(
        tensorflow="2.15.1", python="3.11", variables={"A": "b"}, packages=["pandas"], as_of="2024-05-05", include=[{"addons": "fitting"}]
    )
    assert (found.id, found.variables, found.packages, found.as_of) == (
        "tf2.15-tfa0.23-py311", (("A", "b"),), ("pandas",), "2024-05-05",
    )  # fmt: skip


def test_include_that_leaves_out_what_its_entry_has_several_of() -> None:
    assert "`python` is missing" in problem(tensorflow="2.15.1", python=["3.10", "3.11"], include=[{"tensorflow": "2.16"}])


def test_own_ids() -> None:
    assert ids(tensorflow="2.15.1", python="3.11", id="baseline") == ["baseline"]
    assert ids(tensorflow=["2.15", "2.16"], python="3.11", id="{id}-nodnn") == ["tf2.15-py311-nodnn", "tf2.16-py311-nodnn"]
    assert "is not a valid id" in problem(tensorflow="2.15.1", python="3.11", id="a/b")


@pytest.mark.parametrize(
    ("as_of", "means", "id_"),
    [
        (None, "2024-04-22", "tf2.15-py311"),
        ("release", "2024-03-08", "tf2.15-py311"),
        ("release+10d", "2024-03-18", "tf2.15-py311"),
        ("2025-01-01", "2025-01-01", "tf2.15-py311"),
        ("today", "today", "tf2.15-py311-today"),
    ],
)
def test_dates(as_of: str | None, means: str, id_: str) -> None:
    (found,) = environments(tensorflow="2.15.1", python="3.11", as_of=as_of)
    assert (found.as_of, found.id) == (means, id_)


def test_tf_keras_becomes_tf_keras_only_where_a_variable_asks_for_it() -> None:
    (found,) = environments(tensorflow="2.16.2", python="3.12", tf_keras="fitting")
    assert (found.id, found.tf_keras, found.variables) == ("tf2.16-tfkeras-py312", "2.16.0", (("TF_USE_LEGACY_KERAS", "1"),))
    (found,) = environments(tensorflow="2.16.2", python="3.12", tf_keras="2.16.0", variables={"TF_USE_LEGACY_KERAS": "0"})
    assert found.variables == (("TF_USE_LEGACY_KERAS", "0"),)


def test_another_keras() -> None:
    assert ids(tensorflow="2.16.2", python="3.12", keras=["none", "3.5.0"]) == ["tf2.16-py312", "tf2.16-keras3.5-py312"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"tensorflow": "2.15.7"}, ["there is no TensorFlow 2.15.7", "2.15.0", "2.15.1"]),
        ({"tensorflow": "2.51"}, ["there is no TensorFlow 2.51", "did you mean '2.5'?"]),
        ({"tensorflow": "latest"}, ["'latest'"]),
        ({"tensorflow": ">=3"}, ["no TensorFlow is in the range", "2.21.0"]),
        ({"tensorflow": ">=2,,<"}, ["is not a range", ">=2.4,<2.21"]),
        ({"tensorflow": "2.15.1", "package": "tf-nightly"}, ["unknown version '2.15.1' of tf-nightly"]),
        ({"python": "3.12"}, ["tensorflow-cpu 2.15.1 has no wheel for Python 3.12", "3.9, 3.10, 3.11"]),
        ({"python": "3.11.4"}, ["names a patch", '"3.11"']),
        ({"python": "3"}, ["unknown Python '3'", "3.11"]),
        ({"addons": "0.22.0"}, ["0.22.0 does not fit TensorFlow 2.15.1", "0.23.0"]),
        ({"addons": "0.23"}, ["there is no tensorflow-addons '0.23'", "did you mean '0.23.0'?"]),
        ({"tensorflow": "2.16.2", "addons": "0.23.0"}, ["does not fit", "leave `addons` out"]),
        ({"tf_keras": "2.16.0"}, ["does not fit TensorFlow 2.15.1", "2.15.1"]),
        ({"keras": "3.5.0"}, ["does not fit TensorFlow 2.15.1", "Keras 2"]),
        ({"keras": "three"}, ["not an exact version"]),
        ({"as_of": "2020-01-01"}, ["before the release", "2024-03-08"]),
        ({"as_of": "yesterday"}, ["is no date"]),
        ({"packages": ["numpy<<2"]}, ["is not a requirement"]),
        ({"packages": ["Keras==2.15"]}, ["under `keras`"]),
        ({"packages": ["-r other.txt"]}, ["is not a requirement"]),
        ({"exclude": [{"python": "3.8"}]}, ["excludes nothing"]),
        ({"exclude": [{"tensorflow": "2.15"}]}, ["everything of this entry is excluded"]),
        ({"tensorflow": ["2.15.1", ">=1.15"], "python": list(PYTHONS), "addons": ["none", "fitting"]}, ["combinations", str(MOST)]),
    ],
)
def test_what_does_not_fit(entry: dict[str, object], words: list[str]) -> None:
    whole = {"tensorflow": "2.15.1", "python": "3.11", **entry}
    found = problem(**whole)
    assert all(word in found for word in words), found


def test_a_value_that_never_fits_is_a_problem_and_one_that_sometimes_does_is_a_note() -> None:
    found = expanded(tensorflow=["2.4", "2.15", "2.21"], python=["3.10", "3.11"])
    assert [(finding.loc, finding.what) for finding in found.problems] == [
        (("python", 0), "tensorflow-cpu 2.4.4 has no wheel for Python 3.10"),
        (("python", 1), "tensorflow-cpu 2.4.4 has no wheel for Python 3.11"),
    ]
    assert [environment.id for environment in found.environments] == ["tf2.15-py310", "tf2.15-py311", "tf2.21-py310", "tf2.21-py311"]


def test_everything_wrong_with_one_combination_is_told() -> None:
    found = expanded(tensorflow="2.15.1", python="3.12", addons="0.22.0", keras="3.5.0", tf_keras="2.16.0", as_of="1999-01-01")
    assert {finding.loc[0] for finding in found.problems} == {"python", "addons", "keras", "tf_keras", "as_of"}


def test_channels_have_no_version_until_they_are_locked() -> None:
    (pre,) = environments(tensorflow="newest-pre", python="3.13")
    (nightly,) = environments(tensorflow="newest", package="tf-nightly", python="3.13")
    assert [(e.id, e.tensorflow, e.as_of, e.pinned) for e in (pre, nightly)] == [
        ("tfpre-py313", "newest-pre", "today", False),
        ("tfnightly-py313", "newest", "today", False),
    ]
    locked = pin(pre, "# comment\nkeras==3.9.0 \\\n  --hash=x\ntensorflow-cpu==2.22.0rc1 \\\n  --hash=y\n")
    assert (locked.tensorflow, locked.pinned, locked.id) == ("2.22.0rc1", True, "tfpre-py313")
    assert pin(locked, "# nothing").tensorflow == "newest-pre"
    assert pin(nightly, "tf_nightly==2.23.0.dev20261026\n").tensorflow == "2.23.0.dev20261026"


def test_newest_of_a_stable_package_is_known_without_asking() -> None:
    (found,) = environments(tensorflow="newest", python="newest")
    assert (found.tensorflow, found.channel) == (RELEASES.newest_patches()[-1], None)


@given(st.text(max_size=12) | st.sampled_from(["2.", "v2.15", "2.15.1+x", "==2.15.*", "~=2.15.0", "1!2.15", "2.15rc"]))
def test_any_word_for_a_version_is_understood_or_refused(word: str) -> None:
    for axis in ("tensorflow", "python", "addons", "keras", "tf_keras", "as_of"):
        found = expanded(**{"tensorflow": "2.15.1", "python": "3.11", axis: word})
        assert found.environments or found.problems


def test_committed_releases_make_sense() -> None:
    minors = {release.minor for release in RELEASES.tensorflow}
    assert minors >= {"1.15", *(f"2.{minor}" for minor in range(22))}
    for release in (*RELEASES.tensorflow, *RELEASES.addons, *RELEASES.tf_keras):
        assert release.python, release
        assert len(release.released) == 10
    assert all(release.fits for release in RELEASES.addons)
    for package in ("tensorflow", "tensorflow-cpu"):
        versions = RELEASES.versions(package)
        assert list(versions) == sorted(set(versions), key=Version)


def answer(version: str, name: str = "tensorflow-cpu") -> UvResult:
    """Return what uv says when it chose a version."""
    file = f"https://files.example/{name.replace('-', '_')}-{version}-cp312-cp312-manylinux_2_17_x86_64.whl"
    wheel = f'{{ url = "{file}", upload-time = 2025-02-03T04:05:06Z, hashes = {{ sha256 = "0" }} }}'
    return UvResult(0, f'[[packages]]\nname = "{name}"\nversion = "{version}"\nwheels = [{wheel}]\n', "")


@pytest.mark.parametrize(("version", "found"), [("2.22.0rc1", "2.22.0rc1"), ("2.21.0", None)])
def test_newest_pre_exists_only_while_it_is_newer_than_all_releases(version: str, found: str | None) -> None:
    (environment,) = environments(tensorflow="newest-pre", python="3.13")
    assert newest_in_channel(environment, uv=Path("uv"), run=lambda *_, **__: answer(version)) == found


def test_channel_without_a_release_for_its_python_and_silent_index() -> None:
    (environment,) = environments(tensorflow="newest-pre", python="3.13")
    none = UvResult(1, "", "error: No solution found when resolving dependencies")
    assert newest_in_channel(environment, uv=Path("uv"), run=lambda *_, **__: none) is None
    with pytest.raises(RunnerError, match="could not ask"):
        newest_in_channel(environment, uv=Path("uv"), run=lambda *_, **__: UvResult(2, "", "error: no network"))


def test_refresh_writes_what_the_index_has_and_keeps_what_addons_fit(tmp_path: Path) -> None:
    path = tmp_path / "releases.json"
    known = {"version": "0.23.0", "package": "tensorflow-addons", "released": "2023-11-28", "python": ["3.11"], "fits": ["2.15"]}
    path.write_text(json.dumps({"tensorflow": [], "addons": [known], "tf_keras": []}))

    def run(uv: Path, arguments: object, *, text: str = "", seconds: float = 0, downloads: bool = False) -> UvResult:
        name = text.partition(">")[0]
        version = {"tensorflow-addons": "0.23.0"}.get(name, "2.15.1")
        return UvResult(1, "", "No solution found") if "," in text else answer(version, name)

    found = refresh_releases(path, uv=Path("uv"), run=run)
    assert next((r.version, r.package, r.python, r.released) for r in found.tensorflow) == (
        "2.15.1",
        "tensorflow-cpu",
        ("3.12",),
        "2025-02-03",
    )
    assert [r.fits for r in found.addons] == [("2.15",)]
    assert load_releases(path) == found
    before = path.read_text()
    with pytest.raises(RunnerError):
        refresh_releases(path, uv=Path("uv"), run=lambda *_, **__: UvResult(1, "", "No solution found"))
    assert path.read_text() == before
