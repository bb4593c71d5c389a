{{/* Labels of every object. Context: dict "root" $ "component" NAME */}}
{{- define "todo-app.labels" -}}
{{ include "todo-app.selectorLabels" . }}
app.kubernetes.io/part-of: taskflow
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What never changes between two versions, so that selectors stay valid. Context: as above */}}
{{- define "todo-app.selectorLabels" -}}
app: {{ .component }}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Name, namespace and labels. Context: dict "root" $ "component" NAME "name" OBJECT */}}
{{- define "todo-app.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "todo-app.labels" . | nindent 2 }}
{{- end }}

{{/* repository:tag, or repository@digest where there is a digest. Context: dict "root" $ "component" NAME */}}
{{- define "todo-app.image" -}}
{{- $image := get .root.Values.image .component -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag }}
{{- end -}}
{{- end }}

{{/* Does the component have more than one pod at all times? "true" or "". Context: as above */}}
{{- define "todo-app.replicated" -}}
{{- $autoscaling := get .root.Values.autoscaling .component -}}
{{- $fewest := ternary $autoscaling.minReplicas (get .root.Values.replicaCount .component) $autoscaling.enabled -}}
{{- if gt (int $fewest) 1 }}true{{ end -}}
{{- end }}

{{- define "todo-app.apiUrl" -}}
{{- .Values.env.apiUrl | default (printf "http://backend-service:%d/api" (int .Values.service.backend.port)) -}}
{{- end }}
