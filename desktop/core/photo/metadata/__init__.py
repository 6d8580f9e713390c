"""What describes a photo beside its pixels: EXIF, XMP, IPTC and text, changed only where enlarging makes it untrue."""
