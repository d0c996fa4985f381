"""The commented example and the manual's table, made from the options themselves."""

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any

import msgspec

from katharion.config.options import Config

_HEAD = """\
# katharion: every option with its sentence and its default. What is commented out is the
# default; a line without a # is an example to be changed. Check it before use:
#
#     katharion config check katharion.toml
"""
# What an example shows, where a default can't: names are up to the operator.
_SHOWN: dict[str, dict[str, object]] = {
    "": {"hostname": "mx1.example.org"},
    "listeners.public": {"address": "0.0.0.0", "port": 25},  # noqa: S104 # An example.
    "routes.office": {"next_hops": ["mail.example.org:25"]},
    "policies.default": {},
    'domains."example.org"': {"route": "office", "recipients": ["alice", "bob"]},
}
_NAMES = {
    "listeners": "public",
    "routes": "office",
    "policies": "default",
    "domains": '"example.org"',
    "blocklists": "spamcop",
}


def example() -> str:
    """A whole configuration file, commented."""
    return _HEAD + "\n".join(_table(Config, "")) + "\n"


def _table(shape: Any, path: str) -> Iterator[str]:  # noqa: ANN401 # A Struct's type.
    """The lines of one table, then those of the tables in it."""
    shown = _SHOWN.get(path, {})
    inner: list[tuple[Any, str]] = []
    if path:
        yield ""
        yield from _wrapped(str(shape.__doc__).strip().splitlines()[0])
        yield f"[{path}]" if path in _SHOWN or "." not in path else f"# [{path}]"
    for field in msgspec.structs.fields(shape):
        kind = _inner_struct(field.type)
        at = f"{path}.{field.name}" if path else field.name
        if kind is not None:
            inner.append((kind, f"{at}.{_NAMES[field.name]}" if field.name in _NAMES else at))
            continue
        yield from _wrapped(_description(field.type))
        is_shown = field.name in shown
        value = shown[field.name] if is_shown else field.default
        if value is msgspec.NODEFAULT:
            value = field.default_factory() if callable(field.default_factory) else ""
        yield f"{'' if is_shown else '# '}{field.name} = {_toml(value)}"
    for kind, at in inner:
        yield from _table(kind, at)


def _inner_struct(kind: Any) -> Any:  # noqa: ANN401 # A type, or None.
    described = msgspec.inspect.type_info(kind)
    if isinstance(described, msgspec.inspect.Metadata):
        described = described.type
    if isinstance(described, msgspec.inspect.DictType):
        described = described.value_type
    return described.cls if isinstance(described, msgspec.inspect.StructType) else None


def _description(kind: Any) -> str:  # noqa: ANN401 # A type.
    described = msgspec.inspect.type_info(kind)
    if isinstance(described, msgspec.inspect.Metadata) and described.extra_json_schema:
        return str(described.extra_json_schema.get("description", ""))
    return ""


def _wrapped(sentence: str) -> Iterator[str]:
    if sentence:
        yield f"# {sentence}"


def _toml(value: object) -> str:
    if isinstance(value, Enum):
        return json.dumps(value.value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, float):
        return f"{value:g}" if "e" not in f"{value:g}" else f"{value:.0f}"
    return json.dumps(value)
