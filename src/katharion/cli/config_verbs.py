"""`katharion config`: check a file, show what is in force, print an example."""

from pathlib import Path

import click
import msgspec

from katharion.authentication.dkim_sign import SigningKey
from katharion.cli.given import DEFAULT_CONFIG, end, json_option, load_or_exit
from katharion.config.options import Config

TXT_LENGTH_MAX = 255  # Of one string of a TXT record (RFC 1035 section 3.3).

_file = click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_CONFIG)


@click.group("config")
def config() -> None:
    """Check, show and explain configurations."""


@config.command("check")
@_file
def check(file: Path) -> None:
    """Report everything that is wrong with FILE; exit status 2 where anything is."""
    loaded = load_or_exit(file)
    domains = len(loaded.snapshot.domains)
    print(f"{file}: good ({domains} domain{'' if domains == 1 else 's'}).")


@config.command("show")
@_file
@json_option
def show(file: Path, *, is_json: bool) -> None:
    """Print every option as it is in force, defaults included."""
    data = msgspec.to_builtins(load_or_exit(file).config)
    if is_json:
        print(msgspec.json.format(msgspec.json.encode(data)).decode())
        return
    for path, value in _flat(data, ()):
        print(f"{'.'.join(path)} = {msgspec.json.encode(value).decode()}")


@config.command("example")
def example() -> None:
    """Print a commented example with every option."""
    from katharion.config.example import example as text  # noqa: PLC0415 # Only here.

    print(text(), end="")


@config.command("dkim-record")
@_file
def dkim_record(file: Path) -> None:
    """Print the DNS records that let others verify our own mail, and our seals."""
    keys = _keys(load_or_exit(file).config)
    if not keys:
        end("There is neither own_mail.dkim_key nor arc.key: nothing is signed.", 1)
    for line in dict.fromkeys(map(_record, keys)):
        print(line)


def _record(key: SigningKey) -> str:
    pieces = [
        key.record[at : at + TXT_LENGTH_MAX] for at in range(0, len(key.record), TXT_LENGTH_MAX)
    ]
    quoted = " ".join(f'"{piece}"' for piece in pieces)
    return f"{key.record_name}. IN TXT {quoted}"


def _keys(configured: Config) -> list[SigningKey]:
    from katharion.processes.own_mail import (  # noqa: PLC0415 # Only here.
        OwnMailError,
        sealing_key,
        signing_key,
    )

    try:
        return [key for key in (signing_key(configured), sealing_key(configured)) if key]
    except OwnMailError as error:
        end(str(error))


def _flat(value: object, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict) and value:
        return [row for key, each in value.items() for row in _flat(each, (*path, str(key)))]
    return [(path, value)]
