"""`katharion rules`: which rules there are, and whether they are right."""

import sys
import time
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from katharion.adapters.rules_folder import compiled, load_rules
from katharion.cli.given import json_option
from katharion.cli.table import print_table
from katharion.content.rules.examples import faults_of
from katharion.content.rules.options import RulesOptions
from katharion.content.rules.rule import Rules, RulesError

_folder = click.argument("folder", default="", type=click.Path())


@click.group("rules")
def rules() -> None:
    """Rules of texts, links and headers: those that ship, and your own."""


@rules.command("list")
@_folder
@json_option
def list_verb(folder: str, *, is_json: bool) -> None:
    """All rules: those that ship, and those of FOLDER."""
    found = _load(folder)
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(found.rules)).decode())
        return
    rows = [
        (rule.name, f"{rule.weight:+.1f}", rule.group, rule.place or "condition", rule.sentence)
        for rule in sorted(found.rules, key=lambda rule: (rule.group, rule.name))
    ]
    print_table(("name", "points", "group", "in", "what it says"), rows)


@rules.command("lint")
@_folder
def lint(folder: str) -> None:
    """Compile all rules, those of FOLDER too, and try each on its own examples."""
    found = _load(folder)
    began = time.perf_counter()
    try:
        ready = compiled(found)
    except RulesError as error:
        _end(error)
    took = time.perf_counter() - began
    faults = faults_of(ready)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(found.rules)} rules, compiled in {took:.1f} s; {len(faults)} examples are wrong.")
    if faults:
        sys.exit(1)


def _load(folder: str) -> Rules:
    try:
        return load_rules(RulesOptions(folder=str(Path(folder)) if folder else ""))
    except RulesError as error:
        _end(error)


def _end(error: RulesError) -> NoReturn:
    for problem in error.problems:
        print(f"katharion: {problem}", file=sys.stderr)
    sys.exit(2)
