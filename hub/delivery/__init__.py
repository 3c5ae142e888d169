"""Delivery from the hub to the readers: groups, replay, transports and control events."""
