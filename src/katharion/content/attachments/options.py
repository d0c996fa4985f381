"""What an operator may set of attachments."""

from typing import Annotated

import msgspec

from katharion.content.attachments.names import REFUSED_DEFAULT

MEBIOCTET = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """What the walk through all archives of one message may cost."""

    depth_max: int = 8
    files_count_max: int = 1000
    unpacked_octets_max: int = 100 * 1024 * 1024
    ratio_max: int = 100
    # So much may come out of anything: a small file of zeros is no bomb.
    ratio_from_octets: int = 8 * 1024 * 1024


class Rules(msgspec.Struct, frozen=True):
    """What an examination is made under."""

    limits: Limits = Limits()
    refused: frozenset[str] = frozenset(REFUSED_DEFAULT)
    refused_points: float = 4.5


class Settings(msgspec.Struct, frozen=True):
    """What a process that looks into files is told at its start."""

    rules: Rules
    memory_octets_max: int
    cpu_seconds_max: int
    signatures_folder: str = ""


class AttachmentsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files that come by mail: what is refused, and what it may cost to look into them."""

    refused: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Extensions and kinds of files that are not taken by mail."),
    ] = REFUSED_DEFAULT
    refused_points: Annotated[
        float, msgspec.Meta(description="What one of them counts.", ge=0, le=10)
    ] = 4.5
    workers: Annotated[
        int,
        msgspec.Meta(
            description="Processes of each filter that look into files; 0: nobody does.",
            ge=0,
            le=16,
        ),
    ] = 1
    signatures_folder: Annotated[
        str,
        msgspec.Meta(description="Folder of YARA rules beside our own (*.yar, *.yara)."),
    ] = ""
    seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds for all files of a message.", gt=0, le=60)
    ] = 10.0
    memory_mib_max: Annotated[
        int, msgspec.Meta(description="Address space of such a process, in MiB.", ge=256)
    ] = 1024
    depth_max: Annotated[int, msgspec.Meta(description="Archives in archives.", ge=1, le=50)] = 8
    files_count_max: Annotated[
        int, msgspec.Meta(description="Files in all archives of a message.", ge=1, le=100_000)
    ] = 1000
    unpacked_mib_max: Annotated[
        int, msgspec.Meta(description="What all archives of a message may hold, in MiB.", ge=1)
    ] = 100
    ratio_max: Annotated[
        int,
        msgspec.Meta(description="Octets that may come out of one; more is a bomb.", ge=10),
    ] = 100

    @property
    def rules(self) -> Rules:
        """The same, for whoever looks."""
        limits = Limits(
            depth_max=self.depth_max,
            files_count_max=self.files_count_max,
            unpacked_octets_max=self.unpacked_mib_max * MEBIOCTET,
            ratio_max=self.ratio_max,
        )
        refused = frozenset(each.lower().lstrip(".") for each in self.refused)
        return Rules(limits, refused, self.refused_points)
