"""katharion: a mail filter that says 250 only after a delivery or a durable hold."""

__version__ = "0.1.0"
