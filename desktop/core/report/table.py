"""A report as a table: CSV in UTF-8, a row a photo, for spreadsheets and other programs.

Columns and states are named in English whatever the person's language, so that a program can rely on them; errors are
in the person's words, with their code beside them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from desktop.core.photo.photo import Item
from desktop.core.report.entry import Entry, spelled
from desktop.core.report.words import Words

COLUMNS = (
    *("name", "folder", "state", "result"),
    *("width before", "height before", "width after", "height after"),
    *("model", "scale", "engine", "precision", "format", "quality"),
    *("strength", "self-ensemble", "chosen because"),
    *("seconds", "ended", "bytes", "sha256"),
    *("error", "error code", "kept", "converted", "lost"),
)
# A spreadsheet takes a cell that begins so for a formula and runs it; the wide signs are what some keyboards type.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
# Without this mark spreadsheets take the file for one in the system's old encoding.
ENCODING = "utf-8-sig"


def write_table(entries: list[Entry], out: TextIO, words: Words) -> Iterator[int]:
    """Writes the table to ``out``, opened with newline="" and ``ENCODING``; yields the number of each photo."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, entry in enumerate(entries, start=1):
        writer.writerow(_harmless(value) for value in _row(entry, words))
        yield number


def _row(entry: Entry, words: Words) -> tuple[object, ...]:
    job, account = entry.job, entry.account
    return (
        *(entry.path.name, entry.path.parent, job.state.value, entry.output),
        *(account.input_width or None, account.input_height or None, account.width or None, account.height or None),
        *(entry.model, entry.scale or None, account.engine, account.precision),
        *(entry.format.name if entry.format else None, entry.quality),
        *(account.strength, "yes" if account.self_ensemble else None),
        words.reason(account.decision.reason) if account.decision else None,
        round(account.seconds, 3) if job.account else None,
        entry.ended.isoformat(timespec="seconds") if entry.ended else None,
        *((job.result.bytes, job.result.sha256) if job.result else (None, None)),
        *((words.error(job.error), job.error.code) if job.error else (None, None)),
        *(_listed(items) for items in (account.fidelity.kept, account.fidelity.converted, account.fidelity.lost)),
    )


def _listed(items: tuple[Item, ...]) -> str:
    return "; ".join(f"{item.item} ({item.detail})" for item in items)


def _harmless(value: object) -> object:
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{spelled(text)}" if text.startswith(_FORMULA) else spelled(text)
