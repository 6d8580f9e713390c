"""Every action of the window: its words, its key, its place in the menu."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from desktop.ui.comparison_panel import ComparisonPanel
from desktop.ui.queue_head import QueueHead

Key = QKeySequence.StandardKey


class Actions:
    """Actions and the menus that hold them. Connecting them is the window's affair.

    Attributes:
        comparing: those of the comparison, which are connected already
    """

    def __init__(self, window: QMainWindow, panel: ComparisonPanel, head: QueueHead) -> None:
        self._window = window
        self.add = self._make(_tr("&Add photos…"), Key.Open)
        self.add_folder = self._make(_tr("Add a &folder…"), "Ctrl+Shift+O")
        self.watch = self._make(_tr("&Watch a folder…"), "")
        self.paste = self._make(_tr("&Paste photo"), Key.Paste)
        self.save_as = self._make(_tr("&Save result as…"), Key.SaveAs)
        self.open = self._make(_tr("&Open result"), "Ctrl+Return")
        self.reveal = self._make(_tr("Show &in folder"), "Ctrl+E")
        self.copy_view = self._make(_tr("&Copy the view"), Key.Copy)
        self.copy_pair = self._make(_tr("Copy &before and after"), "Ctrl+B")
        self.save_view = self._make(_tr("Sa&ve the view as…"), "Ctrl+Shift+V")
        self.save_pair = self._make(_tr("Save before and a&fter as…"), "Ctrl+Shift+B")
        self.settings = self._make(_tr("S&ettings…"), "Ctrl+,")
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.models = self._make(_tr("&Models…"), "")
        self.models.setObjectName("modelsAction")
        self.quit = self._make(_tr("&Quit"), Key.Quit)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)

        self.start = self._make(_tr("&Enhance"), "Ctrl+R")
        self.pause = self._make(_tr("&Pause or resume"), "Ctrl+P")
        self.cancel = self._make(_tr("&Cancel all"), "Ctrl+.")
        self.cancel_selected = self._make(_tr("Cancel &selected"), "")
        self.retry = self._make(_tr("&Try again"), "Ctrl+T")
        self.retry_failed = self._make(_tr("Try a&ll failed again"), "Ctrl+Shift+T")
        self.best = self._make(_tr("&Best quality, eight times slower"), "")
        self.best.setObjectName("bestAction")
        self.best.setCheckable(True)
        self.do_next = self._make(_tr("Do this one ne&xt"), "Ctrl+Shift+Up")
        self.move_up = self._make(_tr("Move &up"), "Alt+Up")
        self.move_down = self._make(_tr("Move &down"), "Alt+Down")
        self.photo_settings = self._make(_tr("Settin&gs for this photo…"), "Alt+Return")
        self.crop = self._make(_tr("Crop and strai&ghten…"), "Ctrl+K")
        self.crop.setObjectName("cropAction")
        self.remove = self._make(_tr("Re&move from the list"), "")
        self.undo = self._make(_tr("U&ndo removing"), Key.Undo)
        self.clear = self._make(_tr("Clear &finished"), "Ctrl+Shift+Del")
        self.save_report = self._make(_tr("Save a rep&ort…"), "Ctrl+Shift+R")
        self.copy_path = self._make(_tr("Copy pat&h"), "Ctrl+Shift+C")
        self.copy_error = self._make(_tr("Copy &message"), "")
        self.previous = self._make(_tr("P&revious photo"), "[")
        self.next = self._make(_tr("&Next photo"), "]")

        self.shortcuts = self._make(_tr("&Keyboard shortcuts"), Key.HelpContents)
        self.updates = self._make(_tr("Check for &updates…"), "")
        self.about = self._make(_tr("&About Rekindle"), "")
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self._fill_menus(panel, head)

    @property
    def for_a_photo(self) -> tuple[QAction, ...]:
        """What the menu on a row offers, in order; None of them makes sense without a photo."""
        return (
            self.open,
            self.reveal,
            self.save_as,
            self.copy_path,
            self.copy_error,
            self.retry,
            self.do_next,
            self.photo_settings,
            self.crop,
            self.cancel_selected,
            self.remove,
        )

    @property
    def about_the_list(self) -> tuple[QAction, ...]:
        """What moves, takes out, tries again or looks at photos in it."""
        return (
            self.retry,
            self.retry_failed,
            self.do_next,
            self.move_up,
            self.move_down,
            self.photo_settings,
            self.crop,
            self.undo,
            self.clear,
            self.copy_path,
            self.previous,
            self.next,
        )

    @property
    def of_the_comparison(self) -> tuple[QAction, ...]:
        """What takes the comparison elsewhere: of the view and of before and after, to the clipboard and to files."""
        return self.copy_view, self.copy_pair, self.save_view, self.save_pair

    @property
    def all(self) -> list[QAction]:
        """Every action, in the order of the menus."""
        return [action for action in vars(self).values() if isinstance(action, QAction)]

    def _fill_menus(self, panel: ComparisonPanel, head: QueueHead) -> None:
        bar = self._window.menuBar()
        photo = bar.addMenu(_tr("&Photo"))
        photo.addActions([self.add, self.add_folder, self.paste, self.watch])
        photo.addSeparator()
        photo.addActions([self.open, self.reveal, self.save_as, self.copy_path])
        photo.addSeparator()
        photo.addActions([self.copy_view, self.copy_pair, self.save_view, self.save_pair])
        photo.addSeparator()
        photo.addActions([self.models, self.settings])
        photo.addSeparator()
        photo.addAction(self.quit)
        queue = bar.addMenu(_tr("&Queue"))
        queue.setToolTipsVisible(True)
        queue.addActions([self.start, self.pause, self.cancel])
        queue.addSeparator()
        queue.addAction(self.best)
        queue.addSeparator()
        queue.addActions([self.retry, self.retry_failed, self.cancel_selected])
        queue.addSeparator()
        queue.addActions([self.do_next, self.move_up, self.move_down])
        queue.addSeparator()
        queue.addActions([self.photo_settings, self.crop])
        queue.addSeparator()
        queue.addActions([self.remove, self.undo, self.clear])
        queue.addSeparator()
        queue.addActions([self.save_report])
        queue.addSeparator()
        queue.addActions([self.previous, self.next])
        view = bar.addMenu(_tr("&View"))
        panel.commands.fill(view)
        self.comparing = tuple(panel.commands.all)
        view.addMenu(_tr("Show in the &list")).addActions(head.part_actions)
        view.addMenu(_tr("S&ort the list by")).addActions(head.order_actions)
        help_menu = bar.addMenu(_tr("&Help"))
        help_menu.addActions([self.shortcuts, self.updates, self.about])

    def _make(self, text: str, key: QKeySequence.StandardKey | str) -> QAction:
        action = QAction(text, self._window)
        if isinstance(key, Key):
            action.setShortcuts(key)
        elif key:
            action.setShortcut(QKeySequence(key))
        return action


def _tr(text: str) -> str:
    return QCoreApplication.translate("Actions", text)
