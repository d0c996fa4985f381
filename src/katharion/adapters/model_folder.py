"""What the filters judge by, in the runtime folder: the model, and a file for each tenant.

The supervisor writes, each file under another name first, so that no reader sees half of one.
Filters map what is there and look each second whether it was replaced; what is no model, or
torn, changes nothing.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from katharion.adapters.model_file import SHIPPED, map_file
from katharion.content.classifier import lessons
from katharion.content.classifier.lessons import NO_DELTA, Delta
from katharion.content.classifier.model import Model, ModelError, load

_MODEL = "model.bin"
_ENDING = ".delta"
Report = Callable[[str, BaseException], None]


class ModelWriter:
    """The supervisor's part. Blocking; OSError where the folder can't be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, model: bytes, deltas: Mapping[str, Delta]) -> None:
        """Let the filters use these. No octets: the model that ships."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        files = {name_of(tenant): lessons.dump(delta) for tenant, delta in deltas.items()}
        if model:
            files[_MODEL] = model
        for name, octets in files.items():
            self._replace(self._folder / name, octets)
        for path in self._folder.iterdir():
            if path.name not in files:
                path.unlink(missing_ok=True)

    def _replace(self, path: Path, octets: bytes) -> None:
        if path.exists() and path.read_bytes() == octets:
            return
        draft = path.with_suffix(".new")
        draft.write_bytes(octets)
        draft.chmod(0o600)
        draft.rename(path)


class ModelFolder:
    """A filter's part: the model as it stands now, and what a tenant's people have taught."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._folder = folder
        self._report = report
        self._seen: dict[str, tuple[int, int]] = {}
        self._shipped = load(map_file(SHIPPED))
        self.model: Model = self._shipped
        self._deltas: dict[str, Delta] = {}
        self.refresh()

    def delta(self, tenant: str) -> Delta:
        """What the tenant's people have taught."""
        return self._deltas.get(name_of(tenant), NO_DELTA) if self._deltas else NO_DELTA

    def refresh(self) -> None:
        """Take what was replaced; called about once a second."""
        found = _marks(self._folder)
        if found == self._seen:
            return
        try:
            if found.get(_MODEL) != self._seen.get(_MODEL):
                path = self._folder / _MODEL
                self.model = load(map_file(path)) if _MODEL in found else self._shipped
            changed = {n for n, mark in found.items() if mark != self._seen.get(n) and n != _MODEL}
            kept = {name: delta for name, delta in self._deltas.items() if name in found}
            new = {name: lessons.load((self._folder / name).read_bytes()) for name in changed}
            self._deltas = kept | new
        except (OSError, ModelError) as error:
            self._report("model", error)
        self._seen = found


def name_of(tenant: str) -> str:
    """The file of a tenant's delta, whatever the tenant is called."""
    return hashlib.sha256(tenant.encode()).hexdigest()[:32] + _ENDING


def _marks(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file it is, and when it was written, by name; drafts left out."""
    try:
        with os.scandir(folder) as entries:
            return {
                entry.name: (entry.inode(), entry.stat().st_mtime_ns)
                for entry in entries
                if entry.name == _MODEL or entry.name.endswith(_ENDING)
            }
    except OSError:
        return {}
