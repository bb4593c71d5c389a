{{/* Metadata of a pod template. Context: dict "root" $ "component" NAME */}}
{{- define "todo-app.podMetadata" -}}
labels:
  {{- include "todo-app.selectorLabels" . | nindent 2 }}
annotations:
  checksum/config: {{ include (printf "todo-app.%sConfig" .component) .root | sha256sum }}
  {{- with include "todo-app.secretData" . }}
  checksum/secret: {{ sha256sum . }}
  {{- end }}
  {{- with .root.Values.secretsRevision }}
  taskflow/secrets-revision: {{ . | quote }}
  {{- end }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* What the pods of Deployments and tests share. Context: dict "root" $ "serviceAccount" NAME */}}
{{- define "todo-app.podSpec" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ .serviceAccount }}
automountServiceAccountToken: false
# Kubernetes' own FRONTEND_SERVICE_PORT and the like are nobody's configuration here.
enableServiceLinks: false
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What only the pods of Deployments have. Context: dict "root" $ "component" NAME */}}
{{- define "todo-app.servingPodSpec" -}}
{{- include "todo-app.podSpec" (dict "root" .root "serviceAccount" .component) }}
terminationGracePeriodSeconds: {{ .root.Values.rollout.terminationGracePeriodSeconds }}
{{- with get .root.Values.affinity .component }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: {{ .root.Values.topologySpread.maxSkew }}
    topologyKey: {{ .root.Values.topologySpread.topologyKey }}
    whenUnsatisfiable: {{ .root.Values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "todo-app.selectorLabels" . | nindent 8 }}
    # Counts the pods of one revision, so that a rollout does not end lopsided.
    matchLabelKeys: [pod-template-hash]
{{- end }}

{{/* Image and security, the same for every container. Context: as above */}}
{{- define "todo-app.container" -}}
image: {{ include "todo-app.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- toYaml .root.Values.securityContext | nindent 2 }}
{{- end }}

{{/* The three probes of a service's container. Context: as above */}}
{{- define "todo-app.probes" -}}
{{- range $kind, $probe := get .root.Values.probes .component }}
{{ $kind }}Probe:
  httpGet:
    path: {{ $probe.path }}
    port: http
  periodSeconds: {{ $probe.periodSeconds }}
  timeoutSeconds: {{ $probe.timeoutSeconds }}
  failureThreshold: {{ $probe.failureThreshold }}
{{- end }}
{{- end }}

{{/*
preStop: goes on serving while the cluster takes the pod out of its Services. The native sleep is on from
Kubernetes 1.30; before that the image's interpreter sleeps (there is no shell in it). Context: as above
*/}}
{{- define "todo-app.lifecycle" -}}
{{- $seconds := int .root.Values.rollout.preStopSleepSeconds -}}
{{- if $seconds }}
lifecycle:
  preStop:
    {{- if semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version }}
    sleep:
      seconds: {{ $seconds }}
    {{- else if eq .component "frontend" }}
    exec:
      command: [/usr/local/bin/node, -e, "setTimeout(() => {}, {{ $seconds }}000)"]
    {{- else }}
    exec:
      command: [/app/.venv/bin/python, -c, "import time; time.sleep({{ $seconds }})"]
    {{- end }}
{{- end }}
{{- end }}

{{/* Replicas, strategy and selector of a Deployment. Context: as above */}}
{{- define "todo-app.deploymentSpec" -}}
{{- if not (get .root.Values.autoscaling .component).enabled }}
replicas: {{ get .root.Values.replicaCount .component }}
{{- end }}
{{- with .root.Values.rollout }}
revisionHistoryLimit: {{ .revisionHistoryLimit }}
minReadySeconds: {{ .minReadySeconds }}
progressDeadlineSeconds: {{ .progressDeadlineSeconds }}
{{- end }}
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: 0
    maxSurge: 1
selector:
  matchLabels:
    {{- include "todo-app.selectorLabels" . | nindent 4 }}
{{- end }}
