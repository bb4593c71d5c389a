#!/usr/bin/env bash
set -uo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

bring_back service/backend-service spec
forget
