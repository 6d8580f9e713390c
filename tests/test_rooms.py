"""The rooms of the house: which of them may know Qt, and that no test is skipped unnoticed."""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import desktop.cli
import desktop.core

REPOSITORY = Path(__file__).resolve().parent.parent


def _python(script, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _modules():
    for package in (desktop.core, desktop.cli):
        yield package.__name__
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            yield module.name


def test_core_and_command_line_import_no_qt():
    run = _python(
        """
        import importlib, sys
        for name in sys.argv[1:]:
            importlib.import_module(name)
        print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("PySide6", "shiboken6")))
        """,
        *_modules(),
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip() == ""


def test_the_walk_through_the_rooms_finds_them_all():
    assert {"desktop.core.photo.read", "desktop.core.engines.opencv_engine", "desktop.cli.enhance"} <= set(_modules())


def test_photos_are_enhanced_where_qt_is_not_installed(photo_file, tmp_path):
    run = _python(
        """
        import sys
        sys.modules["PySide6"] = sys.modules["shiboken6"] = None
        from desktop.__main__ import main
        sys.exit(main(sys.argv[1:]))
        """,
        *("enhance", photo_file("a.png"), "--model", "edsr-baseline", "--data-dir", tmp_path / "data"),
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "a_x3.png").is_file()


@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_photos_are_enhanced_where_no_engine_but_opencv_is_installed(precision, photo_file, tmp_path):
    run = _python(
        """
        import sys
        for name in ("openvino", "ncnn", "onnxruntime"):
            sys.modules[name] = None
        from desktop.__main__ import main
        sys.exit(main(sys.argv[1:]))
        """,
        *("enhance", photo_file("a.png"), "--precision", precision, "--json", "--data-dir", tmp_path / "data"),
    )
    assert (run.returncode, run.stderr) == (0, "")
    record = json.loads(run.stdout.splitlines()[0])
    assert (record["engine"], record["precision"]) == ("opencv", "exact")
    assert (tmp_path / "a_x3.png").is_file()


@pytest.mark.parametrize("before", [{}, {"QT_QPA_PLATFORM_PLUGIN_PATH": "/mine", "QT_QPA_FONTDIR": "/my fonts"}])
def test_opencv_is_kept_from_leading_qt_astray(before):
    script = """
        import os
        import desktop.core.opencv
        print({name: value for name, value in os.environ.items() if name.startswith("QT_QPA_")
               and name != "QT_QPA_PLATFORM"})
    """
    run = _python(script, **before)
    assert run.stdout.strip() == str(before)


def test_importing_writes_nothing(tmp_path):
    names = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA")
    run = _python("import desktop.core.workspace, desktop.cli.enhance", **dict.fromkeys(names, str(tmp_path)))
    assert run.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def session(tmp_path):
    """``session(body, *options, **environment)``: a pytest session under our rules: this, and a test that passes."""

    def run(body, *options, **environment):
        folder = tmp_path / "session"
        folder.mkdir()
        shutil.copy(REPOSITORY / "tests" / "conftest.py", folder / "conftest.py")
        (folder / "test_one.py").write_text("import pytest\n" + textwrap.dedent(body))
        (folder / "test_two.py").write_text("def test_it():\n    pass\n")
        (folder / "pytest.ini").write_text("[pytest]\n")
        surroundings = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:pytest-qt",
                *options,
                str(folder),
            ],
            env={**surroundings, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "utf-8", **environment},
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


SKIPPED = """
    def test_something():
        pytest.skip("no exiftool")
"""
SKIPPED_WHOLE = 'pytest.skip("no exiftool", allow_module_level=True)'
FOREIGN = """
    @pytest.mark.skipif(True, reason="not on this platform: there are no pipes")
    def test_something():
        pass
"""


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two processes"])
@pytest.mark.parametrize("body", [SKIPPED, SKIPPED_WHOLE], ids=["a test", "a whole file"])
def test_a_skipped_test_fails_the_session_in_ci(body, options, session):
    run = session(body, *options, CI="true")
    assert run.returncode == 1
    assert run.stdout.count(": no exiftool") == 1


def test_a_skipped_test_is_told_everywhere_else(session):
    run = session(SKIPPED)
    assert run.returncode == 0
    assert "test_something: no exiftool" in run.stdout


def test_a_test_for_another_platform_may_be_skipped_in_ci(session):
    run = session(FOREIGN, CI="true")
    assert run.returncode == 0
    assert "not on this platform: there are no pipes" in run.stdout


def test_a_session_without_skips_passes_in_ci(session):
    assert session("def test_something():\n    pass\n", CI="true").returncode == 0


def test_an_expected_failure_is_no_skip(session):
    run = session("@pytest.mark.xfail\ndef test_something():\n    assert False\n", CI="true")
    assert run.returncode == 0
