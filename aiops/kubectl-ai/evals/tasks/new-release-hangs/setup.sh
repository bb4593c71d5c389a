#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

pulls_fail() { reason frontend ImagePullBackOff || reason frontend ErrImagePull || reason frontend ErrImageNeverPull; }
note deployment/frontend spec
kube set image deployment/frontend "frontend=$(container frontend .image | sed 's/:[^:/]*$//'):v9.9.9"
appears 120 pulls_fail
