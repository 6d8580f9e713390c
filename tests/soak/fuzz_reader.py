"""Gives the reader damaged photos by the thousand: ``python tests/soak/fuzz_reader.py`` (``make fuzz``).

Each is a corpus file, or one made here, with bits flipped, ends cut off, lengths changed, chunks swapped, or spliced to
another. It is read in a child as strangers' photos are. This process must live, every refusal must be one of the known
errors, no child may take more memory than it is allowed, and none may have to be killed because it never ends.
The number of a photo and the seed decide what it is: a run goes on with --start, one photo is looked at with --only.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import psutil

from desktop.core import errors
from desktop.core.isolation.pool import WorkerPool
from desktop.core.photo.isolated import IsolatedReader
from desktop.core.photo.looks import Header

MOST_PIXELS = 8_000_000
KNOWN = frozenset({"unreadable", "unsupported", "too-large", "out-of-memory"})
# What an idle child has, what a header may take, and 48 bytes for each pixel that is let through.
MOST_MIB = 150 + 512 + MOST_PIXELS * 48 // 2**20


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mutations = _beside("mutations")


@dataclass
class Account:
    """How a run went. ``troubles``: what must not happen, by the photo's number."""

    outcomes: Counter[str] = field(default_factory=Counter)
    troubles: dict[int, str] = field(default_factory=dict)
    crashes: list[int] = field(default_factory=list)
    filled: list[int] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: int = -1
    peak_mib: int = 0
    largest: int = -1


def photo(kinds: list[list[bytes]], seed: int, number: int) -> bytes:
    """The damaged photo of this number."""
    return bytes(mutations.mutated(kinds, random.Random(f"{seed}/{number}")))


def run(kinds: list[list[bytes]], seed: int, numbers: range, folder: Path, *, progress: bool = False) -> Account:
    """Reads the photos of these numbers. ``folder``: where they are put, one at a time."""
    account = Account()
    pool = WorkerPool(1)
    reader = IsolatedReader(pool)
    began = time.monotonic()
    try:
        for number in numbers:
            path = folder / "fuzzed"
            path.write_bytes(photo(kinds, seed, number))
            pool.warm()
            _one(reader, path, number, account)
            if progress and number % 500 == 499:
                rate = (number + 1 - numbers.start) / (time.monotonic() - began)
                print(f"{number + 1}: {dict(account.outcomes)}, {rate:.0f} a second", file=sys.stderr, flush=True)
    finally:
        pool.close()
    return account


def _one(reader: IsolatedReader, path: Path, number: int, account: Account) -> None:
    child = psutil.Process().children()[0]
    _forget_peak(child.pid)
    before = _cpu_s(child)
    try:
        found = reader.read(path, _refuse_large)
        outcome = "read"
        if min(found.width, found.height) < 1 or (
            found.alpha is not None and found.alpha.shape != found.pixels.shape[:2]
        ):
            account.troubles[number] = f"a photo that is none: {found.pixels.shape}"
        reader.thumbnail(path, 48, MOST_PIXELS // 1_000_000)
        reader.glance(path)
    except errors.RekindleError as error:
        outcome = error.code
        if error.code not in KNOWN:
            account.troubles[number] = f"{type(error).__name__}: {error}"
        if "takes too long" in error.template:
            account.troubles[number] = "never ends"
        if "breaks what reads it" in error.template:
            outcome = "child crashed"
            account.crashes.append(number)
        if isinstance(error, errors.OutOfMemoryError):
            account.filled.append(number)
    except Exception as error:
        outcome = "trouble"
        account.troubles[number] = f"{type(error).__name__}: {error}"
    account.outcomes[outcome] += 1
    seconds = _cpu_s(child) - before
    if seconds > account.slowest_s:
        account.slowest_s, account.slowest = seconds, number
    peak = _peak_mib(child.pid)
    if peak > account.peak_mib:
        account.peak_mib, account.largest = peak, number
    if peak > MOST_MIB:
        account.troubles[number] = f"{peak} MiB"


def _refuse_large(header: Header) -> None:
    if header.pixels > MOST_PIXELS:
        raise errors.TooLargeError("too large")


def _cpu_s(child: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        return float(sum(child.cpu_times()[:2]))
    return 0.0


def _forget_peak(pid: int) -> None:
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_mib(pid: int) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) // 1024 if found else 0
    return 0


def main() -> int:
    """Runs it and says how it went; 1 where there was trouble."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="the first number")
    parser.add_argument("--only", type=int, help="write this one to --keep and read it")
    parser.add_argument("--keep", type=Path, help="folder for photos that made trouble or crashed a child")
    parser.add_argument(
        "--corpus", type=Path, default=Path(os.environ.get("REKINDLE_SHARED", beside)) / "data" / "corpus"
    )
    options = parser.parse_args()
    seeds = mutations.made_here()
    if options.corpus.is_dir():
        seeds |= mutations.corpus(options.corpus)
    kinds = mutations.by_kind(seeds)
    numbers = range(options.start, options.start + options.count)
    if options.only is not None:
        numbers = range(options.only, options.only + 1)
    print(f"{len(seeds)} photos of {len(kinds)} kinds to damage, seed {options.seed}", flush=True)
    print(f"numbers {numbers.start} to {numbers.stop - 1}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        account = run(kinds, options.seed, numbers, Path(folder), progress=True)
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        for number in {
            *account.troubles,
            *account.crashes,
            *account.filled,
            *([options.only] if options.only is not None else []),
        }:
            (options.keep / f"{options.seed}-{number}").write_bytes(photo(kinds, options.seed, number))
    for outcome, count in account.outcomes.most_common():
        print(f"{count:7} {outcome}")
    print(f"slowest {account.slowest_s:.2f} s of processor time (number {account.slowest})")
    print(f"largest child {account.peak_mib} MiB (number {account.largest})")
    for number in account.crashes:
        print(f"number {number}: crashed its child")
    for number in account.filled:
        print(f"number {number}: took too much memory")
    for number, what in account.troubles.items():
        print(f"number {number}: {what}")
    print("all well" if not account.troubles else "NOT WELL")
    return 1 if account.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
