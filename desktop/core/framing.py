"""A rectangle on a photo that is pushed, pulled and kept in proportion: arithmetic in pixels, without a window."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desktop.core.photo.cut import Box, Cut, Size, inner_size

SMALLEST = 8
"""Pixels a side: less of a photo is a slip of the hand."""

LEFT, TOP, RIGHT, BOTTOM = 1, 2, 4, 8
"""What of the rectangle is pulled; a corner is two of them together."""


@dataclass(frozen=True)
class Framing:
    """What is being chosen of one photo.

    Attributes:
        photo: width and height in pixels, upright.
        degrees: by which it is turned clockwise.
        left, top, width, height: of the part, in pixels of the turned photo, fractions among them.
        ratio: width by height that the part keeps; None for any.
    """

    photo: Size
    degrees: float
    left: float
    top: float
    width: float
    height: float
    ratio: float | None = None

    @classmethod
    def of(cls, photo: Size, cut: Cut | None) -> Framing:
        """What was chosen before; all of the photo where nothing was, or where it no longer fits."""
        degrees = cut.degrees if cut is not None else 0.0
        room = inner_size(photo, degrees)
        box = cut.box if cut is not None and cut.box is not None else (0, 0, *room)
        if box[0] + box[2] > room[0] or box[1] + box[3] > room[1]:
            box = (0, 0, *room)
        return cls(photo, degrees, *map(float, box))

    @property
    def room(self) -> Size:
        """Width and height of the turned photo."""
        return inner_size(self.photo, self.degrees)

    @property
    def box(self) -> Box:
        """In whole pixels."""
        room = self.room
        width, height = (
            min(most, max(1, round(side))) for most, side in zip(room, (self.width, self.height), strict=True)
        )
        left, top = min(room[0] - width, max(0, round(self.left))), min(room[1] - height, max(0, round(self.top)))
        return left, top, width, height

    @property
    def cut(self) -> Cut | None:
        """What is to be done to the photo; None for nothing."""
        box = self.box
        whole = box == (0, 0, *self.room)
        found = Cut(self.degrees, None if whole else box)
        return found if found else None

    def turned(self, degrees: float) -> Framing:
        """Turned otherwise, with as much of it chosen as before, about the same middle."""
        before, after = self.room, inner_size(self.photo, degrees)
        share = min(after[0] / before[0], after[1] / before[1])
        width, height = self.width * share, self.height * share
        if self.width >= before[0] - 0.5 and self.ratio is None:
            width = float(after[0])
        if self.height >= before[1] - 0.5 and self.ratio is None:
            height = float(after[1])
        # From the middle of the photo, where turning leaves everything.
        x = (self.left + self.width / 2 - before[0] / 2) * share + after[0] / 2
        y = (self.top + self.height / 2 - before[1] / 2) * share + after[1] / 2
        return replace(
            self, degrees=degrees, left=x - width / 2, top=y - height / 2, width=width, height=height
        )._inside()

    def moved(self, dx: float, dy: float) -> Framing:
        """Pushed, as far as there is room."""
        return replace(self, left=self.left + dx, top=self.top + dy)._inside()

    def pulled(self, part: int, dx: float, dy: float) -> Framing:
        """With an edge or a corner pulled by so many pixels; what lies opposite stays where it is."""
        room = self.room
        left, top, right, bottom = self.left, self.top, self.left + self.width, self.top + self.height
        if part & LEFT:
            left = min(max(0.0, left + dx), right - SMALLEST)
        if part & RIGHT:
            right = max(min(float(room[0]), right + dx), left + SMALLEST)
        if part & TOP:
            top = min(max(0.0, top + dy), bottom - SMALLEST)
        if part & BOTTOM:
            bottom = max(min(float(room[1]), bottom + dy), top + SMALLEST)
        pulled = replace(self, left=left, top=top, width=right - left, height=bottom - top)
        return pulled if self.ratio is None else pulled._in_proportion(part, self)

    def in_ratio(self, ratio: float | None) -> Framing:
        """With other proportions, as large as the room about its middle and its area allow."""
        if ratio is None:
            return replace(self, ratio=None)
        area = self.width * self.height
        width = (area * ratio) ** 0.5
        height = width / ratio
        share = min(1.0, self.room[0] / width, self.room[1] / height)
        width, height = width * share, height * share
        x, y = self.left + self.width / 2, self.top + self.height / 2
        return replace(self, ratio=ratio, left=x - width / 2, top=y - height / 2, width=width, height=height)._inside()

    def _in_proportion(self, part: int, before: Framing) -> Framing:
        """The pulled edges lead, and the others follow; what was not touched stays, or both sides of it give way."""
        assert self.ratio is not None
        room = self.room
        sideways, upright = part & (LEFT | RIGHT), part & (TOP | BOTTOM)
        width, height = self.width, self.height
        if sideways and upright:
            if abs(width - before.width) * before.height >= abs(height - before.height) * before.width:
                height = width / self.ratio
            else:
                width = height * self.ratio
        elif sideways:
            height = width / self.ratio
        else:
            width = height * self.ratio
        # How much there is between what stays and the edge of the photo.
        right, bottom = before.left + before.width, before.top + before.height
        x, y = before.left + before.width / 2, before.top + before.height / 2
        most_wide = right if part & LEFT else room[0] - before.left if part & RIGHT else 2 * min(x, room[0] - x)
        most_high = bottom if part & TOP else room[1] - before.top if part & BOTTOM else 2 * min(y, room[1] - y)
        least = max(1.0, SMALLEST / min(width, height))
        share = min(least, most_wide / width, most_high / height)
        width, height = width * share, height * share
        left = right - width if part & LEFT else before.left if part & RIGHT else x - width / 2
        top = bottom - height if part & TOP else before.top if part & BOTTOM else y - height / 2
        return replace(self, left=left, top=top, width=width, height=height)._inside()

    def _inside(self) -> Framing:
        room = self.room
        share = min(1.0, room[0] / self.width, room[1] / self.height) if self.ratio else 1.0
        width, height = min(float(room[0]), self.width * share), min(float(room[1]), self.height * share)
        left = min(max(0.0, self.left), room[0] - width)
        top = min(max(0.0, self.top), room[1] - height)
        return replace(self, left=left, top=top, width=width, height=height)
