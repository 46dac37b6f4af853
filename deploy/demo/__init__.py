"""A whole installation of Lifeboat, with an edge to break, in a network namespace of its own."""
