#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

serves backend backend-service
# Mended, not removed, and still the endpoint that asks for the database.
[ "$(container backend .readinessProbe.httpGet.path)" = /health/ready ] || fail "the readiness probe asks elsewhere"
for probe in .startupProbe .livenessProbe; do
  [ -n "$(container backend $probe)" ] || fail "$probe is gone"
done
echo "Success"
