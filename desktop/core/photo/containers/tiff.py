"""TIFF 6.0, its technical notes, and BigTIFF; of several pages the first."""

from __future__ import annotations

import io
from functools import cached_property

from PIL import Image, UnidentifiedImageError

from desktop.core.photo import exif as exif_block
from desktop.core.photo import tiff_tags
from desktop.core.photo.containers import pillow
from desktop.core.photo.containers.base import Carried, Container, Planes
from desktop.core.photo.containers.tiff_page import ABOUT_PIXELS, BLACK_IS_ZERO, OLD_JPEG, SUBFILE, WHITE_IS_ZERO, Page
from desktop.core.photo.containers.tiff_samples import decoded, is_plain
from desktop.core.photo.looks import Header
from desktop.core.photo.metadata.iptc import in_order
from desktop.core.photo.photo import Fidelity
from desktop.core.photo.source import Source
from desktop.core.photo.tiff_tags import Field

_ORIENTATION, _ACROSS, _DOWN, _UNIT = 274, 282, 283, 296
_XMP, _IPTC, _PHOTOSHOP, _LAYERS, _ICC = 700, 33723, 34377, 37724, 34675
_INCHES = {2: 1.0, 3: 2.54}
_SENSOR = (32803, 34892)  # what stands for the photometric interpretation of a sensor's picture
_SUB_DIRECTORIES, _DNG = 330, 50706
_MOST_PAGES = 65_535


class Tiff(Container):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._layout, self._first = tiff_tags.opened(source)
        self._page = Page(source, self._layout, self._fields(ABOUT_PIXELS))
        page = self._page
        colours = 1 if page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO) else 3
        channels = min(4, max(colours, page.samples))
        self.header = Header(page.width, page.height, "TIFF", channels, 16 if page.bits > 8 else 8)

    @cached_property
    def is_raw(self) -> bool:
        """Whether it is a camera's raw file, whose first page is but a preview, or nothing to be looked at."""
        if self._source[8:10] == b"CR" or _DNG in self._tags or self._page.photometric in _SENSOR:
            return True
        return bool(self._page.one(SUBFILE, 0) & 1) and _SUB_DIRECTORIES in self._tags

    @property
    def orientation(self) -> int:
        try:
            found = [self._layout.integers(field)[0] for field in self._fields({_ORIENTATION})]
        except ValueError:
            found = []
        return found[0] if found and 1 <= found[0] <= 8 else 1

    @property
    def exif(self) -> bytes | None:
        return self._exif[0]

    @cached_property
    def _exif(self) -> tuple[bytes | None, bool]:
        """EXIF, and whether what there is of it is sound."""
        try:
            return exif_block.from_tiff(self._source), True
        except ValueError:
            return None, False

    def carried(self) -> Carried:
        fidelity = self._unkept()
        if not self._exif[1]:
            fidelity = fidelity.and_lost("EXIF", "it is damaged and was left out")
        blocks: dict[int, bytes] = {}
        for tag, name in ((_ICC, "ICC profile"), (_XMP, "XMP"), (_IPTC, "IPTC"), (_PHOTOSHOP, "Photoshop data")):
            try:
                blocks |= {field.tag: field.value for field in self._fields({tag})}
            except ValueError:
                fidelity = fidelity.and_lost(name, "it is damaged or too large and was left out")
        captions = in_order(blocks.get(_IPTC, b""))
        return Carried(
            icc=blocks.get(_ICC),
            xmp=blocks.get(_XMP),
            dpi=self._dpi(),
            fidelity=fidelity,
            iptc=captions if captions.startswith(b"\x1c") else None,
        ).with_resources(blocks.get(_PHOTOSHOP) or captions if captions.startswith(b"8BIM") else blocks.get(_PHOTOSHOP))

    def planes(self) -> Planes:
        if is_plain(self._page):
            return decoded(self._page, self._unsupported)
        with self._image() as image:
            return pillow.planes_of(image)

    def small(self, side: int) -> Image.Image | None:
        if is_plain(self._page):
            return None
        image = self._image()
        image.load()
        return None if image.mode == "LAB" else image

    def _image(self) -> Image.Image:
        page = self._page
        if page.bits > 8:
            raise self._unsupported(f"{page.bits} bits a channel")
        if page.compression == OLD_JPEG:
            raise self._unsupported("an old kind of JPEG in a TIFF")
        try:
            return pillow.opened(io.BytesIO(page.alone()), "TIFF")
        except UnidentifiedImageError as error:
            raise self._unsupported("an unusual TIFF") from error

    def _fields(self, tags: set[int] | frozenset[int]) -> list[Field]:
        return self._layout.fields(self._source, self._first, only=tags)

    @cached_property
    def _tags(self) -> frozenset[int]:
        return self._layout.tags(self._source, self._first)

    def _dpi(self) -> tuple[float, float] | None:
        try:
            about = {field.tag: field for field in self._fields({_ACROSS, _DOWN, _UNIT})}
            unit = self._layout.integers(about[_UNIT])[0] if _UNIT in about else 2
            across, down = (self._layout.number(about[tag]) * _INCHES.get(unit, 0.0) for tag in (_ACROSS, _DOWN))
        except (KeyError, ValueError, ZeroDivisionError):
            return None
        return exif_block.resolution(across, down)

    def _unkept(self) -> Fidelity:
        fidelity = Fidelity()
        pages = self._pages()
        if pages > 1:
            count = f"{pages}" if pages <= _MOST_PAGES else f"more than {_MOST_PAGES:,}"
            fidelity = fidelity.and_lost("further pictures", f"the first of {count} in the file was used")
        if _LAYERS in self._tags:
            fidelity = fidelity.and_lost("Photoshop layers", "the picture that they make was used")
        if _SUB_DIRECTORIES in self._tags:
            fidelity = fidelity.and_lost("further pictures", "previews and the like below the first page")
        if exif_block.GEO_TAGS & self._tags:
            fidelity = fidelity.and_lost("place on a map (GeoTIFF)", "it is told for each pixel of the smaller photo")
        return fidelity

    def _pages(self) -> int:
        """How many there are, one beyond the most that are counted at the most; also where they lead in circles."""
        at, seen = self._first, {self._first}
        try:
            while len(seen) <= _MOST_PAGES and (at := self._layout.next(self._source, at)) and at not in seen:
                seen.add(at)
        except ValueError:
            pass
        return len(seen)
