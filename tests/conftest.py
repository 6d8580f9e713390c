"""Fixtures and fakes for every room, and the rule that no test may be skipped unnoticed."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib.util
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from desktop.__main__ import main
from desktop.core import errors, priority
from desktop.core.engines.base import Mixed
from desktop.core.engines.opencv_engine import OpenCvEngine, OpenCvNet
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import Catalogue, Model
from desktop.core.models.store import Store
from desktop.core.opencv import cv2
from desktop.core.paths import bundled
from desktop.core.pipeline import Limits, Pipeline
from desktop.core.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parent.parent
ALLOWED_SKIPS = ("not on this platform", "no shared data")
# Photos and corpora that are too large to be committed.
SHARED = Path(os.environ.get("REKINDLE_SHARED", REPOSITORY.parent / "shared"))

# No test needs a display; whoever wants to watch one names a platform.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Shared machines make any deadline a lie. In CI the same examples every time: a failure there must be the change's own.
hypothesis.settings.register_profile(
    "bounded", deadline=None, max_examples=100, stateful_step_count=40, derandomize=os.environ.get("CI") == "true"
)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000, stateful_step_count=60)
hypothesis.settings.load_profile("bounded")

_skipped = pytest.StashKey[list[tuple[str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_skipped] = []
    config.pluginmanager.register(_Skips(config.stash[_skipped]))


class _Skips:
    """Notes what was skipped: from the reports, which reach the session itself from wherever its tests run."""

    def __init__(self, noted: list[tuple[str, str]]) -> None:
        self._noted = noted

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            skip = (report.nodeid, reason.removeprefix("Skipped: "))
            if skip not in self._noted:  # every worker collects every file
                self._noted.append(skip)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(report: pytest.CollectReport | pytest.TestReport) -> Any:
    """File names that are no text, which stand in what was logged, do not get through xdist's pipe."""
    return _as_text((yield))


