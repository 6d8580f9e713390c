"""``rekindle models``: what exists, what is here, and whether it is whole."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from desktop.cli.terminal import accept_every_name
from desktop.core.errors import RekindleError
from desktop.core.models.catalogue import Model
from desktop.core.models.store import ModelState, Store
from desktop.core.workspace import Workspace


def run_models(options: argparse.Namespace) -> int:
    """Runs the command; 1 where a model was found damaged and could not be repaired."""
    accept_every_name()
    workspace = Workspace.open(options.data_dir, notice=lambda error: print(f"Note: {error}", file=sys.stderr))
    workspace.log_to_file()
    if options.action == "verify":
        models = [workspace.catalogue.by_id(options.model)] if options.model else list(workspace.catalogue.models)
        return _verify(workspace.store, models, as_json=options.json)
    for model in workspace.catalogue.models:
        _print(model, workspace.store, workspace.store.state(model), as_json=options.json)
    return 0


def _verify(store: Store, models: list[Model], *, as_json: bool) -> int:
    status = 0
    for model in models:
        try:
            store.verify(model)
        except RekindleError as error:
            print(f"rekindle: {error}", file=sys.stderr)
            status = 1
        _print(model, store, store.state(model), as_json=as_json)
    return status


def _print(model: Model, store: Store, state: ModelState, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_record(model, store, state)), flush=True)
        return
    size = f"{model.bytes / 1e6:.1f} MB"
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
