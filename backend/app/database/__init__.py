"""PostgreSQL: addresses, connections, tables."""
