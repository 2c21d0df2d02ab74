#!/usr/bin/env bash
# Runs commands of delivery/main.ts in a job of azure-pipelines.yml that has an identity. The task AzureCLI@2 starts it: it sets
# servicePrincipalId and tenantId, and az is logged in to the service connection's subscription.
# Usage: runJob.sh JOB COMMAND...
set -euo pipefail
job=$1
shift

export ARM_CLIENT_ID=$servicePrincipalId ARM_TENANT_ID=$tenantId
ARM_SUBSCRIPTION_ID=$(az account show --query id --output tsv)
export ARM_SUBSCRIPTION_ID
# The task's OIDC token expires after 10 minutes; delivery/federatedToken requests fresh ones.
unset idToken

summaries=$AGENT_TEMPDIRECTORY/delivery
mkdir -p "$summaries"
upload() { find "$summaries" -name '*.md' -size +0 | sort | sed 's/^/##vso[task.uploadsummary]/'; }
trap upload EXIT

node delivery/main.ts check-variables "$job"
number=0
for command; do
  # What `up` would stop at after minutes, asked before it changes anything. PREFLIGHT=off deploys without it.
  if [ "$command" = up ] && [ "${PREFLIGHT:-}" != off ]; then
    node delivery/federatedToken/main.ts -- node program/preflight/main.ts --stack "$PULUMI_STACK"
  fi
  number=$((number + 1))
  node delivery/federatedToken/main.ts -- \
    node delivery/main.ts "$command" --stack "$PULUMI_STACK" --summary "$summaries/$number-$command.md"
done
