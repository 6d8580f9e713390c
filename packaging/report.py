"""Measures what was built and writes docs/PACKAGE.md: ``python packaging/report.py`` after ``make packages``.

Start-up is measured on a virtual display (xvfb), from the start of the process until its window is mapped, without and
with the files in memory. Dropping the file cache needs root; without it only warm starts are measured. Where others
work on the same machine: ``chrt --rr 5 make package-report``, as root.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
sys.path[:0] = [str(ROOT / "tests" / "package"), str(ROOT / "packaging" / "linux")]

MOST_UNPACKED_MB, MOST_PACKED_MB, MOST_WARM_S = 400, 170, 1.5
# What somebody who sees the size has to be told, by where it lies.
REASONS = {
    "cv2": "OpenCV: the engine that runs everywhere, and the networks of its `dnn_superres`; colours, scaling",
    "openvino": "OpenVINO: the fastest engine; its plugin for processors only",
    "ncnn": "ncnn: the engine for graphics cards, by Vulkan, and for processors of ARM",
    "PySide6": "Qt: the window; Core, Gui, Widgets, Network, Svg, DBus and the plugins for X11 and Wayland",
    "numpy.libs": "OpenBLAS and Fortran's library, which NumPy is linked to",
    "numpy": "NumPy: every photo is one of its arrays",
    "models": "six networks of our own, so that the first photo needs no download",
    "pillow.libs": "Pillow's codecs: JPEG, PNG, TIFF, WebP, AVIF, LittleCMS",
    "PIL": "Pillow: reads and writes photos",
    "libaom": "AV1, by which OpenCV reads AVIF of 10 and 12 bits",
    "rekindle": "the program with all of its Python code",
    "libpython": "Python",
    "python3": "Python's standard library, the compiled part",
    "libcrypto": "OpenSSL, for downloads of models",
    "pi_heif.libs": "libheif and libde265: photos of phones",
}


def size_of(path: Path) -> int:
    """Bytes of files; what is linked to counts once."""
    if path.is_dir() and not path.is_symlink():
        return sum(each.lstat().st_size for each in path.rglob("*") if each.is_file() and not each.is_symlink())
    return 0 if path.is_symlink() else path.stat().st_size


def parts(bundle: Path) -> list[tuple[int, str]]:
    entries = [entry for entry in bundle.iterdir() if entry.name != "_internal"]
    entries += list((bundle / "_internal").iterdir())
    return sorted(((size_of(entry), entry.name) for entry in entries), reverse=True)


def reason(name: str) -> str:
    best = max((key for key in REASONS if name.startswith(key)), key=len, default="")
    return REASONS.get(best, "")


def processor_time(process: int) -> float:
    """Seconds that a process has worked, on all processors together; what a busy machine hardly changes."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_times(program: Path, repeats: int, *, cold: bool) -> tuple[list[float], list[float]]:
    """Seconds from the start of the process to a window on the screen, and those of them that it worked."""
    from display import running, screen

    times, worked = [], []
    with screen() as display, tempfile.TemporaryDirectory() as home:
        for number in range(repeats + (0 if cold else 1)):
            if cold:
                os.sync()
                Path("/proc/sys/vm/drop_caches").write_text("3")
            begin = time.perf_counter()
            with running([str(program)], env=display.environment(Path(home))) as process:
                while not display.has_window("Rekindle"):
                    if process.poll() is not None:
                        assert process.stdout is not None
                        raise SystemExit(f"It ended with {process.returncode} and no window: {process.stdout.read()}")
                    time.sleep(0.01)
                took, work = time.perf_counter() - begin, processor_time(process.pid)
                display.do("windowfocus", display.window("Rekindle"), "key", "ctrl+q")
                process.wait(60)
            if cold or number:  # the first warm one makes folders
                times.append(took)
                worked.append(work)
    return times, worked


