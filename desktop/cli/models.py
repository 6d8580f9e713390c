"""``rekindle models``: what exists, what is here, whether it is whole; and bringing, taking in and removing."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import closing
from typing import Any

from tqdm import tqdm

from desktop.cli.interrupt import EXIT_INTERRUPTED, interruptible
from desktop.cli.terminal import accept_every_name
from desktop.core.cancel import CancelToken
from desktop.core.errors import CancelledError, RekindleError, UsageError
from desktop.core.models.catalogue import MIRROR, Model
from desktop.core.models.store import ModelState, Store
from desktop.core.workspace import Workspace

_EXIT_OK, _EXIT_FAILED = 0, 1


def run_models(options: argparse.Namespace) -> int:
    """Runs the command; 1 where something could not be done, or was found damaged and could not be repaired."""
    accept_every_name()
    if getattr(options, "mirror", None):
        os.environ[MIRROR] = options.mirror
    workspace = Workspace.open(options.data_dir, notice=lambda error: tqdm.write(f"Note: {error}", file=sys.stderr))
    workspace.log_to_file()
    with closing(workspace):
        match options.action:
            case "list":
                for model in workspace.catalogue.models:
                    _print(model, workspace.store, workspace.store.state(model), as_json=options.json)
                return _EXIT_OK
            case "verify":
                chosen = options.model
                models = [workspace.catalogue.by_id(chosen)] if chosen else list(workspace.store.usable().models)
                return _verify(workspace.store, models, as_json=options.json)
        return _change(workspace, options)


def _change(workspace: Workspace, options: argparse.Namespace) -> int:
    with interruptible() as cancel:
        try:
            match options.action:
                case "install":
                    _install(workspace, options, cancel)
                case "import":
                    _import(workspace, options, cancel)
                case "remove":
                    _remove(workspace, options)
        except UsageError:
            raise
        except CancelledError:
            print("rekindle: Interrupted. What has arrived is kept for next time.", file=sys.stderr)
            return EXIT_INTERRUPTED
        except RekindleError as error:
            print(f"rekindle: {error}", file=sys.stderr)
            return _EXIT_FAILED
    return _EXIT_OK


def _install(workspace: Workspace, options: argparse.Namespace, cancel: CancelToken) -> None:
    model = workspace.catalogue.by_id(options.model)
    store = workspace.store
    if store.state(model) is ModelState.INSTALLED:
        print(f"{model.id} is installed already.", file=sys.stderr)
    with tqdm(
        total=model.bytes,
        desc=model.id,
        unit="B",
        unit_scale=True,
        leave=False,
        disable=not sys.stderr.isatty(),
        file=sys.stderr,
    ) as bar:

        def progress(here: int, _all: int) -> None:
            bar.n = here
            bar.refresh(lock_args=(False,))

        def waiting() -> None:
            tqdm.write(
                f"Another window or command is downloading {model.id} already. Waiting for it; Ctrl+C stops waiting.",
                file=sys.stderr,
            )

        workspace.installer.install(model, progress=progress, waiting=waiting, cancel=cancel)
    _print(model, store, store.state(model), as_json=options.json)


def _import(workspace: Workspace, options: argparse.Namespace, cancel: CancelToken) -> None:
    model = workspace.installer.import_file(options.file, cancel)
    path = str(workspace.store.path_of(model))
    if options.json:
        fields = {"id": model.id, "algorithm": model.algorithm, "scale": model.scale, "parameters": model.parameters}
        print(json.dumps({**fields, "path": path}), flush=True)
        return
    million = f"{model.parameters / 1e6:.1f} million" if model.parameters >= 1e5 else f"{model.parameters:,}"
    print(f"{model.id}: {model.algorithm.upper()} ×{model.scale}, {million} parameters. Use it with --model {model.id}")


def _remove(workspace: Workspace, options: argparse.Namespace) -> None:
    model = workspace.catalogue.by_id(options.model)
    workspace.installer.remove(model)
    if options.json:
        known = next((one for one in workspace.catalogue.models if one.id == model.id), None)
        if known is not None:
            _print(known, workspace.store, workspace.store.state(known), as_json=True)
    elif model.bundled:
        print(f"{model.id}: its copy was removed. It is part of Rekindle, and is copied again when it is next used.")
    else:
        print(f"{model.id} was removed.")


def _verify(store: Store, models: list[Model], *, as_json: bool) -> int:
    status = _EXIT_OK
    for model in models:
        try:
            store.verify(model)
        except RekindleError as error:
            print(f"rekindle: {error}", file=sys.stderr)
            status = _EXIT_FAILED
        _print(model, store, store.state(model), as_json=as_json)
    return status


def _print(model: Model, store: Store, state: ModelState, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_record(model, store, state)), flush=True)
        return
    size = f"{model.bytes / 1e6:.1f} MB" if model.bytes >= 1e5 else f"{model.bytes / 1e3:.0f} kB"
    print(f"{model.id:24} ×{model.scale}  {size:>9}  {state.value:10} {model.advice}")


def _record(model: Model, store: Store, state: ModelState) -> dict[str, Any]:
    installed = state in (ModelState.INSTALLED, ModelState.DAMAGED)
    return {
        "id": model.id,
        "file": model.file,
        "algorithm": model.algorithm,
        "scale": model.scale,
        "parameters": model.parameters,
        "bytes": model.bytes,
        "sha256": model.sha256,
        "licence": model.licence,
        "state": state.value,
        "path": str(store.path_of(model)) if installed else None,
    }
