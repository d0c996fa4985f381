"""Bogofilter as a peer: its own word list in a folder of its own, its defaults otherwise."""

import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from accuracy.corpus import Mail
from accuracy.filters import Band, Filter, Kind, Score
from accuracy.packages import version

SECONDS_MAX = 1200.0
_BANDS = {"S": Band.HELD, "U": Band.UNSURE, "H": Band.PASSED}
# Its configuration: none but more digits of its score than it shows, so that fewer are equal.
SETTINGS = "terse_format = %1.1c %p\nspamicity_tags = S, H, U\n"
SETTINGS += "spamicity_formats = %0.16f, %0.16f, %0.16f\n"


class Bogofilter:
    """A word list, and one process for each of learning and judging."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "bogofilter.cf").write_text(SETTINGS)

    def learn(self, mails: Sequence[Mail]) -> None:
        for option, is_spam in (("-s", True), ("-n", False)):
            chosen = [mail for mail in mails if mail.is_spam == is_spam]
            if chosen:
                self._run(option, mails=chosen)

    def judge(self, mails: Sequence[Mail]) -> list[Score]:
        lines = self._run("-t", mails=mails).splitlines()
        assert len(lines) == len(mails), f"bogofilter answered {len(lines)} of {len(mails)}"
        return [parsed(line) for line in lines]

    def cpu_seconds(self) -> float:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    def _run(self, option: str, *, mails: Sequence[Mail]) -> str:
        command = ["bogofilter", "-c", f"{self._folder}/bogofilter.cf", "-d", str(self._folder)]
        names = "".join(f"{mail.path}\n" for mail in mails)
        done = subprocess.run(
            [*command, option, "-b"],
            input=names,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        # 0 to 2 are its classes: spam, ham, unsure.
        assert done.returncode in (0, 1, 2), f"bogofilter: {done.returncode}, {done.stderr[-500:]}"
        return done.stdout


def parsed(line: str) -> Score:
    """The score in `S 0.99`."""
    band, value = line.split()
    return Score(float(value), _BANDS[band])


@contextmanager
def _opened() -> Iterator[Filter]:
    folder = Path(tempfile.mkdtemp(prefix="accuracy-bogofilter-"))
    try:
        yield Bogofilter(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


KIND = Kind("bogofilter", version("bogofilter"), _opened, SETTINGS)
