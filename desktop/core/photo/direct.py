"""Reading photos in this very process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop.core.cancel import CancelToken
from desktop.core.photo import header, preview
from desktop.core.photo.header import sizes_of
from desktop.core.photo.looks import Glance, Size, SizeCheck, Thumbnail
from desktop.core.photo.photo import Photo
from desktop.core.photo.read import read


class DirectReader:
    """Reads in this process: for files of our own."""

    def read(self, path: Path, size_check: SizeCheck | None = None, cancel: CancelToken | None = None) -> Photo:
        return read(path, size_check)

    def thumbnail(self, path: Path, side: int, max_megapixels: int) -> Thumbnail:
        return preview.thumbnail(path, side, max_megapixels)

    def sizes(self, paths: Sequence[Path], seconds: float) -> list[Size]:
        return sizes_of(paths, seconds)

    def glance(self, path: Path) -> Glance:
        return header.glance(path)
