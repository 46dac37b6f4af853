"""End-to-end tests: the real programs in the demonstration's world. `tests/run e2e` runs them."""
