"""What ``rekindle bench`` found: as a table, as Markdown, as a chart."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from desktop.core.models.catalogue import Model

_NAMES = {
    "dnn_superres-every-time": "guides: model loaded for every picture",
    "dnn_superres-once": "guides: model loaded once",
    "onnxruntime": "onnxruntime, float32, whole picture",
    "openvino/int8": "Rekindle fast: OpenVINO int8",
    "openvino/bf16": "Rekindle: OpenVINO bfloat16",
    "openvino/f32": "Rekindle exact: OpenVINO float32",
    "ncnn/f32": "Rekindle exact: ncnn float32",
    "vulkan/fp16": "Rekindle fast: graphics card, float16",
    "vulkan/f32": "Rekindle exact: graphics card, float32",
    "opencv/f32": "Rekindle exact: OpenCV in tiles",
}
_WIDTH, _BAR, _GAP, _LEFT, _HEAD = 1000, 22, 12, 330, 44
_OURS, _OTHERS, _INK, _PAPER = "#c05b28", "#9aa0a6", "#202124", "#ffffff"


@dataclass(frozen=True)
class Row:
    """One rival in one case. Times in seconds; 0 where not measured.

    Attributes:
        spread: slowest round less quickest.
        decibels: to dnn_superres' answer, infinite where the same.
        times_every_time, times_once: so many times as fast as the guides' two forms.
        share, operations: of the net alone, of the machine's peak and a second.
    """

    case: str
    rival: str
    seconds: float = 0.0
    spread: float = 0.0
    seconds_per_megapixel: float = 0.0
    load_seconds: float = 0.0
    peak_mib: int = 0
    decibels: float = math.nan
    times_every_time: float = 0.0
    times_once: float = 0.0
    share: float = 0.0
    operations: float = 0.0

    @property
    def name(self) -> str:
        return _NAMES.get(self.rival, self.rival)

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON, which knows no infinity: null there, and where nothing was measured."""
        values = asdict(self).items()
        return {
            key: (round(value, 4) if math.isfinite(value) else None) if isinstance(value, float) else value
            for key, value in values
        }

    @property
    def cells(self) -> tuple[str, ...]:
        if self.share:
            return (self.name, f"{self.operations / 1e12:.2f} TOP/s", f"{self.share:.0%}", "", "", "", "")
        alike = "" if math.isnan(self.decibels) else "same" if math.isinf(self.decibels) else f"{self.decibels:.1f} dB"
        return (
            self.name,
            f"{self.seconds:.3f} ± {self.spread / 2:.3f}",
            f"{self.seconds_per_megapixel:.2f}",
            f"{self.times_every_time:.2f}",
            f"{self.times_once:.2f}",
            f"{self.load_seconds:.2f}" if self.load_seconds else "",
            f"{self.peak_mib}" if self.peak_mib else "",
            alike,
        )


_HEADS = ("", "seconds", "s/megapixel", "× every time", "× once", "load s", "MiB", "to dnn_superres")
_SHARE_HEADS = ("", "the net alone", "of the machine's peak", "", "", "", "")


def table(rows: Sequence[Row]) -> str:
    """Columns for a terminal, a block for every case."""
    blocks = []
    for case, group in groupby(rows, key=lambda row: row.case):
        listed = list(group)
        heads = _SHARE_HEADS if listed[0].share else _HEADS
        lines = [(case, *heads[1:]), *(row.cells for row in listed)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        blocks.append("\n".join(_aligned(line, widths) for line in lines))
    return "\n\n".join(blocks) + "\n"


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    first, *others = zip(line, widths, strict=True)
    return (first[0].ljust(first[1]) + "".join(f"  {cell:>{width}}" for cell, width in others)).rstrip()


def markdown(rows: Sequence[Row], model: Model, version: str, picture: Path | None) -> str:
    """The page that ``make bench`` leaves."""
    lines = [
        "# Benchmarks",
        f"`rekindle bench`, Rekindle {version}, model `{model.id}` ({model.parameters:,} parameters), "
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}. Every rival in a process of its own, in turns; "
        "medians of the rounds, half the range between them behind ±. File to file, to JPEG of quality 95; the net "
        "loaded before but for the guides' first form. “× every time” and “× once”: so many times as fast as the "
        "guides' forms. MiB: the process at its largest.",
    ]
    if picture is not None:
        lines.append(f"![Seconds per megapixel]({picture.name})")
    for case, group in groupby(rows, key=lambda row: row.case):
        listed = list(group)
        heads = [head for head in (_SHARE_HEADS if listed[0].share else _HEADS) if head]
        lines.append(f"## {case[0].upper()}{case[1:]}")
        cells = [["", *heads], ["---", *["---:"] * len(heads)], *([*row.cells[: len(heads) + 1]] for row in listed)]
        lines.append("\n".join("| " + " | ".join(line) + " |" for line in cells))
    return "\n\n".join(lines) + "\n"


def chart(rows: Sequence[Row], path: Path) -> None:
    """Bars of seconds, a block for every case, as PNG. Raises OSError."""
    measured = [row for row in rows if row.seconds]
    blocks = [(case, list(group)) for case, group in groupby(measured, key=lambda row: row.case)]
    height = sum(_HEAD + len(block) * (_BAR + _GAP) + _GAP for _, block in blocks) + _GAP
    image = Image.new("RGB", (_WIDTH, max(height, _HEAD)), _PAPER)
    draw = ImageDraw.Draw(image)
    font, bold = ImageFont.load_default(15), ImageFont.load_default(18)
    y = _GAP
    for case, block in blocks:
        draw.text((_GAP, y + 8), f"{case}: seconds, less is better", _INK, bold)
        y += _HEAD
        longest = max(row.seconds for row in block)
        for row in block:
            end = _LEFT + round((_WIDTH - _LEFT - 160) * row.seconds / longest)
            draw.text((_LEFT - 12, y + _BAR / 2), row.name, _INK, font, anchor="rm")
            draw.rectangle((_LEFT, y, max(end, _LEFT + 2), y + _BAR), _OURS if "ekindle" in row.name else _OTHERS)
            told = f"{row.seconds:.2f} s   {row.times_once:.1f} x"
            draw.text((max(end, _LEFT + 2) + 10, y + _BAR / 2), told, _INK, font, anchor="lm")
            y += _BAR + _GAP
        y += _GAP
    image.save(path)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
