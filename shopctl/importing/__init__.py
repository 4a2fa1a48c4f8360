"""Turns a shop's own files into products and events."""
