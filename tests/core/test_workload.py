"""What a photo asks of the machine is counted as it will be done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.core import tiles
from desktop.core.engines.available import available_engines
from desktop.core.engines.base import F32
from desktop.core.engines.figures import expected
from desktop.core.jobs import Request
from desktop.core.paths import bundled
from desktop.core.photo.formats import AVIF, JPEG, PNG, TIFF, WEBP
from desktop.core.sizes import planned
from desktop.core.workload import beside_s, seen_megapixels


@pytest.mark.parametrize("size", [(40, 30), (119, 121), (480, 360), (1100, 825), (3000, 100)])
@pytest.mark.parametrize("engine", ["opencv", "openvino", "ncnn"])
def test_the_network_sees_what_the_plan_of_its_tiles_gives_it(size, engine, catalogue):
    plan = planned(Request(Path("a.jpg"), model="edsr-baseline", scale=3), size, catalogue)
    (model,) = plan.models(catalogue, "edsr-baseline")
    needs = expected(model, engine)
    todo = tiles.plan(*size, needs.tile, needs.halo)
    assert seen_megapixels(plan, [model], engine) == sum(tile.read_x.size * tile.read_y.size for tile in todo) / 1e6


@pytest.mark.parametrize("engine", [name for name in available_engines() if name != "vulkan"])  # as ncnn, on a card
def test_what_is_expected_of_an_engine_is_what_its_networks_do(engine, catalogue):
    for model in (catalogue.by_id(name) for name in ("edsr-baseline-x3", "edsr-restore-x4")):
        net = available_engines()[engine].load(model, bundled("models", "weights", model.file), None, F32)
        needs = expected(model, engine)
        assert (needs.tile, needs.halo) == (net.tile, net.halo)
        assert needs.working_mib(needs.tile) == pytest.approx(net.working_mib(net.tile), rel=0.02)


def test_larger_tiles_are_seen_twice_at_fewer_margins(catalogue):
    plan = planned(Request(Path("a.jpg"), model="edsr-baseline", scale=3), (3000, 2000), catalogue)
    models = plan.models(catalogue, "edsr-baseline")
    assert 6 < seen_megapixels(plan, models, "openvino") < seen_megapixels(plan, models, "opencv")


def test_every_pass_counts_with_what_it_is_given(catalogue):
    request = Request(Path("a.jpg"), model="edsr-baseline", target="longest 1200")
    plan = planned(request, (100, 80), catalogue)
    models = plan.models(catalogue, "edsr-baseline")
    assert plan.scales == (3, 4)
    alone = [
        seen_megapixels(replace(plan, part=(0, 0, *size), scales=(scale,)), [model], "opencv")
        for size, scale, model in zip(plan.steps, plan.scales, models, strict=False)
    ]
    ratio = models[1].operations / models[0].operations
    assert seen_megapixels(plan, models, "opencv") == pytest.approx(alone[0] + ratio * alone[1])
    assert seen_megapixels(plan, [], "opencv") == 0


def test_the_step_to_an_exact_size_and_slow_formats_take_their_time(catalogue):
    def seconds(target, output, *, lossless=False):
        plan = planned(Request(Path("a.jpg"), model="edsr-baseline", target=target), (1000, 800), catalogue)
        return beside_s(plan, plan.scales[0], output, lossless=lossless)

    assert seconds("longest 3000", JPEG) < seconds("longest 2990", JPEG)
    listed = [seconds("longest 3000", output) for output in (JPEG, PNG, AVIF, TIFF)]
    assert listed == sorted(listed)
    assert seconds("longest 3000", WEBP) < seconds("longest 3000", WEBP, lossless=True)
    assert seconds("longest 3000", JPEG, lossless=True) == listed[0]
