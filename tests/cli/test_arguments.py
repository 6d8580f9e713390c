"""The command line's words, and what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

import desktop
from desktop.cli.arguments import COMMANDS, WINDOW, parse


def _refused(capsys, *arguments):
    with pytest.raises(SystemExit) as ending:
        parse(arguments)
    told = capsys.readouterr()
    assert ending.value.code == 2
    assert told.out == ""
    return told.err


def test_nothing_means_the_window():
    options = parse([])
    assert (options.command, options.photos, options.data_dir) == (WINDOW, [], None)


def test_photos_without_a_command_go_into_the_window_s_queue():
    options = parse(["a.png", "album"])
    assert (options.command, options.photos) == (WINDOW, [Path("a.png"), Path("album")])


def test_a_photo_may_be_named_like_a_command_behind_another_photo():
    assert parse(["a.png", "models"]).photos == [Path("a.png"), Path("models")]


def test_enhancing_has_the_promised_defaults():
    options = parse(["enhance", "a.png"])
    assert options.photos == [Path("a.png")]
    assert (options.output, options.format, options.model, options.scale) == (None, None, None, None)
    assert (options.engine, options.quality, options.existing) == ("auto", 95, "rename")
    assert (options.memory, options.max_megapixels) == (0, 1000)
    assert (options.json, options.log_level) == (False, "warning")


def test_every_option_of_enhancing_arrives():
    words = "enhance a.png b -o out --scale 2 --model edsr --engine opencv --format tiff --quality 80"
    options = parse(f"{words} --existing skip --memory 512 --max-megapixels 50".split())
    assert options.photos == [Path("a.png"), Path("b")]
    assert (options.output, options.scale, options.model, options.engine) == (Path("out"), 2, "edsr", "opencv")
    assert (options.format, options.quality, options.existing) == ("tiff", 80, "skip")
    assert (options.memory, options.max_megapixels) == (512, 50)


@pytest.mark.parametrize("command", [["enhance", "a.png"], ["models", "list"], ["models", "verify"], ["self-test"]])
@pytest.mark.parametrize("place", ["before", "after"])
def test_what_holds_for_every_command_may_stand_before_or_behind_it(place, command):
    common = ["--data-dir", "there", "--json", "--log-level", "error"]
    options = parse([*common, *command] if place == "before" else [*command, *common])
    assert options.command == command[0]
    assert (options.data_dir, options.json, options.log_level) == (Path("there"), True, "error")


def test_what_holds_for_every_command_may_stand_inside_a_nested_one():
    assert parse(["models", "--json", "list"]).json


def test_what_holds_for_every_command_holds_for_the_window_too():
    assert parse(["--data-dir=there", "a.png"]).data_dir == Path("there")


def test_the_data_folder_may_be_in_the_environment(monkeypatch):
    monkeypatch.setenv("REKINDLE_DATA_DIR", "from the environment")
    assert parse(["models", "list"]).data_dir == Path("from the environment")


def test_a_data_folder_that_is_named_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("REKINDLE_DATA_DIR", "from the environment")
    assert parse(["models", "list", "--data-dir", "named"]).data_dir == Path("named")


def test_an_empty_data_folder_in_the_environment_is_none(monkeypatch):
    monkeypatch.setenv("REKINDLE_DATA_DIR", "")
    assert parse(["models", "list"]).data_dir is None


def test_a_photo_that_begins_with_a_dash_can_be_named():
    assert parse(["enhance", "--", "-o.png"]).photos == [Path("-o.png")]


def test_models_can_be_verified_one_or_all():
    assert parse(["models", "verify"]).model is None
    assert parse(["models", "verify", "edsr-baseline-x3"]).model == "edsr-baseline-x3"


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS)], ids=" ".join)
def test_every_command_tells_its_version(command, capsys):
    with pytest.raises(SystemExit) as ending:
        parse([*command, "--version"])
    assert ending.value.code == 0
    assert capsys.readouterr().out.strip() == f"rekindle {desktop.__version__}"


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS), ["models", "list"]], ids=" ".join)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ending:
        parse([*command, "--help"])
    assert ending.value.code == 0
    assert "--data-dir" in capsys.readouterr().out


@pytest.mark.parametrize(
    "option", ["--output", "--scale", "--model", "--engine", "--format", "--quality", "--existing"]
)
def test_the_help_of_enhancing_names_its_options(option, capsys):
    with pytest.raises(SystemExit):
        parse(["enhance", "--help"])
    assert option in capsys.readouterr().out


@pytest.mark.parametrize("words", ["enhance", "enhance --json", "models", "models explode", "models verify a b"])
def test_a_call_that_lacks_something_is_refused(words, capsys):
    assert "usage:" in _refused(capsys, *words.split())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--scale", "5"),
        ("--scale", "0"),
        ("--scale", "three"),
        ("--quality", "0"),
        ("--quality", "101"),
        ("--quality", "best"),
        ("--format", "gif"),
        ("--existing", "explode"),
        ("--memory", "0"),
        ("--memory", "-1"),
        ("--max-megapixels", "0"),
        ("--log-level", "shout"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(option, value, capsys):
    assert option in _refused(capsys, "enhance", "a.png", option, value)


@pytest.mark.parametrize("words", [[""], ["enhance", ""], ["enhance", "a.png", "-o", ""]], ids=str)
def test_an_empty_name_is_not_the_current_folder(words, capsys):
    assert "an empty name" in _refused(capsys, *words)


def test_an_unknown_option_is_refused(capsys):
    assert "--explode" in _refused(capsys, "enhance", "a.png", "--explode")


def test_strength_and_best_quality():
    options = parse(["enhance", "a.jpg"])
    assert (options.strength, options.self_ensemble) == (None, False)
    options = parse(["enhance", "a.jpg", "--strength", "0", "--self-ensemble"])
    assert (options.strength, options.self_ensemble) == (0, True)


@pytest.mark.parametrize("strength", ["-1", "101", "half", "5.5", ""])
def test_a_strength_is_a_whole_number_up_to_a_hundred(strength, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["enhance", "a.jpg", "--strength", strength])
    assert ended.value.code == 2
    assert "--strength" in capsys.readouterr().err
