"""The log: the ordered, durable sequence of messages. Its interface is in protocol.py."""
