"""Other programs at the other end of our wires. `tests/run interop` runs these tests."""
