"""Measure what int8 arithmetic needs to know of the networks that ship, and write it beside their weights.

    python models/training/calibrate.py

For each edsr .pb in models/weights: the range of what every inner convolution takes, over the calibration tiles of
desktop/core/engines/calibration.py (parts of the sample photo, plain, grainy and faded, and letters), as
NAME.ranges.json. With the same OpenVINO the same file comes out again. Has to be run when weights change: the file
carries their SHA-256, and one of other weights is not used.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from desktop.core.engines.calibration import decibels, tiles
from desktop.core.engines.opencv_engine import OpenCvEngine
from desktop.core.engines.openvino_engine import INT8, OpenVinoEngine
from desktop.core.engines.ranges import SUFFIX, Known
from desktop.core.models.catalogue import Catalogue


def main() -> None:
    weights = ROOT / "models" / "weights"
    catalogue = Catalogue.load(ROOT / "models" / "catalogue.toml")
    engine = OpenVinoEngine(shipped=weights)
    for model in catalogue.models:
        if not (model.bundled and model.algorithm == "edsr"):
            continue
        file = weights / model.file
        found = engine.calibrate(model, file)
        Known(model.sha256, found).save(weights / f"{file.stem}{SUFFIX}")
        exact, fast = OpenCvEngine().load(model, file), engine.load(model, file, arithmetic=INT8)
        kept = [decibels(exact.upscale(tile), fast.upscale(tile)) for tile in tiles()]
        print(f"{model.id}: worst tile {min(kept):.1f} dB, middle one {sorted(kept)[len(kept) // 2]:.1f} dB to exact")


if __name__ == "__main__":
    main()