def command_times(program: Path, repeats: int) -> list[float]:
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        subprocess.run([str(program), "--version"], check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return times[1:]


def in_words(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f}, {len(times)} starts)"


def within(figure: float, bound: float) -> str:
    return "kept" if figure <= bound else "**missed**"


def processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if os.name == "posix" else None
    return f"{found[1] if found else platform.processor()}, {os.cpu_count()} cores"


def main() -> None:
    from build import glibc, version  # type: ignore[import-not-found]

    bundle = DIST / "rekindle"
    program = bundle / "rekindle"
    if not program.is_file():
        raise SystemExit("There is nothing to measure: run `make packages` first.")
    total = size_of(bundle)
    told = subprocess.run([str(program), "self-test", "--json"], capture_output=True, text=True, check=False).stdout
    engines = sorted(re.findall(r'"engine ([\w-]+)"', told))
    kinds = (".deb", ".tar.gz", ".AppImage")
    packed = sorted(path for path in DIST.iterdir() if path.name.endswith(kinds) and version() in path.name)
    warm, worked = start_times(program, 7, cold=False)
    cold, _ = start_times(program, 3, cold=True) if os.geteuid() == 0 else ([], [])
    command = command_times(program, 7)
    load = os.getloadavg()[0]
    lines = [
        "# The package, measured",
        "",
        f"Written by `make package-report`, for Rekindle {version()} on Linux {platform.machine()} with the engines "
        f"{', '.join(engines) or 'of this build'}. MB are 1,000,000 bytes.",
        "",
        "| what | bound | measured | |",
        "|---|---|---|---|",
        f"| unpacked | {MOST_UNPACKED_MB} MB | {total / 1e6:.1f} MB | {within(total / 1e6, MOST_UNPACKED_MB)} |",
    ]
    for path in packed:
        megabytes = path.stat().st_size / 1e6
        lines.append(
            f"| `{path.name}` | {MOST_PACKED_MB} MB | {megabytes:.1f} MB | {within(megabytes, MOST_PACKED_MB)} |"
        )
    median = statistics.median(warm)
    lines.append(f"| window, warm | {MOST_WARM_S} s | {in_words(warm)} | {within(median, MOST_WARM_S)} |")
    lines.append(f"| of which the processor works | | {in_words(worked)} | |")
    if cold:
        lines.append(f"| window, nothing in the file cache | | {in_words(cold)} | |")
    lines += [
        f"| `rekindle --version`, warm | | {in_words(command)} | |",
        f"| oldest glibc | | {glibc(bundle)} | |",
        "",
        f"On {processor()}, load {load:.1f} at the end of measuring"
        + (", ahead of the others by real-time scheduling." if os.sched_getscheduler(0) else "."),
        "",
        "## The ten largest parts",
        "",
        "| MB | part | what for |",
        "|---|---|---|",
    ]
    lines += [f"| {size / 1e6:.1f} | `{name}` | {reason(name)} |" for size, name in parts(bundle)[:10]]
    lines += [
        "",
        "## What was left out",
        "",
        "OpenCV's wheel without windows is frozen, so there is no second Qt. FFmpeg, LAPACK and BLAS, which OpenCV is "
        "linked to and Rekindle never calls, have stand-ins of a few kilobytes (`packaging/slim.py`). Of ICU's data "
        "only sorting, comparing and letter cases are left. Of OpenVINO there are no plugins for graphics cards and "
        "NPUs, and no readers of other tools' networks: Rekindle builds its graphs itself. ncnn is left out where "
        "OpenVINO is in: with it the folder was measured at 409 MB, over the bound, so graphics cards are used by "
        "installations from source, and by bundles made with `REKINDLE_WITH_NCNN=1`. Python carries nothing for "
        "debuggers. No UPX and no single file that unpacks itself: both make virus scanners nervous and every start "
        "slow.",
        "",
    ]
    (ROOT / "docs" / "PACKAGE.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
