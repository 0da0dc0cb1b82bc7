"""SMS gateways: one gateway per module."""
