"""The process that answers chats: one base model, many adapters."""
