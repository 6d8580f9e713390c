"""``rekindle`` and ``python -m desktop``: the command line or the window, whichever was asked for."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from desktop import distress
from desktop.core.isolation import FLAG, GRAPHICS_FLAG

EXIT_BROKEN_PIPE, EXIT_USAGE = 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs Rekindle with these arguments (the process's own where None) and returns the exit status."""
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == [FLAG]:
        from desktop.core.isolation.worker import main as work

        work()
    if arguments == [GRAPHICS_FLAG]:
        from desktop.core.engines.vulkan_child import main as draw

        draw()
    if arguments[:1] == [distress.BOX]:
        return distress.box_main(" ".join(arguments[1:]))
    _have_streams()
    asked: argparse.Namespace | None = None
    try:
        from desktop.cli.arguments import parse
        from desktop.core.errors import UsageError

        asked = parse(arguments)
        _log_to_stderr(asked.log_level.upper())
        try:
            return _run(asked)
        except UsageError as error:
            print(f"rekindle: {error}", file=sys.stderr)
            return EXIT_USAGE
    except BrokenPipeError:
        # Whoever read our output has had enough; Python's own flush at exit must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except Exception as error:
        data_dir = asked.data_dir if asked is not None else _data_dir_in(arguments)
        return distress.tell(error, data_dir, window=asked is None or asked.command == "window")


def _have_streams() -> None:
    """A windowed program on Windows has no standard streams, and much of Python writes to them without asking."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _data_dir_in(arguments: Sequence[str]) -> Path | None:
    """Where the log belongs although the arguments could not be read."""
    words = [*arguments, os.environ.get("REKINDLE_DATA_DIR", "")]
    named = words[words.index("--data-dir") + 1] if "--data-dir" in words[:-1] else words[-1]
    return Path(named) if named else None


def _run(options: argparse.Namespace) -> int:
    """Imports what a command needs when it is asked for, so that none pays for another, least of all for Qt."""
    match options.command:
        case "enhance":
            from desktop.core.isolation.pool import WorkerPool

            children = WorkerPool()
            children.start()  # its imports take as long as those that follow

            from desktop.cli.enhance import run_enhance

            return run_enhance(options, children)
        case "models":
            from desktop.cli.models import run_models

            return run_models(options)
        case "bench":
            from desktop.cli.bench import run_bench

            return run_bench(options)
        case "self-test":
            from desktop.self_test import run_self_test

            return run_self_test(options.data_dir, as_json=options.json)
        case _:
            from desktop.ui.launch import run_window

            return run_window(options.data_dir, options.photos)


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    handler.setLevel(level)
    logging.getLogger().addHandler(handler)
    # The log file takes more than a terminal does, so the handlers choose, not the logger.
    logging.getLogger("desktop").setLevel(min(logging.getLevelNamesMapping()[level], logging.INFO))


if __name__ == "__main__":
    sys.exit(main())
