"""A simulated beauty retailer with planted, written-out truth, for the demo, the tests and the bench."""
