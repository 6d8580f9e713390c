"""Sizes that are asked for, from the file to the file: exact pixels, passes, what is told, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from desktop.core import auto, footprint, forecast, memory
from desktop.core.cancel import CancelToken
from desktop.core.experience import Experience
from desktop.core.jobs import JobState, Reason, Request
from desktop.core.opencv import cv2
from desktop.core.photo.cut import Cut
from desktop.core.photo.formats import PNG
from desktop.core.photo.read import read
from desktop.core.pipeline import Limits
from desktop.core.sizes import planned

CM = "print 20x30cm@300"
# Sides of a paper that takes little time: what is exact there is exact anywhere.
SMALL = "print 20x30cm@20"


@pytest.fixture
def process(fake_pipeline):
    """``process(path, **request)``: the outcome of one job with fake networks."""

    def run(path, *, limits=None, progress=None, cancel=None, observer=None, foretell=None, **request):
        line = fake_pipeline()
        line.limits = limits or line.limits
        asked = Request(path, **{"model": "edsr-baseline"} | request)
        return line.process(asked, progress=progress, cancel=cancel, observer=observer, foretell=foretell)

    return run


def _items(items):
    return {item.item: item.detail for item in items}


@pytest.mark.parametrize("how", ["crop", "fit"])
@pytest.mark.parametrize(("name", "size"), [("a.jpg", (480, 360)), ("b.png", (150, 400)), ("c.tif", (1100, 900))])
def test_a_print_has_exactly_the_pixels_and_dots_per_inch(process, photo_file, photo_like, name, size, how):
    outcome = process(photo_file(name, photo_like(*size)), target=f"{CM} {how}", format="jpeg")
    assert outcome.error is None
    wanted = (3543, 2362) if size[0] > size[1] else (2362, 3543)
    with Image.open(outcome.output) as result:
        assert result.size == wanted == (outcome.width, outcome.height)
        assert result.info["dpi"] == pytest.approx((300, 300))
    told = _items(outcome.fidelity.converted)
    assert told["resolution"] == "300 dpi, for the print size that you chose"
    assert ("part" in told) == (how == "crop")
    assert ("white border" in told) == (how == "fit")


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "jpg"])
def test_every_format_says_the_dots_per_inch(process, photo_file, photo_like, suffix):
    outcome = process(photo_file(f"a.{suffix}", photo_like(30, 40)), target=f"{SMALL} crop")
    assert read(outcome.output).dpi == pytest.approx((20, 20), abs=0.02)


@pytest.mark.parametrize(
    ("target", "size", "passes"),
    [
        ("longest 100", (100, 80), (3,)),
        ("width 240", (240, 192), (2, 3)),
        ("height 64", (80, 64), (2,)),
        ("megapixels 0.002", (50, 40), (2,)),
        ("longest 1000", (1000, 800), (3, 3, 3)),
    ],
)
def test_a_size_is_exact_and_reached_by_passes(process, photo_file, photo_like, target, size, passes):
    outcome = process(photo_file("a.png", photo_like(40, 32)), target=target)
    assert (outcome.width, outcome.height) == size
    assert outcome.passes == passes
    assert read(outcome.output).pixels.shape[:2] == size[::-1]
    assert outcome.output.name == f"a_x{outcome.scale:g}.png"


def test_a_photo_that_is_large_enough_needs_no_network_and_says_so(process, photo_file, photo_like):
    outcome = process(photo_file("a.png", photo_like(90, 60)), target="longest 45")
    assert (outcome.width, outcome.height, outcome.model, outcome.passes) == (45, 30, "", ())
    assert outcome.engine == ""
    assert _items(outcome.fidelity.converted)["size"].startswith("90 × 60 became 45 × 30 pixels: large enough")
    same = process(photo_file("b.png", photo_like(90, 60)), target="longest 90")
    np.testing.assert_array_equal(read(same.output).pixels, photo_like(90, 60))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_depth_and_grey_stay_on_the_way_to_a_size(process, noise, tmp_path, dtype, channels):
    shape = (30, 40) if channels == 1 else (30, 40, channels)
    cv2.imwrite(str(tmp_path / "a.png"), noise(shape, dtype))
    outcome = process(tmp_path / "a.png", target=f"{SMALL} fit")
    result = read(outcome.output)
    assert result.pixels.dtype == dtype
    assert result.is_grey == (channels == 1)
    assert result.pixels[0, 0].min() == np.iinfo(dtype).max


def test_what_travels_with_a_photo_goes_to_its_size_too(process, exif_of, tmp_path, photo_like):
    path, profile = tmp_path / "a.jpg", _profile()  # which says when it was made
    Image.fromarray(photo_like(40, 30)).save(path, exif=exif_of(40, 30), icc_profile=profile, dpi=(72, 72))
    result = read(process(path, target="longest 100", cut=Cut(0, (5, 5, 30, 20))).output)
    assert result.icc == profile
    assert result.dpi == (72, 72)
    with Image.open(tmp_path / "a_x3.33.jpg") as image:
        described = image.getexif()
        assert described[271] == "Maker"
        assert (described.get_ifd(0x8769)[0xA002], described.get_ifd(0x8769)[0xA003]) == (100, 67)


def _profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def exif_of():
    def make(width, height):
        exif = Image.Exif()
        exif[271] = "Maker"
        exif.get_ifd(0x8769).update({0xA002: width, 0xA003: height})
        return exif

    return make


def test_a_photo_is_cut_before_the_network_sees_it(fake_pipeline, fake_net, photo_file, photo_like):
    net = fake_net()
    line = fake_pipeline(net)
    request = Request(photo_file("a.png", photo_like(80, 60)), model="edsr-baseline", cut=Cut(0, (10, 20, 12, 8)))
    outcome = line.process(request)
    assert net.seen == [(8, 12)]
    assert (outcome.width, outcome.height, outcome.input_width, outcome.input_height) == (36, 24, 80, 60)
    assert _items(outcome.fidelity.converted)["part"] == "12 × 8 of 80 × 60 pixels, as you chose"


def test_a_part_beyond_the_edge_fails_in_words(process, photo_file, photo_like):
    outcome = process(photo_file("a.png", photo_like(80, 60)), cut=Cut(0, (70, 0, 20, 20)))
    assert (outcome.state, outcome.error.code) == (JobState.FAILED, "outside")


def test_a_photo_on_its_side_is_measured_upright(process, photo_file, photo_like):
    exif = Image.Exif()
    exif[274] = 6
    outcome = process(
        photo_file("a.jpg", photo_like(80, 60), exif=exif), cut=Cut(0, (0, 70, 60, 10)), target="width 120"
    )
    assert outcome.error is None
    assert (outcome.width, outcome.height) == (120, 20)


def test_progress_of_all_passes_is_one_and_never_runs_backwards(process, photo_file, photo_like):
    told = []
    process(photo_file("a.png", photo_like(40, 32)), target="longest 1000", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    # The last of three passes has nearly all of the pixels.
    assert sum(part > 0.2 for part in told) > len(told) / 2


def test_a_run_can_be_cancelled_in_any_pass(process, photo_file, photo_like):
    cancel = CancelToken()
    seen = []

    def note(part):
        seen.append(part)
        if len(seen) == 4:
            cancel.cancel()

    outcome = process(photo_file("a.png", photo_like(40, 32)), target="longest 1000", progress=note, cancel=cancel)
    assert outcome.state is JobState.CANCELLED
    assert outcome.output is None


class _Watcher:
    def __init__(self):
        self.begun = []
        self.tiles = 0

    def begin(self, source, result, todo, scale):
        self.begun.append((result.width, result.height, scale))

    def arrived(self, tile):
        self.tiles += 1


def test_only_the_last_pass_is_looked_at(process, photo_file, photo_like):
    watcher = _Watcher()
    process(photo_file("a.png", photo_like(40, 32)), target="width 240", observer=watcher)
    assert watcher.begun == [(240, 192, 3)]
    assert watcher.tiles


def test_the_cap_counts_for_the_result_and_not_for_what_leads_there(process, photo_file, photo_like):
    path = photo_file("a.png", photo_like(700, 700))
    assert process(path, target="longest 1000", limits=Limits(512, 1)).state is JobState.DONE
    assert process(path, target="longest 1001", limits=Limits(512, 1)).error.code == "too-large"


def test_a_model_that_a_later_pass_needs_is_named_before_anything_is_done(workspace, fake_pipeline, photo_file):
    line = fake_pipeline()
    line._loaded.has = lambda model: model.id != "edsr-baseline-x3"
    outcome = line.process(Request(photo_file("a.png"), model="edsr-baseline", target="longest 144"))
    assert (outcome.error.code, outcome.passes) == ("model-missing", (2, 3))
    assert "edsr-baseline-x3" in str(outcome.error)


def test_automatic_restores_once_and_then_enlarges(fake_pipeline, fake_engine, photo_file, photo_like, monkeypatch):
    monkeypatch.setattr(auto, "choose", lambda _condition: (60, Reason("because")))
    line = fake_pipeline()
    (engine,) = line._loaded._engines.values()
    outcome = line.process(Request(photo_file("a.jpg", photo_like(40, 32)), model="auto", target="width 240"))
    assert engine.loaded == ["edsr-restore-x2", "edsr-baseline-x3"]
    assert (outcome.model, outcome.strength) == ("edsr-restore-x2", 60)


def test_the_memory_that_is_asked_for_counts_what_leads_to_a_size(catalogue, process, photo_file, monkeypatch):
    def needed(target):
        plan = planned(Request(Path("a.png"), target=target), (3000, 3000), catalogue)
        return footprint.plan_mib(plan, 3, PNG)

    # Twice as wide and high on the way to hardly more than the photo has.
    assert needed("longest 3100") > needed("longest 3000") + 3 * 36_000_000 // memory.MIB - 60
    monkeypatch.setattr(memory, "available_mib", lambda: 0)
    assert process(photo_file("a.png", np.zeros((600, 600, 3), np.uint8)), target=CM).error.code == "out-of-memory"


def test_a_photo_beyond_the_limit_is_refused_whatever_it_is_to_become(fake_pipeline, photo_file):
    path = photo_file("a.png", np.zeros((1000, 1200), np.uint8))
    outcome = fake_pipeline(max_megapixels=1).process(Request(path, model="edsr-baseline", target="longest 100"))
    assert outcome.error.code == "too-large"
    assert "has 1200 × 1000 pixels" in str(outcome.error)
    within = fake_pipeline(max_megapixels=2).process(Request(path, model="edsr-baseline", target="longest 100"))
    assert (within.width, within.height) == (100, 83)


def test_what_is_foreseen_is_what_comes(workspace, photo_file, photo_like, process):
    path = photo_file("a.png", photo_like(90, 60))
    request = Request(path, model="edsr-baseline", target=f"{SMALL} crop", format="jpeg")
    foreseen = forecast.Forecaster(workspace.catalogue, Experience(workspace.folders.cache))
    prediction = foreseen.predict(request, workspace.reader.glance(path))
    outcome = process(path, target=request.target, format="jpeg")
    assert prediction.plan.size == (outcome.width, outcome.height)
    assert prediction.plan.scales == outcome.passes
    assert prediction.plan.factor == outcome.scale
    assert prediction.seconds > 0
    assert prediction.bytes > 0
    assert prediction.mib > 50
    # A size that a photo has already costs no network.
    small = foreseen.predict(replace(request, target="longest 45"), workspace.reader.glance(path))
    assert small.seconds < prediction.seconds


def test_the_forecast_of_a_part_that_is_not_there_is_left_to_the_photo(workspace):
    foreseen = forecast.Forecaster(workspace.catalogue, Experience(workspace.folders.cache))
    request = Request(Path("a.jpg"), cut=Cut(0, (0, 0, 99, 99)))
    assert foreseen.work(request, (10, 10)).kind is None
    assert foreseen.result_bytes(request, (10, 10)) == 0


def test_faces_that_were_marked_for_the_whole_photo_are_not_kept_for_a_part_of_it(process, photo_like, tmp_path):
    marked = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/">
    <mwg-rs:Regions rdf:parseType="Resource"/></rdf:Description></rdf:RDF></x:xmpmeta>"""
    Image.fromarray(photo_like(40, 30)).save(tmp_path / "a.jpg", xmp=marked)
    whole = process(tmp_path / "a.jpg", target="longest 100")
    assert b"mwg-rs:Regions" in read(whole.output).xmp
    part = process(tmp_path / "a.jpg", cut=Cut(0, (5, 5, 20, 20)))
    assert b"mwg-rs:Regions" not in read(part.output).xmp
    assert "marked faces and places" in _items(part.fidelity.lost)


def test_where_the_subject_is_in_the_whole_photo_is_not_kept_for_a_part_of_it(process, exif_of, photo_like, tmp_path):
    exif = exif_of(40, 30)
    exif.get_ifd(0x8769)[0x9214] = (20, 15, 8, 8)
    Image.fromarray(photo_like(40, 30)).save(tmp_path / "a.jpg", exif=exif)
    for cut, kept in ((None, True), (Cut(0, (5, 5, 20, 20)), False)):
        outcome = process(tmp_path / "a.jpg", cut=cut, existing="overwrite")
        with Image.open(outcome.output) as image:
            assert (0x9214 in image.getexif().get_ifd(0x8769)) is kept
            assert image.getexif().get_ifd(0x8769)[0xA002] == image.width
        assert ("place of the subject" in _items(outcome.fidelity.lost)) is not kept
