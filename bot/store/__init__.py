"""What must survive a crash: one SQLite file in WAL mode. No other room knows SQL."""
