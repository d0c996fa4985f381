"""Archives of each kind, made by the programs that people use, and bombs, by the clock."""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import which
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.fix_files import COMPRESSIONS, EXE, MEBIOCTET, examined, names_in, tarred, zipped
from katharion.content.attachments.archives import BrokenError, Meter, members
from katharion.content.attachments.kinds import ARCHIVES
from katharion.content.attachments.options import Limits, Rules

BOMB_SECONDS_MAX = 0.1
_ZEROS = bytes(60 * MEBIOCTET)

PROGRAMS = {
    "a.7z": ["7z", "a", "a.7z", "setup.exe"],
    "a.iso": ["genisoimage", "-quiet", "-J", "-o", "a.iso", "setup.exe"],
    "a.cab": ["gcab", "-c", "a.cab", "setup.exe"],
    "named.7z": ["7z", "a", "-pX", "named.7z", "setup.exe"],
    "nameless.7z": ["7z", "a", "-pX", "-mhe=on", "nameless.7z", "setup.exe"],
    "old.zip": ["7z", "a", "-pX", "old.zip", "setup.exe"],
    "aes.zip": ["7z", "a", "-pX", "-mem=AES256", "aes.zip", "setup.exe"],
}


@pytest.fixture
def made(tmp_path: Path) -> Callable[[str], bytes]:
    (tmp_path / "setup.exe").write_bytes(EXE)

    def make(name: str) -> bytes:
        command = PROGRAMS[name]
        if not which(command[0]):
            pytest.skip(f"{command[0]} is not installed (make packages)")
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / name).read_bytes()

    return make


@pytest.mark.parametrize("name", ["a.7z", "a.iso", "a.cab"])
def test_archives_of_others_are_walked(name: str, made: Callable[[str], bytes]) -> None:
    found = examined(made(name), name)
    assert names_in(found) == ["FILE_REFUSED"]
    assert found.findings[0].evidence.lower() == "2/setup.exe"


@pytest.mark.parametrize("name", ["named.7z", "nameless.7z", "old.zip", "aes.zip"])
def test_what_needs_a_password_is_told(name: str, made: Callable[[str], bytes]) -> None:
    found = examined(made(name), name)
    assert found.is_encrypted
    assert "ARCHIVE_ENCRYPTED" in names_in(found)
    assert ("FILE_REFUSED" in names_in(found)) is (name != "nameless.7z")


@pytest.mark.parametrize("compression", sorted(COMPRESSIONS))
def test_compressed_tar_is_walked(compression: str) -> None:
    content = COMPRESSIONS[compression](tarred({"x/evil.js": b"x"}))
    found = examined(content, f"a.tar.{compression}")
    assert [finding.evidence for finding in found.findings] == ["2/a.tar/x/evil.js"]


def test_streams_behind_each_other_are_one() -> None:
    two = COMPRESSIONS["gz"](b"M") + COMPRESSIONS["gz"](b"Z" + bytes(99))
    assert names_in(examined(two, "a.gz")) == ["FILE_REFUSED"]


def _nested() -> bytes:
    """As 42.zip: sixteen in each, five deep, zeros at the bottom."""
    content = zipped({"zeros": _ZEROS})
    for _ in range(5):
        content = zipped({f"{number}.zip": content for number in range(16)})
    return content


def _deep() -> bytes:
    """As a zip that contains itself: no end is reached."""
    content = zipped({"a": b""})
    for _ in range(20):
        content = zipped({"r.zip": content})
    return content


def _overlapping() -> bytes:
    one = zipped({"a": bytes(4 * MEBIOCTET)})
    at = one.index(b"PK\x01\x02")
    entry, end = one[at : one.index(b"PK\x05\x06")], one[one.index(b"PK\x05\x06") :]
    count = 2000
    sizes = (len(entry) * count).to_bytes(4, "little")
    counts = count.to_bytes(2, "little") * 2
    return one[:at] + entry * count + end[:8] + counts + sizes + end[16:]


BOMBS = {
    "zeros.zip": lambda: zipped({"zeros": _ZEROS}),
    "nested.zip": _nested,
    "deep.zip": _deep,
    **{f"z.{name}": lambda pack=pack: pack(_ZEROS * 3) for name, pack in COMPRESSIONS.items()},
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_bombs_are_found_at_once(name: str) -> None:
    content = BOMBS[name]()
    began = process_time()
    found = examined(content, name)
    spent = process_time() - began
    wanted = "ARCHIVE_DEEP" if name == "deep.zip" else "ARCHIVE_BOMB"
    assert wanted in names_in(found)
    assert spent < BOMB_SECONDS_MAX


def test_names_that_mean_one_file_are_one_file() -> None:
    """Thousands in the directory, which would make gigabytes together."""
    meter = Meter(0, Limits())
    assert len(list(members("zip", "a", _overlapping(), meter))) == 1
    assert meter.unpacked_octets == 4 * MEBIOCTET


def test_many_files_are_a_limit_and_no_bomb() -> None:
    content = zipped({f"{number}": b"" for number in range(60)})
    found = examined(content, "a.zip", Rules(Limits(files_count_max=50)))
    assert names_in(found) == ["ARCHIVE_LIMIT"]


def test_much_is_a_limit_and_no_bomb() -> None:
    rules = Rules(Limits(unpacked_octets_max=1000))
    assert names_in(examined(zipped({"a": bytes(1001)}), "a.zip", rules)) == ["ARCHIVE_LIMIT"]


@pytest.mark.parametrize("name", ["a.zip", "a.gz", "a.xz", "a.bz2"])
def test_a_broken_archive_is_a_weak_finding(name: str) -> None:
    content = bytes(range(256)) * 40
    pack = COMPRESSIONS.get(name[2:], lambda octets: zipped({"a": octets}))
    found = examined(pack(content)[:100], name)
    assert names_in(found) == ["ARCHIVE_BROKEN"]
    assert found.findings[0].weight < 1


@pytest.mark.parametrize("kind", sorted(ARCHIVES))
@given(content=st.binary(max_size=300), has_head=st.booleans())
def test_no_octets_raise(kind: str, content: bytes, *, has_head: bool) -> None:
    heads = {"zip": b"PK\x03\x04", "7z": b"7z\xbc\xaf\x27\x1c", "rar": b"Rar!\x1a\x07\x00"}
    head = heads.get(kind, b"") if has_head else b""
    with suppress(BrokenError):
        list(members(kind, "a", head + content, Meter(len(content), Limits())))
