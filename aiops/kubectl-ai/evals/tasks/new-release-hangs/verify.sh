#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

serves frontend frontend-service
case "$(noted deployment/frontend spec)" in
  *"\"image\":\"$(container frontend .image)\""*) ;;
  *) fail "the frontend runs an image that it did not run before" ;;
esac
echo "Success"
