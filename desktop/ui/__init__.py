"""The window: Qt Widgets. Widgets show state and emit requests; controllers decide."""
