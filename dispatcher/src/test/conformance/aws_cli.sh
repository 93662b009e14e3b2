#!/bin/sh
# What a user of the aws command line does, with nothing changed but the endpoint.
# Usage: aws_cli.sh ENDPOINT EVENT_FILE
set -eu
endpoint=$1
event=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
aws() { "${AWS_CLI:-/usr/bin/aws}" --endpoint-url "$endpoint" --output text "$@"; }
name=cli-$$

aws batch create-compute-environment --compute-environment-name "$name" --type MANAGED --state ENABLED \
  --compute-resources 'type=EC2,minvCpus=0,maxvCpus=4,instanceTypes=optimal,instanceRole=ecsInstanceRole,subnets=subnet-1,securityGroupIds=sg-1' >/dev/null
until [ "$(aws batch describe-compute-environments --compute-environments "$name" --query 'computeEnvironments[0].status')" = VALID ]; do sleep 0.2; done
aws batch create-job-queue --job-queue-name "$name" --priority 1 --compute-environment-order "order=1,computeEnvironment=$name" >/dev/null
until [ "$(aws batch describe-job-queues --job-queues "$name" --query 'jobQueues[0].status')" = VALID ]; do sleep 0.2; done
aws batch register-job-definition --job-definition-name "$name" --type container --container-properties \
  '{"image":"busybox","command":["/bin/sh","-c","echo hello; exit 0"],"resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"64"}]}' >/dev/null
job=$(aws batch submit-job --job-name "$name" --job-queue "$name" --job-definition "$name" --query jobId)

status=
for _ in $(seq 100); do
  status=$(aws batch describe-jobs --jobs "$job" --query 'jobs[0].status')
  case $status in SUCCEEDED | FAILED) break ;; esac
  sleep 0.2
done
echo "job $job $status"
[ "$status" = SUCCEEDED ]
[ "$(aws batch describe-jobs --jobs "$job" --query 'jobs[0].container.exitCode')" = 0 ]
[ "$(aws batch list-jobs --job-queue "$name" --job-status SUCCEEDED --query 'jobSummaryList[0].jobId')" = "$job" ]

array=$(aws batch submit-job --job-name "$name-array" --job-queue "$name" --job-definition "$name" --array-properties size=2 --query jobId)
aws batch submit-job --job-name "$name-each" --job-queue "$name" --job-definition "$name" --array-properties size=2 \
  --depends-on "jobId=$array,type=N_TO_N" >/dev/null
for _ in $(seq 100); do
  ended=$(aws batch list-jobs --job-queue "$name" --filters "name=JOB_NAME,values=$name-*" --query "length(jobSummaryList[?status=='SUCCEEDED'])")
  [ "$ended" = 2 ] && break
  sleep 0.2
done
[ "$ended" = 2 ]
[ "$(aws batch list-jobs --array-job-id "$array" --job-status SUCCEEDED --query 'jobSummaryList[1].jobId')" = "$array:1" ]
arn=$(aws batch describe-jobs --jobs "$array" --query 'jobs[0].jobArn')
aws batch tag-resource --resource-arn "$arn" --tags "team=a b/c"
[ "$(aws batch list-tags-for-resource --resource-arn "$arn" --query tags.team)" = "a b/c" ]
aws batch untag-resource --resource-arn "$arn" --tag-keys team
[ "$(aws batch list-tags-for-resource --resource-arn "$arn" --query tags.team)" = None ]
echo "array $array and its tags"

if aws batch submit-job --job-name "$name" --job-queue nope --job-definition "$name" >/dev/null 2>"$work/error"; then
  echo "a submit to an unknown queue was accepted"; exit 1
fi
grep -q 'An error occurred (ClientException) when calling the SubmitJob operation: JobQueue nope not found.' "$work/error"

aws lambda invoke --function-name pause --cli-binary-format raw-in-base64-out --payload "file://$event" "$work/result" >"$work/answer"
echo "invoke $(cat "$work/result")"
grep -q 200 "$work/answer"
if aws lambda invoke --function-name nope "$work/none" >/dev/null 2>"$work/error"; then
  echo "an unknown function was invoked"; exit 1
fi
grep -q 'ResourceNotFoundException' "$work/error"
echo "aws command line: ok"
