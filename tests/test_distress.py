"""What a start that fails says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desktop import __main__, distress
from desktop.core.errors import UsageError
from desktop.ui import platform_parts


@pytest.fixture(autouse=True)
def box(monkeypatch):
    shown = []
    monkeypatch.setattr(distress, "show_box", shown.append)
    return shown


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (ImportError("libEGL.so.1: cannot open shared object file: No such file or directory"), "libEGL.so.1"),
        (ImportError("/opt/x/libQt6Gui.so.6: file too short"), "libQt6Gui.so.6"),
        (ImportError("dlopen(a.so): Library not loaded: @rpath/QtGui"), "QtGui"),
        (ImportError("DLL load failed while importing QtGui: The specified module was not found."), "QtGui"),
        (ModuleNotFoundError("No module named 'numpy'", name="numpy"), "numpy"),
    ],
)
def test_a_missing_part_is_named_with_what_to_do(error, part):
    said = distress.in_words(error)
    assert f"“{part}”" in said
    assert "Install Rekindle again" in said


def test_a_library_of_the_systems_is_to_be_installed():
    said = distress.in_words(ImportError("libEGL.so.1: cannot open shared object file: No such file or directory"))
    assert "package manager" in said


def test_other_troubles_are_told_too(tmp_path):
    missing = tmp_path / "catalogue.toml"
    with pytest.raises(OSError, match="No such file") as caught:
        missing.read_text()
    assert str(missing) in distress.in_words(caught.value)
    assert "memory" in distress.in_words(MemoryError())
    assert "KeyError" in distress.in_words(KeyError("x"))


def test_a_failed_start_is_logged_and_said(tmp_path, capsys, box):
    assert distress.tell(ImportError("libEGL.so.1: cannot open shared object file"), tmp_path, window=True) == 1
    log = tmp_path / "log" / "rekindle.log"
    assert "libEGL.so.1" in log.read_text("utf-8")
    said = capsys.readouterr().err
    assert str(log) in said
    assert "libEGL.so.1" in said
    # There is no terminal under pytest, so the person looks at the screen.
    assert len(box) == 1


def test_without_a_log_the_error_itself_is_said(tmp_path, capsys):
    (tmp_path / "log").write_text("in the way")
    distress.tell(KeyError("why"), tmp_path, window=False)
    assert "KeyError: 'why'" in capsys.readouterr().err


def testbox_for_the_command_line(tmp_path, box):
    distress.tell(MemoryError(), tmp_path, window=False)
    assert box == []


def test_whatever_breaks_in_a_start_is_told(tmp_path, monkeypatch, capsys, box):
    def broken(_options):
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(__main__, "_run", broken)
    assert __main__.main(["--data-dir", str(tmp_path)]) == distress.EXIT_FAILED
    assert "libGL.so.1" in capsys.readouterr().err
    assert len(box) == 1


def test_a_wrong_call_is_not(tmp_path, monkeypatch, capsys, box):
    def wrong(_options):
        raise UsageError("No such model.")

    monkeypatch.setattr(__main__, "_run", wrong)
    assert __main__.main(["--data-dir", str(tmp_path)]) == __main__.EXIT_USAGE
    assert box == []


def test_it_needs_none_of_the_libraries():
    script = (
        "import sys\n"
        "for name in ('numpy', 'cv2', 'PySide6', 'PIL', 'jeepney'):\n"
        "    sys.modules[name] = None\n"
        "from desktop.__main__ import main\n"
        "sys.exit(main(['models', 'list']))\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "“" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="not on this platform: Qt's parts are found elsewhere")
def test_a_part_of_qts_that_cannot_be_loaded_is_known_beforehand(tmp_path, monkeypatch):
    assert platform_parts.missing_part() is None
    broken = tmp_path / "platforms"
    broken.mkdir()
    (broken / "libqxcb.so").write_bytes(b"")

    class Elsewhere:
        class LibraryPath:
            PluginsPath = None

        @staticmethod
        def path(_which):
            return str(tmp_path)

    import PySide6.QtCore

    monkeypatch.setattr(PySide6.QtCore, "QLibraryInfo", Elsewhere)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    trouble = platform_parts.missing_part()
    assert trouble is not None
    assert Path(trouble.split(":")[0]).name == "libqxcb.so"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="not on this platform: there is no X")
def test_a_display_that_lets_nobody_in_is_known_beforehand(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not platform_parts.refuses()
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":9999")
    assert platform_parts.refuses()
