{{- define "sounding.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "sounding.labels" -}}
app.kubernetes.io/name: sounding
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .service }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "sounding.meta" -}}
{{ include "sounding.labels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "sounding.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.prefix }}{{ .service }}
{{- with get $image.digests .service }}@{{ . }}{{ else }}:{{ $image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "sounding.bootstrap" -}}
{{- with .Values.kafka.strimzi }}{{ if .enabled }}{{ .name }}-kafka-bootstrap:9093{{ else }}{{ $.Values.kafka.bootstrap }}{{ end }}{{ end }}
{{- end }}

{{- /* Whether brokers speak TLS and ask who it is; Strimzi's do both. */ -}}
{{- define "sounding.tls" -}}{{ if or .Values.kafka.tls .Values.kafka.strimzi.enabled }}true{{ end }}{{- end }}
{{- define "sounding.sasl" -}}{{ if or .Values.kafka.sasl .Values.kafka.strimzi.enabled }}true{{ end }}{{- end }}

{{- define "sounding.caSecret" -}}
{{- if .Values.kafka.strimzi.enabled }}{{ .Values.kafka.strimzi.name }}-cluster-ca-cert{{ else }}{{ .Values.kafka.caSecret.name }}{{ end }}
{{- end }}

{{- define "sounding.kafkaUser" -}}{{ include "sounding.name" .root }}-{{ .service }}{{- end }}

{{- /* One variable from a secret. */ -}}
{{- define "sounding.secretEnv" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .from.name }}, key: {{ .from.key }}}}
{{- end }}

{{- /* Where the services find each other. */ -}}
{{- define "sounding.neighbours" -}}
{{- $name := include "sounding.name" .root }}
{{- $asks := dict "profile" (list "scheduler" "outbox" "feedback") "console" (list "profile" "scheduler" "outbox" "feedback") }}
{{- range (get $asks .service | default list) }}
- {name: SOUNDING_{{ upper $.service }}_{{ upper . }}_URL, value: "http://{{ $name }}-{{ . }}:8400"}
{{- end }}
{{- end }}

{{- /* The environment of a service. Its own Kafka and MongoDB users come by secret; operators make those. */ -}}
{{- define "sounding.env" -}}
{{- $root := .root }}{{ $service := .service }}{{ $own := get .root.Values.services .service }}
- {name: SOUNDING_HTTP_HOST, value: "0.0.0.0"}
- {name: SOUNDING_HTTP_PORT, value: "8400"}
- {name: SOUNDING_KAFKA, value: {{ include "sounding.bootstrap" $root | quote }}}
- {name: SOUNDING_TOPIC_PREFIX, value: {{ $root.Values.kafka.topicPrefix | quote }}}
- {name: SOUNDING_DATABASE_PREFIX, value: {{ $root.Values.mongodb.databasePrefix | quote }}}
{{- if include "sounding.tls" $root }}
- {name: SOUNDING_KAFKA_TLS, value: "true"}
{{- if include "sounding.caSecret" $root }}
- {name: SOUNDING_KAFKA_TLS_CA, value: /etc/sounding/kafka/ca.crt}
{{- end }}
{{- end }}
{{- if include "sounding.sasl" $root }}
- {name: SOUNDING_KAFKA_USERNAME, value: {{ include "sounding.kafkaUser" . }}}
{{- end }}
{{- include "sounding.neighbours" . }}
{{- range $name, $value := merge (dict) (default dict $own.env) $root.Values.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- range $name, $from := merge (dict) (default dict $own.secrets) $root.Values.secrets }}
{{- $by := dict "name" $name "from" $from }}
{{- if eq $name "SOUNDING_KAFKA_PASSWORD" }}
{{- if include "sounding.sasl" $root }}
{{- if $root.Values.kafka.strimzi.enabled }}{{ $by = dict "name" $name "from" (dict "name" (include "sounding.kafkaUser" (dict "root" $root "service" $service)) "key" "password") }}{{ end }}
{{ include "sounding.secretEnv" $by }}
{{- end }}
{{- else if and (eq $name "SOUNDING_MONGODB") $root.Values.mongodb.community.enabled }}
{{ include "sounding.secretEnv" (dict "name" $name "from" (dict "name" (printf "%s-%s" $root.Values.mongodb.community.name $service) "key" "connectionString.standardSrv")) }}
{{- else }}
{{ include "sounding.secretEnv" $by }}
{{- end }}
{{- end }}
{{- end }}

{{- define "sounding.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "sounding.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "sounding.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if and (include "sounding.tls" .) (include "sounding.caSecret" .) }}
- {name: kafka-ca, mountPath: /etc/sounding/kafka, readOnly: true}
{{- end }}
{{- end }}

{{- define "sounding.volumes" -}}
- {name: tmp, emptyDir: {sizeLimit: 256Mi}}
{{- if and (include "sounding.tls" .) (include "sounding.caSecret" .) }}
- name: kafka-ca
  secret:
    secretName: {{ include "sounding.caSecret" . }}
    items: [{key: {{ .Values.kafka.caSecret.key | default "ca.crt" }}, path: ca.crt}]
{{- end }}
{{- end }}
