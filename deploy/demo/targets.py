"""Prints what has to be built for the demonstration, a Bazel target a line."""

from deploy.demo.installation import BUILD_TARGETS

print("\n".join(BUILD_TARGETS))
