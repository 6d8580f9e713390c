"""Checks an installation, from source or frozen: the one place that may import everything."""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

import desktop
from desktop.core.engines.base import Net
from desktop.core.errors import RekindleError
from desktop.core.loaded_net import available_engines
from desktop.core.models.catalogue import Model
from desktop.core.models.store import ModelState
from desktop.core.opencv import cv2
from desktop.core.paths import bundled, sample_photo
from desktop.core.photo.formats import OUTPUT_FORMATS, RAW_IS_READABLE
from desktop.core.photo.photo import Photo
from desktop.core.photo.read import read
from desktop.core.photo.write import write
from desktop.core.workspace import Workspace

logger = logging.getLogger(__name__)

_PARITY_LEVELS = 1


@dataclass(frozen=True)
class Check:
    """What was checked, whether it is well, and what was seen."""

    name: str
    ok: bool
    detail: str


class _NotWellError(Exception):
    """A check that has found something wrong."""


def run_self_test(data_dir: Path | None, *, as_json: bool) -> int:
    """Runs every check, prints how they went, and returns 1 where one is not well."""
    checks = list(_checks(data_dir, as_json=as_json))
    ok = all(check.ok for check in checks)
    if as_json:
        print(json.dumps({"ok": ok, "checks": [asdict(check) for check in checks]}, ensure_ascii=False), flush=True)
    else:
        print("All is well." if ok else "Something is not well.")
    return 0 if ok else 1


def _checks(data_dir: Path | None, *, as_json: bool) -> Iterator[Check]:
    workspace = Workspace.open(data_dir)
    todo: list[tuple[str, Callable[[], str]]] = [("versions", _versions)]
    for model in workspace.store.usable().models:
        todo.append((f"model {model.id}", partial(_model, workspace, model)))
    for name in available_engines():
        todo.append((f"engine {name}", partial(_engine, workspace, name)))
    todo += [("formats", _formats), ("window", _window)]
    for name, task in todo:
        check = _run(name, task)
        if not as_json:
            print(f"{'ok    ' if check.ok else 'NOT OK'} {check.name}: {check.detail}", flush=True)
        yield check


def _run(name: str, task: Callable[[], str]) -> Check:
    try:
        return Check(name, True, task())
    except (_NotWellError, RekindleError) as error:
        return Check(name, False, str(error))
    except Exception as error:  # a check that breaks has found something too
        logger.exception("The check %s broke", name)
        return Check(name, False, f"{type(error).__name__}: {error}")


def _versions() -> str:
    return (
        f"Rekindle {desktop.__version__}, Python {platform.python_version()}, OpenCV {cv2.__version__}, "
        f"numpy {np.__version__}, {platform.platform()}"
    )


def _model(workspace: Workspace, model: Model) -> str:
    path = workspace.store.ensure(model) if model.bundled else workspace.store.path_of(model)
    state = workspace.store.verify(model)
    if state is ModelState.DAMAGED:
        raise _NotWellError(f"was damaged on disk: {path}")
    return f"{state.value}, SHA-256 verified"


def _engine(workspace: Workspace, name: str) -> str:
    """The engine's answer beside that of dnn_superres, on the sample photo's texture."""
    model = workspace.catalogue.choose()
    net = available_engines()[name].load(model, workspace.store.ensure(model))
    sample = read(sample_photo()).pixels[100:180, 100:196]
    difference = _difference(net, sample, bundled("models", "weights", model.file), model)
    if difference > _PARITY_LEVELS:
        raise _NotWellError(f"differs from dnn_superres by {difference} grey levels")
    return f"{model.id} within {difference} grey levels of dnn_superres"


def _difference(net: Net, picture: np.ndarray, file: Path, model: Model) -> int:
    reference = cv2.dnn_superres.DnnSuperResImpl.create()
    reference.readModel(str(file))
    reference.setModel(model.algorithm, model.scale)
    expected = reference.upsample(np.ascontiguousarray(picture[..., ::-1]))[..., ::-1]
    answer = np.clip(np.rint(net.upscale(picture.astype(np.float32))), 0, 255)
    return int(np.abs(answer - expected.astype(np.float32)).max())


def _formats() -> str:
    gradient = np.linspace(0, 255, 48 * 32 * 3).reshape(32, 48, 3).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        for output in OUTPUT_FORMATS:
            path = Path(folder) / f"prüfung{output.suffixes[0]}"
            write(Photo(gradient), path, output)
            if read(path).pixels.shape != gradient.shape:
                raise _NotWellError(f"{output.label} does not come back as it was written")
    written = ", ".join(output.label for output in OUTPUT_FORMATS)
    raw = "readable" if RAW_IS_READABLE else "not readable"
    return f"{written} written and read; HEIC by libheif {_libheif()}; raw files {raw}"


def _libheif() -> str:
    import pi_heif

    found = pi_heif.libheif_info()
    if not found["decoders"]:
        raise _NotWellError("libheif has no decoder")
    return str(found["libheif"])


def _window() -> str:
    """Draws the window without a screen, and looks whether something can be seen on it."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import qVersion
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from desktop.ui import theme
    from desktop.ui.app import create_window

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    theme.apply(application)
    with tempfile.TemporaryDirectory() as folder:
        window = create_window(Path(folder))
        window.show()
        application.processEvents()
        picture: QImage = window.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        window.close()
    shades = {
        picture.pixelColor(x, y).lightness()
        for x in range(0, picture.width(), 3)
        for y in range(0, picture.height(), 3)
    }
    if len(shades) < 8:
        raise _NotWellError("the window was drawn empty")
    return f"{picture.width()} x {picture.height()} drawn offscreen by Qt {qVersion()}"
