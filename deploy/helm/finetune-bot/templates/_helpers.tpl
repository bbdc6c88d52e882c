{{- define "finetune-bot.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* By which a part's pods are found. (dict "top" $ "part" "bot") */}}
{{- define "finetune-bot.selector" -}}
app.kubernetes.io/name: {{ .top.Chart.Name }}
app.kubernetes.io/instance: {{ .top.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "finetune-bot.labels" -}}
{{ include "finetune-bot.selector" . }}
app.kubernetes.io/version: {{ .top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .top.Release.Service }}
helm.sh/chart: {{ .top.Chart.Name }}-{{ .top.Chart.Version }}
{{- end }}

{{/* (dict "top" $ "image" .Values.image) */}}
{{- define "finetune-bot.image" -}}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}{{ else }}{{ .image.repository }}:{{ .image.tag | default .top.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Several bots may work beside each other: the store is a database, all see the same files, and they serve one
     workspace. Whoever hosts many opens the store alone. */}}
{{- define "finetune-bot.together" -}}
{{- if and .Values.database.existingSecret (eq .Values.persistence.accessMode "ReadWriteMany") (not .Values.settings.SLACK_CLIENT_ID) }}yes{{ end }}
{{- end }}

{{- define "finetune-bot.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "finetune-bot.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Settings as variables, sorted by name. */}}
{{- define "finetune-bot.settings" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Where a pod may run: (values of the bot or of the trainer) */}}
{{- define "finetune-bot.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
