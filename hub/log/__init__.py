"""The ordered, durable sequence of messages."""
