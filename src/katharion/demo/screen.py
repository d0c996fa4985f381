"""What the demonstration prints: one aligned line an event, in colour only on a terminal."""

import sys
import time
from typing import TextIO

from katharion.demo.ledger import Figures
from katharion.demo.node import Place

_COLOURS = {
    "delivered": "32",
    "quarantined": "33",
    "queued": "36",
    "refused": "31",
    "deferred": "31",
    "lost": "41",
}


class Screen:
    """Lines for people. `is_quiet` prints none (where a program reads our output)."""

    def __init__(self, out: TextIO = sys.stdout, *, is_quiet: bool = False) -> None:
        self._out = out
        self._is_quiet = is_quiet
        self._is_coloured = out.isatty()

    def line(self, text: str = "") -> None:
        """Print `text` as it is."""
        if not self._is_quiet:
            print(text, file=self._out, flush=True)

    def event(self, kind: str, recipient: str, fate: str, detail: str) -> None:
        """One thing that happened, with the time of day."""
        word = f"{fate:<12}"
        if self._is_coloured and fate in _COLOURS:
            word = f"\033[{_COLOURS[fate]}m{word}\033[0m"
        self.line(f"{time.strftime('%H:%M:%S')}  {kind:<12}{recipient:<31}{word}{detail}")

    def welcome(self, place: Place) -> None:
        """What runs, where to look, and how to send a message oneself."""
        config = f"--config {place.config}"
        self.line(
            f"""\
katharion: a whole node on loopback, in front of a sample customer (customer.example).
  SMTP in           127.0.0.1:{place.smtp_port}
  customer's server 127.0.0.1:{place.sink_port}
  store             {place.store}
  runtime (memory)  {place.runtime}

Look, in another terminal:
  katharion quarantine list {config}
  katharion queue list {config}
  katharion trace alice@customer.example {config}
Send one yourself:
  swaks --server 127.0.0.1:{place.smtp_port} --from you@sender.example --to alice@customer.example
Ctrl-C ends it.

time      what        recipient                      fate        in words"""
        )

    def sums(self, figures: Figures) -> None:
        """The ledger, at the end."""
        self.line(
            f"\n{figures.sent} recipients sent: {figures.delivered} delivered, "
            f"{figures.quarantined} quarantined, {figures.queued} queued, "
            f"{figures.refused} refused, {figures.deferred} deferred, {figures.lost} lost."
        )
