"""The command line's words: what may be said, and what it means."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import desktop
from desktop.core.engines.base import FAST, PRECISIONS
from desktop.core.errors import UsageError
from desktop.core.forecast import DEFAULT_MAX_MEGAPIXELS
from desktop.core.jobs import DEFAULT_TEMPLATE
from desktop.core.naming import FIELDS
from desktop.core.photo.cut import MOST_DEGREES, Box
from desktop.core.photo.formats import BY_NAME
from desktop.core.report import SUFFIXES
from desktop.core.sizes import SIDES, Target

COMMANDS = ("enhance", "models", "bench", "self-test")
WINDOW = "window"
_OPTIONS_WITH_VALUE = ("--data-dir", "--log-level")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options, with ``command`` one of ``COMMANDS`` or "window". Exits with 2 where they make no sense."""
    options = _parser(arguments).parse_args(arguments)
    named = options.data_dir or os.environ.get("REKINDLE_DATA_DIR")
    options.data_dir = Path(named) if named else None
    return options


def _first_word(arguments: Sequence[str]) -> str | None:
    """The first argument that is neither an option nor an option's value."""
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in _OPTIONS_WITH_VALUE:
            skip = True
        elif not argument.startswith("-"):
            return argument
    return None


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rekindle",
        description="Enlarge and restore photos on your own computer, faithfully.",
        parents=[_common()],
        epilog="Without a command the window opens, with the photos and folders that were named in its queue: "
        "rekindle [PHOTO|FOLDER ...]",
    )
    parser.set_defaults(command=WINDOW, log_level="warning", data_dir=None, json=False)
    if _first_word(arguments) not in COMMANDS and not {"-h", "--help"} & set(arguments):
        parser.add_argument("photos", nargs="*", type=_path, metavar="PHOTO|FOLDER")
        return parser
    # One of its own: parsers share their parents' options, and the defaults set above would
    # make a command undo what stood before it.
    nested = _common()
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_enhance(commands.add_parser("enhance", parents=[nested], help="enlarge photos without a window"))
    _add_models(commands.add_parser("models", parents=[nested], help="see, get and remove models"), nested)
    bench = commands.add_parser("bench", parents=[nested], help="measure speed on this machine")
    _add_bench(bench)
    commands.add_parser("self-test", parents=[nested], help="check this installation")
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("for every command")
    group.add_argument(
        "--data-dir", metavar="DIR", help="keep models, queue, settings and logs under DIR (or REKINDLE_DATA_DIR)"
    )
    group.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    group.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="default: warning")
    group.add_argument("--version", action="version", version=f"rekindle {desktop.__version__}")
    return common


def _add_enhance(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Enlarges photos. A folder is read recursively and its structure kept; our own results in it are left out."
    )
    parser.add_argument("photos", nargs="+", type=_path, metavar="PHOTO|FOLDER")
    parser.add_argument(
        "-o",
        "--output",
        type=_path,
        metavar="PATH",
        help="folder for the results, made if missing; or, for one photo, a file with an image's suffix. "
        "Default: beside the original",
    )
    _add_sizes(parser)
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="auto (default): enlarges clean photos faithfully and restores worn ones, and says which and why; "
        "or a model family or full ID",
    )
    parser.add_argument(
        "--strength",
        type=_strength,
        metavar="0..100",
        help="how thoroughly edsr-restore cleans, from hardly to fully (default: 100, or what auto finds right)",
    )
    parser.add_argument(
        "--self-ensemble",
        action="store_true",
        help="best quality: the average of eight passes, so it takes eight times as long",
    )
    parser.add_argument(
        "--engine",
        metavar="NAME",
        default="auto",
        help="what does the arithmetic: auto (default, the fastest that works here), opencv, openvino, ncnn, or vulkan "
        "(a graphics card)",
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="make results anew, even those that are finished already and still where they were put",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default=FAST,
        help="fast (default): rounded arithmetic, several times faster, that no eye can tell from exact; "
        "exact: within one grey level of OpenCV's dnn_superres, on any computer",
    )
    parser.add_argument("--format", choices=tuple(BY_NAME), help="default: the photo's own; PNG where that cannot be")
    parser.add_argument(
        "--quality", type=_quality, metavar="1..100", default=95, help="JPEG, WebP and AVIF (default: 95)"
    )
    parser.add_argument(
        "--existing",
        choices=("skip", "rename", "overwrite"),
        default="rename",
        help="what to do where the result exists (default: rename). The original is never overwritten",
    )
    parser.add_argument(
        "--name",
        metavar="TEMPLATE",
        help=f"how results are named, without suffix (default: {DEFAULT_TEMPLATE}). "
        f"It may hold {', '.join('{' + field + '}' for field in FIELDS)}; {{counter:03}} for 001, 002 and so on",
    )
    parser.add_argument(
        "--flat", action="store_true", help="put all results into the output folder itself, not into folders as found"
    )
    parser.add_argument(
        "--keep-dates",
        action="store_true",
        help="results are dated as their originals: last changed and last read, not created",
    )
    parser.add_argument("--lossless", action="store_true", help="WebP without loss (default: as the photo)")
    parser.add_argument("--progressive", action="store_true", help="JPEG in several passes (default: as the photo)")
    parser.add_argument(
        "--keep-print-size",
        action="store_true",
        help="the resolution (dpi) grows with the pixels, so that a result prints as large as its original; "
        "otherwise it stays as it is",
    )
    parser.add_argument(
        "--strip-gps",
        action="store_true",
        help="leave out where the photo was taken: coordinates, and the names of places in captions",
    )
    parser.add_argument(
        "--no-provenance",
        action="store_true",
        help="do not note in the result that Rekindle enlarged it, with which model and how much",
    )
    parser.add_argument(
        "--memory", type=_positive, metavar="MIB", default=0, help="working memory (default: a quarter of RAM)"
    )
    parser.add_argument(
        "--max-megapixels",
        type=_positive,
        metavar="N",
        default=DEFAULT_MAX_MEGAPIXELS,
        help=f"refuse larger photos and results (default: {DEFAULT_MAX_MEGAPIXELS})",
    )
    parser.add_argument(
        "--report",
        type=_report,
        metavar="FILE",
        help="say at the end what became of every photo, as a page with pictures (.html) or as a table (.csv)",
    )


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--scale", type=_positive, choices=(2, 3, 4, 8), help="how many times wider and higher (default: 3)"
    )
    for kind in SIDES:
        what = "longest side" if kind == "longest" else kind
        sizes.add_argument(
            f"--{kind}",
            type=partial(_target, kind),
            dest="target",
            metavar="PX",
            help=f"{what} of the result in pixels: as many passes as needed, then a step down to the exact size",
        )
    sizes.add_argument(
        "--megapixels", type=partial(_target, "megapixels"), dest="target", metavar="N", help="how many in the result"
    )
    sizes.add_argument(
        "--print",
        type=partial(_target, "print"),
        dest="target",
        metavar="SIZE",
        help="print size and dots per inch: 20x30cm@300, 8x10in@240, A4. Upright or lying, as the photo is",
    )
    parser.add_argument(
        "--paper",
        choices=("crop", "fit"),
        help="for --print: cut the photo to fill the paper (crop, the default), or show all of it with a white border",
    )
    parser.add_argument(
        "--straighten",
        type=_degrees,
        metavar="DEG",
        default=0.0,
        help="turn the photo clockwise before enlarging, -45 to 45, and keep the largest part without empty corners",
    )
    parser.add_argument(
        "--crop",
        type=_box,
        metavar="X,Y,W,H",
        help="enlarge only this part: left, top, width and height in pixels of the upright, straightened photo",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say how large every result would be, in pixels and as a file, and what time and memory it would take",
    )


