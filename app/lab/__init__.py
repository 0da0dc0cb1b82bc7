"""The laboratory: a real Asterisk with our own configuration beside a town of sellers, for development and tests.

Nothing here is used in production. Asterisk comes from ASTERISK_ROOT, from a tree that `make lab` has put into the
cache, or from the distribution; the town is SIPp with scenarios of our own.
"""
