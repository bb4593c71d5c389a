#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

note deployment/backend spec
change_container backend '"command":["/app/.venv/bin/python","-m","app.server"]'
appears 120 reason backend CrashLoopBackOff
