"""Which of Debian's filters are installed, and in which version."""

import subprocess


def version(package: str) -> str:
    """The version that is installed; "" where it is not."""
    try:
        done = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Status} ${Version}", package],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""  # Not Debian.
    words = done.stdout.split()
    return words[-1] if words[:3] == ["install", "ok", "installed"] else ""
