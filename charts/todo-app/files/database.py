"""Runs in the backend's image: is the journey's task in the database? Then removes its user, task and all."""

import json
import os
import sys

import psycopg

with open("/tmp/journey.json") as file:
    journey = json.load(file)
with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=20) as connection:
    found = connection.execute(
        "select count(*) from task where id = %s::uuid and title = %s", (journey["task"], journey["title"])
    ).fetchone()[0]
    connection.execute('delete from "user" where email = %s', (journey["email"],))
    left = connection.execute("select count(*) from task where title = %s", (journey["title"],)).fetchone()[0]
if journey["problem"]:
    sys.exit(journey["problem"])
if found != 1 or left != 0:
    sys.exit(f"the task is in the database {found} time(s), and {left} time(s) after its user was removed")
print("the task reached the database, and its user is removed again")
