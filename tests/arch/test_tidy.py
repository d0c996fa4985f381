"""House rules that the other tools can't check. Each message says what to do."""

import ast
import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "katharion"
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 50  # Without its docstring: what fits on a screen.
FILES = sorted(path for path in SRC.rglob("*.py") if "migrations" not in path.parts)
TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))
PROCESS_HEADINGS = ("Job:", "Trust:", "Talks to:", "Holds:", "Dies:", "Standards:")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def cores() -> tuple[str, ...]:
    """The cores, as the import contracts list them."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    modules = contracts["importlinter:contract:cores"]["source_modules"].split()
    return tuple(m.removeprefix("katharion.").replace(".", "/") for m in modules)


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def lines_without_docstring(function: Function) -> int:
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        assert docstring.end_lineno is not None
        lines -= docstring.end_lineno - docstring.lineno + 1
    return lines


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES + TEST_FILES, ids=relative)
def test_file_fits(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES_MAX, "split it by noun, not by size"


@pytest.mark.parametrize("path", FILES + TEST_FILES, ids=relative)
def test_functions_fit_on_a_screen(path: Path) -> None:
    too_long = [f.name for f in functions(path) if lines_without_docstring(f) > FUNCTION_LINES_MAX]
    assert not too_long, "keep the branches here, give the straight parts names of their own"


@pytest.mark.parametrize(
    "path", [p for p in FILES if str(p.relative_to(SRC)).startswith(cores())], ids=relative
)
def test_core_never_waits(path: Path) -> None:
    waits = [f.name for f in functions(path) if isinstance(f, ast.AsyncFunctionDef)]
    assert not waits, "a core takes bytes and values; the edge waits for it"


@pytest.mark.parametrize("path", FILES + TEST_FILES, ids=relative)
def test_module_says_what_it_is(path: Path) -> None:
    if path.name == "__init__.py" and not path.read_text():
        return
    assert ast.get_docstring(ast.parse(path.read_text())), "the first line is the map's entry"


@pytest.mark.parametrize("path", sorted((SRC / "protocols").glob("[a-z]*.py")), ids=relative)
def test_protocol_names_its_source(path: Path) -> None:
    head = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert re.search(r"RFC \d{3,5}|PROXY protocol|\w+\(8\) manual", head), (
        "cite the RFC and the section"
    )


@pytest.mark.parametrize("path", sorted((SRC / "processes").glob("[a-z]*.py")), ids=relative)
def test_process_has_its_page(path: Path) -> None:
    head = ast.get_docstring(ast.parse(path.read_text())) or ""
    missing = [heading for heading in PROCESS_HEADINGS if heading not in head]
    assert not missing, "a process's head says its job, trust, peers, state and death"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_names_say_what_a_thing_is(path: Path) -> None:
    assert not re.search(r"util|manager|helper|\bcommon\b|misc|\d$", path.stem), "name the noun"


def test_each_check_is_listed() -> None:
    registry = SRC / "pipeline" / "checks" / "registry.py"
    if not registry.exists():
        pytest.fail("pipeline/checks/registry.py names all checks")
    text = registry.read_text()
    files = {p.stem for p in registry.parent.glob("[a-z]*.py")} - {"registry"}
    assert not [name for name in sorted(files) if name not in text], "list it in registry.py"


def test_lock_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text, "make it with `make lock`, which records no host"


def test_ignored_rules_have_reasons() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["ruff"]["lint"]["select"] == ["ALL"]
    for line in (ROOT / "pyproject.toml").read_text().splitlines():
        if re.match(r'\s+"[A-Z]+\d+",', line):
            assert "#" in line, f"say why: {line.strip()}"


def test_silenced_checks_have_reasons() -> None:
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"# (type: ignore|noqa)", line):
                assert re.search(r"# (type: ignore\[|noqa: )[\w, \]-]+ ?(#|—|-- )", line), (
                    f"{relative(path)}:{number}: name the code and, after another #, the reason"
                )
