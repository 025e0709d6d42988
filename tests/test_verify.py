"""Promise: `python -m lessons verify` says of every printed figure whether it is right, and its exit status says it again."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lessons.examples import FOLDER, ids, judged, load
from lessons.verify import main, verify

ROOT = Path(__file__).parent.parent
FIELDS = ["symbol", "published", "computed", "digits", "verdict", "should_be"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lessons", "verify", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)


def tampered(folder: Path, old: str, new: str, name: str = "mazur-2-2-2") -> Path:
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    assert text.count(old) == 1
    file = folder / "tampered.json"
    file.write_text(text.replace(old, new), "utf-8")
    return file


def test_the_library_holds_what_its_files_state() -> None:
    done = run("--all", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert list(report) == ["examples"]
    shown = {entry["id"]: entry["figures"] for entry in report["examples"]}
    every = [one for name in ids() for one in (load(name), *load(name).readings)]
    assert list(shown) == [example.id for example in every]
    for example in every:
        for found, figure in zip(judged(example), shown[example.id], strict=True):
            assert list(figure) == FIELDS
            assert figure["published"] == found.figure.text
            assert figure["computed"] == found.computed  # every digit
            assert (figure["verdict"], figure["digits"]) == (found.verdict, found.digits)
            assert figure["should_be"] == found.should_be
    counts = Counter(figure["verdict"] for figures in shown.values() for figure in figures)
    print(f"library: {len(every)} examples and readings, {counts.total()} figures, {dict(counts)}")  # noqa: T201


def test_the_table_is_aligned_and_shows_every_digit() -> None:
    done = run("mazur-2-2-2")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("---"))
    ends = [len(part) for part in lines[rule].split("  ")]
    rows = lines[rule + 1 : rule + 1 + len(load("mazur-2-2-2").figures)]
    second = ends[0] + 2 + ends[1]
    for row, found in zip(rows, judged(load("mazur-2-2-2")), strict=True):
        assert row.startswith(found.figure.symbol)
        assert row[:second].endswith(found.figure.text), "figures stand at the right of their column"
        assert repr(found.computed) in row
        assert found.verdict in row
    assert "30 figures: 26 match, 1 last-digit, 3 wrong" in done.stdout
    assert all(note in done.stdout for note in load("mazur-2-2-2").errata("en"))


def test_a_figure_that_nobody_said_is_wrong_makes_it_fail(tmp_path: Path) -> None:
    done = run(tampered(tmp_path, '"0.593269992"', '"0.593369992"'))
    assert (done.returncode, done.stderr) == (1, "")
    (row,) = [line for line in done.stdout.splitlines() if "NOT STATED" in line]
    assert row.startswith("out_h1")
    assert "wrong" in row
    assert row.endswith("0.593269992")


def test_a_stated_erratum_must_have_the_right_value(tmp_path: Path) -> None:
    text = (FOLDER / "geeksforgeeks-2-2-1.json").read_text("utf-8")
    example = json.loads(text)
    figure = next(one for one in example["figures"] if one["verdict"] == "wrong")
    for should_be, status in (("123.456", 1), (None, 0)):
        figure.pop("should_be", None)
        if should_be:
            figure["should_be"] = should_be
        file = tmp_path / "erratum.json"
        file.write_text(json.dumps(example), "utf-8")
        assert main(["verify", str(file)]) == status


def test_a_figure_stated_wrong_that_is_right_passes(tmp_path: Path) -> None:
    text = (FOLDER / "tiny-line.json").read_text("utf-8")
    example = json.loads(text)
    example["figures"][0] |= {"verdict": "wrong", "why": {"en": "No.", "zh": "不对。"}}
    file = tmp_path / "stated.json"
    file.write_text(json.dumps(example), "utf-8")
    assert main(["verify", str(file)]) == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "line 1, column 2: this is not JSON"),
        (b'{"format": "nabla-example/1"}', "the field"),
        (b"\xff\xfe", "not UTF-8 text (byte 0)"),
        (b"[" * 400_000, "longer than"),
        (b"", "this is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_place_and_reason(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    out, complaints = io.StringIO(), io.StringIO()
    assert verify([str(file)], out, complaints) == 2
    assert complaints.getvalue().startswith(f"{file}: The example file is wrong at ")
    assert sentence in complaints.getvalue()
    assert out.getvalue() == ""


def test_the_files_beside_a_broken_one_are_still_judged(tmp_path: Path) -> None:
    done = run(tmp_path / "missing.json", tmp_path, "tiny-line", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["examples"][0]["id"] == "tiny-line"
    assert len(done.stderr.splitlines()) == 2
    assert "Traceback" not in done.stderr


def test_readings_can_be_named_and_unknown_ones_are_refused() -> None:
    out, complaints = io.StringIO(), io.StringIO()
    assert verify(["seed-004-mse:mean", "seed-004-mse:nonsense"], out, complaints, as_json=True) == 2
    assert [entry["id"] for entry in json.loads(out.getvalue())["examples"]] == ["seed-004-mse:mean"]
    assert "seed-004-mse:nonsense" in complaints.getvalue()


def test_numbers_that_are_not_finite_are_null_in_json(tmp_path: Path) -> None:
    example = json.loads((FOLDER / "tiny-line.json").read_text("utf-8"))
    example["learning_rate"] = 1e6
    example["figures"] = [{"symbol": "L", "text": "1", "at": "L[0,0]@900", "verdict": "match"}]
    example.pop("readings", None)
    file = tmp_path / "diverges.json"
    file.write_text(json.dumps(example), "utf-8")
    done = run(file, "--json")
    assert done.returncode == 1
    (figure,) = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(name))["examples"][0]["figures"]
    assert figure["computed"] is None


def test_a_call_without_a_file_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["verify"], [], ["nonsense"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_neither_streamlit_nor_torch_is_loaded() -> None:
    code = "import sys; from lessons.verify import main; main(['verify', 'tiny-line', '--json']); print([n for n in ('streamlit', 'torch', 'plotly') if n in sys.modules])"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
