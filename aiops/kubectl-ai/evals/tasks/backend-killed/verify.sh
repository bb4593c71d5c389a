#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/../../lib/faults.sh"

serves backend backend-service
limit="$(container backend .resources.limits.memory)"
case "$limit" in
  *Mi) [ "${limit%Mi}" -ge 96 ] && [ "${limit%Mi}" -le 512 ] || fail "the memory limit is $limit" ;;
  512M | 500M | 400M | 384M | 300M | 256M) ;;
  "") fail "the memory limit is gone" ;;
  *) fail "the memory limit is $limit" ;;
esac
restarts() { kube get pods --selector app=backend --output 'jsonpath={.items[*].status.containerStatuses[0].restartCount}'; }
before="$(restarts)"
sleep 20
[ "$(restarts)" = "$before" ] || fail "it is still restarted"
echo "Success"
