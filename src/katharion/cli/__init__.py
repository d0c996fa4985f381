"""The operator's verbs."""


def main() -> None:
    """Run the command line."""
