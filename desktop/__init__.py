"""Rekindle: enlarge and restore photos on your own computer, faithfully."""

__version__ = "0.1.0"
