"""`make fuzz`: each parser for so many seconds, and a line of what came of it."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS

CASES = Path(__file__).parent / "cases"
BRED = Path(".fuzz")  # What was bred before, to go on from; not committed.
_INPUTS = re.compile(r"number_of_executed_units: +(\d+)")


def fuzz(target: str, seconds: int) -> bool:
    """Whether nothing was found."""
    corpus, cases = BRED / target, CASES / target
    corpus.mkdir(parents=True, exist_ok=True)
    cases.mkdir(parents=True, exist_ok=True)
    known = [case.read_bytes() for case in sorted(cases.iterdir())]
    for number, octets in enumerate((*SEEDS.get(target, ()), *known)):
        (corpus / f"seed-{number}").write_bytes(octets)
    command = [sys.executable, "-m", "tests.fuzz.breed"]
    done = subprocess.run(  # Our own module.
        [*command, target, str(seconds), str(corpus), str(cases)],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 120,
    )
    found = _INPUTS.search(done.stderr)
    print(f"{target}: {found[1] if found else '?'} inputs in {seconds} s", end="", flush=True)
    if done.returncode == 0:
        print(": nothing found.")
        return True
    print(f": FOUND, kept in {cases}:\n{done.stderr[-3000:]}")
    return False


def main() -> int:
    """All targets, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=20, help="of each parser")
    given = parser.parse_args()
    unknown = ", ".join(sorted(set(given.targets) - set(TARGETS)))
    if unknown:
        parser.error(f"no such parser: {unknown}; there are {', '.join(TARGETS)}")
    results = {target: fuzz(target, given.seconds) for target in given.targets}
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
