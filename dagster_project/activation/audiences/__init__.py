"""Audiences: a small language of conditions in YAML, checked when read and when bound, compiled to SQL by a library."""
