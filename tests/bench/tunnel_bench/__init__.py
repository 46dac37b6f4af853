"""The tunnel beside its peers. `tests/bench/tunnel` runs it."""
