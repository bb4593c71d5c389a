#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

serves backend backend-service
# By the old name, or with the same settings under the new one.
name="$(container backend .envFrom[0].configMapRef.name)"
[ -n "$name" ] || fail "the settings are gone"
for key in FRONTEND_URL AI_MODEL; do
  [ -n "$(value "configmap/$name" "{.data.$key}")" ] || fail "$name has no $key"
done
echo "Success"
