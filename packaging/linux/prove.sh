#!/bin/sh
# Installs the .deb in a bare Debian without Python, and uses it there: packaging/linux/prove.sh [FILE.deb [SUITE]].
# As root, with mmdebstrap, Xvfb, xdotool and ImageMagick; the root it makes is in build/bare-SUITE and is kept.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
cd "$here"
deb=${1:-$(ls dist/rekindle_*.deb)}
suite=${2:-bookworm}
root=$here/build/bare-$suite
screens=$here/build/package-screens
mkdir -p "$screens"

if [ ! -e "$root/etc/debian_version" ]; then mmdebstrap --quiet --variant=minbase "$suite" "$root"; fi
cleanup() {
    if [ -n "${display_pid:-}" ]; then kill "$display_pid" 2>/dev/null || true; fi
    umount -l "$root/tmp/.X11-unix" "$root/proc" 2>/dev/null || true
}
trap cleanup EXIT
mkdir -p "$root/tmp/.X11-unix"
mount -t proc proc "$root/proc"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

echo "== A bare root: $(cat "$root/etc/debian_version"), $(inside chroot "$root" getconf GNU_LIBC_VERSION)"
if inside chroot "$root" sh -c 'command -v python3'; then echo "There is a Python in it."; exit 1; else echo "no Python"; fi

echo "== Only what the package depends on, then dpkg -i"
cp "$deb" "$root/tmp/rekindle.deb"
needed=$(dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/([^)]*)//; s/|.*//; s/ //g')
echo "$needed" | tr '\n' ' '
echo
inside chroot "$root" apt-get -qq update
# shellcheck disable=SC2086  # a list of packages
inside chroot "$root" apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends $needed >/dev/null
inside chroot "$root" dpkg -i /tmp/rekindle.deb
inside chroot "$root" sh -c 'ls -l /usr/bin/rekindle; cd /; rekindle --version; rekindle self-test'

echo "== A photo on the command line"
mkdir -p "$root/root/Bilder"
cp resources/sample/*.jpg "$root/root/Bilder/photo.jpg"
inside chroot "$root" rekindle enhance /root/Bilder/photo.jpg --existing overwrite

echo "== The window, opened with a photo"
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -noreset 3>"$root/tmp/number" 2>/dev/null &
display_pid=$!
until [ -s "$root/tmp/number" ]; do sleep 0.1; done
display=:$(cat "$root/tmp/number")
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
inside DISPLAY="$display" chroot "$root" rekindle /root/Bilder/photo.jpg &
window=''
for _ in $(seq 600); do
    window=$(DISPLAY=$display xdotool search --onlyvisible --name Rekindle 2>/dev/null || true)
    if [ -n "$window" ]; then break; fi
    sleep 0.1
done
if [ -z "$window" ]; then echo "There is no window."; exit 1; fi
rm -f "$root/root/Bilder/photo_x3 (2).jpg"
DISPLAY=$display xdotool windowfocus "$window"
sleep 3
DISPLAY=$display xdotool key ctrl+r
for _ in $(seq 1200); do
    if [ -e "$root/root/Bilder/photo_x3 (2).jpg" ]; then break; fi
    sleep 0.1
done
sleep 3
import -display "$display" -window root "$screens/bare-$suite.png"
DISPLAY=$display xdotool key ctrl+q
wait %2 || true
cmp "$root/root/Bilder/photo_x3.jpg" "$root/root/Bilder/photo_x3 (2).jpg" &&
    echo "The window's result is the command line's, byte for byte; the picture is $screens/bare-$suite.png"

echo "== Removed again"
inside chroot "$root" dpkg -r rekindle
ls -A "$root/root/.local/share/rekindle"
if [ -e "$root/opt/rekindle" ]; then echo "/opt/rekindle is left"; exit 1; fi
echo "All is well."
