"""PostgreSQL: addresses, connections, tables."""

CONNECT_SECONDS = 3
"""How long one attempt to connect may take, name resolution included."""
