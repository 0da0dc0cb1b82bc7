"""The demonstration: our own made-up classified on loopback, and the made-up people who work with it."""
