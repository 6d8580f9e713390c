"""Colours and measures: a quiet darkroom in which the photo is the only colourful thing."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from desktop.core.paths import bundled

GRID = 8
PANEL_MARGIN = 12
CONTROL_HEIGHT = 32
ICON_SIDE = 20


@dataclass(frozen=True)
class Tones:
    """The colours of one scheme. Text on ``window`` and ``base`` has a contrast of 4.5:1 or more."""

    name: str
    window: str
    base: str
    alternate: str
    button: str
    border: str
    text: str
    quiet: str
    disabled: str
    accent: str
    on_accent: str
    accent_hover: str
    failure: str
    link: str


LIGHT = Tones(
    name="light",
    window="#f0f0f0",
    base="#fafafa",
    alternate="#f3f3f3",
    button="#ffffff",
    border="#c4c4c4",
    text="#1c1c1c",
    quiet="#5c5c5c",
    disabled="#8c8c8c",
    accent="#c2410c",
    on_accent="#ffffff",
    accent_hover="#a8380a",
    failure="#b3261e",
    link="#a8380a",
)
DARK = Tones(
    name="dark",
    window="#242424",
    base="#1d1d1d",
    alternate="#262626",
    button="#333333",
    border="#4a4a4a",
    text="#ececec",
    quiet="#ababab",
    disabled="#7a7a7a",
    accent="#f08a4b",
    on_accent="#1c1c1c",
    accent_hover="#f5a06c",
    failure="#ff8a80",
    link="#f5a06c",
)


def tones() -> Tones:
    """The colours of the scheme in force."""
    return DARK if is_dark() else LIGHT


def is_dark() -> bool:
    palette = QGuiApplication.palette()
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def apply(application: QApplication, dark: bool | None = None) -> None:
    """Puts Fusion with our palette on the application.

    Args:
        dark: which scheme; the system's where None.
    """
    if dark is None:
        dark = application.styleHints().colorScheme() == Qt.ColorScheme.Dark
    chosen = DARK if dark else LIGHT
    application.setStyle("Fusion")
    application.setPalette(_palette(chosen))
    application.setStyleSheet(_sheet(chosen))


def _palette(chosen: Tones) -> QPalette:
    palette = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    colours = {
        role.Window: chosen.window,
        role.Base: chosen.base,
        role.AlternateBase: chosen.alternate,
        role.Button: chosen.button,
        role.ToolTipBase: chosen.button,
        role.WindowText: chosen.text,
        role.Text: chosen.text,
        role.ButtonText: chosen.text,
        role.ToolTipText: chosen.text,
        role.BrightText: chosen.failure,
        role.PlaceholderText: chosen.quiet,
        role.Highlight: chosen.accent,
        role.HighlightedText: chosen.on_accent,
        role.Accent: chosen.accent,
        role.Link: chosen.link,
        role.LinkVisited: chosen.link,
        role.Light: chosen.alternate,
        role.Midlight: chosen.alternate,
        role.Mid: chosen.border,
        role.Dark: chosen.border,
        role.Shadow: "#000000",
    }
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, name, QColor(chosen.disabled))
    palette.setColor(group.Disabled, role.Highlight, QColor(chosen.border))
    return palette


def _tick(kind: str) -> str:
    """For a check box. Fusion's frame of one cannot be seen on a dark window; who draws the frame draws the tick."""
    return bundled("resources", "icons", f"tick-{kind}.svg").as_posix()


def _dot(ink: str, paper: str) -> str:
    """In a radio button."""
    return f"qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5, stop: 0.5 {ink}, stop: 0.6 {paper})"


def _sheet(chosen: Tones) -> str:
    """The few things a palette cannot say: the primary action, links, quiet text, edges."""
    return f"""
    QPushButton[primary="true"] {{
        background: {chosen.accent}; color: {chosen.on_accent}; border: 2px solid {chosen.accent}; border-radius: 4px;
        padding: 0 16px; font-weight: 600;
    }}
    QPushButton[primary="true"]:hover {{ background: {chosen.accent_hover}; border-color: {chosen.accent_hover}; }}
    QPushButton[primary="true"]:focus {{ border-color: {chosen.text}; }}
    QPushButton[primary="true"]:disabled {{
        background: {chosen.window}; color: {chosen.disabled}; border: 1px solid {chosen.border};
    }}
    QPushButton[link="true"] {{
        border: 2px solid transparent; border-radius: 4px; background: transparent; color: {chosen.link};
        text-decoration: underline; padding: 0 8px;
    }}
    QPushButton[link="true"]:focus {{ border-color: {chosen.accent}; }}
    QPushButton[calm="true"] {{
        border: 2px solid transparent; border-radius: 4px; background: transparent; color: {chosen.quiet};
        padding: 0 6px;
    }}
    QPushButton[calm="true"]:hover {{ color: {chosen.text}; }}
    QPushButton[calm="true"]:focus {{ border-color: {chosen.accent}; }}
    QPushButton[failure="true"], QLabel[failure="true"] {{ color: {chosen.failure}; }}
    QCheckBox::indicator, QRadioButton::indicator {{
        width: 12px; height: 12px; border: 1px solid {chosen.quiet}; border-radius: 2px; background: {chosen.base};
    }}
    QRadioButton::indicator {{ border-radius: 7px; }}
    QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {chosen.text}; }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {chosen.border}; }}
    QCheckBox::indicator:checked {{ image: url("{_tick(chosen.name)}"); }}
    QCheckBox::indicator:checked:disabled {{ image: url("{_tick("disabled")}"); }}
    QRadioButton::indicator:checked {{ background: {_dot(chosen.text, chosen.base)}; }}
    QRadioButton::indicator:checked:disabled {{ background: {_dot(chosen.disabled, chosen.base)}; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {chosen.border}; }}
    QSlider::sub-page:horizontal {{ border-radius: 2px; background: {chosen.accent}; }}
    QSlider::sub-page:horizontal:disabled {{ background: {chosen.border}; }}
    QSlider::handle:horizontal {{
        width: 12px; margin: -6px 0; border: 2px solid {chosen.accent}; border-radius: 8px; background: {chosen.base};
    }}
    QSlider::handle:horizontal:hover {{ background: {chosen.button}; }}
    QSlider::handle:horizontal:focus {{ border-color: {chosen.text}; }}
    QSlider::handle:horizontal:disabled {{ border-color: {chosen.border}; }}
    QProgressBar {{ border: none; border-radius: 2px; background: {chosen.border}; }}
    QProgressBar::chunk {{ border-radius: 2px; background: {chosen.accent}; }}
    QLabel[quiet="true"] {{ color: {chosen.quiet}; }}
    QLabel[failure="true"] {{ color: {chosen.failure}; }}
    QListView {{ border: none; border-top: 1px solid {chosen.border}; border-bottom: 1px solid {chosen.border}; }}
    QSplitter::handle {{ background: {chosen.border}; }}
    QStatusBar::item {{ border: none; }}
    """
