"""Each dialog against the server core: whole, and octet by octet."""

from pathlib import Path

import pytest

from dialogs.dialog import Dialog, parse, play
from fixtures.fix_core import CoreExchange
from katharion.protocols.smtp_events import Extensions, ServerLimits

HERE = Path(__file__).parent
DIALOGS = [parse(path) for path in sorted(HERE.glob("*.smtp"))]
LIMITS = ("message_size_bytes_max", "recipients_count_max", "command_octets_max")
COUNTS = ("errors_count_max", "commands_count_max", "transactions_count_max")
FLAGS = {"starttls": "has_starttls", "prdr": "has_prdr", "chunking": "has_chunking"}
KNOWN = {*LIMITS, *COUNTS, *FLAGS, "bare_lf"}


def exchange_for(dialog: Dialog, kind: type[CoreExchange] = CoreExchange) -> CoreExchange:
    """The core as the dialog wants it."""
    assert dialog.options.keys() <= KNOWN, f"{dialog.name}: options are {KNOWN}"
    counts = {n: int(dialog.options[n]) for n in (*LIMITS, *COUNTS) if n in dialog.options}
    flags = {to: dialog.options.get(name, "on") == "on" for name, to in FLAGS.items()}
    is_refused = dialog.options.get("bare_lf", "mended") == "refused"
    return kind(ServerLimits(**counts), Extensions(**flags, is_bare_lf_refused=is_refused))


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda d: d.name)
def test_dialog(dialog: Dialog) -> None:
    play(dialog, exchange_for(dialog))


class Dribble(CoreExchange):
    """The client's octets arrive one by one."""

    def send(self, octets: bytes) -> None:
        for index in range(len(octets)):
            super().send(octets[index : index + 1])


# That commands came too early can't be seen where each octet comes alone.
TOGETHER = {"out_of_step", "starttls_injection"}


@pytest.mark.parametrize(
    "dialog", [d for d in DIALOGS if d.name not in TOGETHER], ids=lambda d: d.name
)
def test_dialog_octet_by_octet(dialog: Dialog) -> None:
    play(dialog, exchange_for(dialog, Dribble))


def test_no_file_is_unused() -> None:
    names = {path.name for path in HERE.iterdir() if path.suffix not in (".py", ".smtp")}
    assert names <= {"__pycache__"}, "a dialog's name ends in .smtp"
    assert len(DIALOGS) > 10
    assert all(dialog.steps for dialog in DIALOGS)
