"""Packs dist/rekindle for Linux: ``python packaging/linux/build.py [deb] [tar] [appimage]``, into dist/.

The package depends on what the frozen libraries are linked to and do not bring, looked up in the system that builds,
and on a glibc as new as the newest symbol that any of them wants.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DIST = ROOT / "dist"
sys.path.insert(0, str(HERE.parent))
import icons  # noqa: E402

# What no library names and everybody needs: fontconfig's settings, some font, the keyboard's tables, trusted
# certificates. libxcb-cursor is linked to.
_DEPENDS = ("fontconfig-config", "fonts-dejavu-core | fonts-liberation | fonts-noto-core", "xkb-data")
_RECOMMENDS = ("ca-certificates", "xdg-utils")
_MAINTAINER = "The Rekindle authors <rekindle@users.noreply.github.com>"
_DESCRIPTION = """enlarge and restore photos on your own computer
 Old, small photos, made large and clear by neural networks that run on this
 computer's processor. Nothing is sent anywhere, and nothing is invented:
 Rekindle sharpens and cleans what is there, and never draws what is not.
 .
 Everything it needs is inside; no Python is required."""


def version() -> str:
    tree = ast.parse((ROOT / "desktop" / "__init__.py").read_text(encoding="utf-8"))
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    return str(ast.literal_eval(assigned["__version__"]))


def epoch() -> int:
    """When the sources were last changed, so that the same sources give the same files."""
    if named := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(named)
    git = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(git.stdout) if git.returncode == 0 and git.stdout.strip() else int(time.time())


def day() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(epoch()))


def elves(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def glibc(folder: Path) -> str:
    """The oldest glibc that the bundle runs with."""
    wanted = {(2, 17)}
    for path in elves(folder):
        told = subprocess.run(["objdump", "-T", str(path)], capture_output=True, text=True, check=False).stdout
        wanted.update((int(found[1]), int(found[2])) for found in re.finditer(r"\(?GLIBC_(\d+)\.(\d+)", told))
    return ".".join(map(str, max(wanted)))


def depends(folder: Path) -> list[str]:
    """Debian's packages with what is linked to and not inside."""
    inside = {path.name for path in folder.rglob("*")}
    missing = set()
    for path in elves(folder):
        told = subprocess.run(["objdump", "-p", str(path)], capture_output=True, text=True, check=False).stdout
        missing.update(re.findall(r"^ +NEEDED +(\S+)$", told, re.MULTILINE))
    found = {package for name in sorted(missing - inside) for package in _packages_with(name)} - {"libc6"}
    return [f"libc6 (>= {glibc(folder)})", *sorted(found), *_DEPENDS]


def _packages_with(library: str) -> list[str]:
    answer = subprocess.run(["dpkg", "-S", f"*/{library}"], capture_output=True, text=True, check=False).stdout
    for line in answer.splitlines():
        package, _, path = line.partition(": ")
        if Path(path).parent.name in ("x86_64-linux-gnu", "aarch64-linux-gnu", "lib", "lib64"):
            return [package.split(":")[0]]
    raise SystemExit(f"No package of this system has {library}, which the bundle is linked to.")


