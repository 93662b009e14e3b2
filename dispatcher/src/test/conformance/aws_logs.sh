#!/bin/sh
# Debian's aws command line reads what a job writes while it runs and afterwards. Argument: the server's URL.
set -eu
url=$1
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
aws() { /usr/bin/aws --endpoint-url "$url" --output text "$@"; }
fail() { echo "aws logs: $*" >&2; exit 1; }
status() { aws batch describe-jobs --jobs "$job" --query 'jobs[0].status'; }

aws batch create-compute-environment --compute-environment-name logs --type MANAGED --compute-resources '{"type":"EC2",
  "minvCpus":0,"maxvCpus":16,"instanceTypes":["c6i.large"],"instanceRole":"ecsInstanceRole","subnets":["subnet-1"],
  "securityGroupIds":["sg-1"]}' >/dev/null
aws batch create-job-queue --job-queue-name logs --priority 1 \
  --compute-environment-order order=1,computeEnvironment=logs >/dev/null
aws batch register-job-definition --job-definition-name talker --type container --container-properties '{"image":"busybox",
  "command":["sh","-c","for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 1; done; echo all done >&2"],
  "resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"64"}]}' >/dev/null
job=$(aws batch submit-job --job-name talker --job-queue logs --job-definition talker --query jobId)
tailed=$(mktemp)
/usr/bin/aws --endpoint-url "$url" logs tail /aws/batch/job --follow --format short >"$tailed" 2>&1 &
tail=$!
trap 'kill $tail 2>/dev/null || true; rm -f "$tailed"' EXIT
for _ in $(seq 100); do
  [ "$(status)" = SUCCEEDED ] && break
  sleep 0.3
done
[ "$(status)" = SUCCEEDED ] || fail "the job is $(status)"
for _ in $(seq 30); do
  grep -q 'all done' "$tailed" && break
  sleep 1
done
kill $tail
[ "$(grep -c 'line [1-8]$' "$tailed")" = 8 ] || fail "tail --follow printed: $(cat "$tailed")"
stream=$(aws batch describe-jobs --jobs "$job" --query 'jobs[0].container.logStreamName')
[ "$(aws logs describe-log-streams --log-group-name /aws/batch/job --log-stream-name-prefix talker/default/ \
  --query 'logStreams[0].logStreamName')" = "$stream" ] || fail "the stream $stream is not listed"
last=$(aws logs get-log-events --log-group-name /aws/batch/job --log-stream-name "$stream" --limit 1 \
  --query 'events[0].message')
[ "$last" = 'all done' ] || fail "the last event is: $last"
first=$(aws logs get-log-events --log-group-name /aws/batch/job --log-stream-name "$stream" --start-from-head \
  --query 'events[0].timestamp')
later=$(aws logs filter-log-events --log-group-name /aws/batch/job --log-stream-names "$stream" \
  --filter-pattern '"line 8"' --query 'events[0].timestamp')
[ $((later - first)) -gt 5000 ] || fail "line 8 was written at $later, line 1 at $first"
echo "aws command line, logs: ok, 9 lines tailed, line 8 is $((later - first)) ms after line 1"
