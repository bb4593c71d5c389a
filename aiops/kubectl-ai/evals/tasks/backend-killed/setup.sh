#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

note deployment/backend spec
# Enough for the runtime to begin and far too little for the app; the migration keeps what it had.
change_container backend '"resources":{"requests":{"memory":"48Mi"},"limits":{"memory":"48Mi"}}'
appears 150 reason backend OOMKilled
