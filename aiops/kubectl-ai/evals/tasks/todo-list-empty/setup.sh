#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

# The API's Service selects pods that nobody has.
note service/backend-service spec
note deployment/backend spec.template.metadata.labels
kube patch service/backend-service --type json \
  --patch '[{"op":"replace","path":"/spec/selector/app","value":"backend-api"}]'
appears 60 without_endpoints backend-service
