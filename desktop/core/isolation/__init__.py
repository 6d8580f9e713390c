"""Work in child processes with limits: decoding strangers' files, so that a decoder's crash is a failed photo only.

What is sent to and fro is JSON and plain arrays, never pickles: what a child that was taken over sends must not be able
to run anything here.
"""

FLAG = "--isolated-worker"
"""What the frozen application is started with to be a child instead."""

GRAPHICS_FLAG = "--isolated-graphics"
"""The same for a child that has a network on a graphics card."""
