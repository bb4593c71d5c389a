{{/* Names and the database, which both services need. Context: $ */}}
{{- define "todo-app.commonEgress" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
- to:
    {{- range .Values.networkPolicy.databaseCidrs }}
    - ipBlock:
        cidr: {{ . | quote }}
    {{- end }}
  ports:
    - port: {{ .Values.networkPolicy.databasePort }}
{{- end }}

{{/* The pod of `helm test`. Context: $ */}}
{{- define "todo-app.testPeer" -}}
- podSelector:
    matchLabels:
      {{- include "todo-app.selectorLabels" (dict "root" . "component" "test") | nindent 6 }}
{{- end }}
