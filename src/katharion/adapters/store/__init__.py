"""The embedded store on SQLite: shards, migrations, tracking."""
