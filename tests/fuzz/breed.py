"""One parser under the fuzzer, in a process of its own: `python -m tests.fuzz.breed TARGET …`.

What raises, or takes longer than a second for 64 KB, ends it; the octets are kept.
"""

import sys

import atheris

with atheris.instrument_imports(include=["katharion"]):  # type: ignore[no-untyped-call] # It has no types.
    from tests.fuzz.targets import TARGETS

OCTETS_MAX = 64 * 1024
SECONDS_EACH_MAX = 1


def main(target: str, seconds: str, corpus: str, cases: str) -> None:
    """Breed inputs for so many seconds."""
    one = TARGETS[target]
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={OCTETS_MAX}",
        f"-timeout={SECONDS_EACH_MAX}",
        f"-artifact_prefix={cases}/",
        "-rss_limit_mb=2048",
        "-verbosity=0",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, corpus], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
