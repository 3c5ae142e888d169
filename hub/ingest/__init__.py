"""Bytes and lines to drafts."""
