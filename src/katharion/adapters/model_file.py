"""The model's file: mapped into memory, so that all processes share its pages.

A file that is no model is refused with a reason; the model that ships comes with the package.
"""

import mmap
from pathlib import Path

import katharion

SHIPPED = Path(katharion.__file__).parent / "content" / "classifier" / "model.bin"


def map_file(path: Path) -> memoryview:
    """The file's octets, read-only. OSError where it can't be read; empty for an empty file."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
