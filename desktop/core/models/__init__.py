"""Which models exist (catalogue) and which are on this computer (store)."""
