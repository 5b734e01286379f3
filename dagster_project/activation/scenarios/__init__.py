"""Scenarios: who is triggered, what falls due, what is listed or suppressed, and the lists that go out."""
