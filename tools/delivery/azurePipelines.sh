#!/usr/bin/env bash
# What a job of azure-pipelines.yml with an identity runs inside the task AzureCLI@2, which names the identity by servicePrincipalId and
# tenantId and is logged in to the service connection's subscription.
# Usage: azurePipelines.sh JOB COMMAND REFRESH
set -euo pipefail
job=$1 command=$2 refresh=$3

export ARM_CLIENT_ID=$servicePrincipalId ARM_TENANT_ID=$tenantId
ARM_SUBSCRIPTION_ID=$(az account show --query id --output tsv)
export ARM_SUBSCRIPTION_ID
# The task's assertion is over after 10 minutes; tools/federatedToken asks for fresh ones.
unset idToken

summaries=$AGENT_TEMPDIRECTORY/delivery
mkdir -p "$summaries"
upload() { find "$summaries" -name '*.md' -size +0 | sort | sed 's/^/##vso[task.uploadsummary]/'; }
trap upload EXIT

node tools/delivery/main.ts check-variables "$job"
keep=(node tools/federatedToken/main.ts --)
if [ "$refresh" = True ]; then
  pack=$(node tools/policies/main.ts)
  "${keep[@]}" node tools/delivery/main.ts run --title "up --refresh" --summary "$summaries/1-refresh.md" -- \
    pulumi up --refresh --yes --non-interactive --suppress-outputs --stack "$PULUMI_STACK" --policy-pack "$pack"
fi
if [ "$command" = destroy ]; then
  "${keep[@]}" node tools/delivery/main.ts run --title "destroy --preview-only" --summary "$summaries/1-preview.md" -- \
    pulumi destroy --preview-only --non-interactive --suppress-outputs --stack "$PULUMI_STACK"
fi
"${keep[@]}" node tools/delivery/main.ts "$command" --stack "$PULUMI_STACK" --summary "$summaries/2-$command.md"