def _as_text(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _as_text(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_as_text(held) for held in value)
    return value


def _unexpected(config: pytest.Config) -> list[tuple[str, str]]:
    return [skip for skip in config.stash[_skipped] if not skip[1].startswith(ALLOWED_SKIPS)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") == "true" and _unexpected(session.config) and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.stash[_skipped]:
        return
    terminalreporter.section("skipped tests")
    for name, reason in config.stash[_skipped]:
        terminalreporter.line(f"{name}: {reason}")
    if os.environ.get("CI") == "true" and _unexpected(config):
        terminalreporter.line(
            f"In CI only reasons that begin with “{'” or “'.join(ALLOWED_SKIPS)}” are let pass.", red=True
        )


@pytest.fixture(autouse=True)
def _no_log_to_a_closed_stream() -> Iterator[None]:
    """What a command has set up in this process would write to the next test's, or to a stream that is gone."""
    before = list(logging.getLogger().handlers)
    yield
    for handler in list(logging.getLogger().handlers):
        if type(handler) is logging.StreamHandler and handler not in before:
            logging.getLogger().removeHandler(handler)


@pytest.fixture(autouse=True)
def _nobodys_own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may touch the folders of whoever runs it, even where it forgets to name a data folder."""
    home = tmp_path_factory.getbasetemp() / "home"
    monkeypatch.delenv("REKINDLE_DATA_DIR", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)  # nor their desktop
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))


@pytest.fixture
def garbage_on_this_thread() -> Iterator[None]:
    """For tests with Qt objects: Python must not collect one that is caught in a cycle on a worker's thread."""
    gc.collect()
    gc.freeze()  # what is there already need not be looked through again and again
    gc.disable()
    yield
    gc.collect()
    gc.unfreeze()
    gc.enable()


def _photo_like(width: int, height: int, seed: int = 1) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 with what photos have: soft gradients, edges, texture, and very dark and very bright parts."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    picture = np.stack([128 + 110 * np.sin(x / 17 + c) * np.cos(y / (13 + 3 * c)) for c in range(3)], axis=2)
    picture[(x - width / 2) ** 2 + (y - height / 3) ** 2 < (min(width, height) / 4) ** 2] += (70, -40, 20)
    picture[((x + 2 * y) // 9 % 7 == 0) & (x > width / 2)] *= 0.3
    picture += cv2.GaussianBlur(random.normal(0, 25, (height, width, 3)), (0, 0), 0.8).reshape(picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Photos and corpora that lie beside the repository, or where REKINDLE_SHARED says."""
    if not (SHARED / "data").is_dir():
        pytest.skip("no shared data beside this repository")
    return SHARED


@pytest.fixture
def strange_name(tmp_path: Path) -> str:
    """A file name ending in .png whose bytes are not UTF-8."""
    name = os.fsdecode(b"br\xfccke.png")
    try:
        (tmp_path / name).touch()
        (tmp_path / name).unlink()
    except OSError:
        pytest.skip("not on this platform: names have to be UTF-8")
    return name


@pytest.fixture(scope="session")
def photo_like() -> Callable[..., NDArray[np.uint8]]:
    return _photo_like


@pytest.fixture(scope="session")
def noise() -> Callable[..., NDArray[Any]]:
    """``noise(shape, dtype=np.uint8, seed=0)``: every value of the type equally likely."""

    def make(shape: tuple[int, ...], dtype: type = np.uint8, seed: int = 0) -> NDArray[Any]:
        top = np.iinfo(dtype).max
        return np.random.default_rng(seed).integers(0, top, shape, dtype, endpoint=True)

    return make


@pytest.fixture
def photo_file(tmp_path: Path) -> Callable[..., Path]:
    """``photo_file(name, pixels=None, **saving)``: a photo on disk, small where no pixels are given.

    ``mode`` turns it into another of Pillow's modes; everything else goes to Pillow's writer.
    """

    def make(
        name: str = "photo.png", pixels: NDArray[Any] | None = None, mode: str | None = None, **saving: Any
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(_photo_like(24, 16) if pixels is None else pixels)
        with image.convert(mode) if mode else image as wanted:
            wanted.save(path, **saving)
        return path

    return make


@pytest.fixture(scope="session")
def tiny_graphs() -> ModuleType:
    """Networks in a few kilobytes, see ``tiny_graphs.py``."""
    return _beside("tiny_graphs")


@pytest.fixture(scope="session")
def model_server() -> ModuleType:
    """A web server for models, see ``model_server.py``."""
    return _beside("model_server")


def _beside(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny_edsr(tiny_graphs: ModuleType) -> Callable[..., bytes]:
    """``tiny_edsr(scale=3, seed=0, ...)``: an EDSR in a few kilobytes."""
    made: Callable[..., bytes] = tiny_graphs.tiny_edsr
    return made


@dataclass
class FakeNet:
    """Averages the (2 * radius + 1)-sided square around every pixel, zeros outside, and repeats the answer.

    Its receptive field is known exactly and its arithmetic has no rounding on whole numbers, so that tiles
    have to agree with the whole picture to the last bit.

    Attributes:
        seen: (height, width) of every piece it was given.
        largest: pieces with a longer side are too much for its memory.
        failure: raised for every piece.
    """

    scale: int = 3
    radius: int = 2
    halo: int = 2
    tile: int = 32
    largest: int | None = None
    failure: BaseException | None = None
    before: Callable[[], None] = lambda: None
    mib_per_pixel: float = 0.0
    engine: str = "fake"
    precision: str = "exact"
    arithmetic: str = "f32"
    seen: list[tuple[int, int]] = field(default_factory=list)

    def upscale(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        assert picture.dtype == np.float32
        assert picture.ndim == 3
        assert picture.shape[2] == 3
        self.before()
        self.seen.append(picture.shape[:2])
        if self.failure is not None:
            raise self.failure
        if self.largest is not None and max(picture.shape[:2]) > self.largest:
            raise errors.OutOfMemoryError("too large")
        side = 2 * self.radius + 1
        summed = cv2.boxFilter(picture, cv2.CV_32F, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
        average = (summed / side**2).astype(np.float32)
        return average.repeat(self.scale, axis=0).repeat(self.scale, axis=1)

    def working_mib(self, tile: int) -> int:
        return int(tile * tile * self.mib_per_pixel)


@pytest.fixture(scope="session")
def fake_net() -> type[FakeNet]:
    return FakeNet


@dataclass
class FakeEngine:
    """Gives the same ``FakeNet`` for every model of its scale, others for others; remembers what it was asked for."""

    net: FakeNet = field(default_factory=FakeNet)
    name: str = "fake"
    loaded: list[str] = field(default_factory=list)
    mixed: list[Mixed | None] = field(default_factory=list)
    threads: int = 0
    able: tuple[str, ...] = ("f32",)
    prepared: list[str] = field(default_factory=list)
    on_gpu: bool = False
    suits_auto: bool = True

    def require(self) -> None:
        pass

    def arithmetics(self, model: Model, file: Path) -> tuple[str, ...]:
        return self.able

    def prepare(self, model: Model, file: Path) -> None:
        self.prepared.append(model.id)

    def load(self, model: Model, file: Path, mixed: Mixed | None = None, arithmetic: str = "f32") -> FakeNet:
        assert file.is_file()
        self.loaded.append(model.id)
        self.mixed.append(mixed)
        return self.net if model.scale == self.net.scale else replace(self.net, scale=model.scale)


@pytest.fixture(scope="session")
def fake_engine() -> type[FakeEngine]:
    return FakeEngine


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.load(bundled("models", "catalogue.toml"))


@pytest.fixture(scope="session")
def model(catalogue: Catalogue) -> Model:
    return catalogue.by_id("edsr-baseline-x3")


@pytest.fixture(scope="session")
def weights(model: Model) -> Path:
    return bundled("models", "weights", model.file)


@pytest.fixture(scope="session")
def net(model: Model, weights: Path) -> OpenCvNet:
    """The network that ships, loaded once for all tests."""
    return OpenCvEngine().load(model, weights)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "data")


@pytest.fixture
def fake_pipeline(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pipeline]:
    """``fake_pipeline(net=FakeNet(), max_megapixels=1000)``: the real pipeline around a fake network and its file."""
    shipped = tmp_path_factory.mktemp("shipped")
    content = b"fake weights"
    digest = hashlib.sha256(content).hexdigest()
    models = tuple(replace(model, bytes=len(content), sha256=digest) for model in workspace.catalogue.models)
    for model in models:
        (shipped / model.file).write_bytes(content)
    store = Store(workspace.store.folder, Catalogue(models), shipped)

    def make(net: FakeNet | None = None, max_megapixels: int = 1000) -> Pipeline:
        engine = FakeEngine(net or FakeNet())
        return Pipeline(store.catalogue, LoadedNet(store, {"fake": engine}), Limits(512, max_megapixels))

    return make


@dataclass(frozen=True)
class Finished:
    """How a run of the command line ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The objects of ``--json``, the summary among them."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def records(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if not line.get("summary")]

    @property
    def record(self) -> dict[str, Any]:
        (only,) = self.records
        return only


@dataclass(frozen=True)
class CommandLine:
    """Runs ``python -m desktop``, with a data folder of its own: its ``main`` here, as a process takes two seconds to
    begin, or a process where that is what a test is about.

    Attributes:
        apart: whether it always is a process.
    """

    data_dir: Path | None
    folder: Path
    apart: bool = False

    def command(self, *arguments: object, python: Sequence[str] = (), before: Sequence[str] = ()) -> list[str]:
        words = [str(argument) for argument in arguments]
        kept = [] if "--data-dir" in words or self.data_dir is None else ["--data-dir", str(self.data_dir)]
        return [*before, sys.executable, *python, "-m", "desktop", *kept, *words]

    def environment(self, **changes: str) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "utf-8", **changes}

    def start(self, *arguments: object, env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**(env or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **options,
        )

    def __call__(
        self,
        *arguments: object,
        env: dict[str, str] | None = None,
        python: Sequence[str] = (),
        before: Sequence[str] = (),
    ) -> Finished:
        if not (self.apart or env or python or before):
            return self._here(self.command(*arguments)[3:])
        run = subprocess.run(
            self.command(*arguments, python=python, before=before),
            cwd=self.folder,
            env=self.environment(**(env or {})),
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return Finished(run.returncode, run.stdout, run.stderr)

    def _here(self, words: list[str]) -> Finished:
        """What a process would do with these words, and everything in this one as it was before."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
        loggers = [logging.getLogger(), logging.getLogger("desktop")]
        before = [(each, each.level, list(each.handlers)) for each in loggers]
        with ExitStack() as put_back:
            put_back.enter_context(contextlib.chdir(self.folder))
            put_back.enter_context(contextlib.redirect_stdout(out))
            put_back.enter_context(contextlib.redirect_stderr(err))
            # Nobody takes back what it gives.
            put_back.enter_context(pytest.MonkeyPatch.context()).setattr(priority, "give_way", lambda: None)
            try:
                status = main(words)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            finally:
                for each, level, handlers in before:
                    for handler in set(each.handlers).difference(handlers):
                        each.removeHandler(handler)
                        handler.close()
                    each.setLevel(level)
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8", "surrogateescape"))
        return Finished(status, *texts)


@pytest.fixture
def run_cli(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "data", tmp_path)
