"""The operator's verbs. Each is loaded when it is called, so that the command starts quickly."""

import importlib

import click

from katharion import __version__

# Verb: the module that has it, its name there, and its line in the overview.
VERBS = {
    "up": ("katharion.cli.process_verbs", "up", "Run a whole node."),
    "run": ("katharion.cli.process_verbs", "run", "Run one process by its role."),
    "demo": ("katharion.cli.demo_verb", "demo", "Run a node with sample mail on loopback."),
    "drill": ("katharion.cli.drill_verb", "drill", "Break a node under load, and count the mail."),
    "config": ("katharion.cli.config_verbs", "config", "Check, show and explain configurations."),
    "check": ("katharion.cli.check_verb", "check", "Judge a message from a file, and explain it."),
    "queue": ("katharion.cli.queue_verbs", "queue", "Mail that waits for its next hop."),
    "quarantine": ("katharion.cli.held_verbs", "quarantine", "Mail that waits for a person."),
    "trace": ("katharion.cli.trace_verb", "trace", "The whole story of a message."),
    "ledger": (
        "katharion.cli.ledger_verb",
        "ledger",
        "Whether all that was acknowledged is there.",
    ),
    "campaign": (
        "katharion.cli.campaign_verbs",
        "campaign",
        "Mailings of late: list, show.",
    ),
    "reports": ("katharion.cli.reports_verb", "reports", "Reports of DMARC and TLS."),
    "rules": ("katharion.cli.rules_verbs", "rules", "Rules of texts, links and headers."),
    "model": ("katharion.cli.model_verbs", "model", "Train the classifier, and measure it."),
    "learn": (
        "katharion.cli.learn_verbs",
        "learn",
        "Say of messages that they are spam or wanted.",
    ),
    "doctor": ("katharion.cli.doctor", "doctor", "Say what is wrong with this machine."),
}


class LazyGroup(click.Group):
    """Knows its verbs by name, and loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # click's signature.
        """All verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 # Likewise.
        """Load one verb."""
        if cmd_name not in VERBS:
            return None
        module, name, _ = VERBS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 # Likewise.
        """The overview, without loading anything."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, line) for verb, (_, _, line) in VERBS.items()])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="katharion")
def main() -> None:
    """Filter mail: judged in memory, passed on or held, and only then 250."""
