"""Which inspectors look into which kinds of files. A new one is a file here and a line below."""

from collections.abc import Mapping

from katharion.content.attachments.values import Inspect

INSPECTORS: Mapping[str, tuple[Inspect, ...]] = {}
