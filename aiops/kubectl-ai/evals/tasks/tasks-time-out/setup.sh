#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

# Endpoints are there, and nothing listens on the port that they name.
note service/backend-service spec
note deployment/backend spec.template.metadata.labels
kube patch service/backend-service --type json \
  --patch '[{"op":"replace","path":"/spec/ports/0/targetPort","value":8080}]'
