"""What people must be told: an outbox that survives crashes."""
