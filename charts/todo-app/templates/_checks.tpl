{{/*
What the schema cannot say: values that contradict each other, and secrets, whose text must never be in a message
(the schema's messages quote the value). Every problem at once, one a line.
*/}}
{{- define "todo-app.check" -}}
{{- $problems := concat
  (include "todo-app.secretProblems" . | fromJsonArray)
  (include "todo-app.numberProblems" . | fromJsonArray)
  (include "todo-app.environmentProblems" . | fromJsonArray) -}}
{{- if $problems -}}
{{- fail (printf "\n\n%s\n" (join "\n" $problems)) -}}
{{- end -}}
{{- end }}

{{- define "todo-app.secretProblems" -}}
{{- $root := . -}}
{{- $existing := .Values.existingSecret -}}
{{- $problems := list -}}
{{- if ne (empty $existing.frontend) (empty $existing.backend) -}}
{{- $problems = append $problems "existingSecret: name both existingSecret.frontend and existingSecret.backend, or neither" -}}
{{- end -}}
{{- range (include "todo-app.secretVariables" . | fromYaml).backend -}}
{{- $value := get $root.Values.env .value -}}
{{- $kind := (include "todo-app.secretSource" (dict "root" $root "component" "backend" "variable" .) | fromJson).kind -}}
{{- if eq $kind "existing" -}}
{{- if and $value (not (hasPrefix (printf "ref+secret://%s/" (include "todo-app.defaultSecret" $root)) $value)) -}}
{{- $problems = append $problems (printf "env.%s: set beside existingSecret, which would win; put it into Secret %s under key %s and drop the value, or drop existingSecret" .value $existing.backend (get $existing.keys .value)) -}}
{{- end -}}
{{- else if and (eq $kind "none") (not .optional) -}}
{{- $problems = append $problems (printf "env.%s: required; give the value, a reference such as ref+secret://taskflow/%s, or existingSecret" .value .name) -}}
{{- else if eq $kind "foreign" -}}
{{- if regexMatch "ref\\+secret:" $value -}}
{{- $problems = append $problems (printf "env.%s: not a reference to a Secret; the form is ref+secret://NAME/KEY" .value) -}}
{{- else -}}
{{- $problems = append $problems (printf "env.%s: only ref+secret://NAME/KEY is resolved here; let vals resolve your values file first: vals eval -f VALUES.yaml | helm upgrade --install %s CHART -n %s -f -" .value $root.Release.Name $root.Release.Namespace) -}}
{{- end -}}
{{- else if and (eq $kind "literal") (hasSuffix "DATABASE_URL" .name) (not (regexMatch "^postgres(ql)?://[^/]+" $value)) -}}
{{- $problems = append $problems (printf "env.%s: not a PostgreSQL URL; the form is postgresql://USER:PASSWORD@HOST/DATABASE" .value) -}}
{{- else if and (eq $kind "literal") (eq .value "betterAuthSecret") (lt (len $value) 32) -}}
{{- $problems = append $problems (printf "env.betterAuthSecret: %d characters; at least 32 are needed, e.g. from openssl rand -base64 32" (len $value)) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end }}

{{- define "todo-app.numberProblems" -}}
{{- $problems := list -}}
{{- range $component, $autoscaling := .Values.autoscaling -}}
{{- if gt (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas) -}}
{{- $problems = append $problems (printf "autoscaling.%s: minReplicas %d is above maxReplicas %d" $component (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- with .Values.rollout -}}
{{- if le (int .terminationGracePeriodSeconds) (int .preStopSleepSeconds) -}}
{{- $problems = append $problems (printf "rollout: terminationGracePeriodSeconds %d must be above preStopSleepSeconds %d, or pods are killed while they still serve" (int .terminationGracePeriodSeconds) (int .preStopSleepSeconds)) -}}
{{- end -}}
{{- if le (int .progressDeadlineSeconds) (int .minReadySeconds) -}}
{{- $problems = append $problems (printf "rollout: progressDeadlineSeconds %d must be above minReadySeconds %d" (int .progressDeadlineSeconds) (int .minReadySeconds)) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- $problems = append $problems "httpRoute.parentRefs: name at least one Gateway" -}}
{{- end -}}
{{- toJson $problems -}}
{{- end }}

{{/* A second entry of the same name would win silently over the chart's own. */}}
{{- define "todo-app.environmentProblems" -}}
{{- $problems := list -}}
{{- $owners := dict
  "DATABASE_URL" "env.databaseUrl" "BETTER_AUTH_SECRET" "env.betterAuthSecret"
  "OPENAI_API_KEY" "env.openaiApiKey" "MIGRATION_DATABASE_URL" "env.migrationDatabaseUrl"
  "AI_MODEL" "env.aiModel" "FRONTEND_URL" "env.appUrl" "BETTER_AUTH_URL" "env.appUrl"
  "NEXT_PUBLIC_APP_URL" "env.appUrl" "NEXT_PUBLIC_API_URL" "env.apiUrl" -}}
{{- range $component, $entries := .Values.extraEnv -}}
{{- range $entry := $entries -}}
{{- with get $owners $entry.name -}}
{{- $problems = append $problems (printf "extraEnv.%s: %s is set by %s" $component $entry.name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end }}
