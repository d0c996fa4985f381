"""One TOML file: the rooms' options collected, parsed, checked, explained."""
