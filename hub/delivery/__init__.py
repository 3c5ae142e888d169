"""From the hub to the readers: groups, replay, transports, and the events that are no messages."""
