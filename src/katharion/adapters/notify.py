"""systemd's notifications: one datagram, where systemd asked for it.

Source: sd_notify(3).
"""

import os
import socket


def notify(state: str) -> None:
    """Tell systemd, where it started us; else nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.send(state.encode())
