"""TaskFlow's API. `python -m app` serves it, `python -m app.migrate` brings the database up to it."""
