"""File <-> Photo: reading what strangers send, writing it back without losing what belongs to it."""
