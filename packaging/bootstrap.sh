#!/bin/sh
# Prepares .venv, for one of: run, test, package. Does nothing where it is ready.
#
# A fresh Debian or Ubuntu has neither Python's venv nor the libraries that Qt opens a window with. They are installed
# where that is allowed; otherwise one sentence says what to type. PYTHON=... names an interpreter of one's own.
set -eu

purpose=${1:-run}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"

# What the wheels of PySide6 and OpenCV link to and do not bring, found by reading their NEEDED entries, with the
# package that has it. The names are the same from Debian 12 and Ubuntu 22.04 on: where a package was renamed since
# (libglib2.0-0t64), the old name is still provided.
libraries='
libEGL.so.1             libegl1
libGL.so.1              libgl1
libX11-xcb.so.1         libx11-xcb1
libX11.so.6             libx11-6
libbrotlidec.so.1       libbrotli1
libdbus-1.so.3          libdbus-1-3
libfontconfig.so.1      libfontconfig1
libfreetype.so.6        libfreetype6
libglib-2.0.so.0        libglib2.0-0
libgthread-2.0.so.0     libglib2.0-0
libgssapi_krb5.so.2     libgssapi-krb5-2
libwayland-client.so.0  libwayland-client0
libwayland-cursor.so.0  libwayland-cursor0
libwayland-egl.so.1     libwayland-egl1
libxcb-cursor.so.0      libxcb-cursor0
libxcb-glx.so.0         libxcb-glx0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-image.so.0       libxcb-image0
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-randr.so.0       libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0      libxcb-render0
libxcb-shape.so.0       libxcb-shape0
libxcb-shm.so.0         libxcb-shm0
libxcb-sync.so.1        libxcb-sync1
libxcb-util.so.1        libxcb-util1
libxcb-xfixes.so.0      libxcb-xfixes0
libxcb-xkb.so.1         libxcb-xkb1
libxcb.so.1             libxcb1
libxkbcommon-x11.so.0   libxkbcommon-x11-0
libxkbcommon.so.0       libxkbcommon0
libz.so.1               zlib1g
libzstd.so.1            libzstd1
'
fonts_package=fonts-dejavu-core

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

case $purpose in
    run) extra='' ;;
    test) extra='[dev]' ;;
    package) extra='[package]' ;;
    *) fail "bootstrap.sh: run, test or package, not $purpose." ;;
esac

# ---- Is there anything to do? -------------------------------------------------------------------------------------

wanted=$(cat pyproject.toml constraints.txt | cksum)

# What a stamp has to say: a venv that was moved or copied has dead paths in it, and one whose Python was upgraded
# under it has lost its packages.
stamp() {
    version=$(.venv/bin/python -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return 1
    say "$root $version $wanted"
}

ready() {
    [ -f ".venv/ready-$purpose" ] && [ ! -e .venv/installing ] && [ "$(cat ".venv/ready-$purpose")" = "$(stamp)" ]
}

if ready; then exit 0; fi

# Two terminals must not build the same venv. The lock is on this file, so that none is left lying about.
if have flock; then
    exec 9<"packaging/bootstrap.sh"
    if ! flock -n 9; then
        say "Waiting for another make that is installing here ..."
        flock 9
    fi
    if ready; then exit 0; fi
fi

# ---- Python and system libraries ----------------------------------------------------------------------------------

usable_python() {
    "$1" -I -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        if [ -n "$name" ] && have "$name" && usable_python "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# The lines of $libraries that cannot be loaded. Loading is the one question that has the same answer everywhere.
missing_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    if [ -z "$python" ]; then
        say "$libraries"
        return
    fi
    "$python" -I -c '
import sys
try:
    import ctypes
except ImportError:
    sys.exit()
for line in sys.argv[1].strip().splitlines():
    try:
        ctypes.CDLL(line.split()[0])
    except OSError:
        print(line)
' "$libraries"
}

has_fonts() {
    [ "$(uname -s)" = Linux ] || return 0
    for folder in /usr/share/fonts /usr/local/share/fonts "${XDG_DATA_HOME:-${HOME:-}/.local/share}/fonts" \
        "${HOME:-}/.fonts" /run/current-system/sw/share/X11/fonts; do
        [ -d "$folder" ] || continue
        found=$(find -L "$folder" -type f \( -name '*.[to]tf' -o -name '*.ttc' -o -name '*.pfb' \) 2>/dev/null | head -n 1)
        if [ -n "$found" ]; then return 0; fi
    done
    return 1
}

apt_candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v '(none)'; }

# Ubuntu 22.04's python3 is 3.10, with a newer one beside it.
python_packages() {
    default=$(apt_candidate python3) || default=''
    if [ -z "$default" ] || dpkg --compare-versions "$default" ge 3.11; then
        say "python3 python3-venv"
        return
    fi
    for version in 3.14 3.13 3.12 3.11; do
        if apt_candidate "python$version-venv" >/dev/null; then
            say "python$version python$version-venv"
            return
        fi
    done
    return 1
}

