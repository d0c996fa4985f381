"""`katharion up` and `katharion run`: start the node, or one of its processes."""

from pathlib import Path

import click

from katharion.cli.given import config_option, end, load_or_exit
from katharion.ports import SpoolUnavailableError


@click.command("up")
@config_option
def up(config_path: Path) -> None:
    """Run a whole node: a supervisor with filters and a queue runner."""
    from katharion.processes.supervisor import StartError, run_supervisor  # noqa: PLC0415 # Only here.

    loaded = load_or_exit(config_path)
    try:
        run_supervisor(config_path.absolute(), loaded)
    except StartError as error:
        end(str(error))


@click.command("run")
@click.argument("role", type=click.Choice(["filter", "queue-runner", "supervisor"]))
@click.option("--slot", type=click.IntRange(0, 99), default=0, help="Which filter it is.")
@config_option
@click.pass_context
def run(context: click.Context, role: str, slot: int, config_path: Path) -> None:
    """Run one process; the supervisor does this for each of its children."""
    if role == "supervisor":
        context.invoke(up, config_path=config_path)
        return
    loaded = load_or_exit(config_path)
    try:
        if role == "filter":
            from katharion.processes.filter import run_filter  # noqa: PLC0415 # Only what it needs.

            run_filter(loaded, slot)
        else:
            from katharion.processes.queue_runner import run_queue_runner  # noqa: PLC0415 # Likewise.

            run_queue_runner(loaded)
    except SpoolUnavailableError as error:
        end(str(error))
