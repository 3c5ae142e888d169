"""Delivery from the hub to the readers."""
