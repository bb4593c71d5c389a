#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

note deployment/backend spec
kube scale deployment/backend --replicas 0
appears 60 without_endpoints backend-service
