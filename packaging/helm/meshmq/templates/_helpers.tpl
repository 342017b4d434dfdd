{{- define "meshmq.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}

{{- define "meshmq.headless" -}}
{{ include "meshmq.name" . }}-headless
{{- end -}}

{{- define "meshmq.selector" -}}
app.kubernetes.io/name: meshmq
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "meshmq.labels" -}}
{{ include "meshmq.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "meshmq.serviceAccount" -}}
{{ default (include "meshmq.name" .) .Values.serviceAccount.name }}
{{- end -}}

{{- define "meshmq.managementSecret" -}}
{{ default (include "meshmq.management" .) .Values.management.existingSecret }}
{{- end -}}

{{- define "meshmq.management" -}}
{{ include "meshmq.name" . }}-management
{{- end -}}

{{- define "meshmq.cookieSecret" -}}
{{ default (include "meshmq.name" .) .Values.cookie.existingSecret }}
{{- end -}}
