"""`katharion demo`: a whole node on loopback, with a sample customer and sample mail."""

import asyncio
import sys

import click
import msgspec

from katharion.demo.node import DemoError
from katharion.demo.screen import Screen
from katharion.demo.show import ShowOptions, show

PORT_MAX = 65535


@click.command("demo")
@click.option("--seconds", type=click.FloatRange(min=0), default=0.0, help="End by itself.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object, at the end.")
@click.option(
    "--port", type=click.IntRange(1, PORT_MAX), default=2525, show_default=True, help="SMTP in."
)
@click.option(
    "--web-port",
    type=click.IntRange(1, PORT_MAX),
    default=8080,
    show_default=True,
    help="For the pages, when there are some.",
)
def demo(*, seconds: float, is_json: bool, port: int, web_port: int) -> None:  # noqa: ARG001 # The pages come later.
    """Start a whole node on loopback and show what becomes of sample mail."""
    screen = Screen(sys.stdout, is_quiet=is_json)
    options = ShowOptions(smtp_port=port, seconds=seconds)
    try:
        figures = asyncio.run(show(screen, options))
    except DemoError as error:
        print(f"katharion demo: {error}", file=sys.stderr)
        sys.exit(2)
    if is_json:
        print(msgspec.json.encode(figures).decode())
