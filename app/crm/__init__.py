"""Adapters to CRM systems: one system per module."""