def filled(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").replace("@VERSION@", version()).replace("@DATE@", day())


def stage(root: Path, bundle: Path, *, prefix: str = "opt") -> None:
    """Lays everything out as it will be installed below ``root``."""
    share = root / "usr" / "share"
    for folder in ("applications", "metainfo", "doc/rekindle", "man/man1", "lintian/overrides"):
        (share / folder).mkdir(parents=True)
    (root / prefix).mkdir(parents=True, exist_ok=True)
    shutil.copytree(bundle, root / prefix / "rekindle", symlinks=True)
    (root / "usr" / "bin").mkdir(parents=True)
    shutil.copy(HERE / "rekindle.desktop", share / "applications")
    (share / "metainfo" / "org.rekindle.Rekindle.metainfo.xml").write_text(filled("org.rekindle.Rekindle.metainfo.xml"))
    drawn = icons.draw(ROOT / "build" / "icons")
    for side in icons.SIZES:
        folder = share / "icons" / "hicolor" / f"{side}x{side}" / "apps"
        folder.mkdir(parents=True)
        shutil.copy(drawn / f"rekindle-{side}.png", folder / "rekindle.png")
    scalable = share / "icons" / "hicolor" / "scalable" / "apps"
    scalable.mkdir(parents=True)
    shutil.copy(ROOT / "resources" / "icons" / "rekindle.svg", scalable)
    zipped(share / "man" / "man1" / "rekindle.1.gz", filled("rekindle.1"))
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            library = path.is_dir() or (os.access(path, os.X_OK) and ".so" not in path.name)
            path.chmod(0o755 if library else 0o644)


def zipped(path: Path, content: str) -> None:
    """Without name and time inside, as Debian wants it."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(content.encode())


def deb(bundle: Path, level: int) -> Path:
    root = ROOT / "build" / "deb"
    shutil.rmtree(root, ignore_errors=True)
    stage(root, bundle)
    (root / "usr" / "bin" / "rekindle").symlink_to("/opt/rekindle/rekindle")
    share, control = root / "usr" / "share", root / "DEBIAN"
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(epoch()))
    changes = f"rekindle ({version()}) stable; urgency=medium\n\n  * See Help > Check for updates for what is new.\n\n"
    zipped(share / "doc" / "rekindle" / "changelog.gz", f"{changes} -- {_MAINTAINER}  {stamp}\n")
    shutil.copy(HERE / "copyright", share / "doc" / "rekindle" / "copyright")
    shutil.copy(HERE / "lintian-overrides", share / "lintian" / "overrides" / "rekindle")
    control.mkdir()
    size = sum(-(-path.lstat().st_size // 1024) for path in root.rglob("*") if not path.is_dir())
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (control / "control").write_text(
        f"Package: rekindle\nVersion: {version()}\nArchitecture: {machine}\nMaintainer: {_MAINTAINER}\n"
        f"Installed-Size: {size}\nDepends: {', '.join(depends(bundle))}\nRecommends: {', '.join(_RECOMMENDS)}\n"
        f"Section: graphics\nPriority: optional\nDescription: {_DESCRIPTION}\n"
    )
    shutil.copy(HERE / "postrm", control / "postrm")
    (control / "postrm").chmod(0o755)
    sums = subprocess.run(
        "find opt usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum",
        shell=True, cwd=root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    (control / "md5sums").write_text(sums.stdout)
    (control / "md5sums").chmod(0o644)
    path = DIST / f"rekindle_{version()}_{machine}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch())}
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{level}", "--build", str(root), str(path)]
    subprocess.run(command, check=True, env=environment)
    return path


def tar(bundle: Path, level: int) -> Path:
    """The bundle with its desktop entry, for everybody without dpkg; started where it was unpacked."""
    name = f"rekindle-{version()}-linux-{os.uname().machine}"
    path = DIST / f"{name}.tar.gz"

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        info.mtime = epoch()
        return info

    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", level, raw, mtime=epoch()) as zipper,
        tarfile.open(fileobj=zipper, mode="w") as archive,
    ):
        archive.add(bundle, name, filter=plain)
        archive.add(HERE / "README.txt", f"{name}/README.txt", filter=plain)
        archive.add(HERE / "rekindle.desktop", f"{name}/share/rekindle.desktop", filter=plain)
        archive.add(ROOT / "resources" / "icons" / "rekindle.svg", f"{name}/share/rekindle.svg", filter=plain)
    return path


def appimage(bundle: Path) -> Path:
    """Needs appimagetool on PATH, or named by APPIMAGETOOL."""
    tool = os.environ.get("APPIMAGETOOL") or shutil.which("appimagetool")
    root = ROOT / "build" / "Rekindle.AppDir"
    shutil.rmtree(root, ignore_errors=True)
    stage(root, bundle, prefix="usr/lib")
    (root / "usr" / "bin" / "rekindle").symlink_to("../lib/rekindle/rekindle")
    (root / "AppRun").symlink_to("usr/lib/rekindle/rekindle")
    entry = (HERE / "rekindle.desktop").read_text().replace("/usr/bin/rekindle", "rekindle")
    for place in (root / "rekindle.desktop", root / "usr" / "share" / "applications" / "rekindle.desktop"):
        place.write_text(entry)
    shutil.copy(root / "usr/share/icons/hicolor/256x256/apps/rekindle.png", root / "rekindle.png")
    shutil.copy(root / "usr/share/icons/hicolor/scalable/apps/rekindle.svg", root / "rekindle.svg")
    if tool is None:
        raise SystemExit(
            f"{root} is ready, but there is no appimagetool (github.com/AppImage/appimagetool) to pack it."
        )
    path = DIST / f"Rekindle-{version()}-{os.uname().machine}.AppImage"
    subprocess.run([tool, "--no-appstream", str(root), str(path)], check=True, env={**os.environ, "VERSION": version()})
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["deb", "tar"], metavar="deb|tar|appimage")
    parser.add_argument("--level", type=int, default=3, help="how hard to compress (default: 3)")
    parser.add_argument("--bundle", type=Path, default=DIST / "rekindle")
    options = parser.parse_args()
    if not (options.bundle / "rekindle").is_file():
        raise SystemExit(f"There is nothing to pack in {options.bundle}: run `make package` first.")
    DIST.mkdir(exist_ok=True)
    for kind in options.kinds:
        made = (
            appimage(options.bundle)
            if kind == "appimage"
            else {"deb": deb, "tar": tar}[kind](options.bundle, options.level)
        )
        print(f"{made}: {made.stat().st_size / 1e6:.1f} MB")
    print(f"The bundle needs glibc {glibc(options.bundle)} or newer.")


if __name__ == "__main__":
    main()
