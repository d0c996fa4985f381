"""Rules from files: those that ship, those of the operator's folder, and compiled ones kept.

Compiling costs a second; what was compiled is kept in the runtime folder and read by all
processes. What is kept and can't be used is compiled anew.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import hyperscan
import msgspec

import katharion
from katharion.content.rules.engine import RuleSet, compile_place, expressions, key_of
from katharion.content.rules.facts import FACTS
from katharion.content.rules.options import RulesOptions
from katharion.content.rules.rule import Place, Rule, Rules, RulesError, read

SHIPPED = Path(katharion.__file__).parent / "content" / "rules" / "data"
_log = logging.getLogger(__name__)


def load_rules(options: RulesOptions) -> Rules:
    """All rules as they are to be used. RulesError with all that is wrong."""
    files = {path.name: path.read_text() for path in sorted(SHIPPED.glob("*.toml"))}
    if options.folder:
        folder = Path(options.folder)
        try:
            files |= {str(path): path.read_text() for path in sorted(folder.glob("*.toml"))}
            if not folder.is_dir():
                raise RulesError([f"{folder} is no folder: make it, or leave `rules.folder` out."])
        except (OSError, UnicodeDecodeError) as error:
            raise RulesError([f"{folder}: {error}."]) from None
    return _reweighed(read(files, FACTS), options.weights)


def _reweighed(rules: Rules, weights: Mapping[str, float]) -> Rules:
    unknown = sorted(set(weights) - {rule.name for rule in rules.rules})
    if unknown:
        names = ", ".join(unknown[:5])
        raise RulesError([f"rules.weights: there is no rule {names}; see `katharion rules list`."])

    def changed(rule: Rule) -> Rule:
        weight = weights.get(rule.name, rule.weight)
        return rule if weight == rule.weight else msgspec.structs.replace(rule, weight=weight)

    return rules._replace(rules=tuple(map(changed, rules.rules)))


def ready_rules(options: RulesOptions, runtime: Path) -> RuleSet:
    """A node's rules, compiled once for all its processes."""
    folder = Path(options.compiled) if options.compiled else runtime / "rules"
    return compiled(load_rules(options), folder)


def compiled(rules: Rules, kept: Path | None = None) -> RuleSet:
    """The rules ready for work. `kept`: the folder of what was compiled before."""
    databases: dict[Place, hyperscan.Database] = {}
    for place, listed in expressions(rules).items():
        path = kept / f"{place}-{key_of(listed)}.hs" if kept else None
        databases[place] = _kept(path) or compile_place(listed)
        if path and not path.exists():
            _keep(path, databases[place])
    return RuleSet(rules, databases)


def _kept(path: Path | None) -> hyperscan.Database | None:
    if path is None or not path.exists():
        return None
    try:
        database = hyperscan.loadb(path.read_bytes(), hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except (OSError, hyperscan.error) as error:
        _log.warning("compiled rules are not used: %s", error)
        return None
    return database


def _keep(path: Path, database: hyperscan.Database) -> None:
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_bytes(hyperscan.dumpb(database))
        draft.rename(path)
