# Sourced by the tasks' scripts: objects of the running TaskFlow are noted before a fault and brought back after it.
# No `set -e` here; each script sets its own.

NAMESPACE=todo-app
# One folder a task, of this user alone.
NOTES="${TMPDIR:-/tmp}/taskflow-evals-$(id -u)/$(basename "$(cd "$(dirname "$0")" && pwd)")"

kube() { kubectl --namespace "$NAMESPACE" "$@"; }

# note KIND/NAME FIELD: remembers a field (spec, data); ends the script where there is no such object.
note() {
  mkdir -p "$NOTES" && chmod 700 "$NOTES"
  kube get "$1" --output "jsonpath={.$2}" > "$NOTES/$(basename "$1").$(dirname "$1").$2"
}

# noted KIND/NAME FIELD: the field as it was.
noted() { cat "$NOTES/$(basename "$1").$(dirname "$1").$2"; }

# bring_back KIND/NAME FIELD
bring_back() {
  file="$NOTES/$(basename "$1").$(dirname "$1").$2"
  [ -s "$file" ] || return 0
  kube patch "$1" --type json --patch "[{\"op\":\"replace\",\"path\":\"/$2\",\"value\":$(cat "$file")}]"
}

# forget: what was noted is no longer needed.
forget() { rm -rf "$NOTES"; }

# value KIND/NAME JSONPATH
value() { kube get "$1" --output "jsonpath=$2"; }

# container NAME PATH: a field of the Deployment's container of the same name, e.g. container backend .image
container() { value "deployment/$1" "{.spec.template.spec.containers[?(@.name==\"$1\")]$2}"; }

# change_container NAME JSON: a strategic merge patch of the Deployment's container of the same name.
change_container() {
  kube patch "deployment/$1" --patch \
    "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"$1\",$2}]}}}}"
}

# appears SECONDS COMMAND...: waits until the command succeeds.
appears() {
  seconds="$1"
  shift
  while [ "$seconds" -gt 0 ]; do
    if "$@" > /dev/null 2>&1; then return 0; fi
    sleep 1
    seconds=$((seconds - 1))
  done
  echo "not within the time: $*" >&2
  return 1
}

# reason APP REASON: does a container of the app's pods wait for this reason, or did one end with it?
reason() {
  kube get pods --selector "app=$1" --output \
    'jsonpath={range .items[*].status.containerStatuses[*]}{.state.waiting.reason} {.lastState.terminated.reason}{"\n"}{end}' |
    grep -q -w "$2"
}

# endpoints SERVICE: how many addresses it has that serve.
endpoints() {
  kube get endpointslices --selector "kubernetes.io/service-name=$1" --output \
    'jsonpath={range .items[*].endpoints[?(@.conditions.ready==true)]}{.addresses[0]}{"\n"}{end}' | grep -c .
}

# without_endpoints SERVICE
without_endpoints() { [ "$(endpoints "$1")" -eq 0 ]; }

# fail TEXT: the verifier's last word.
fail() {
  echo "Failure: $*"
  exit 1
}

# serves APP SERVICE: the rollout is complete, between one and three pods are available, and the Service leads to them.
serves() {
  kube rollout status "deployment/$1" --timeout 150s || fail "the rollout of $1 is not complete"
  available="$(value "deployment/$1" '{.status.availableReplicas}')"
  [ "${available:-0}" -ge 1 ] && [ "$available" -le 3 ] || fail "$1 has ${available:-0} pods available"
  appears 30 endpoints_present "$2" || fail "$2 has no endpoint"
}
endpoints_present() { [ "$(endpoints "$1")" -ge 1 ]; }

# same KIND/NAME FIELD PATH: a part of the object that the mend has no reason to touch is as it was.
same() {
  now="$(value "$1" "{.$2}")"
  [ "$now" = "$(noted "$1" "$2")" ] || fail "$1 was changed: $2"
}
