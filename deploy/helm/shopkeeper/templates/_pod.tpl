{{/* The pod of a component: the only place that knows how one of our processes is run. */}}

{{/* What the restricted Pod Security standard asks for, and a read-only root. The user is that of deploy/Dockerfile. */}}
{{- define "shopkeeper.securityContext.pod" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "shopkeeper.securityContext.container" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "shopkeeper.environment" -}}
{{- $values := .root.Values -}}
{{- $prefix := .component.prefix -}}
- {name: SHOP_ID, value: {{ $values.shop.id | quote }}}
- {name: SHOP_HOME, value: /var/lib/shopkeeper}
- {name: SHOP_CLOCK, value: {{ $values.shop.clock | quote }}}
- {name: SHOP_EVENTS_URL, value: {{ required "say shop.eventsUrl, e.g. kafka://kafka:9092" $values.shop.eventsUrl | quote }}}
- {name: SHOP_ARTIFACTS_URL, value: {{ include "shopkeeper.storage.url" (dict "root" .root "key" "artifactsUrl" "folder" "artifacts") | quote }}}
- {name: SHOP_ARCHIVE_URL, value: {{ include "shopkeeper.storage.url" (dict "root" .root "key" "archiveUrl" "folder" "archive") | quote }}}
- {name: {{ $prefix }}_LOG_LEVEL, value: {{ $values.logLevel }}}
{{- with $values.otlpEndpoint }}
- {name: {{ $prefix }}_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
- {name: {{ $prefix }}_DRAIN_SECONDS, value: {{ $values.shutdown.drainSeconds | quote }}}
{{- range $port, $number := .component.ports }}
- {name: {{ $prefix }}_{{ upper $port }}_ADDRESS, value: "0.0.0.0:{{ $number }}"}
{{- end }}
{{- if $values.tls.enabled }}
- {name: {{ $prefix }}_TLS_CERT_FILE, value: /etc/shopkeeper/tls/tls.crt}
- {name: {{ $prefix }}_TLS_KEY_FILE, value: /etc/shopkeeper/tls/tls.key}
- {name: {{ $prefix }}_TLS_PEER_CA_FILE, value: /etc/shopkeeper/tls/ca.crt}
{{- if $values.tls.mutual }}
- {name: {{ $prefix }}_TLS_CLIENT_CA_FILE, value: /etc/shopkeeper/tls/ca.crt}
{{- end }}
{{- end }}
{{- $root := .root }}
{{- $settings := .component.settings }}
{{- range $variable, $peer := .component.peers }}
- {name: {{ $prefix }}_{{ $variable }}, value: {{ include "shopkeeper.address" (dict "root" $root "name" $peer) | quote }}}
{{- end }}
{{- range $variable, $configMaps := .component.folders }}
{{- if $configMaps }}
{{- if hasKey $settings $variable }}
{{- fail (printf "%s_%s: name it in settings or in folders, not in both" $prefix $variable) }}
{{- end }}
- {name: {{ $prefix }}_{{ $variable }}, value: {{ include "shopkeeper.folder" $variable }}}
{{- end }}
{{- end }}
{{- range $variable, $value := .component.settings }}
- {name: {{ $prefix }}_{{ $variable }}, value: {{ $value | quote }}}
{{- end }}
{{- range $variable, $value := $values.environment }}
- {name: {{ $variable }}, value: {{ $value | quote }}}
{{- end }}
{{- with .component.podNameSetting }}
- {name: {{ $prefix }}_{{ . }}, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
{{- end }}
{{- range .component.secretKeys }}
- {name: {{ . }}, valueFrom: {secretKeyRef: {name: {{ include "shopkeeper.secret.name" $root }}, key: {{ . }}}}}
{{- end }}
{{- range .component.optionalSecretKeys }}
- {name: {{ . }}, valueFrom: {secretKeyRef: {name: {{ include "shopkeeper.secret.name" $root }}, key: {{ . }}, optional: true}}}
{{- end }}
{{- end -}}

{{/* What asks a process how it is. The kubelet's gRPC probe speaks no TLS; then it has to do that the port is open,
     which it is once all is read in. */}}
{{- define "shopkeeper.probe" -}}
{{- if not .component.ports.grpc -}}
httpGet: {path: /healthz, port: metrics}
{{- else if .root.Values.tls.enabled -}}
tcpSocket: {port: grpc}
{{- else -}}
grpc: {port: {{ .component.ports.grpc }}}
{{- end -}}
{{- end -}}

{{- define "shopkeeper.probes" -}}
startupProbe:
  {{- include "shopkeeper.probe" . | nindent 2 }}
  periodSeconds: 2
  failureThreshold: {{ div (add .component.startupSeconds 1) 2 }}
readinessProbe:
  {{- include "shopkeeper.probe" . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  # An open port only: a process that waits for Kafka or Redis is not mended by killing it.
  tcpSocket: {port: {{ ternary "grpc" "metrics" (hasKey .component.ports "grpc") }}}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 6
{{- end -}}

{{- define "shopkeeper.spread" -}}
{{- range $index, $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" -}}
{{- if $index }}{{ "\n" }}{{ end -}}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "shopkeeper.component.selector" $ | nindent 6 }}
{{- end -}}
{{- end -}}

{{/* Name of the volume of one ConfigMap of a folder. */}}
{{- define "shopkeeper.volume" -}}
{{ printf "%s-%s" (index . 0) (index . 1 | replace "." "all") | lower | replace "_" "-" }}
{{- end -}}

{{- define "shopkeeper.volumes" -}}
- name: home
  emptyDir: {sizeLimit: {{ .component.scratch }}}
- name: tmp
  emptyDir: {sizeLimit: {{ .component.scratch }}}
{{- range $variable, $configMaps := .component.folders }}
{{- range $folder, $configMap := $configMaps }}
- name: {{ include "shopkeeper.volume" (list $variable $folder) }}
  configMap: {name: {{ $configMap }}}
{{- end }}
{{- end }}
{{- with .root.Values.storage.existingClaim }}
- name: storage
  persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- if .root.Values.tls.enabled }}
- name: tls
  secret: {secretName: {{ required "tls.enabled needs tls.existingSecret" .root.Values.tls.existingSecret }}}
{{- end }}
{{- end -}}

{{- define "shopkeeper.container" -}}
name: {{ .component.prefix | lower }}
image: {{ include "shopkeeper.image" . | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- with .component.command }}
command: {{ toJson . }}
{{- end }}
securityContext:
  {{- include "shopkeeper.securityContext.container" . | nindent 2 }}
env:
  {{- include "shopkeeper.environment" . | nindent 2 }}
{{- with .root.Values.environmentSecrets }}
envFrom:
  {{- range . }}
  - secretRef: {name: {{ . }}}
  {{- end }}
{{- end }}
{{- if .component.ports }}
ports:
  {{- range $port, $number := .component.ports }}
  - {name: {{ $port }}, containerPort: {{ $number }}}
  {{- end }}
{{- include "shopkeeper.probes" . | nindent 0 }}
lifecycle:
  preStop:
    exec: {command: [sleep, {{ .root.Values.shutdown.delaySeconds | quote }}]}
{{- end }}
resources:
  {{- toYaml .component.resources | nindent 2 }}
volumeMounts:
  - {name: home, mountPath: /var/lib/shopkeeper}
  - {name: tmp, mountPath: /tmp}
  {{- range $variable, $configMaps := .component.folders }}
  {{- range $folder, $configMap := $configMaps }}
  - {name: {{ include "shopkeeper.volume" (list $variable $folder) }}, mountPath: {{ include "shopkeeper.folder" $variable }}{{ if ne $folder "." }}/{{ $folder }}{{ end }}, readOnly: true}
  {{- end }}
  {{- end }}
  {{- if .root.Values.storage.existingClaim }}
  - {name: storage, mountPath: /var/lib/shopkeeper-storage}
  {{- end }}
  {{- if .root.Values.tls.enabled }}
  - {name: tls, mountPath: /etc/shopkeeper/tls, readOnly: true}
  {{- end }}
{{- end -}}

{{- define "shopkeeper.pod" -}}
metadata:
  labels:
    {{- include "shopkeeper.component.labels" . | nindent 4 }}
    {{- with .root.Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # A changed Secret of ours restarts the pods; one of yours does not.
    checksum/secret: {{ toJson .root.Values.secret | sha256sum }}
    {{- with .root.Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "shopkeeper.serviceaccount.name" .root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets: {{ toJson . }}
  {{- end }}
  {{- with .root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector: {{ toJson . }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations: {{ toJson . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ add .root.Values.shutdown.delaySeconds .root.Values.shutdown.drainSeconds 10 }}
  securityContext:
    {{- include "shopkeeper.securityContext.pod" . | nindent 4 }}
  topologySpreadConstraints:
    {{- include "shopkeeper.spread" . | nindent 4 }}
  {{- if eq .component.kind "CronJob" }}
  restartPolicy: Never
  {{- end }}
  containers:
    - {{- include "shopkeeper.container" . | nindent 6 }}
  volumes:
    {{- include "shopkeeper.volumes" . | nindent 4 }}
{{- end -}}
