"""What memory photos of several sizes take beside themselves and their results: ``make memory``.

Every photo is enhanced by a command of its own. Printed are its pixels and its result's as they lie in memory, what was
taken at most by the command and its children, by its own account and by this one's, and what is left of that: the
working set, which has to stay within the budget. Ends with 1 where it does not.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from desktop.core.paths import sample_photo
from desktop.core.photo.read import read

MIB = 2**20
_LOOK_EVERY_S = 0.02
_CENSUS_EVERY = 10
_SHAPE = 3 / 2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 12, 50], metavar="N")
    parser.add_argument("--memory", type=int, default=2048, metavar="MIB", help="the budget (default: %(default)s)")
    parser.add_argument("--formats", nargs="+", default=["jpeg", "png"], metavar="NAME")
    parser.add_argument("--model", default="edsr-baseline")
    parser.add_argument("--precision", default="fast")
    options = parser.parse_args()
    print(f"{'photo':>8} {'result':>8} {'as':>5} {'own account':>12} {'seen':>6} {'working':>8} {'budget':>7}  seconds")
    kept = True
    with tempfile.TemporaryDirectory(prefix="rekindle-memory-") as name:
        folder = Path(name)
        _enhanced(_photo(folder, 0.1), "png", options, folder)  # the first one looks at the network, too
        for megapixels in options.megapixels:
            photo = _photo(folder, megapixels)
            for chosen in options.formats:
                record, seen = _enhanced(photo, chosen, options, folder)
                width, height = Image.open(photo).size
                before, after = (3 * pixels / MIB for pixels in (width * height, record["width"] * record["height"]))
                working = max(seen, record["peak_rss_mib"]) - before - after
                kept = kept and working <= options.memory
                print(
                    f"{before:>8.0f} {after:>8.0f} {chosen:>5} {record['peak_rss_mib']:>12} {seen:>6.0f} "
                    f"{working:>8.0f} {options.memory:>7}  {record['seconds']:.1f}",
                    flush=True,
                )
    print("All within the budget. MiB." if kept else "NOT within the budget. MiB.")
    return 0 if kept else 1


def _photo(folder: Path, megapixels: float) -> Path:
    """The sample photo, repeated."""
    height = round((megapixels * 1e6 / _SHAPE) ** 0.5)
    width = round(height * _SHAPE)
    pixels: NDArray[np.uint8] = read(sample_photo()).pixels.astype(np.uint8)
    times = -(-height // pixels.shape[0]), -(-width // pixels.shape[1]), 1
    path = folder / f"{megapixels:g}.jpg"
    Image.fromarray(np.ascontiguousarray(np.tile(pixels, times)[:height, :width])).save(path, quality=92)
    return path


def _enhanced(photo: Path, chosen: str, options: argparse.Namespace, folder: Path) -> tuple[dict[str, object], float]:
    """What the command says of it, and the most memory it was seen with, in MiB."""
    command = [sys.executable, "-m", "desktop", "enhance", photo, "--json", "--no-cache", "--existing", "overwrite"]
    command += ["--data-dir", folder / "data", "-o", folder / "results", "--format", chosen, "--model", options.model]
    command += ["--precision", options.precision, "--memory", str(options.memory)]
    started = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    process, children, most, looks = psutil.Process(started.pid), [], 0, 0
    while started.poll() is None:
        with contextlib.suppress(psutil.Error):
            if looks % _CENSUS_EVERY == 0:
                children = process.children(recursive=True)
            looks += 1
            most = max(most, sum(_resident(one) for one in (process, *children)))
        time.sleep(_LOOK_EVERY_S)
    assert started.stdout is not None
    record = json.loads(started.stdout.readline())
    started.stdout.close()
    if record["status"] != "done":
        raise SystemExit(f"{photo.name}: {record['error']}")
    Path(record["output"]).unlink()
    return record, most / MIB


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    sys.exit(main())
