"""``rekindle enhance``: photos and folders in, results and one line each out."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from desktop.cli.bar import bar_line, shortened
from desktop.cli.batch import work_through
from desktop.cli.foresight import predicted_record, predicted_words
from desktop.cli.interrupt import EXIT_INTERRUPTED, interruptible
from desktop.cli.terminal import accept_every_name
from desktop.core import memory, priority
from desktop.core.collect import LeftOut, collect
from desktop.core.errors import RekindleError, UsageError
from desktop.core.experience import Experience
from desktop.core.forecast import Forecaster
from desktop.core.isolation.pool import WorkerPool
from desktop.core.jobs import DEFAULT_TEMPLATE, Job, JobState, Request
from desktop.core.loaded_net import LoadedNet
from desktop.core.models.catalogue import AUTO_FAMILY, RESTORE_FAMILY, Catalogue
from desktop.core.naming import Template
from desktop.core.outcome import Outcome
from desktop.core.photo.cut import Cut
from desktop.core.photo.formats import BY_SUFFIX, READABLE_SUFFIXES
from desktop.core.photo.isolated import PhotoReader
from desktop.core.sizes import Target, first_model
from desktop.core.workspace import Workspace

logger = logging.getLogger(__name__)

_EXIT_OK, _EXIT_FAILED = 0, 1


def run_enhance(options: argparse.Namespace, children: WorkerPool | None = None) -> int:
    """Runs the command. Raises UsageError where the call is wrong, before anything is worked on.

    Args:
        children: that open the photos, where some were started already.
    """
    accept_every_name()
    workspace = Workspace.open(options.data_dir, _notice, children)
    workspace.log_to_file()
    _require_model(workspace.catalogue, options)
    LoadedNet(workspace.store).require_engine(options.engine)
    left_out = LeftOut()
    requests = list(_requests(options, left_out))
    _tell_left_out(left_out)
    if not requests:
        raise UsageError("There is no photo in what was named: {names}.", names=", ".join(map(str, options.photos)))
    if len(requests) > 1:
        priority.give_way()  # whoever enhances a folder of photos does something else meanwhile
    if options.dry_run:
        with closing(workspace):
            return _foresee(workspace, requests, as_json=options.json)
    pipeline = workspace.pipeline(options.memory, options.max_megapixels)
    pipeline.protect(request.path for request in requests)
    counts: Counter[JobState] = Counter()
    ended: list[Job] = []

    def end(outcome: Outcome) -> None:
        counts[outcome.state] += 1
        if options.report is not None:
            ended.append(outcome.as_job(str(len(ended))))

    started = time.perf_counter()
    with closing(workspace):
        with interruptible() as cancel:
            work_through(workspace, pipeline, requests, cancel, end, as_json=options.json)
        _sum_up(counts, time.perf_counter() - started, as_json=options.json)
        status = _EXIT_FAILED if counts[JobState.FAILED] else _EXIT_OK
        if options.report is not None:
            status = max(status, _report(ended, options.report, workspace.reader, quiet=options.json))
    return EXIT_INTERRUPTED if cancel.cancelled else status


def _notice(error: RekindleError) -> None:
    tqdm.write(f"Note: {error}", file=sys.stderr)


def _require_model(catalogue: Catalogue, options: argparse.Namespace) -> None:
    """Raises UsageError where there is no such model, or no strength to it."""
    model = first_model(Request(Path(), model=options.model, scale=options.scale, target=_target(options)), catalogue)
    automatic = options.model in (None, AUTO_FAMILY)
    if options.strength is not None and not automatic and catalogue.gentle_end(model) is None:
        raise UsageError(
            "The model “{name}” has no strength to choose. --strength is for {family}, and for what {auto} chooses.",
            name=model.id,
            family=RESTORE_FAMILY,
            auto=AUTO_FAMILY,
        )


def _target(options: argparse.Namespace) -> str:
    """Raises UsageError where the paper is named and no print."""
    if options.target is None or not options.target.startswith("print"):
        if options.paper is not None:
            raise UsageError("--paper says what becomes of a photo on paper. It needs --print.")
        return options.target or ""
    target = Target.parse(options.target)
    assert target.paper is not None
    return str(replace(target, paper=replace(target.paper, whole=options.paper == "fit")))


def _foresee(workspace: Workspace, requests: list[Request], *, as_json: bool) -> int:
    """Says what every photo would come to, and does nothing."""
    from desktop.core.rehearsal import rehearse

    forecaster = Forecaster(workspace.catalogue, Experience(workspace.folders.cache), workspace.measured)
    loaded = LoadedNet(workspace.store, measured=workspace.measured)
    workspace.children.warm()  # what reads photos counts among the memory
    # With the last photo it ends: one alone is worked on without it.
    reader = memory.children_mib() if len(requests) == 1 else 0
    resident, tried = memory.resident_mib() - reader, False  # one trial tells enough of all of them
    status = _EXIT_OK
    for request in requests:
        error = None
        try:
            seen = workspace.reader.glance(request.path)
            prediction = forecaster.predict(request, seen, resident, reader)
            if not (prediction.learned or tried):
                size = seen.width, seen.height
                tried = rehearse(request, size, workspace.catalogue, loaded, forecaster)
                prediction = forecaster.predict(request, seen, resident, reader)
        except RekindleError as known:
            prediction, error, status = None, known, _EXIT_FAILED
        if as_json:
            print(json.dumps(predicted_record(request, prediction, error)), flush=True)
        elif prediction is not None:
            print(f"{request.path}: {predicted_words(prediction)}", flush=True)
        else:
            print(f"{request.path}: {error}", file=sys.stderr)
    return status


def _report(ended: list[Job], target: Path, reader: PhotoReader, *, quiet: bool) -> int:
    """Saves the report; how that went, as an exit status. What was enhanced is safe either way."""
    from desktop.core.report.save import save_report

    with interruptible() as cancel, bar_line() as bar:
        bar.set_description_str(shortened(target.name), refresh=False)

        def show(part: float) -> None:
            bar.n = round(part, 3)
            bar.refresh()

        try:
            save_report(ended, target, reader=reader, progress=None if bar.disable else show, cancel=cancel)
        except RekindleError as error:
            tqdm.write(f"The report was not saved. {error}", file=sys.stderr)
            return EXIT_INTERRUPTED if cancel.cancelled else _EXIT_FAILED
    if not quiet:
        print(f"Report: {target}")
    return _EXIT_OK


def _requests(options: argparse.Namespace, left_out: LeftOut) -> Iterator[Request]:
    folder, file, chosen = _destination(options)
    target = _target(options)
    template = options.name if options.name is not None else DEFAULT_TEMPLATE
    Template.parse(template)
    if file is not None and options.name is not None:
        raise UsageError("“{name}” and --name contradict each other: one photo, one name.", name=file.name)
    for counter, found in enumerate(collect(options.photos, folder, left_out, template=template), start=1):
        yield Request(
            found.path,
            root=found.root,
            model=options.model,
            scale=options.scale,
            target=target,
            cut=Cut(options.straighten, options.crop) if options.straighten or options.crop else None,
            engine=options.engine,
            precision=options.precision,
            reuse=not options.no_cache,
            strength=options.strength,
            self_ensemble=options.self_ensemble,
            output=folder,
            output_file=file,
            format=chosen,
            quality=options.quality,
            existing=options.existing,
            template=template,
            keep_structure=not options.flat,
            keep_dates=options.keep_dates,
            lossless=options.lossless,
            progressive=options.progressive,
            keep_print_size=options.keep_print_size,
            strip_gps=options.strip_gps,
            provenance=not options.no_provenance,
            counter=counter,
        )


def _tell_left_out(left_out: LeftOut) -> None:
    """How many there are, on standard error; which, for whoever asks for that log level."""
    if not left_out:
        return
    kind = ("folder" if left_out.folders else "file") + "s" * (len(left_out) > 1)
    if 0 < left_out.folders < len(left_out):
        kind = "files and folders"
    print(f"{len(left_out)} {kind} left out (--log-level info says which).", file=sys.stderr)
    for reason, count in left_out.counts.items():
        listed = left_out.listed(reason)
        logger.info("%s: %d", reason, count)
        for path in listed:
            logger.info("  %s", path)
        if count > len(listed):
            logger.info("  and %d more", count - len(listed))


def _destination(options: argparse.Namespace) -> tuple[Path | None, Path | None, str | None]:
    """The output folder, or the output file, and the format that is asked for."""
    output: Path | None = options.output
    one_photo = len(options.photos) == 1 and not options.photos[0].is_dir()
    if output is None or not one_photo or output.is_dir() or output.suffix.lower() not in READABLE_SUFFIXES:
        return output, None, options.format
    by_suffix = BY_SUFFIX.get(output.suffix.lower())
    if by_suffix is None:
        raise UsageError(
            "Rekindle cannot write “{suffix}” files. Use .png, .jpg, .webp, .avif or .tif.", suffix=output.suffix
        )
    if options.format not in (None, by_suffix.name):
        raise UsageError(
            "“{name}” and --format {format} contradict each other.", name=output.name, format=options.format
        )
    return None, output, by_suffix.name


def _sum_up(counts: Counter[JobState], seconds: float, *, as_json: bool) -> None:
    figures = {
        state.value: counts[state] for state in (JobState.DONE, JobState.FAILED, JobState.SKIPPED, JobState.CANCELLED)
    }
    if as_json:
        print(json.dumps({"summary": True, **figures, "seconds": round(seconds, 3)}), flush=True)
    elif sum(figures.values()) > 1:
        words = ", ".join(f"{number} {state}" for state, number in figures.items() if number)
        print(f"{words} in {seconds:.1f} s")
