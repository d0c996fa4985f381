"""Records of a message, told as its story: times, stages, reasons, the next hop's words."""

from collections.abc import Sequence
from datetime import UTC, datetime

from katharion.values.track import TrackRecord


def tell(records: Sequence[TrackRecord]) -> list[str]:
    """The story of one message (or of one refused client), in the order it happened."""
    lines: list[str] = []
    for record in records:
        if not lines:
            lines += _opening(record)
        lines.append(_line(record))
        lines += [
            f"             {finding.weight:+5.1f}  {finding.name}: {finding.sentence}"
            + (f" [{finding.evidence}]" if finding.evidence else "")
            for finding in record.findings
        ]
    return lines


def by_message(records: Sequence[TrackRecord]) -> list[list[TrackRecord]]:
    """The records of each message together, in the order of their first."""
    groups: dict[str, list[TrackRecord]] = {}
    for number, record in enumerate(records):
        groups.setdefault(record.message_id or f"#{number}", []).append(record)
    return list(groups.values())


def _opening(record: TrackRecord) -> list[str]:
    if not record.message_id:
        return []
    lines = [f"message {record.message_id}"]
    facts = (
        ("from", record.sender or "<>"),
        ("subject", record.subject),
        ("Message-ID", record.message_header_id),
        ("client", f"{record.client_address} ({record.helo})" if record.client_address else ""),
        ("size", f"{record.size_bytes} bytes" if record.size_bytes else ""),
        ("TLS", record.tls),
        ("verdict", f"{record.band}, {record.score:.1f} points" if record.band else ""),
    )
    return lines + [f"  {name:<11}{value}" for name, value in facts if value]


def _line(record: TrackRecord) -> str:
    time = datetime.fromtimestamp(record.at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    parts = [record.event]
    if record.recipient:
        parts.append(f"<{record.recipient}>")
    if record.state:
        parts.append(f"→ {record.state}")
    if record.reason:
        parts.append(f"({record.reason})")
    if record.redirected_to:
        parts.append(f"for <{record.redirected_to}>")
    if record.next_hop:
        parts.append(f"at {record.next_hop}")
    if record.words:
        parts.append(f'which said "{record.words}"')
    if record.reply:
        parts.append(f'; we said "{record.reply}"')
    stages = " ".join(f"{name} {1000 * span:.1f} ms" for name, span in record.stages.items())
    return f"  {time}  {' '.join(parts)}{f'  [{stages}]' if stages else ''}"
