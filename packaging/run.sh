#!/bin/sh
# `make run`: the window, or without a display the same photos on the command line. PHOTOS names them, separated by
# spaces and with * and ? if wanted; a single one may have spaces in its name.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"

python=.venv/bin/python
photos=${PHOTOS:-}

# With a folder in front, a photo called “bench” or “-1.jpg” is not taken for a command or an option.
with_folder() {
    case $1 in
        /*) printf '%s\n' "$1" ;;
        \~/*) printf '%s\n' "${HOME:-}${1#\~}" ;;
        *) printf '%s\n' "./$1" ;;
    esac
}

results_folder() {
    pictures=$(xdg-user-dir PICTURES 2>/dev/null) || pictures=''
    # Where the person has no such folder, xdg-user-dir names the home folder itself.
    if [ -z "$pictures" ] || [ "$pictures" = "${HOME:-}" ]; then pictures=${HOME:-}/Pictures; fi
    folder=$pictures/Rekindle
    # Services and some containers have "/" for a home.
    if [ "${HOME:-/}" = / ] || ! mkdir -p "$folder" 2>/dev/null || [ ! -w "$folder" ]; then
        folder=$root/build/results
        mkdir -p "$folder"
    fi
    printf '%s\n' "$folder"
}

if [ -e "$photos" ]; then
    set -- "$photos"
else
    # Split at spaces, and * and ? expanded, as on a command line.
    # shellcheck disable=SC2086
    set -- $photos
fi
for photo; do
    set -- "$@" "$(with_folder "$photo")"
    shift
done

if "$python" -m desktop.ui.display; then
    exec "$python" -m desktop "$@"
fi

if [ $# -gt 0 ]; then
    echo "There is no display here, so there is no window: enlarging on the command line instead."
    exec "$python" -m desktop enhance "$@"
fi
set -- resources/sample/*.jpg
if [ ! -f "$1" ]; then
    echo "There is no display here, so there is no window. To enlarge a photo without one: make run PHOTO=..." >&2
    exit 2
fi
folder=$(results_folder)
echo "There is no display here, so there is no window: enlarging the sample photo instead, into $folder"
exec "$python" -m desktop enhance --existing overwrite -o "$folder" "$1"
