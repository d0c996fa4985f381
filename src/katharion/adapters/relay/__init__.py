"""The Relay port over SMTP and LMTP: pooled sessions, one destination apart from the other."""

from katharion.adapters.relay.options import ArcOptions, RelayOptions
from katharion.adapters.relay.pool import PooledRelay

__all__ = ["ArcOptions", "PooledRelay", "RelayOptions"]
