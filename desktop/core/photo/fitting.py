"""What a format can hold of a photo, and what is kept, converted and lost of it: before anything is written."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop.core.photo import exif as exif_block
from desktop.core.photo import icc
from desktop.core.photo.depth import as_8_bit, over_white
from desktop.core.photo.fitted import Fitted
from desktop.core.photo.formats import AVIF, JPEG, PNG, TIFF, OutputFormat
from desktop.core.photo.metadata import exif_edit, iptc, notes, xmp_marks
from desktop.core.photo.metadata.exif_edit import ExifBlock
from desktop.core.photo.metadata.notes import Note
from desktop.core.photo.metadata.thumbnail import Small, small_of
from desktop.core.photo.metadata.way import Way
from desktop.core.photo.metadata.xmp import Packet
from desktop.core.photo.photo import Fidelity, Photo
from desktop.core.photo.wishes import Wishes

JPEG_EXIF_MAX = 65_533 - 6
"""A marker segment holds 65,533 bytes, "Exif\\0\\0" among them."""
JPEG_XMP_MAX = 65_533 - 29
_JPEG_ICC_MAX = 255 * 65_519
_JPEG_DPI_MAX = 65_535
# Of a format that could hold more, if not as it is written here.
_HOLDS = {AVIF.name: "is written with no more"}
_REMOVED = "removed, as you chose"


def fitted(photo: Photo, output: OutputFormat, wishes: Wishes) -> tuple[Fitted, Fidelity]:
    """The photo as the format can hold it, and what becomes of everything from its original file to this one."""
    fitting = _Fitting(photo, output, wishes)
    pixels, alpha = fitting.picture()
    return fitting.description(pixels, alpha), fitting.told


def foretold(photo: Photo, output: OutputFormat, wishes: Wishes) -> Fidelity:
    """The same account, of a photo that is not enlarged yet and whose pixels are left alone."""
    fitting = _Fitting(photo, output, wishes, lambda: Small(bytes(8_000), 160, 120))
    fitting.tell_of_pixels()
    fitting.description(photo.pixels, None)
    return fitting.told


def sketched(photo: Photo) -> Photo:
    """The photo without its pixels, which ``foretold`` takes as well: planes of one value that take no room."""
    blank = np.broadcast_to(np.zeros((), photo.pixels.dtype), photo.pixels.shape)
    alpha = photo.alpha
    return replace(photo, pixels=blank, alpha=np.broadcast_to(alpha.min(), alpha.shape) if alpha is not None else None)


class _Fitting:
    """One photo on its way into one format."""

    def __init__(
        self, photo: Photo, output: OutputFormat, wishes: Wishes, small: Callable[[], Small] | None = None
    ) -> None:
        self._photo = photo
        self._output = output
        self._wishes = wishes
        self._make_small = small or (lambda: small_of(photo.pixels))
        self.told = photo.fidelity
        self._places: list[str] = []  # where it says where the photo was taken

    def tell_of_pixels(self) -> None:
        """Notes what the format does to the pixels."""
        photo, output = self._photo, self._output
        if photo.bits == 16:
            if output.deep:
                self._kept("bit depth", "16 bit")
            else:
                self._lost(
                    "bit depth", f"16 bit became 8 bit: {output.label} {_HOLDS.get(output.name, 'holds no more')}"
                )
        if photo.alpha is not None:
            if output.alpha:
                self._kept("transparency", "enlarged with the photo")
            elif not self._is_opaque:
                self._lost("transparency", f"laid over white: {output.label} has none")
        if self._grey_becomes_colour:
            self._converted("grey", "stored as colour, because 16 bit with transparency needs it")

    def picture(self) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """Colours and alpha as the format can hold them."""
        self.tell_of_pixels()
        photo, output = self._photo, self._output
        pixels: NDArray[Any] = photo.pixels
        alpha: NDArray[Any] | None = photo.alpha
        if not output.deep:
            pixels = as_8_bit(pixels)
            alpha = as_8_bit(alpha) if alpha is not None else None
        if alpha is not None and not output.alpha:
            pixels = pixels if self._is_opaque else over_white(pixels, alpha)
            alpha = None
        if self._grey_becomes_colour:
            pixels = np.dstack([pixels] * 3)
        return pixels, alpha

    def description(self, pixels: NDArray[Any], alpha: NDArray[Any] | None) -> Fitted:
        """Everything beside the pixels."""
        photo = self._photo
        dpi = self._resolution()
        exif = self._exif(dpi)
        xmp, extended = self._xmp(dpi)
        found = Fitted(pixels, alpha, self._icc(), exif, xmp, extended, dpi=dpi)
        found.iptc, found.resources = self._captions(dpi)
        found.notes = self._notes()
        self._tell_places()
        subsampling = photo.coding.subsampling
        found.coding = replace(
            photo.coding,
            # In wider spaces every step of halved colour is a larger one to the eye.
            subsampling="4:4:4" if found.icc and "srgb" not in icc.name_of(found.icc).lower() else subsampling,
            progressive=photo.coding.progressive or self._wishes.progressive,
            lossless=photo.coding.lossless or self._wishes.lossless,
        )
        return found

    @cached_property
    def _is_opaque(self) -> bool:
        alpha = self._photo.alpha
        return alpha is not None and bool(alpha.min() == np.iinfo(alpha.dtype).max)

    @property
    def _grey_becomes_colour(self) -> bool:
        # Neither OpenCV's PNG writer nor most readers of TIFF know 16-bit grey with transparency.
        photo, output = self._photo, self._output
        return photo.is_grey and photo.bits == 16 and output.deep and photo.alpha is not None and output.alpha

    @property
    def _way(self) -> Way:
        """From the photo's file to what is written."""
        photo = self._photo
        across, down = photo.factors
        return Way((round(photo.width / across), round(photo.height / down)), factors=photo.factors)

    @cached_property
    def _small(self) -> Small:
        return self._make_small()

    def _icc(self) -> bytes | None:
        profile, output = self._photo.icc, self._output
        if not profile:
            return None
        as_colour = not self._photo.is_grey or self._grey_becomes_colour or not output.grey
        if icc.space_of(profile) == "GRAY" and as_colour:
            self._lost("ICC profile", "it is for grey, and the result is stored as colour")
            return None
        if output is JPEG and len(profile) > _JPEG_ICC_MAX:
            self._lost("ICC profile", "too large for JPEG")
            return None
        self._kept("ICC profile", icc.name_of(profile))
        return profile

    def _resolution(self) -> tuple[float, float] | None:
        """Dots per inch of the result."""
        before, wanted = self._photo.dpi, self._wishes.dpi
        if wanted is not None:
            words = _dpi_words((wanted, wanted))
            self._converted("resolution", f"{words}, for the print size that you chose")
            return wanted, wanted
        if before is None:
            return None
        factor = self._wishes.dpi_factor
        dpi = before[0] * factor, before[1] * factor
        words = _dpi_words(dpi)
        if self._output is JPEG and max(dpi) > _JPEG_DPI_MAX:
            self._lost("resolution", f"{words}: too high for JPEG")
            return None
        if factor == 1:
            self._kept("resolution", words)
        else:
            self._converted("resolution", f"{_dpi_words(before)} became {words}, so that it prints as large as before")
        return dpi

    def _exif(self, dpi: tuple[float, float] | None) -> bytes | None:
        exif = self._photo.exif
        if not exif:
            return exif_edit.minimal(dpi) if dpi and not self._output.resolution else None
        before, self.told = self.told, Fidelity()  # nothing of it is told if all of it is lost after all
        try:
            block = ExifBlock(exif)
            found = self._settled_exif(block, dpi)
            told = self.told.and_kept("EXIF", f"{len(found):,} bytes") if found else Fidelity()
        except ValueError:
            self.told = before.and_lost("EXIF", "it is damaged and was left out")
            return None
        if not found:
            self.told = before.and_lost("EXIF", f"too large for {self._output.label}")
            return None
        self.told = before.joined(told)
        return found

    def _settled_exif(self, block: ExifBlock, dpi: tuple[float, float] | None) -> bytes | None:
        """None for what is too large."""
        photo, output = self._photo, self._output
        block.set_size(photo.width, photo.height)
        if photo.reframed and block.strip_subject():
            self._lost("place of the subject", "it was marked for the whole photo")
        if not block.move_subject(self._way):
            self._lost("place of the subject", "it lies outside the photo, or farther than EXIF can count to")
        if dpi is not None:
            block.set_dpi(dpi, add=not output.resolution)
        tells_place = block.tells_place
        if self._wishes.strip_gps:
            block.strip_places()
        found = self._packed_exif(block)
        if found and output is TIFF:
            exif_block.require_whole(found)
        if found and block.has_maker_note and "TIFF" in (output.pillow, photo.file_format):
            self._converted("maker note", "kept, but in another place: some programs find only parts of it")
        if found and tells_place:
            self._places.append("EXIF")
        return found

    def _packed_exif(self, block: ExifBlock) -> bytes | None:
        """With a new thumbnail. What is too large for a JPEG is left out: the thumbnail first, then the maker note."""
        most = JPEG_EXIF_MAX if self._output is JPEG else sys.maxsize
        if block.has_thumbnail and self._output is TIFF:
            block.set_thumbnail(None)
            self._lost("EXIF thumbnail", "in a TIFF it would be a second page")
        elif block.has_thumbnail:
            block.set_thumbnail(self._small.jpeg)
            if len(block.data) <= most:
                self._converted("EXIF thumbnail", "made anew from the result")
            else:
                block.set_thumbnail(None)
                self._lost("EXIF thumbnail", "too large for JPEG")
        if len(block.data) <= most:
            return bytes(block)
        if block.has_maker_note:
            self._lost("maker note", "too large for JPEG")
        found = exif_block.without_maker_note(bytes(block))
        return found if len(found) <= most else None

    def _tell_places(self) -> None:
        if self._places and self._wishes.strip_gps:
            noted = self._photo.exif is not None and _has_maker_note(self._photo.exif)
            beside = "; the camera's own maker note was kept, and may hold it" if noted else ""
            self._lost("location", f"{_REMOVED}, from {_listed(self._places)}{beside}")
        elif self._places:
            self._kept("location", f"in {_listed(self._places)}")

    def _xmp(self, dpi: tuple[float, float] | None) -> tuple[bytes | None, bytes | None]:
        """The packet, and what does not fit into the first of a JPEG."""
        xmp, wishes = self._photo.xmp, self._wishes
        if not xmp and wishes.provenance is None:
            return None, None
        try:
            packet = Packet(xmp or None)
        except ValueError:
            return self._odd_xmp(xmp or b""), None
        self._settle_xmp(packet, dpi)
        if wishes.provenance is not None:
            packet.add_provenance(wishes.provenance)
            self._converted("note of the enlargement", f"added to XMP: {wishes.provenance.words}")
        if self._output is not JPEG:
            found, extended = bytes(packet), None
        else:
            try:
                found, extended = packet.split(JPEG_XMP_MAX)
            except ValueError:
                self._lost("XMP", "too large for JPEG")
                return None, None
        if xmp:
            self._kept("XMP", f"{len(xmp):,} bytes")
        return found, extended

    def _settle_xmp(self, packet: Packet, dpi: tuple[float, float] | None) -> None:
        photo = self._photo
        packet.set_upright()
        packet.set_size(photo.width, photo.height)
        if photo.reframed and xmp_marks.strip_marks(packet):
            packet.settle()
            self._lost("marked faces and places", "they were marked for the whole photo")
        if not xmp_marks.move_marks(packet, self._way):
            self._lost("marked faces and places", "they were marked in pixels of the smaller photo")
        if dpi is not None:
            packet.set_dpi(dpi)
        if packet.has_thumbnails:
            packet.set_thumbnails(self._small.jpeg, self._small.width, self._small.height)
            self._converted("XMP thumbnail", "made anew from the result")
        if packet.tells_place:
            if self._wishes.strip_gps:
                packet.strip_places()
            self._places.append("XMP")

    def _odd_xmp(self, xmp: bytes) -> bytes | None:
        """What cannot be looked into is kept as it is, if nothing had to be taken out of it."""
        if self._wishes.strip_gps:
            self._lost("XMP", "it is damaged or too large to be looked through for the location")
            return None
        if self._output is JPEG and len(xmp) > JPEG_XMP_MAX:
            self._lost("XMP", "too large for JPEG")
            return None
        if self._wishes.provenance is not None:
            self._lost("note of the enlargement", "not added: the photo's own XMP is damaged, and was left as it is")
        self._kept("XMP", f"{len(xmp):,} bytes")
        return xmp

    def _captions(self, dpi: tuple[float, float] | None) -> tuple[bytes | None, bytes | None]:
        """Captions alone, and everything of Photoshop's, captions among it."""
        photo, output = self._photo, self._output
        captions = self._without_places(photo.iptc) if photo.iptc else None
        others: Iterable[iptc.Resource] = iptc.resources(photo.photoshop) if photo.photoshop else ()
        if not captions and not others:
            return None, None
        if not output.captions:
            if captions:
                self._lost("IPTC", f"{_entries(captions)}: {output.label} has no place for it")
            if others:
                self._lost("Photoshop data", f"{output.label} has no place for it")
            return None, None
        if captions:
            self._kept("IPTC", _entries(captions))
        if others:
            self._kept("Photoshop data", f"{len(photo.photoshop or b''):,} bytes")
        thumbnail = None
        if iptc.has_thumbnail(others):
            small = self._small
            thumbnail = iptc.thumbnail_resource(small.jpeg, small.width, small.height)
            self._converted("Photoshop thumbnail", "made anew from the result")
        return captions, iptc.block_of(None if output is TIFF else captions, others, dpi, thumbnail) or None

    def _without_places(self, captions: bytes) -> bytes | None:
        try:
            if not iptc.tells_place(captions) or not (self._wishes.strip_gps or self._output.captions):
                return captions
            self._places.append("IPTC")
            return iptc.without_places(captions) if self._wishes.strip_gps else captions
        except ValueError:
            if not self._wishes.strip_gps:
                return captions
            self._lost("IPTC", "it is damaged and could not be looked through for the location")
            return None

    def _notes(self) -> tuple[Note, ...]:
        found, output = self._photo.notes, self._output
        fitting = found if output is PNG else notes.for_jpeg(found) if output is JPEG else ()
        others = [note for note in found if note not in fitting]
        for item, is_comment in (("comment", True), ("PNG text", False)):
            kept = [note for note in fitting if (note.keyword == notes.COMMENT) == is_comment]
            lost = [note for note in others if (note.keyword == notes.COMMENT) == is_comment]
            if kept:
                self._kept(item, f"{len(kept[0].text):,} characters" if is_comment else notes.names(kept))
            if lost:
                self._lost(item, f"{'' if is_comment else notes.names(lost) + ': '}{output.label} has no place for it")
        return tuple(fitting)

    def _kept(self, item: str, detail: str) -> None:
        self.told = self.told.and_kept(item, detail)

    def _converted(self, item: str, detail: str) -> None:
        self.told = self.told.and_converted(item, detail)

    def _lost(self, item: str, detail: str) -> None:
        self.told = self.told.and_lost(item, detail)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _has_maker_note(exif: bytes) -> bool:
    try:
        return ExifBlock(exif).has_maker_note
    except ValueError:
        return False


def _entries(captions: bytes) -> str:
    with contextlib.suppress(ValueError):
        count = len(iptc.records(captions))
        return f"{count} entries" if count != 1 else "1 entry"
    return f"{len(captions):,} bytes"


def _dpi_words(dpi: tuple[float, float]) -> str:
    across, down = dpi
    return f"{across:.0f} dpi" if round(across) == round(down) else f"{across:.0f} x {down:.0f} dpi"
