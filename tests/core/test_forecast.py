"""What a job will need is known before it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.core import disks, errors, memory
from desktop.core.disks import Disk
from desktop.core.engines.choosing import Candidate, Found, Measured
from desktop.core.engines.figures import expected, library_mib
from desktop.core.experience import Experience, Lesson
from desktop.core.footprint import Running, peak_mib, picture_mib, plan_mib, require_memory
from desktop.core.forecast import Forecaster, Order, require_size, tile_side
from desktop.core.jobs import Account, JobState, Request
from desktop.core.models.catalogue import Catalogue
from desktop.core.photo.formats import AVIF, JPEG, PNG, TIFF, WEBP
from desktop.core.photo.header import glance
from desktop.core.photo.photo import Coding
from desktop.core.sizes import Plan
from desktop.core.throughput import Speed
from desktop.core.workload import Kind


def test_a_result_at_the_limit_is_let_through():
    require_size("a.png", 1000, 1000, 3, 9)


def test_a_result_beyond_the_limit_is_refused_with_its_size_and_the_limit():
    with pytest.raises(errors.TooLargeError, match=r"“a\.png” would become 3,?003 × 3,?000 pixels .* limit of 9\."):
        require_size("a.png", 1001, 1000, 3, 9)


def test_a_result_beyond_four_thousand_million_pixels_is_counted_right():
    with pytest.raises(errors.TooLargeError, match="90,000 megapixels"):
        require_size("a.png", 100_000, 100_000, 3, 1000)


def test_a_larger_result_needs_more_memory():
    assert picture_mib(1000, 1000, 2) < picture_mib(1000, 1000, 4) < picture_mib(2000, 1000, 4)


def test_the_result_itself_fits_into_what_is_foreseen():
    assert picture_mib(1000, 1000, 3) * memory.MIB >= 1000 * 1000 * 3 + 3000 * 3000 * 3 * 2


def test_more_channels_and_bits_need_more_memory():
    assert picture_mib(1000, 1000, 3, 8) == pytest.approx(picture_mib(1000, 1000, 3) * 8 / 3, rel=0.02)


@pytest.mark.parametrize(
    ("bytes_per_pixel", "lossless", "measured"),
    [(3, False, 253), (3, True, 420), (4, False, 492)],
    ids=["lossy", "lossless", "transparent"],
)
def test_writing_webp_is_foretold_as_it_was_measured(bytes_per_pixel, lossless, measured):
    """MiB that a result of 3600 x 2700 pixels took; reading its photo takes its share too."""
    foretold = picture_mib(1200, 900, 3, bytes_per_pixel, WEBP, Coding(lossless=lossless))
    assert measured < foretold < measured * 1.2
    assert foretold > 2 * picture_mib(1200, 900, 3, bytes_per_pixel, PNG)


@pytest.mark.parametrize(
    ("output", "bytes_per_pixel", "coding", "measured"),
    [
        (JPEG, 3, Coding(), 20),
        (JPEG, 3, Coding(progressive=True), 168),
        (JPEG, 6, Coding(), 82),
        (JPEG, 4, Coding(), 73),
        (PNG, 3, Coding(), 66),
        (PNG, 4, Coding(), 66),
        (PNG, 6, Coding(), 237),
        (TIFF, 6, Coding(), 0),
        (TIFF, 8, Coding(), 132),
        (WEBP, 3, Coding(lossless=True), 582),
        (AVIF, 3, Coding(), 711),
    ],
)
def test_coding_is_foretold_as_it_was_measured(output, bytes_per_pixel, coding, measured):
    """MiB that a result of 4800 x 3600 pixels took beside itself, without networks, measured by writing it alone."""
    result = 4800 * 3600 * bytes_per_pixel / memory.MIB
    plan = Plan((1600, 1200), (1600, 1200), (0, 0, 1600, 1200), (4800, 3600), (4800, 3600), (3,), None)
    foretold = peak_mib(plan, bytes_per_pixel, output, Running(), coding=coding)
    assert foretold == pytest.approx(max(result + measured, result * 10 / 9), rel=0.15)
    assert foretold <= plan_mib(plan, bytes_per_pixel, output, coding) + 20


@pytest.mark.parametrize(
    ("engine", "model", "measured"),
    [
        ("openvino", "edsr-baseline-x2", (80, 99)),
        ("openvino", "edsr-baseline-x3", (88, 100)),
        ("openvino", "edsr-baseline-x4", (113, 119)),
        ("openvino", "espcn-x3", (93, 93)),
        ("openvino", "lapsrn-x4", (137, 137)),
        ("openvino", "lapsrn-x8", (214, 214)),
        ("opencv", "edsr-baseline-x3", (101, 101)),
        ("opencv", "espcn-x3", (51, 51)),
        ("opencv", "lapsrn-x4", (155, 155)),
        ("ncnn", "edsr-baseline-x3", (141, 141)),
        ("ncnn", "espcn-x3", (73, 73)),
        ("ncnn", "lapsrn-x4", (492, 492)),
        ("ncnn", "lapsrn-x8", (1614, 1614)),
    ],
)
def test_what_a_network_takes_is_foretold_as_it_was_measured(catalogue, engine, model, measured):
    """MiB that a process grew by for loading it and running 500 x 500 pixels, the result left out."""
    found = next(one for one in catalogue.models if one.id == model)
    needs = expected(found, engine)
    foretold = needs.working_mib(needs.tile) + library_mib(found, engine)
    least, most = measured
    assert 0.95 * most <= foretold <= 1.2 * most + 5 or least <= foretold <= most


def test_a_reader_that_ends_before_the_network_runs_is_not_counted_with_it(catalogue, photo_file, photo_like):
    path = photo_file("a.png", photo_like(90, 60))
    foreseen = Forecaster(catalogue, Experience(path.parent))
    request, seen = Request(path, model="edsr-baseline", scale=3), glance(path)
    alone = foreseen.predict(request, seen, 50, 40).mib
    assert alone == foreseen.predict(request, seen, 50).mib
    assert foreseen.predict(request, seen, 90).mib == alone + 40
    # Where there is no network, opening it takes the most.
    small = replace(request, target="longest 45")
    assert foreseen.predict(small, seen, 50, 40).mib == 90


def test_transparency_and_several_passes_are_foretold_to_take_more(catalogue, photo_like, photo_file):
    path = photo_file("a.png", photo_like(90, 60))
    foreseen = Forecaster(catalogue, Experience(path.parent))
    seen = glance(path)
    one = foreseen.predict(Request(path, model="edsr-baseline", scale=4), seen, 0).mib
    two = foreseen.predict(Request(path, model="edsr-baseline", target="longest 380"), seen, 0)
    assert len(two.plan.scales) == 2
    assert two.mib > one + 10
    clear = foreseen.predict(Request(path, model="edsr-baseline", scale=4), replace(seen, bytes_per_pixel=4), 0).mib
    assert clear > one + 20


def test_a_photo_that_fits_into_free_memory_is_let_through(monkeypatch):
    monkeypatch.setattr(memory, "available_mib", lambda: 300)
    require_memory("a.png", 300)


def test_a_photo_that_does_not_fit_is_refused_with_what_it_needs_and_what_there_is(monkeypatch):
    monkeypatch.setattr(memory, "available_mib", lambda: 2048)
    with pytest.raises(errors.OutOfMemoryError, match=r"needs about 4\.0 GB of memory, 2\.0 GB are free"):
        require_memory("a.png", 4096)


def test_a_roomy_budget_leaves_the_network_s_favourite_tile(fake_net):
    assert tile_side(fake_net(tile=144, mib_per_pixel=0.01), 4096) == 144


def test_a_tight_budget_makes_tiles_smaller_until_they_fit(fake_net):
    net = fake_net(tile=144, mib_per_pixel=0.01)
    side = tile_side(net, 100)
    assert side < 144
    assert net.working_mib(side) <= 100


def test_tiles_never_become_all_halo_however_tight_the_budget(fake_net):
    net = fake_net(tile=144, halo=12, mib_per_pixel=1)
    assert tile_side(net, 1) == 2 * 12 + 32


def test_a_tile_that_is_small_already_stays_as_it_is(fake_net):
    assert tile_side(fake_net(tile=30, halo=2, mib_per_pixel=1), 1) == 30


KIND = Kind("edsr-baseline-x3", "opencv", "exact")


def order(name="a.jpg", size=(1000, 800), folder="out", **asked):
    return Order(Request(Path(name), **asked), size, Path(folder))


@pytest.fixture
def experience(tmp_path):
    return Experience(tmp_path / "cache")


@pytest.fixture
def forecaster(catalogue, experience):
    return Forecaster(catalogue, experience)


@pytest.fixture
def two_disks(monkeypatch):
    """Folders that begin with "full" are on a disk with 2 MB free, others on one with 1 GB."""

    def disk_of(folder):
        if folder.name == "gone":
            raise FileNotFoundError(2, "no such disk")
        return Disk(2, "Photos", 2_000_000) if folder.name.startswith("full") else Disk(1, "Big", 10**9)

    monkeypatch.setattr(disks, "disk_of", disk_of)


def teach(experience, per_megapixel=14.0, kind=KIND, **traits):
    for megapixels in (0.1, 0.2, 0.4, 0.8, 1.6):
        experience.learn(Lesson(kind, megapixels, 0.1 + per_megapixel * megapixels, load_s=0.5, **traits))


def network_s(forecaster, per_megapixel, *sizes):
    """Seconds that a network takes for photos of these sizes, and those that go by beside it."""
    works = [forecaster.work(Request(Path("a.jpg")), size) for size in sizes]
    return sum(per_megapixel * work.megapixels + work.beside_s for work in works)


def test_a_batch_takes_what_its_photos_took_before_and_loads_the_network_once(forecaster, experience, two_disks):
    teach(experience)
    forecast = forecaster.foresee([order(), order(size=(500, 400))])
    assert forecast.learned
    assert forecast.photos == 2
    expected = 0.5 + 2 * 0.1 + network_s(forecaster, 14, (1000, 800), (500, 400))
    assert forecast.seconds == pytest.approx(expected, rel=0.05)
    assert 14 * 1.0 < expected < 2 * 14 * 1.0  # margins of tiles are seen twice


def test_the_best_quality_takes_eight_times_the_time(forecaster, experience, two_disks):
    teach(experience)
    best = forecaster.foresee([order(size=(500, 400), self_ensemble=True)])
    assert best.seconds == pytest.approx(0.5 + 0.1 + 8 * network_s(forecaster, 14, (500, 400)), rel=0.05)
    unknown = forecaster.foresee([order(), order(size=None, self_ensemble=True)])
    known = forecaster.foresee([order(), order(self_ensemble=True)])
    assert unknown.seconds == pytest.approx(known.seconds)


def test_the_best_quality_teaches_what_a_pass_takes(forecaster, experience, two_disks):
    account = Account(
        "edsr-restore-x3", 3, "opencv", "exact", input_width=1000, input_height=800, seconds=90, self_ensemble=True
    )
    account = replace(
        account, seen_megapixels=forecaster.work(Request(Path("a.png"), engine="opencv"), (1000, 800)).megapixels
    )
    for _ in range(5):
        experience.note(Request(Path("a.png")), JobState.DONE, account, None)
    assert forecaster.foresee([order(size=(1000, 800))]).seconds == pytest.approx(90 / 8, rel=0.2)


def test_what_is_restored_takes_as_long_as_what_is_enlarged(catalogue, experience, two_disks):
    usual = catalogue.by_id("edsr-baseline-x3")
    restore = replace(usual, id="edsr-restore-x3", family="edsr-restore")
    teach(experience)
    known = network_s(Forecaster(catalogue, experience), 14, (500, 400))
    for models in ((usual, restore), (restore,)):
        forecaster = Forecaster(Catalogue(models), experience)
        forecast = forecaster.foresee([order(size=(500, 400), model="edsr-restore")])
        assert forecast.learned
        assert forecast.seconds == pytest.approx(0.5 + 0.1 + known, rel=0.05)


def test_before_anything_was_seen_the_time_is_a_guess_and_said_to_be(forecaster, two_disks):
    forecast = forecaster.foresee([order()])
    assert not forecast.learned
    assert 2 < forecast.seconds < 60


def test_an_unknown_network_is_guessed_from_one_that_is_known(catalogue, experience, two_disks):
    known = catalogue.by_id("edsr-baseline-x3")
    big = replace(known, id="big-x3", family="big", parameters=10 * known.parameters)
    forecaster = Forecaster(Catalogue((*catalogue.models, big)), experience)
    teach(experience, per_megapixel=3.0)
    forecast = forecaster.foresee([order(size=(1000, 1000), model="big")])
    assert not forecast.learned
    assert forecast.seconds == pytest.approx(network_s(forecaster, 30, (1000, 1000)), rel=0.2)


def test_photos_nobody_has_measured_yet_count_as_the_average_of_the_others(forecaster, experience, two_disks):
    teach(experience)
    known = forecaster.foresee([order(), order()])
    unknown = forecaster.foresee([order(), order(size=None)])
    assert unknown.seconds == pytest.approx(known.seconds)
    assert unknown.bytes == pytest.approx(known.bytes, rel=0.01)
    assert forecaster.foresee([order(size=None)]).seconds is None


def test_a_photo_that_cannot_be_read_or_has_no_model_needs_nothing(forecaster, two_disks):
    forecast = forecaster.foresee([order(size=(0, 0)), order(model="nonesuch")])
    assert (forecast.photos, forecast.bytes, forecast.needs) == (2, 0, ())


def test_an_engine_that_is_named_is_asked_for_and_auto_takes_the_last(forecaster, experience, two_disks):
    teach(experience, 14.0)
    teach(experience, 2.0, replace(KIND, engine="openvino"))
    seconds = [forecaster.foresee([order(engine=engine)]).seconds for engine in ("auto", "opencv", "openvino")]
    assert seconds[0] == seconds[2] == pytest.approx(0.8 * 2 * 1.3, rel=0.5)
    assert seconds[1] == pytest.approx(0.8 * 14 * 1.5, rel=0.2)


def test_the_room_goes_by_the_format_and_the_quality(forecaster):
    sizes = [
        forecaster.result_bytes(Request(Path(name), **asked), (1000, 1000))
        for name, asked in (("a.jpg", {"quality": 80}), ("a.jpg", {}), ("a.jpg", {"format": "png"}), ("a.bmp", {}))
    ]
    assert sizes[0] < sizes[1] < sizes[2] == sizes[3]
    assert sizes[1] == pytest.approx(9e6 * 0.407, rel=0.01)
    lossless = forecaster.result_bytes(Request(Path("a.webp"), lossless=True), (1000, 1000))
    assert lossless == pytest.approx(0.65 * sizes[2], rel=0.01)
    too_wide = forecaster.result_bytes(Request(Path("a.webp")), (6000, 100))
    assert too_wide == pytest.approx(18_000 * 300 * 1.402, rel=0.01)  # becomes a PNG


def test_the_room_is_counted_for_each_disk_with_space_for_the_file_under_way(forecaster, two_disks):
    orders = [order(), order(size=(500, 400)), order(folder="full"), order(folder="full too"), order(folder="gone")]
    forecast = forecaster.foresee(orders)
    large = forecaster.result_bytes(orders[0].request, (1000, 800))
    small = forecaster.result_bytes(orders[0].request, (500, 400))
    assert [(need.disk.name, need.short) for need in forecast.needs] == [("Photos", True), ("Big", False)]
    assert [need.room for need in forecast.needs] == [2 * large + large, large + small + large]
    assert forecast.bytes == 4 * large + small


def test_a_model_that_is_gone_from_the_catalogue_is_guessed_as_nothing(catalogue, experience):
    forecaster = Forecaster(catalogue, experience)
    assert forecaster.speed(Kind("removed-x3", ""), experience.learned).per_megapixel_s == 0


def test_the_catalogue_s_changes_are_seen(catalogue, experience):
    changing = Catalogue(catalogue.known)
    forecaster = Forecaster(changing, experience)
    request = Request(Path("a.png"), model="mine", scale=3)
    assert forecaster.model_for(request) is None
    mine = replace(catalogue.by_id("edsr-baseline-x3"), id="mine-x3", family="mine", imported=True)
    changing.take_in([mine])
    assert forecaster.model_for(request) == mine


def test_the_pace_of_a_model_is_known_once_it_has_run_here(catalogue, forecaster, experience):
    model = catalogue.by_id("edsr-baseline-x3")
    assert forecaster.seconds_per_megapixel(model) is None
    teach(experience)
    assert forecaster.seconds_per_megapixel(model) == pytest.approx(14 * (120 / 96) ** 2, rel=0.05)


@pytest.mark.parametrize("scale", [2, 4])
def test_a_network_that_has_not_run_here_is_as_fast_as_its_sister_for_another_scale(scale, forecaster, experience):
    teach(experience, 9.0)
    speed = forecaster.speed(Kind(f"edsr-baseline-x{scale}"), experience.learned)
    assert speed.photos == 5
    assert speed.per_megapixel_s == pytest.approx(9.0, rel=0.05)
    other = forecaster.speed(Kind(f"edsr-baseline-x{scale}", "openvino"), experience.learned)
    assert other.photos == 0  # nothing has run there


def test_its_own_photos_say_more_than_its_sister_s(forecaster, experience):
    teach(experience, 9.0)
    kind = replace(KIND, model="edsr-baseline-x2")
    for _ in range(3):
        teach(experience, 3.0, kind)
    assert forecaster.speed(kind, experience.learned).per_megapixel_s == pytest.approx(3.0, rel=0.05)


def test_what_was_measured_of_the_engines_tells_before_any_photo_was_made(catalogue, experience, model):
    measured = Measured()
    measured.note(model, Candidate("opencv", "f32"), Found(float("inf"), 6_000.0))
    measured.note(model, Candidate("openvino", "int8"), Found(60.0, 2_000.0))
    forecaster = Forecaster(catalogue, experience, measured)
    fast = forecaster.speed(Kind(model.id), experience.learned)
    exact = forecaster.speed(Kind(model.id, precision="exact"), experience.learned)
    assert fast.photos == 0
    assert fast.per_megapixel_s == pytest.approx(2.0 * (168 / 192) ** 2)
    assert exact.per_megapixel_s == pytest.approx(6.0 * (96 / 120) ** 2)


def test_a_trial_tells_more_than_the_number_of_operations(forecaster, experience, model):
    kind = Kind(model.id, "opencv", "exact")
    forecaster.note_rehearsal(replace(kind, model="edsr-baseline-x4"), Speed(0.0, 5.0))
    ratio = model.operations / forecaster.model_for(Request(Path("a.png"), model="edsr-baseline", scale=4)).operations
    assert forecaster.speed(kind, experience.learned).per_megapixel_s == pytest.approx(5.0 * ratio)
    teach(experience, 7.0)
    assert forecaster.speed(kind, experience.learned).per_megapixel_s == pytest.approx(7.0, rel=0.05)


def test_exact_arithmetic_is_not_foretold_by_what_fast_arithmetic_took(forecaster, experience, two_disks):
    teach(experience, 14.0)
    teach(experience, 2.0, replace(KIND, engine="openvino", precision="fast"))
    fast, exact = (forecaster.foresee([order(precision=precision)]).seconds for precision in ("fast", "exact"))
    assert exact > 4 * fast


def test_loading_is_counted_for_each_network_of_a_chain(forecaster, experience):
    account = Account("edsr-baseline-x3", 12, "opencv", "exact", seconds=9.0, load_seconds=0.6, passes=(3, 4))
    account = replace(account, input_width=100, input_height=100, width=1200, height=1200, seen_megapixels=0.2)
    experience.note(Request(Path("a.png"), target="longest 1200"), JobState.DONE, account, None)
    assert experience.learned.load_s(KIND) == pytest.approx(0.3)
