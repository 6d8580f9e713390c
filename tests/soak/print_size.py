"""Is what is said of a print before it is made true? ``python tests/soak/print_size.py [PHOTO ...]``

Prints photos of three sizes on 20 x 30 cm at 300 dpi from the command line, filling the paper and with a border. Every
result has to have exactly 2362 x 3543 pixels (or lie on its side) at 300 dpi, and time, memory and size of the file
have to be as foretold within 30, 15 and 40 %. Before that it makes some photos once, as anybody has who uses Rekindle;
with --first it makes none, and every print is foretold by a Rekindle that has never made a photo.
For a quiet machine: what else runs changes the speed, and nobody can foretell that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from desktop.core.paths import sample_photo

_PRINT = "20x30cm@300"
_PAPERS = ("crop", "fit")
_PIXELS = (2362, 3543)
_WITHIN = {"seconds": 0.30, "bytes": 0.40, "peak_rss_mib": 0.15}
_PLAIN = ("--model", "edsr-baseline", "--json")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="*", type=Path, help="the sample photo in three sizes where none is named")
    parser.add_argument("--engine", default="auto", help="as of rekindle enhance")
    parser.add_argument("--first", action="store_true", help="nothing was made before")
    parser.add_argument("--paper", choices=_PAPERS, help="crop and fit, one after the other, where neither is named")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        return _compare(Path(base), options.photos or _samples(Path(base)), options)


def _samples(base: Path) -> list[Path]:
    """The sample, a part of it, and one that is larger."""
    made = [base / name for name in ("whole.jpg", "part.jpg", "larger.jpg")]
    with Image.open(sample_photo()) as sample:
        sample.save(made[0], quality=95)
        sample.crop((180, 60, 400, 360)).save(made[1], quality=95)
        sample.resize((1100, 825), Image.Resampling.LANCZOS).save(made[2], quality=95)
    return made


def _compare(base: Path, photos: list[Path], options: argparse.Namespace) -> int:
    plain = (*_PLAIN, "--engine", options.engine)
    for number, photo in enumerate(photos if not options.first else ()):
        for target in ("--longest=1200", "--megapixels=2"):
            _run(base, "enhance", photo, target, "-o", base / f"before{number}", *plain)
    troubles = 0
    for how in _PAPERS if options.paper is None else (options.paper,):
        for photo in photos:
            if options.first:
                shutil.rmtree(base / "data", ignore_errors=True)
            asked = ("enhance", photo, "--print", _PRINT, "--paper", how, "-o", base / how, *plain)
            foretold, found = _run(base, *asked, "--dry-run"), _run(base, *asked)
            troubles += _tell(photo, how, foretold, found)
    print("all well" if not troubles else f"NOT WELL: {troubles} times")
    return 1 if troubles else 0


def _tell(photo: Path, how: str, foretold: dict[str, Any], found: dict[str, Any]) -> int:
    result = Path(found["output"])
    with Image.open(result) as image:
        size, dpi = image.size, image.info.get("dpi")
    exact = sorted(size) == list(_PIXELS) and dpi is not None and all(abs(each - 300) < 0.01 for each in dpi)
    came = {
        "seconds": found["seconds"] + found["load_seconds"],
        "bytes": result.stat().st_size,
        "peak_rss_mib": found["peak_rss_mib"],
    }
    troubles = 0 if exact else 1
    print(f"{photo.name}, {how}, passes {found['passes']}: {size[0]} x {size[1]}{'' if exact else '  NOT WELL'}")
    for name, within in _WITHIN.items():
        off = foretold[name] / came[name] - 1
        wrong = abs(off) > within
        troubles += wrong
        mark = "  NOT WELL" if wrong else ""
        print(f"  {name:12} {foretold[name]:>12,.1f} foretold, {came[name]:>12,.1f} found, {off:+.0%}{mark}")
    return troubles


def _run(base: Path, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "desktop", "--data-dir", str(base / "data"), *map(str, arguments)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    record: dict[str, Any] = json.loads(answer[0])
    return record


if __name__ == "__main__":
    sys.exit(main())
