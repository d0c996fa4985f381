"""What an operator sets of rules."""

from typing import Annotated

import msgspec


class RulesOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules of texts, links and headers."""

    folder: Annotated[
        str,
        msgspec.Meta(description="Folder of your own rules (*.toml), beside those that ship."),
    ] = ""
    compiled: Annotated[
        str,
        msgspec.Meta(description="Folder of compiled rules, kept; empty: in the runtime folder."),
    ] = ""
    weights: Annotated[
        dict[str, float],
        msgspec.Meta(description="Other points for rules, by name; 0 switches one off."),
    ] = {}