packages() {
    if [ -z "$python" ]; then python_packages || return 1; fi
    missing_libraries | sed 's/.* //'
    if ! has_fonts; then say "$fonts_package"; fi
    if [ "$purpose" = package ]; then packaging_packages; fi
}

# PyInstaller takes binaries apart with objdump, and needs the library that Debian's python3 is not linked to.
packaging_packages() {
    if ! have objdump; then say binutils; fi
    if [ -n "$python" ] && ! "$python" -I -c '
import ctypes, sys, sysconfig
if sys.base_prefix == "/usr":
    ctypes.CDLL(sysconfig.get_config_var("INSTSONAME"))
' 2>/dev/null; then
        "$python" -I -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])'
    fi
}

is_root() { [ "$(id -u)" = 0 ]; }

may_be_root() {
    if is_root; then return; fi
    have sudo || return 1
    if sudo -n true 2>/dev/null; then return; fi
    [ -t 0 ] || return 1
    say "System packages are missing that Rekindle needs. To install them, sudo asks for your password."
    sudo -v
}

apt_get() {
    set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
    if ! is_root; then set -- sudo "$@"; fi
    # The lock stays here: a service that a package starts would otherwise hold it for as long as it lives.
    "$@" 9<&-
}

one_line() { sort -u | tr '\n' ' ' | sed 's/  */ /g; s/^ //; s/ $//'; }

command_to_type() {
    if have sudo; then
        say "sudo apt-get update && sudo apt-get install -y --no-install-recommends $1"
    else
        say "su -c 'apt-get update && apt-get install -y --no-install-recommends $1'"
    fi
}

no_python="Rekindle needs Python 3.11 or newer, with its venv module, and this system has none: \
install it from python.org or with your system's package manager, then try again."

install_with_apt() {
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    say "Installing system packages that Rekindle needs ..."
    # An update that failed in part (some repository of the person's own) may still be good enough.
    apt_get update >"$log" 2>&1 || true
    # Twice, because what packaging needs depends on the Python that the first round brings.
    for _ in 1 2; do
        list=$(packages) || fail "$no_python"
        list=$(say "$list" | one_line)
        if [ -z "$list" ]; then break; fi
        # shellcheck disable=SC2086  # a list of packages
        if ! apt_get install -y --no-install-recommends $list >>"$log" 2>&1; then
            cat "$log" >&2
            fail "The system packages could not be installed (see above). By hand: $(command_to_type "$list")"
        fi
        python=$(find_python) || fail "$no_python"
        if [ "$purpose" != package ]; then break; fi
    done
}

prepare_with_apt() {
    # Without package lists apt knows of no new Python either; whoever may fetch them asks again after that.
    list=$(packages) || if may_be_root; then list=python3; else fail "$no_python"; fi
    list=$(say "$list" | one_line)
    if [ -z "$list" ]; then return; fi
    if may_be_root; then
        install_with_apt
    else
        fail "Rekindle needs system packages that only an administrator can install. Type this, then try again:
    $(command_to_type "$list")"
    fi
}

prepare_without_apt() {
    if [ -z "$python" ]; then fail "$no_python"; fi
    list=$(missing_libraries | sed 's/ .*//' | one_line)
    if [ -n "$list" ]; then
        fail "Rekindle's window needs system libraries that are missing here. Install what has these, then try again:
    $list"
    fi
    if ! has_fonts; then say "No font was found on this system: the window's texts may be missing." >&2; fi
}

# ---- The venv -----------------------------------------------------------------------------------------------------

# False too for a venv that was made elsewhere (its scripts name the folder they were made in) or not completely.
usable_venv() {
    [ ! -e .venv/installing ] && grep -qsF "$root/.venv/" .venv/bin/pip &&
        .venv/bin/python -I -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=$(find_python) || python=''
if have apt-get; then prepare_with_apt; else prepare_without_apt; fi

if ! usable_venv; then
    if [ -e .venv ]; then say "Making .venv again: it is incomplete, or was made in another folder."; fi
    rm -rf .venv
    mkdir .venv
    : >.venv/installing
    if ! "$python" -m venv .venv >.venv/log 2>&1; then
        cat .venv/log >&2
        fail "Python's virtual environment could not be made in .venv (see above)."
    fi
fi

if ls .venv/ready-* >/dev/null 2>&1; then
    say "Bringing the Python packages in .venv up to date ..."
else
    case $purpose in
        run) say "Installing what Rekindle needs (about 250 MB, once) ..." ;;
        *) say "Installing what Rekindle and \`make $purpose\` need (about 280 MB, once) ..." ;;
    esac
fi
: >.venv/installing
# Wheels only: building OpenCV or Qt from source would take hours, and fail.
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    -c constraints.txt -e ".$extra" >.venv/log 2>&1; then
    cat .venv/log >&2
    fail "The Python packages could not be installed (see above). Is the network there? \`make $purpose\` tries again."
fi
# What the others need includes what running needs.
for stamped in "$purpose" run; do stamp >".venv/ready-$stamped"; done
rm -f .venv/installing .venv/log
