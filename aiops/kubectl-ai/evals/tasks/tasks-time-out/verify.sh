#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

serves backend backend-service
target="$(value service/backend-service '{.spec.ports[0].targetPort}')"
[ "$target" = http ] || [ "$target" = 8000 ] || fail "targetPort is $target"
[ "$(value service/backend-service '{.spec.ports[0].port}')" = 8000 ] || fail "the frontend calls port 8000"
same deployment/backend spec.template.metadata.labels
echo "Success"
