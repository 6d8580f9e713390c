"""Checks an installation, from source or frozen: the one place that may import everything."""

from __future__ import annotations

import json
import logging
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

import desktop
from desktop.core import files
from desktop.core.engines.available import available_engines, cards
from desktop.core.engines.base import Net
from desktop.core.engines.calibration import decibels, grey_levels, tiles
from desktop.core.engines.choosing import ALIKE_DB
from desktop.core.errors import RekindleError
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
# Grey levels, on average, by which what is packed with loss may differ.
_LOSSY = 8.0


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
    todo: list[tuple[str, Callable[[], str]]] = [
        ("versions", _versions),
        ("models that ship", partial(_shipped, workspace)),
    ]
    for model in workspace.store.usable().models:
        todo.append((f"model {model.id}", partial(_model, workspace, model)))
    for name in available_engines():
        todo.append((f"engine {name}", partial(_engine, workspace, name)))
    todo += [
        ("formats", _formats),
        ("foreign formats", _foreign_formats),
        ("child process", partial(_child, workspace)),
        ("web", _web),
        *_of_the_window(),
    ]
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
    """The engine's answers beside that of dnn_superres, on the sample photo's texture."""
    model = workspace.catalogue.choose()
    file = workspace.store.ensure(model)
    engine = available_engines()[name]
    if engine.on_gpu and not engine.suits_auto:
        return f"not used: {cards() or 'there is no graphics card that can do Vulkan'}"
    net = engine.load(model, file)
    sample = read(sample_photo()).pixels[100:180, 100:196]
    difference = _difference(net, sample, bundled("models", "weights", model.file), model)
    if difference > _PARITY_LEVELS:
        raise _NotWellError(f"differs from dnn_superres by {difference} grey levels")
    told = [f"{model.id} within {difference} grey levels of dnn_superres"]
    for arithmetic in engine.arithmetics(model, file):
        if arithmetic == net.arithmetic:
            continue
        fast = engine.load(model, file, None, arithmetic)
        alike = min(decibels(net.upscale(tile), fast.upscale(tile)) for tile in tiles()[::5])
        if alike < ALIKE_DB:
            raise _NotWellError(f"{arithmetic} is only {alike:.1f} dB from float32")
        told.append(f"{arithmetic} {alike:.1f} dB")
    if engine.on_gpu:
        told.append(cards())
    return ", ".join(told)


def _difference(net: Net, picture: np.ndarray, file: Path, model: Model) -> int:
    reference = cv2.dnn_superres.DnnSuperResImpl.create()
    reference.readModel(str(file))
    reference.setModel(model.algorithm, model.scale)
    expected = reference.upsample(np.ascontiguousarray(picture[..., ::-1]))[..., ::-1]
    return int(grey_levels(net.upscale(picture.astype(np.float32)), expected.astype(np.float32)))


def _shipped(workspace: Workspace) -> str:
    """The copies that every other one is made from, which nobody looks at as long as those are well."""
    models = [model for model in workspace.catalogue.models if model.bundled]
    for model in models:
        path = bundled("models", "weights", model.file)
        if not path.is_file() or files.sha256_of(path) != model.sha256:
            raise _NotWellError(f"{path} is damaged or missing. Install Rekindle again.")
    return f"{len(models)} whole"


def _formats() -> str:
    gradient = np.linspace(0, 255, 48 * 32 * 3).reshape(32, 48, 3).astype(np.uint8)
    deep = np.linspace(0, 65535, 48 * 32 * 3).reshape(32, 48, 3).astype(np.uint16)
    with tempfile.TemporaryDirectory() as folder:
        for output in OUTPUT_FORMATS:
            path = Path(folder) / f"prüfung{output.suffixes[0]}"
            write(Photo(gradient), path, output)
            _require_alike(read(path).pixels, gradient, output.label, 0 if output.name in ("png", "tiff") else _LOSSY)
            if output.deep:
                path = path.with_stem("prüfung, 16 bit")
                write(Photo(deep), path, output)
                _require_alike(read(path).pixels, deep, f"{output.label} of 16 bit", 0)
    return f"{', '.join(output.label for output in OUTPUT_FORMATS)} written and read"


def _foreign_formats() -> str:
    """What is read and not written: a corner of the sample photo, packed by other programs."""
    expected = read(sample_photo()).pixels[150:214, 200:296]
    for name in ("check.heic", "check-10bit.avif"):
        pixels = read(bundled("resources", "check", name)).pixels
        eight = pixels if pixels.dtype == np.uint8 else np.rint(pixels / 257).astype(np.uint8)
        _require_alike(eight, expected, name, _LOSSY)
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".bmp", ".gif"):
            path = Path(folder) / f"check{suffix}"
            Image.fromarray(expected).save(path)
            _require_alike(read(path).pixels, expected, path.name, _LOSSY if suffix == ".gif" else 0)
    raw = "readable" if RAW_IS_READABLE else "not readable"
    return f"HEIC by libheif {_libheif()}, AVIF of 10 bit, BMP, GIF read; raw files {raw}"


def _require_alike(pixels: np.ndarray, expected: np.ndarray, name: str, tolerance: float) -> None:
    if pixels.shape != expected.shape or pixels.dtype != expected.dtype:
        raise _NotWellError(f"{name} does not come back as it was written")
    difference = float(np.abs(pixels.astype(np.float64) - expected).mean())
    if difference > tolerance:
        raise _NotWellError(f"{name} differs by {difference:.1f} levels on average")


def _libheif() -> str:
    import pi_heif

    found = pi_heif.libheif_info()
    if not found["decoders"]:
        raise _NotWellError("libheif has no decoder")
    return str(found["libheif"])


def _child(workspace: Workspace) -> str:
    """Photos are opened in a process of their own, which has to find everything that this one finds."""
    expected = read(sample_photo()).pixels
    try:
        _require_alike(workspace.reader.read(sample_photo()).pixels, expected, "the sample photo", 0)
    finally:
        workspace.close()
    return "opens the sample photo"


def _web() -> str:
    """What downloads models is there; nothing is downloaded."""
    import ssl

    import truststore

    from desktop.core.models import transfer  # noqa: F401

    truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return f"ready, {ssl.OPENSSL_VERSION}; nobody was asked"


def _of_the_window() -> list[tuple[str, Callable[[], str]]]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from desktop.ui import proof
    except ImportError as error:
        reason = str(error)

        def missing() -> str:
            raise _NotWellError(f"Qt cannot be loaded: {reason}")

        return [("window", missing)]

    def told(check: Callable[[], str]) -> str:
        try:
            return check()
        except proof.NotProvenError as error:
            raise _NotWellError(str(error)) from error

    return [(name, partial(told, check)) for name, check in proof.CHECKS]
