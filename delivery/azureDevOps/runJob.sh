#!/usr/bin/env bash
# What a job of azure-pipelines.yml with an identity runs inside the task AzureCLI@2, which names the identity by servicePrincipalId and
# tenantId and is logged in to the service connection's subscription.
# Usage: azurePipelines.sh JOB COMMAND...
set -euo pipefail
job=$1
shift

export ARM_CLIENT_ID=$servicePrincipalId ARM_TENANT_ID=$tenantId
ARM_SUBSCRIPTION_ID=$(az account show --query id --output tsv)
export ARM_SUBSCRIPTION_ID
# The task's assertion is over after 10 minutes; delivery/federatedToken asks for fresh ones.
unset idToken

summaries=$AGENT_TEMPDIRECTORY/delivery
mkdir -p "$summaries"
upload() { find "$summaries" -name '*.md' -size +0 | sort | sed 's/^/##vso[task.uploadsummary]/'; }
trap upload EXIT

node delivery/main.ts check-variables "$job"
number=0
for command; do
  number=$((number + 1))
  node delivery/federatedToken/main.ts -- \
    node delivery/main.ts "$command" --stack "$PULUMI_STACK" --summary "$summaries/$number-$command.md"
done
