#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

not_ready() { kube get events --field-selector reason=Unhealthy | grep -q "Readiness probe failed"; }
note deployment/backend spec
change_container backend '"readinessProbe":{"httpGet":{"path":"/healthz/ready"}}'
appears 120 not_ready
