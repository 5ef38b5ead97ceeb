"""Reading matrix files: what they mean, and that every mistake is told with its line and what would be right."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runner.errors import InvalidMatrix, UsageError
from runner.faults import FAULTS
from runner.formats import FORMAT_TEXT, FORMATS, LOADERS
from runner.model import Limits
from runner.schemas import PUBLISHED, matrix_schema, matrix_schema_text
from runner.spec import DEFAULT, TOLERANCES, MatrixSpec, load_matrix

SMALL = """\
schema: 1
environments:
  - {tensorflow: "2.15.1", python: "3.11"}
  - {tensorflow: "2.16.2", python: "3.11"}
"""


def load(folder: Path, text: str | bytes) -> MatrixSpec:
    path = folder / "matrix.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_matrix(path)


def problems(folder: Path, text: str | bytes) -> list[tuple[int, str]]:
    """Return the line and the words of each problem of a matrix file."""
    with pytest.raises(InvalidMatrix) as caught:
        load(folder, text)
    return [(problem.line, f"{problem.what}; {problem.hint}") for problem in caught.value.problems]


def the_problem(folder: Path, text: str | bytes) -> tuple[int, str]:
    """Return the only problem of a matrix file."""
    (found,) = problems(folder, text)
    return found


def test_smallest_file_means_everything_with_everything(tmp_path: Path) -> None:
    spec = load(tmp_path, SMALL)
    assert [environment.id for environment in spec.environments] == ["tf2.15-py311", "tf2.16-py311"]
    (profile,) = spec.profiles
    assert profile.environments == ("tf2.15-py311", "tf2.16-py311")
    assert dict(spec.formats) == FORMATS
    assert spec.limits == Limits()
    assert dict(spec.tolerances) == TOLERANCES
    assert {fixture.name for fixture in spec.fixtures} >= {"sequential", "custom_training_loop"}


@pytest.mark.parametrize(("dtype", "noise", "smallest_real"), [("float32", 4.2e-7, 2.8e-4), ("float16", 1e-3, 1e-2)])
def test_tolerances_lie_between_measured_noise_and_real_differences(dtype: str, noise: float, smallest_real: float) -> None:
    """The largest difference among right outputs and the smallest among wrong ones, for values of about one."""
    for tolerances in (TOLERANCES, dict(load_matrix(DEFAULT).tolerances)):
        within = tolerances[dtype].absolute + tolerances[dtype].relative
        assert noise < within < smallest_real


def test_shipped_profiles() -> None:
    spec = load_matrix(DEFAULT)
    quick, full, nightly, legacy, faults = spec.profiles
    assert [profile.name for profile in spec.profiles] == ["quick", "full", "nightly", "legacy", "faults"]
    assert {dict(spec.environment(id_).variables).get("TF_USE_LEGACY_KERAS") for id_ in legacy.environments} == {None, "0", "1"}
    assert [(spec.environment(id_).tensorflow, spec.environment(id_).addons) for id_ in quick.environments] == [
        ("2.12.1", None), ("2.13.1", "0.23.0"), ("2.15.1", None), ("2.16.2", None), ("2.18.1", None), ("2.21.0", None),
    ]  # fmt: skip
    assert {spec.environment(id_).python for id_ in quick.environments} == {"3.11"}
    minors = [tuple(map(int, spec.environment(id_).tensorflow.split(".")[:2])) for id_ in full.environments]
    assert minors == [(1, 15), *((2, minor) for minor in range(22))]
    assert {spec.environment(id_).channel for id_ in nightly.environments} == {None, "newest-pre", "newest"}
    assert "sequential@uncompiled" in quick.fixtures
    assert not any(fixture.fault for fixture in spec.fixtures if fixture.key in quick.fixtures)
    assert set(full.fixtures) == {fixture.key for fixture in spec.fixtures if not fixture.fault}
    assert {fixture.fault for fixture in spec.fixtures if fixture.key in faults.fixtures} == {None, *FAULTS}


def test_a_fixture_with_a_fault_is_chosen_by_its_name_and_not_by_a_star(tmp_path: Path) -> None:
    spec = load(tmp_path, SMALL + "profiles: {all: {fixtures: ['*']}, named: {fixtures: [truncated]}, both: {fixtures: ['*', 'bit_*']}}\n")
    faults = {fixture.key: fixture.fault for fixture in spec.fixtures if fixture.fault}
    all_, named, both = spec.profiles
    assert not faults.keys() & set(all_.fixtures)
    assert named.fixtures == ("truncated",)
    assert faults.keys() & set(both.fixtures) == {"bit_flipped"}
    assert faults == {kind: kind for kind in FAULTS}
    assert not faults.keys() & set(load(tmp_path, SMALL).profiles[0].fixtures)


def test_shipped_environments_have_the_date_and_package_of_their_time() -> None:
    spec = load_matrix(DEFAULT)
    assert (spec.environment("tf2.0-tfa0.6-py37").package, spec.environment("tf2.0-tfa0.6-py37").as_of) == ("tensorflow", "2021-02-20")
    assert (spec.environment("tf1.15-py37").package, spec.environment("tf1.15-py37").as_of) == ("tensorflow-cpu", "2019-11-30")


def test_every_format_and_loader_has_a_line_of_text() -> None:
    assert FORMAT_TEXT.keys() == FORMATS.keys()
    assert {loader for loaders in FORMATS.values() for loader in loaders} == LOADERS.keys()


@pytest.mark.parametrize(
    ("addition", "line", "words"),
    [
        ("colour: red\n", 5, ["unknown key `colour`"]),
        ("profile: {}\n", 5, ["unknown key `profile`", "did you mean 'profiles'?"]),
        ("pairs: upgrade\n", 5, ["'upgrade'", "did you mean 'upgrades'?"]),
        ("pairs:\n  from: ['tf2.15*']\n  to: [tf2.61-py311]\n", 7, ["no environment is named 'tf2.61-py311'", "tf2.16-py311"]),
        ("formats: [h5, keras-v4]\n", 5, ["unknown format 'keras-v4'", "did you mean 'keras-v3'?"]),
        ("formats:\n  h5:\n    - load-modle\n", 7, ["unknown loader 'load-modle'", "did you mean 'load-model'?"]),
        ("formats:\n  h5: [load-model,\n    tfsm-layer]\n", 7, ["'tfsm-layer' does not read the format 'h5'", "load-weights-by-name"]),
        ("formats: [h5, h5]\n", 5, ["'h5' is given twice"]),
        ("formats: []\n", 5, ["`formats` is empty"]),
        ("limits: {seconds: 0}\n", 5, ["`limits.seconds`", "0"]),
        ("limits:\n  memory_mb: 99999999999\n", 6, ["`limits.memory_mb`", "99999999999", "4000000"]),
        ("limits:\n  disk_mb: '5'\n", 6, ["'5' is not a whole number", "without quotes"]),
        ("tolerances: {float33: {absolute: 0, relative: 0}}\n", 5, ["unknown dtype 'float33'", "did you mean 'float32'?"]),
        ("tolerances: {float32: {absolute: .nan, relative: 0}}\n", 5, ["nan", "finite"]),
        ("tolerances: {float32: {absolute: 0}}\n", 5, ["`relative` is missing"]),
        ("machine: {jobs: -1}\n", 5, ["`machine.jobs`", "-1"]),
        ("profiles: {a: {environments: []}}\n", 5, ["`profiles.a.environments` is empty"]),
        (f"profiles: {{a: {{environments: [{', '.join(['x'] * 1001)}]}}}}\n", 5, ["has 1001 entries; no more than 1000"]),
        ("profiles:\n  a:\n    environments:\n      - tf2.15-py311\n      - tf2.15-py312\n", 9, ["'tf2.15-py312'", "'tf2.15-py311'"]),
        ("profiles:\n  a:\n    fixtures: [sequental]\n", 7, ["no fixture is named 'sequental'", "did you mean 'sequential'?"]),
        ("profiles: {a: {environments: [tf2.15-py311], pairs: {from: [tf2.16*], to: ['*']}}}\n", 5, ["selects no pair"]),
        ("profiles: {a: {fixtures: [custom_training_loop], formats: [h5]}}\n", 5, ["selects no format", "weights-tf"]),
        ("profiles: [a]\n", 5, ["`profiles`: a list is not a mapping"]),
        ("profiles:\n", 5, ["`profiles`: nothing is not a mapping"]),
        ("fixtures: {mine: {file: nope.py}}\n", 5, ["does not exist: nope.py"]),
        ("fixtures: {mine: {}}\n", 5, ["`file` is missing in `fixtures.mine`"]),
        ("fixtures: {mine: {file: .}}\n", 5, ["is a directory"]),
        ("fixtures: {mine: {file: " + "n" * 400 + "}}\n", 5, ["cannot be read"]),
        ("fixtures: {mine: {file: matrix.yaml, variants: {x: {units: [1]}}}}\n", 5, ["a list is not text"]),
        ("fixtures: {mine: {file: matrix.yaml, isolation: thread}}\n", 5, ["'thread'", "'fork'"]),
        ("fixtures: {mine: {file: matrix.yaml, fault: disk_ful}}\n", 5, ["unknown fault 'disk_ful'", "did you mean 'disk_full'?"]),
        (
            "fixtures: {mine: {file: matrix.yaml, variants: {x: {code: movd}}}}\n",
            5,
            ["unknown place of the code 'movd'", "did you mean 'moved'?"],
        ),
        ("fixtures: {mine: {file: matrix.yaml, options: {code: lost}}}\n", 5, ["unknown place of the code 'lost'"]),
        ("fixtures:\n  mine:\n    file: matrix.yaml\n    formats: {h5: [load-model, load-model]}\n", 8, ["'load-model' is given twice"]),
        ("fixtures: {mine: {file: matrix.yaml, formats: [h5, h5]}}\n", 5, ["the format 'h5' is given twice"]),
        ("fixtures: {mine: {file: matrix.yaml, formats: {h6: all}}}\n", 5, ["unknown format 'h6'", "did you mean 'h5'?"]),
        ("fixtures: {a/b: {file: matrix.yaml}}\n", 5, ["'a/b' is not a valid name"]),
        ("fixtures:\n  sequential:\n    file: matrix.yaml\n", 6, ["has a fixture 'sequential' already"]),
        ("limits: {seconds: 5}\nlimits: {seconds: 6}\n", 6, ["`limits` is given twice", "line 5"]),
        ("x: *nothing\n", 5, ["YAML syntax", "undefined alias"]),
        ("3.10: x\n", 5, ["the key 3.10 is not text", "quotes"]),
        ("on: x\n", 5, ["the key on is not text"]),
        ("[a]: x\n", 5, ["a key must be text"]),
        ("limits: !!python/object:os.system {}\n", 5, ["is not understood"]),
        ("limits: !thing {}\n", 5, ["is not understood"]),
        ("pairs: !!binary aGFsbG8=\n", 5, ["is not understood"]),
        ("limits: {seconds: 0x}\n", 5, ["'0x' is not a number"]),
        ("limits: {seconds: 1_\t: 2}\n", 5, ["YAML syntax"]),
        ("x-a: &a [*a]\n", 5, ["the alias stands inside of what it refers to"]),
        ("x-a: &a {<<: *a}\n", 5, ["the alias stands inside of what it refers to"]),
        ("limits: {<<: 5}\n", 5, ["`<<` merges mappings only"]),
        ("--- \nschema: 1\n", 5, ["single document", "remove the `---`"]),
        ("\tpairs: all\n", 5, ["YAML syntax", "spaces, not with tabs"]),
        ("pairs: 'all\n", 6, ["YAML syntax"]),
        ('pairs: "\\ud800"\n', 5, ["not text"]),
        ('pairs: "\\U00110000"\n', 5, ["YAML syntax"]),
        ("pairs: a\x00b\n", 5, ["U+0000"]),
        ("x-deep: " + "[" * 5000 + "\n", 5, ["nested deeper"]),
        ("limits: " + "1" * 5000 + "\n", 5, ["not a readable int"]),
    ],
)
def test_one_mistake_is_one_problem_with_its_line(tmp_path: Path, addition: str, line: int, words: list[str]) -> None:
    found_line, found = the_problem(tmp_path, SMALL + addition)
    assert found_line == line
    for word in words:
        assert word in found
    assert len(found) < 500


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        ("- 1\n", 1, "must be a mapping"),
        ("hello", 1, "must be a mapping"),
        ("schema: 2\nenvironments: [{tensorflow: '2.15', python: '3.11'}]\n", 1, "known: 1"),
        ("environments: [{tensorflow: '2.15', python: '3.11'}]\n", 1, "`schema` is missing"),
        ("schema: 1\n", 1, "`environments` is missing"),
        ("schema: 1\nenvironments: []\n", 2, "no environments"),
        ("schema: 1\nenvironments: {from: 38020786865510612992}\n", 2, "is not a list"),
        ("schema: 1\nenvironments: {}\n", 2, "is not a list"),
        ("schema: 1\nenvironments: [2.15]\n", 2, "is not a mapping"),
        (b"schema: 1\n# \xff\n", 2, "not UTF-8: byte 0xff"),
        (SMALL.encode("utf-16"), 1, "not UTF-8"),
    ],
)
def test_what_is_no_matrix_file(tmp_path: Path, text: str | bytes, line: int, words: str) -> None:
    found = problems(tmp_path, text)
    assert any(at == line and words in what for at, what in found), found


def test_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    assert load(tmp_path, SMALL.replace("\n", "\r\n").encode("utf-8-sig")).environments


def test_all_problems_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "schema: 1\n"
        "environmets: []\n"
        "environments:\n"
        '  - {tensorflow: "2.15.1", python: 3.10}\n'
        '  - {tensorflow: 2.10, pyton: "3.9", python: "3.9"}\n'
        '  - {tensorflow: "2.12", python: "3.12", addons: "0.99", as_of: 2020-01-01}\n'
        '  - {tensorflow: "2.13", python: "3.11"}\n'
        "limits: {seconds: -1, second: 5}\n"
        "profiles:\n"
        "  a: {environments: [tf2.13-py311, tf2.99-py311], fixtures: [sequental], formats: [h6]}\n",
    )
    assert [line for line, _ in found] == [2, 4, 5, 5, 6, 6, 6, 8, 8, 10, 10, 10]
    assert [line for line, what in found if "write it in quotes" in what] == [4, 5]


def test_a_name_that_only_a_wrong_entry_explains_is_not_complained_about(tmp_path: Path) -> None:
    text = SMALL.replace('"2.15.1", python: "3.11"', '"2.15.1", python: 3.11') + "profiles: {a: {environments: [tf2.15-py311]}}\n"
    line, what = the_problem(tmp_path, text)
    assert (line, '"3.11"' in what) == (3, True)


def test_duplicate_ids_name_both_lines(tmp_path: Path) -> None:
    line, what = the_problem(tmp_path, SMALL + '  - {tensorflow: "2.15.0", python: "3.11"}\n')
    assert line == 5
    assert "'tf2.15-py311'" in what
    assert "line 3" in what


def test_anchors_and_merge_keys_work_and_keep_their_lines(tmp_path: Path) -> None:
    text = """\
