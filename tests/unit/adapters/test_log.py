"""Log lines."""

import json
import subprocess
import sys

PROGRAM = """
from katharion.adapters.log import set_up_log
log = set_up_log("filter-00")
try:
    raise ValueError("secret")
except ValueError as error:
    log.error("failed", what="x\\ny", exc_info=error)
"""


def test_a_line_is_json_and_stays_one_line() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    (line,) = done.stderr.splitlines()
    record = json.loads(line)
    assert record["event"] == "failed"
    assert record["process"] == "filter-00"
    assert record["what"] == "x\ny"
    assert "ValueError" in record["exception"]


def test_a_reader_that_has_gone_is_no_failure() -> None:
    program = (
        "import os, sys\nr, w = os.pipe()\nos.dup2(w, 2)\nos.close(r)\n"
        + PROGRAM
        + "log.warning('again')\nos.close(2)\nlog.error('closed')\nprint('serves on')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.stdout == b"serves on\n"
