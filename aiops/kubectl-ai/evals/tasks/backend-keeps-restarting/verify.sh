#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

serves backend backend-service
[ -z "$(container backend .command)" ] || [ "$(container backend .command)" != '["/app/.venv/bin/python","-m","app.server"]' ] ||
  fail "the command is still the one that fails"
for probe in .startupProbe .livenessProbe .readinessProbe; do
  [ -n "$(container backend $probe)" ] || fail "$probe is gone"
done
echo "Success"
