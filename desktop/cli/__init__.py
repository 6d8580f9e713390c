"""Rekindle without a window. No Qt in here."""
