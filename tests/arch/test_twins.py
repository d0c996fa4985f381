"""Each source file has its twin in tests/unit, at the same path."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "katharion"
UNIT = ROOT / "tests" / "unit"
# Rooms whose files are tried from outside, by programs: their tests are in the folder named.
TRIED_OUTSIDE = {
    "cli": "system",
    "demo": "system",
    "drill": "system",
    "processes": "system",
}
# Plain data and declarations: what could be tested of them is tested where they are used.
PLAIN_DATA = {"values", "ports.py", "__main__.py", "__init__.py"}
PLAIN_NAMES = {"options.py", "smtp_events.py", "envelope.py", "transaction.py", "registry.py"}


def test_each_file_has_its_twin() -> None:
    lonely = []
    for path in sorted(SRC.rglob("*.py")):
        inner = path.relative_to(SRC)
        if path.name == "__init__.py" or inner.parts[0] in PLAIN_DATA | TRIED_OUTSIDE.keys():
            continue
        if path.name in PLAIN_NAMES:
            continue
        if "migrations" in inner.parts:
            continue  # Migrations are tried by the store's tests, from the first version on.
        twin = UNIT / inner.parent / f"test_{path.name}"
        if not twin.exists():
            lonely.append(f"{inner}: write {twin.relative_to(ROOT)}")
    assert not lonely, "\n".join(lonely)
