"""The product without HTTP: messages, the log, who is connected, and what reaches them."""
