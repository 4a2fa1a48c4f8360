{{/* Names, labels and addresses. A component's templates are called with dict "root" $ "name" "gateway" "component" {...}. */}}

{{- define "shopkeeper.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "shopkeeper.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: shopkeeper
{{ include "shopkeeper.selector" . }}
{{- end -}}

{{- define "shopkeeper.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "shopkeeper.component.name" -}}
{{ include "shopkeeper.fullname" .root }}-{{ .name }}
{{- end -}}

{{- define "shopkeeper.component.selector" -}}
{{ include "shopkeeper.selector" .root }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "shopkeeper.component.labels" -}}
{{ include "shopkeeper.labels" .root }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* metadata of any object of a component. */}}
{{- define "shopkeeper.component.metadata" -}}
name: {{ include "shopkeeper.component.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "shopkeeper.component.labels" . | nindent 2 }}
{{- end -}}

{{- define "shopkeeper.image" -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end }}{{ .component.image }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}
{{- end -}}

{{/* Where a component's gRPC is: its headless Service by full name, so that every replica is seen. Nowhere if it is not
     enabled: its callers then do without. */}}
{{- define "shopkeeper.address" -}}
{{- $component := get .root.Values.components .name | required (printf "no component is named %q" .name) -}}
{{- if $component.enabled -}}
dns:///{{ include "shopkeeper.component.name" . }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}:{{ required (printf "component %q has no gRPC port" .name) $component.ports.grpc }}
{{- end -}}
{{- end -}}

{{/* With TLS the gateway's HTTP port speaks it too. */}}
{{- define "shopkeeper.http.scheme" -}}
{{ ternary "https" "http" .Values.tls.enabled }}
{{- end -}}

{{- define "shopkeeper.secret.name" -}}
{{ default (include "shopkeeper.fullname" .) .Values.secret.existing }}
{{- end -}}

{{- define "shopkeeper.serviceaccount.name" -}}
{{ default (ternary (include "shopkeeper.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end -}}

{{/* Where a component finds a folder that is made of ConfigMaps. Called with the variable's name. */}}
{{- define "shopkeeper.folder" -}}
/etc/shopkeeper/folders/{{ . | lower | replace "_" "-" }}
{{- end -}}

{{/* A folder on the claim unless the URL is said. Called with dict "root" $ "key" "artifactsUrl" "folder" "artifacts". */}}
{{- define "shopkeeper.storage.url" -}}
{{- $url := get .root.Values.shop .key -}}
{{- if $url -}}
{{- $url -}}
{{- else if .root.Values.storage.existingClaim -}}
/var/lib/shopkeeper-storage/{{ .root.Values.shop.id }}/{{ .folder }}
{{- else -}}
{{- fail (printf "say shop.%s (a URL that all pods can reach) or storage.existingClaim" .key) -}}
{{- end -}}
{{- end -}}
