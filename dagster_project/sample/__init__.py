"""A simulated beauty retailer with planted, written-out truth: what the demo, the tests and the bench run
on.
"""