schema: 1
x-common: &common
  python: "3.11"
  variables: {OMP_NUM_THREADS: 1}
environments:
  - {<<: *common, tensorflow: "2.15.1"}
  - <<: [{python: "3.12"}, *common]
    tensorflow: "2.16.2"
"""
    first, second = load(tmp_path, text).environments
    assert (first.python, first.variables) == ("3.11", (("OMP_NUM_THREADS", "1"),))
    assert (second.python, second.variables) == ("3.12", (("OMP_NUM_THREADS", "1"),))
    found = problems(tmp_path, text.replace('"3.11"', "3.10"))
    assert found == [(3, '`environments[0].python`: 3.10 is a number, not text; write it in quotes: "3.10"')]
    line, what = the_problem(tmp_path, text.replace("{OMP_NUM_THREADS: 1}", "{OMP-NUM: 1}"))
    assert (line, "'OMP-NUM' is not a valid name" in what) == (4, True)


def test_alias_bomb_is_refused_quickly(tmp_path: Path) -> None:
    layers = "".join(f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert any("aliases make more than" in what for _, what in problems(tmp_path, "x-0: &a0 [x]\n" + layers + SMALL))


def test_merge_bomb_is_refused_quickly(tmp_path: Path) -> None:
    layers = "".join(f"x-{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
    assert any("aliases make more than" in what for _, what in problems(tmp_path, "x-0: &a0 {a: b}\n" + layers + SMALL))


def test_file_of_many_megabytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bytes"):
        load(tmp_path, SMALL + "#" * 3_000_000)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    with pytest.raises(UsageError, match=r"no such file; nearby: .*matrix\.yaml"):
        load_matrix(tmp_path / "matrx.yaml")
    with pytest.raises(UsageError, match=r"is a directory; did you mean .*matrix\.yaml"):
        load_matrix(tmp_path)
    with pytest.raises(UsageError, match="no such file"):
        load_matrix(tmp_path / "no" / "such" / "place.yaml")
    for name in ("n" * 5000, "a\0b"):
        with pytest.raises(UsageError):
            load_matrix(tmp_path / name)


def test_own_fixture_beside_a_matrix_file_anywhere(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.py").write_text("")
    text = SMALL + (
        "fixtures:\n"
        "  mine:\n"
        "    file: models/mine.py\n"
        "    needs: [tensorflow_text]\n"
        "    formats: [h5, keras-v3]\n"
        "    options: {units: 3, rate: 0.5}\n"
        "    variants: {wide: {units: 30}}\n"
        "profiles: {a: {fixtures: ['mine*']}}\n"
    )
    spec = load(tmp_path, text)
    plain, wide = (fixture for fixture in spec.fixtures if fixture.name == "mine")
    assert (plain.key, plain.options, plain.formats) == ("mine", (("units", 3), ("rate", 0.5)), ("h5", "keras-v3"))
    assert (wide.key, wide.options, wide.needs) == ("mine@wide", (("units", 30), ("rate", 0.5)), ("tensorflow_text",))
    assert plain.file == tmp_path / "models" / "mine.py"
    assert spec.profiles[0].fixtures == ("mine", "mine@wide")


def test_a_fixture_may_name_its_loaders_and_where_its_code_is(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    text = SMALL + (
        "fixtures:\n"
        "  mine:\n"
        "    file: mine.py\n"
        "    formats: {weights-h5: [load-model], h5: all}\n"
        "    because: A file of weights is no model.\n"
        "    variants: {gone: {code: absent, units: 3}}\n"
    )
    plain, gone = (fixture for fixture in load(tmp_path, text).fixtures if fixture.name == "mine")
    assert (plain.formats, plain.loaders, plain.code) == (("weights-h5", "h5"), (("weights-h5", ("load-model",)),), "given")
    assert (gone.code, gone.options, gone.because) == ("absent", (("units", 3),), "A file of weights is no model.")


def test_only_a_fixture_that_says_so_has_a_format_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    (plain,) = (fixture for fixture in load(tmp_path, SMALL + "fixtures: {mine: {file: mine.py}}\n").fixtures if fixture.name == "mine")
    assert set(FORMATS) - set(plain.formats) == {"own"}


def test_wrong_file_of_a_fixture_suggests_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    _, what = the_problem(tmp_path, SMALL + "fixtures: {mine: {file: mien.py}}\n")
    assert "did you mean 'mine.py'?" in what


def test_formats_of_a_profile(tmp_path: Path) -> None:
    text = SMALL + (
        "formats: {h5: [load-model], keras-v3: all}\n"
        "profiles:\n"
        "  a: {}\n"
        "  b: {formats: [h5, weights-tf]}\n"
        "  c: {formats: {h5: [load-weights]}}\n"
    )
    spec = load(tmp_path, text)
    assert [profile.formats for profile in spec.profiles] == [
        (("h5", ("load-model",)), ("keras-v3", FORMATS["keras-v3"])),
        (("h5", ("load-model",)), ("weights-tf", FORMATS["weights-tf"])),
        (("h5", ("load-weights",)),),
    ]


def test_numbers_of_the_file(tmp_path: Path) -> None:
    spec = load(
        tmp_path,
        SMALL + "limits: {seconds: 7.5}\nmachine: {jobs: 3, memory_mb: 5000}\ntolerances: {float32: {absolute: 0, relative: 1.0e-6}}\n",
    )
    assert spec.limits == Limits(seconds=7.5)
    assert (spec.jobs, spec.memory_mb) == (3, 5000)
    assert dict(spec.tolerances)["float32"].relative == 1e-6
    assert dict(spec.tolerances)["float64"] == TOLERANCES["float64"]


def test_locks_lie_beside_the_matrix_file_if_there_are_any(tmp_path: Path) -> None:
    assert load(tmp_path, SMALL).locks == DEFAULT.parent / "images" / "locks"
    (tmp_path / "images" / "locks").mkdir(parents=True)
    assert load(tmp_path, SMALL).locks == tmp_path / "images" / "locks"


def test_published_schema_is_up_to_date_and_holds_for_the_shipped_file() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == matrix_schema_text(), "run: python -m runner schema matrix > docs/matrix.schema.json"
    validator = jsonschema.Draft202012Validator(matrix_schema())
    validator.check_schema(json.loads(matrix_schema_text()))
    shipped = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    assert list(validator.iter_errors(shipped)) == []
    assert list(validator.iter_errors({**shipped, "pairs": "upgrade"}))
    first = DEFAULT.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/matrix.schema.json"


SHIPPED_TEXT = DEFAULT.read_text(encoding="utf-8")
PIECES = [*"[{}]'\"|>%@\\~\t\x00\ufeffé\u2028", "&a", "*a", "<<: *a", "- ", ": ", "!!set", "? ", "---", "..."]
PIECES += ["1.5", ".inf", "0o", "1:30", "2024-13-45", "null", "yes", "9" * 20, "tf2.15*"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_file_ends_in_a_clear_error_or_a_spec(tmp_path: Path, data: st.DataObject) -> None:
    text = SHIPPED_TEXT
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.sampled_from(PIECES) | st.text(max_size=5)) + text[end:]
    reads_or_refuses(tmp_path, text.encode("utf-8", "surrogatepass"))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["all", "h5", "*", "none", "2.15", ">=2.4", "", "[", "newest-pre"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["from", "to", "h5", "file", "a", "python"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_replaced_values_end_in_a_clear_error_or_a_spec(tmp_path: Path, data: st.DataObject) -> None:
    value = yaml.safe_load(SHIPPED_TEXT)
    for _ in range(data.draw(st.integers(1, 3))):
        here = value
        while isinstance(here, dict | list) and here:
            key = data.draw(st.sampled_from(list(here) if isinstance(here, dict) else list(range(len(here)))))
            if data.draw(st.booleans()) or not isinstance(here[key], dict | list):
                here[key] = data.draw(VALUES)
                break
            here = here[key]
    reads_or_refuses(tmp_path, yaml.safe_dump(value).encode())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
@example(b"? [a]\n: b")
@example(b"%YAML 9.9\n---\na: b")
@example(b"a: !<tag:yaml.org,2002:int> zz")
@example(b"schema: 1\nenvironments: &a\n  - *a\n")
@example(b"!!python/name:os.system")
def test_any_bytes_end_in_a_clear_error(tmp_path: Path, data: bytes) -> None:
    reads_or_refuses(tmp_path, data)


def reads_or_refuses(folder: Path, data: bytes) -> None:
    """Load bytes as a matrix file; anything but a spec or a clear error fails the test."""
    try:
        load(folder, data)
    except InvalidMatrix as error:
        assert error.problems
        for problem in error.problems:
            assert 1 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 2 or "catalogue" in problem.file
            assert len(str(problem)) < 1500
            str(problem).encode()
    except UsageError as error:
        assert str(error)


def test_the_description_of_the_file_names_every_key_format_and_loader() -> None:
    text = (PUBLISHED.parent / "matrix-file.md").read_text(encoding="utf-8")
    for entry in matrix_schema()["$defs"].values():
        for key in entry.get("properties", {}):
            assert key in text, key
    for name in (*FORMATS, *LOADERS, *matrix_schema()["properties"], *TOLERANCES):
        assert name in text, name
    for example_ in text.split("```yaml\n")[1:]:
        assert yaml.safe_load(example_.partition("```")[0]) is not None


def test_a_fixture_is_found_from_everywhere_also_by_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "price.py").write_text("")
    (tmp_path / "shop" / "mine.yaml").write_text(SMALL + "fixtures: {price: {file: price.py}}\n")
    monkeypatch.chdir(tmp_path)
    spec = load_matrix(Path("shop/mine.yaml"))
    assert [fixture.file for fixture in spec.fixtures if fixture.name == "price"] == [tmp_path / "shop" / "price.py"]
