{{/*
Where secret variables come from. One list; the Secrets, the containers' env and the checks all read it.
`optional`: the service runs without it, so a missing key does not hold its pods back.
*/}}
{{- define "todo-app.secretVariables" -}}
frontend:
  - { value: databaseUrl, name: DATABASE_URL }
  - { value: betterAuthSecret, name: BETTER_AUTH_SECRET }
backend:
  - { value: databaseUrl, name: DATABASE_URL }
  - { value: betterAuthSecret, name: BETTER_AUTH_SECRET }
  - { value: openaiApiKey, name: OPENAI_API_KEY, optional: true }
  - { value: migrationDatabaseUrl, name: MIGRATION_DATABASE_URL, optional: true }
{{- end }}

{{/* The Secret that the references in values.yaml name. */}}
{{- define "todo-app.defaultSecret" -}}taskflow{{- end }}

{{/*
Source of one secret value as JSON {"kind", "secret", "key"}; kind is
  existing   a key of existingSecret.<component>
  reference  ref+secret://NAME/KEY
  foreign    another ref+ or secretref+, which only vals could resolve
  literal    goes into the chart's own Secret
  none       empty
Context: dict "root" $ "component" NAME "variable" ENTRY
*/}}
{{- define "todo-app.secretSource" -}}
{{- $existing := get .root.Values.existingSecret .component -}}
{{- $value := get .root.Values.env .variable.value -}}
{{- $reference := "^ref\\+secret://([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)/([-._a-zA-Z0-9]+)$" -}}
{{- if $existing -}}
{{- dict "kind" "existing" "secret" $existing "key" (get .root.Values.existingSecret.keys .variable.value) | toJson -}}
{{- else if not $value -}}
{{- dict "kind" "none" | toJson -}}
{{- else if regexMatch $reference $value -}}
{{- dict "kind" "reference" "secret" (regexReplaceAll $reference $value "${1}") "key" (regexReplaceAll $reference $value "${2}") | toJson -}}
{{- else if regexMatch "ref\\+[a-z0-9]*://" $value -}}
{{- dict "kind" "foreign" | toJson -}}
{{- else -}}
{{- dict "kind" "literal" "secret" (printf "%s-secrets" .component) "key" .variable.name | toJson -}}
{{- end -}}
{{- end }}

{{/* stringData of the chart's own Secret, empty where it has nothing to hold. Context: dict "root" $ "component" NAME */}}
{{- define "todo-app.secretData" -}}
{{- $context := . -}}
{{- range get (include "todo-app.secretVariables" . | fromYaml) .component }}
{{- $source := include "todo-app.secretSource" (merge (dict "variable" .) $context) | fromJson }}
{{- if eq $source.kind "literal" }}
{{ .name }}: {{ get $context.root.Values.env .value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* env entries of the secret variables named in "only". Context: dict "root" $ "component" NAME "only" (list NAMES) */}}
{{- define "todo-app.secretEnv" -}}
{{- $context := . -}}
{{- range get (include "todo-app.secretVariables" . | fromYaml) .component }}
{{- $source := include "todo-app.secretSource" (merge (dict "variable" .) $context) | fromJson }}
{{- if and (has .name $context.only) $source.secret }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ $source.secret }}
      key: {{ $source.key }}
      {{- if and .optional (ne $source.kind "literal") }}
      optional: true
      {{- end }}
{{- end }}
{{- end }}
{{- end }}
