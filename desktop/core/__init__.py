"""Everything Rekindle knows about photos, models and jobs. No Qt in here: it runs with PySide6 uninstalled."""
