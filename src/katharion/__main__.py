"""Start katharion as `python -m katharion`: the same verbs as the command."""

from katharion.cli import main

main()
