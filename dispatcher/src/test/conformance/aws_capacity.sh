#!/bin/sh
# Debian's aws command line: an environment goes from no instance to what is needed and back; a Spot instance that is
# reclaimed makes its job run again; the ledger names both attempts. Argument: the server's URL.
set -eu
url=$1
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
batch() { /usr/bin/aws --endpoint-url "$url" --output text batch "$@"; }
fail() { echo "aws capacity: $*" >&2; exit 1; }
until_is() { # until_is WANTED COMMAND...
  wanted=$1; shift
  for _ in $(seq 100); do
    found=$("$@"); [ "$found" = "$wanted" ] && return 0
    sleep 0.3
  done
  fail "$* is $found, not $wanted"
}
desired() {
  batch describe-compute-environments --compute-environments market \
    --query 'computeEnvironments[0].computeResources.desiredvCpus'
}
status() { batch describe-jobs --jobs "$job" --query 'jobs[0].status'; }
attempts() { batch describe-jobs --jobs "$job" --query 'length(jobs[0].attempts)'; }

batch create-compute-environment --compute-environment-name market --type MANAGED --compute-resources '{"type":"SPOT",
  "allocationStrategy":"SPOT_PRICE_CAPACITY_OPTIMIZED","minvCpus":0,"maxvCpus":16,"instanceTypes":["c6i.large"],
  "instanceRole":"ecsInstanceRole","subnets":["subnet-1"],"securityGroupIds":["sg-1"]}' >/dev/null
batch create-job-queue --job-queue-name market --priority 1 \
  --compute-environment-order order=1,computeEnvironment=market >/dev/null
batch register-job-definition --job-definition-name market --type container --container-properties '{"image":"busybox",
  "command":["sleep","6"],"resourceRequirements":[{"type":"VCPU","value":"2"},{"type":"MEMORY","value":"64"}]}' \
  --retry-strategy '{"attempts":3,"evaluateOnExit":[{"onStatusReason":"Host EC2*","action":"RETRY"},
    {"onReason":"*","action":"EXIT"}]}' >/dev/null
until_is 0 desired
job=$(batch submit-job --job-name market --job-queue market --job-definition market --query jobId)
until_is RUNNING status
until_is 2 desired
instance=$(curl -sf "$url/instances?computeEnvironment=market" | sed 's/.*"instanceId":"\(i-[0-9a-f]*\)".*/\1/')
curl -sf -X POST -d '{"notice":"PT1S"}' "$url/instances/$instance:reclaim" >/dev/null
until_is 1 attempts
reason=$(batch describe-jobs --jobs "$job" --query 'jobs[0].attempts[0].statusReason')
[ "$reason" = "Host EC2 (instance $instance) terminated." ] || fail "the first attempt ended by: $reason"
until_is SUCCEEDED status
until_is 2 attempts
until_is 0 desired
ledger=$(curl -sf "$url/ledger?by=job&jobId=$job")
[ "$(echo "$ledger" | grep -o '"attempt":' | wc -l)" = 2 ] || fail "the ledger has not both attempts: $ledger"
echo "$ledger" | grep -q "$instance" || fail "the ledger does not name $instance: $ledger"
echo "aws command line, capacity: ok, cost of both attempts \$$(echo "$ledger" | sed 's/.*"cost":\([0-9.]*\)}$/\1/')"
