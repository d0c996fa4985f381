"""The walk through files: what is kept of what is found."""

from fixtures.fix_files import EICAR, EXE, examined, file_of, names_in, zipped
from katharion.content.attachments.examine import examine
from katharion.content.attachments.options import Rules
from katharion.content.attachments.values import File, Inspected
from katharion.values.verdict import Finding, Force


def test_the_test_file_is_found_where_it_lies_deep() -> None:
    content = zipped({"a.zip": zipped({"b.zip": zipped({"eicar.com": EICAR})})})
    found = examined(content, "a.zip")
    assert next(f.force for f in found.findings if f.name == "EICAR") is Force.VIRUS


def test_a_program_in_a_collection_weighs_less() -> None:
    many = zipped({"a.bat": b"x", **{f"{number}.c": b"x" for number in range(20)}})
    few = zipped({"a.bat": b"x"})
    assert examined(many, "a.zip").findings[0].weight < examined(few, "a.zip").findings[0].weight


def test_a_broken_inspector_is_a_finding() -> None:
    def broken(file: File) -> Inspected:
        raise ValueError(file.name)

    found = examine([file_of(b"x")], Rules(), {"text": (broken,)})
    assert [(f.name, f.was_checked) for f in found.findings] == [("FILE_UNREADABLE", False)]


def test_the_heaviest_of_a_name_is_kept_and_links_are_counted() -> None:
    def inspect(file: File) -> Inspected:
        weight = float(len(file.content))
        return Inspected((Finding("X", weight, "x"),), (f"http://{weight}.example",) * 3)

    files = [file_of(b"x"), file_of(b"xxx"), file_of(b"xx")]
    found = examine(files, Rules(), {"text": (inspect,)})
    assert [f.weight for f in found.findings] == [3.0]
    assert len(found.links) == 3


def test_files_that_an_inspector_finds_are_looked_into() -> None:
    def carries(file: File) -> Inspected:
        return Inspected(files=(("inner", EXE), (file.name, EICAR)))

    found = examine([file_of(b"x")], Rules(), {"text": (carries,)})
    assert set(names_in(found)) >= {"FILE_REFUSED", "EICAR"}


def test_files_in_files_without_an_end_are_deep() -> None:
    def carries(file: File) -> Inspected:
        return Inspected(files=(("inner", file.content),))

    assert names_in(examine([file_of(b"x")], Rules(), {"text": (carries,)})) == ["ARCHIVE_DEEP"]
