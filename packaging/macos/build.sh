#!/bin/sh
# Packs dist/Rekindle.app into a disk image, on macOS: packaging/macos/build.sh VERSION. Signed where REKINDLE_SIGN_AS
# names a "Developer ID Application" in the keychain (build.spec then has signed everything inside), and notarised where
# NOTARY_KEY (a file), NOTARY_KEY_ID and NOTARY_ISSUER are set too. Without them the image is good for its maker only.
set -eu

version=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
cd "$root"
app=dist/Rekindle.app
image=dist/Rekindle-$version-macos-$(uname -m).dmg
entitlements=packaging/macos/entitlements.plist

if [ -n "${REKINDLE_SIGN_AS:-}" ]; then
    codesign --force --timestamp --options runtime --entitlements "$entitlements" --sign "$REKINDLE_SIGN_AS" "$app"
    codesign --verify --deep --strict "$app"
else
    echo "REKINDLE_SIGN_AS is not set: not signed."
fi

folder=build/dmg
rm -rf "$folder" "$image"
mkdir -p "$folder"
cp -R "$app" "$folder/"
ln -s /Applications "$folder/Applications"
hdiutil create -quiet -volname Rekindle -srcfolder "$folder" -format UDZO "$image"

if [ -n "${REKINDLE_SIGN_AS:-}" ]; then codesign --timestamp --sign "$REKINDLE_SIGN_AS" "$image"; fi
if [ -n "${REKINDLE_SIGN_AS:-}" ] && [ -n "${NOTARY_KEY:-}" ]; then
    xcrun notarytool submit "$image" --key "$NOTARY_KEY" --key-id "$NOTARY_KEY_ID" --issuer "$NOTARY_ISSUER" --wait
    xcrun stapler staple "$image"
else
    echo "Not notarised."
fi
ls -l "$image"