def _target(kind: str, text: str) -> str:
    try:
        return str(Target.parse(f"{kind} {text}"))
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _degrees(text: str) -> float:
    value = float(text)
    if not -MOST_DEGREES <= value <= MOST_DEGREES:
        raise argparse.ArgumentTypeError(f"{text} is not between {-MOST_DEGREES:g} and {MOST_DEGREES:g}")
    return value


def _box(text: str) -> Box:
    try:
        left, top, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not left,top,width,height in whole pixels") from error
    if left < 0 or top < 0 or width < 1 or height < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no part of a photo")
    return left, top, width, height


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Enlarges the same pictures in all ways there are, in turns: OpenCV's dnn_superres as guides use it, every "
        "engine and precision of Rekindle's, and onnxruntime where it is installed. For a machine that does nothing "
        "else."
    )
    parser.add_argument("photos", nargs="*", type=_path, metavar="PHOTO", help="default: two sizes of the sample photo")
    parser.add_argument("--model", metavar="NAME", help="family or full ID (default: edsr-baseline)")
    parser.add_argument("--scale", type=_positive, metavar="N", help="default: 3, or what the ID says")
    parser.add_argument("--engine", metavar="NAME", default="auto", help="this one alone beside dnn_superres")
    parser.add_argument("--rounds", type=_positive, metavar="N", default=3, help="default: 3, after one to warm up")
    parser.add_argument("--quick", action="store_true", help="leave out whole commands and the machine's peak")
    parser.add_argument("--chart", type=_path, metavar="FILE", help="draw the figures, as PNG")
    parser.add_argument("--markdown", type=_path, metavar="FILE", help="write them as a page")
    parser.add_argument("--tiles", action="store_true", help="measure every tile size instead")
    parser.add_argument("--rival", help=argparse.SUPPRESS)


def _add_models(parser: argparse.ArgumentParser, nested: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", parents=[nested], help="every model and whether it is on this computer")
    install = actions.add_parser(
        "install", parents=[nested], help="download a model; what broke off is taken up where it stopped"
    )
    install.add_argument("model", metavar="ID")
    install.add_argument(
        "--mirror",
        metavar="URL",
        help="folder on the web to take the file from, under its own name, in place of where its makers keep it "
        "(or REKINDLE_MODEL_MIRROR). Its checksum has to be right all the same",
    )
    load = actions.add_parser("import", parents=[nested], help="take in a model's file (.pb) of your own")
    load.add_argument("file", type=_path, metavar="FILE")
    verify = actions.add_parser("verify", parents=[nested], help="check installed models in full, repair damaged ones")
    verify.add_argument("model", nargs="?", metavar="ID")
    remove = actions.add_parser("remove", parents=[nested], help="take a model off this computer")
    remove.add_argument("model", metavar="ID")


def _path(text: str) -> Path:
    if not text:  # an unset variable in a script, which Path would take for the current folder
        raise argparse.ArgumentTypeError("an empty name")
    return Path(text)


def _report(text: str) -> Path:
    path = _path(text)
    if path.suffix.lower() not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"“{path.name}” ends neither in .html nor in .csv")
    return path


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _strength(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def _quality(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 100")
    return value
