"""End-to-end tests: the real programs in the world of the demonstration. Run them by `tests/run e2e`."""
