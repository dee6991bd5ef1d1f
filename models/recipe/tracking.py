"""Writes parameters, metrics and model versions in MLflow's file layout, so that `mlflow ui` opens the folder."""
from __future__ import annotations

import json
import time
import uuid
from pathlib import Path


def _yaml(fields: dict) -> str:
    # JSON scalars and lists are YAML; every string is quoted, so nothing can be read as another type.
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items())


def _now() -> int:
    return int(time.time() * 1000)


class Run:
    """One run of an experiment. Opening a run id that is there already continues it."""

    def __init__(self, root: Path, experiment: str, name: str, run_id: str | None = None):
        self.root = Path(root)
        self.experiment_id = self._experiment(experiment)
        self.run_id = run_id or uuid.uuid4().hex
        self.name = name
        self.folder = self.root / self.experiment_id / self.run_id
        self.start = _now()
        if not (self.folder / "meta.yaml").exists():
            for part in ("metrics", "params", "tags", "artifacts"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
            self._meta(status=1, end=None)
            self.tag("mlflow.runName", name)

    def _experiment(self, name: str) -> str:
        for meta in self.root.glob("*/meta.yaml"):
            if f"name: {json.dumps(name)}\n" in meta.read_text():
                return meta.parent.name
        identity = str(_now())
        folder = self.root / identity
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "meta.yaml").write_text(_yaml({
            "artifact_location": folder.resolve().as_uri(), "creation_time": _now(), "experiment_id": identity,
            "last_update_time": _now(), "lifecycle_stage": "active", "name": name}))
        return identity

    def _meta(self, status: int, end: int | None) -> None:
        (self.folder / "meta.yaml").write_text(_yaml({
            "artifact_uri": (self.folder / "artifacts").resolve().as_uri(), "end_time": end, "entry_point_name": "",
            "experiment_id": self.experiment_id, "lifecycle_stage": "active", "run_id": self.run_id,
            "run_name": self.name, "run_uuid": self.run_id, "source_name": "", "source_type": 4,
            "source_version": "", "start_time": self.start, "status": status, "tags": [], "user_id": ""}))

    def param(self, key: str, value: object) -> None:
        (self.folder / "params" / key).write_text(str(value))

    def params(self, values: dict[str, object]) -> None:
        for key, value in values.items():
            self.param(key, value)

    def metric(self, key: str, value: float, step: int = 0) -> None:
        path = self.folder / "metrics" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8") as out:
            out.write(f"{_now()} {float(value)} {step}\n")

    def tag(self, key: str, value: str) -> None:
        (self.folder / "tags" / key).write_text(value)

    def finish(self, failed: bool = False) -> None:
        self._meta(status=4 if failed else 3, end=_now())


def register(root: Path, model: str, source: Path, run_id: str, description: str = "") -> int:
    """Adds a version to the model registry and returns its number."""
    folder = Path(root) / "models" / model
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "meta.yaml").exists():
        (folder / "meta.yaml").write_text(_yaml({
            "creation_timestamp": _now(), "description": "", "last_updated_timestamp": _now(), "name": model}))
    version = 1 + max([int(p.name.removeprefix("version-")) for p in folder.glob("version-*")], default=0)
    own = folder / f"version-{version}"
    own.mkdir()
    (own / "meta.yaml").write_text(_yaml({
        "creation_timestamp": _now(), "current_stage": "None", "description": description,
        "last_updated_timestamp": _now(), "name": model, "run_id": run_id, "run_link": "",
        "source": Path(source).resolve().as_uri(), "status": "READY", "status_message": "", "user_id": "",
        "version": str(version)}))
    return version
