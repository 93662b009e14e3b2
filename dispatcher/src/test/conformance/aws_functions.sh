#!/bin/sh
# What a user of the aws command line does with functions, with nothing changed but the endpoint.
# Usage: aws_functions.sh ENDPOINT S3_ENDPOINT
set -eu
endpoint=$1
s3=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
aws() { "${AWS_CLI:-/usr/bin/aws}" --endpoint-url "$endpoint" --output text "$@"; }
lambda() { aws lambda "$@"; }
name=cli-$$
role=arn:aws:iam::123456789012:role/any

code() { # code TEXT FILE: a shell runtime that answers TEXT
  mkdir -p "$work/code"
  cat >"$work/code/bootstrap" <<SCRIPT
#!/bin/sh
API="http://\${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
while :; do
  H=\$(mktemp)
  curl -sS -o /dev/null -D "\$H" "\$API/invocation/next" || exit 1
  ID=\$(tr -d '\\r' <"\$H" | awk -F': ' 'tolower(\$1)=="lambda-runtime-aws-request-id"{print \$2}')
  curl -sS -d '"$1"' "\$API/invocation/\$ID/response" >/dev/null
done
SCRIPT
  chmod 755 "$work/code/bootstrap"
  (cd "$work/code" && /usr/bin/python3 -c '
import sys, zipfile
info = zipfile.ZipInfo("bootstrap")
info.external_attr = 0o100755 << 16
info.create_system = 3
with zipfile.ZipFile(sys.argv[1], "w") as archive: archive.writestr(info, open("bootstrap").read())' "$2")
}

invoke() { # invoke [--qualifier Q]: prints the answer
  lambda invoke --function-name "$name" "$@" "$work/result" >/dev/null
  cat "$work/result"
}

refused() { # refused TEXT COMMAND...: it fails and says TEXT
  text=$1
  shift
  if "$@" >/dev/null 2>"$work/error"; then
    echo "not refused: $*"
    exit 1
  fi
  grep -q "$text" "$work/error" || { cat "$work/error"; exit 1; }
}

code one "$work/one.zip"
code two "$work/two.zip"
lambda create-function --function-name "$name" --runtime provided.al2023 --handler main --role "$role" \
  --zip-file "fileb://$work/one.zip" --environment 'Variables={AB=1}' --tags team=a >/dev/null
lambda wait function-active-v2 --function-name "$name"
[ "$(invoke)" = '"one"' ]
refused 'ResourceConflictException.*Function already exist' \
  lambda create-function --function-name "$name" --runtime provided.al2023 --handler main --role "$role" --zip-file "fileb://$work/one.zip"
[ "$(lambda get-function --function-name "$name" --query Tags.team)" = a ]
[ "$(lambda list-functions --query "length(Functions[?FunctionName=='$name'])")" = 1 ]
echo "create-function, invoke"

[ "$(lambda publish-version --function-name "$name" --query Version)" = 1 ]
lambda create-alias --function-name "$name" --name live --function-version 1 >/dev/null
lambda update-function-code --function-name "$name" --zip-file "fileb://$work/two.zip" >/dev/null
lambda wait function-updated-v2 --function-name "$name"
[ "$(invoke)" = '"two"' ]
[ "$(invoke --qualifier live)" = '"one"' ]
[ "$(lambda publish-version --function-name "$name" --query Version)" = 2 ]
lambda update-alias --function-name "$name" --name live --routing-config 'AdditionalVersionWeights={2=0.5}' >/dev/null
[ "$(lambda list-versions-by-function --function-name "$name" --query 'length(Versions)')" = 3 ]
lambda update-function-configuration --function-name "$name" --timeout 7 --memory-size 256 >/dev/null
[ "$(lambda get-function-configuration --function-name "$name" --query Timeout)" = 7 ]
refused 'PreconditionFailedException' \
  lambda update-function-configuration --function-name "$name" --timeout 8 --revision-id other
echo "versions, aliases, update-function-code, update-function-configuration"

"${AWS_CLI:-/usr/bin/aws}" --endpoint-url "$s3" s3 mb "s3://$name" >/dev/null
"${AWS_CLI:-/usr/bin/aws}" --endpoint-url "$s3" s3 cp "$work/one.zip" "s3://$name/code/one.zip" >/dev/null
lambda update-function-code --function-name "$name" --s3-bucket "$name" --s3-key code/one.zip >/dev/null
[ "$(invoke)" = '"one"' ]
echo "code from S3"

lambda put-function-concurrency --function-name "$name" --reserved-concurrent-executions 0 >/dev/null
AWS_MAX_ATTEMPTS=1 refused 'TooManyRequestsException' lambda invoke --function-name "$name" "$work/none"
lambda delete-function-concurrency --function-name "$name"
lambda put-function-event-invoke-config --function-name "$name" --maximum-retry-attempts 0 >/dev/null
refused 'there is no SQS here' lambda put-function-event-invoke-config --function-name "$name" \
  --destination-config 'OnFailure={Destination=arn:aws:sqs:us-east-1:123456789012:q}'
[ "$(lambda invoke --function-name "$name" --invocation-type Event "$work/event" --query StatusCode)" = 202 ]
arn=$(lambda get-function --function-name "$name" --query Configuration.FunctionArn)
lambda tag-resource --resource "$arn" --tags owner=me
[ "$(lambda list-tags --resource "$arn" --query Tags.owner)" = me ]
lambda untag-resource --resource "$arn" --tag-keys owner
lambda add-permission --function-name "$name" --statement-id s3 --action lambda:InvokeFunction --principal s3.amazonaws.com >/dev/null
lambda get-policy --function-name "$name" --query Policy | grep -q s3.amazonaws.com
lambda remove-permission --function-name "$name" --statement-id s3
[ "$(lambda get-account-settings --query 'AccountUsage.FunctionCount')" -ge 1 ]
echo "concurrency, events, tags, permissions"

lambda delete-alias --function-name "$name" --name live
lambda delete-function --function-name "$name" --qualifier 1
lambda delete-function --function-name "$name"
refused 'ResourceNotFoundException' lambda get-function --function-name "$name"
echo "aws command line, functions: ok"
