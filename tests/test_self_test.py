"""``rekindle self-test``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def self_test(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", "self-test", "--json", "--data-dir", str(data)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_good_installation_is_well(tmp_path: Path) -> None:
    answer = self_test(tmp_path)
    told = json.loads(answer.stdout)
    assert answer.returncode == 0
    assert told["ok"] is True
    assert all(check["ok"] for check in told["checks"])
    assert {"versions", "model edsr-baseline-x3", "engine opencv", "formats", "window"} <= {
        check["name"] for check in told["checks"]
    }


def test_a_store_that_cannot_be_used_is_found(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "edsr-baseline-x3.pb").write_bytes(b"damaged")
    answer = self_test(tmp_path)
    told = json.loads(answer.stdout)
    # It is repaired on the way, and the repair is told.
    assert answer.returncode == 0
    assert told["ok"] is True
    assert (models / "edsr-baseline-x3.pb").stat().st_size > 1_000_000
    assert list((models / "damaged").iterdir())
