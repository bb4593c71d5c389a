#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

serves backend backend-service
[ "$(value service/backend-service '{.spec.selector.app}')" = backend ] || fail "the selector is not the app's label"
# The other way to make them match: labels on the pods, which the next rollout would lose.
same deployment/backend spec.template.metadata.labels
echo "Success"
