#!/usr/bin/env bash
set -uo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

bring_back deployment/backend spec
bring_back configmap/backend-config data
kube delete configmap/backend-settings --ignore-not-found
forget
