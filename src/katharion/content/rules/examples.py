"""Whether rules do what their own examples say."""

from katharion.content.rules.engine import RuleSet
from katharion.content.rules.rule import Place, Rule


def faults_of(rules: RuleSet) -> list[str]:
    """A sentence for each example that is not as it should be."""
    found = []
    for rule in rules.rules.rules:
        if rule.place is not None and not rule.hits:
            found.append(f"{rule.name}: it has no line that it hits (`hits`).")
        missed = [line for line in rule.hits if not _is_hit(rules, rule, line)]
        found += [f"{rule.name}: it does not find {line!r}." for line in missed]
        wrong = [line for line in rule.passes if _is_hit(rules, rule, line)]
        found += [f"{rule.name}: it finds {line!r}, which it should let pass." for line in wrong]
    return found


def _is_hit(rules: RuleSet, rule: Rule, line: str) -> bool:
    def view(place: Place) -> str:
        return line if place == rule.place else ""

    return any(hit.rule is rule for hit in rules.judge(view, lambda _: False))
