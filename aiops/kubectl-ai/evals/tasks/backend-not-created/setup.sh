#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

note deployment/backend spec
note configmap/backend-config data
kube patch deployment/backend --type json --patch \
  '[{"op":"replace","path":"/spec/template/spec/containers/0/envFrom/0/configMapRef/name","value":"backend-settings"}]'
appears 120 reason backend CreateContainerConfigError
