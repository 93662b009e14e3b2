#!/usr/bin/python3
"""What a user of boto3 does, with nothing changed but the endpoint.

Usage: boto3_client.py ENDPOINT S3_ENDPOINT PHOTO
"""
import json
import sys
import time

import boto3
from botocore.exceptions import ClientError

endpoint, s3_endpoint, photo = sys.argv[1:4]
access = dict(region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="local")
batch = boto3.client("batch", endpoint_url=endpoint, **access)
functions = boto3.client("lambda", endpoint_url=endpoint, **access)
s3 = boto3.client("s3", endpoint_url=s3_endpoint, **access)


def until(what, probe, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = probe()
        if value:
            return value
        time.sleep(0.1)
    raise SystemExit(f"{what} did not happen within {seconds} s")


def job(job_id):
    return batch.describe_jobs(jobs=[job_id])["jobs"][0]


def ended(job_id):
    return until(f"the end of {job_id}", lambda: (lambda j: j if j["status"] in ("SUCCEEDED", "FAILED") else None)(job(job_id)))


def check(condition, what):
    if not condition:
        raise SystemExit(f"not as on AWS: {what}")


batch.create_compute_environment(
    computeEnvironmentName="py", type="MANAGED", state="ENABLED",
    computeResources=dict(type="EC2", minvCpus=0, maxvCpus=4, instanceTypes=["optimal"], instanceRole="ecsInstanceRole",
                          subnets=["subnet-1"], securityGroupIds=["sg-1"]))
until("VALID", lambda: batch.describe_compute_environments(computeEnvironments=["py"])["computeEnvironments"][0]["status"] == "VALID")
queue = batch.create_job_queue(jobQueueName="py", priority=1, computeEnvironmentOrder=[dict(order=1, computeEnvironment="py")])
check(queue["jobQueueArn"] == "arn:aws:batch:us-east-1:123456789012:job-queue/py", queue)


def define(name, command, **more):
    return batch.register_job_definition(
        jobDefinitionName=name, type="container",
        containerProperties=dict(image="busybox", command=command, resourceRequirements=[
            dict(type="VCPU", value="1"), dict(type="MEMORY", value="64")]), **more)


first = define("py-ok", ["/bin/sh", "-c", "echo $GREETING Ref::who"], parameters={"who": "world"})
check(first["revision"] == 1 and first["jobDefinitionArn"].endswith("job-definition/py-ok:1"), first)
define("py-fails", ["/bin/sh", "-c", "exit 3"])

collect = batch.submit_job(jobName="collect", jobQueue="py", jobDefinition="py-ok",
                           containerOverrides=dict(environment=[dict(name="GREETING", value="hello")]))
feed = batch.submit_job(jobName="feed", jobQueue="py", jobDefinition="py-ok", dependsOn=[dict(jobId=collect["jobId"])])
images = batch.submit_job(jobName="images", jobQueue="py", jobDefinition="py-ok", dependsOn=[dict(jobId=collect["jobId"])])
for submitted in (collect, feed, images):
    check(ended(submitted["jobId"])["status"] == "SUCCEEDED", job(submitted["jobId"]))
check(job(feed["jobId"])["startedAt"] >= job(collect["jobId"])["stoppedAt"], "feed started before collect ended")

failing = batch.submit_job(jobName="fails", jobQueue="py", jobDefinition="py-fails", retryStrategy=dict(
    attempts=3, evaluateOnExit=[dict(onExitCode="3", action="RETRY")]))
after = batch.submit_job(jobName="after", jobQueue="py", jobDefinition="py-ok", dependsOn=[dict(jobId=failing["jobId"])])
failed = ended(failing["jobId"])
check(failed["status"] == "FAILED" and len(failed["attempts"]) == 3, failed)
check(failed["statusReason"] == "Essential container in task exited" and failed["container"]["exitCode"] == 3, failed)
check(ended(after["jobId"])["statusReason"] == "Dependent Job failed", job(after["jobId"]))

keyed = dict(jobName="once", jobQueue="py", jobDefinition="py-ok", tags={"spillway:idempotency-key": "k-1"})
check(batch.submit_job(**keyed)["jobId"] == batch.submit_job(**keyed)["jobId"], "one key made two jobs")

names = {s["jobName"] for page in batch.get_paginator("list_jobs").paginate(jobQueue="py", jobStatus="SUCCEEDED", PaginationConfig=dict(PageSize=2))
         for s in page["jobSummaryList"]}
check({"collect", "feed", "images"} <= names, names)
try:
    batch.submit_job(jobName="x", jobQueue="py", jobDefinition="nope")
    check(False, "an unknown definition was accepted")
except ClientError as error:
    check(error.response["Error"]["Code"] == "ClientException", error)
    check("JobDefinition name nope does not exist or is not in ACTIVE status" in str(error), error)

long_job = batch.submit_job(jobName="long", jobQueue="py", jobDefinition=define("py-long", ["/bin/sleep", "300"])["jobDefinitionArn"])
until("RUNNING", lambda: job(long_job["jobId"])["status"] == "RUNNING")
batch.terminate_job(jobId=long_job["jobId"], reason="enough of it")
terminated = ended(long_job["jobId"])
check(terminated["status"] == "FAILED" and terminated["statusReason"] == "enough of it", terminated)

# Arrays: one child after another, then child by child, then all of them.
array = dict(jobQueue="py", jobDefinition="py-ok", arrayProperties=dict(size=3))
one_by_one = batch.submit_job(jobName="one-by-one", dependsOn=[dict(type="SEQUENTIAL")], **array)["jobId"]
each = batch.submit_job(jobName="each", dependsOn=[dict(jobId=one_by_one, type="N_TO_N")], **array)["jobId"]
last = batch.submit_job(jobName="last", jobQueue="py", jobDefinition="py-ok", dependsOn=[dict(jobId=each + ":2"), dict(jobId=each)])["jobId"]
check(ended(last)["status"] == "SUCCEEDED", job(last))
check(ended(each)["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3, job(each))
children = batch.describe_jobs(jobs=[f"{one_by_one}:{i}" for i in range(3)] + [f"{each}:{i}" for i in range(3)])["jobs"]
check([c["arrayProperties"]["index"] for c in children] == [0, 1, 2] * 2, children)
for before, after in ((0, 1), (1, 2), (0, 3), (1, 4), (2, 5)):
    check(children[after]["startedAt"] >= children[before]["stoppedAt"], f"child {after} started before {before} ended")
listed = [s["jobId"] for page in batch.get_paginator("list_jobs").paginate(arrayJobId=each, jobStatus="SUCCEEDED", PaginationConfig=dict(PageSize=2))
          for s in page["jobSummaryList"]]
check(listed == [f"{each}:{i}" for i in range(3)], listed)

blocker = batch.submit_job(jobName="blocker", jobDefinition="py-long", jobQueue="py",
                           containerOverrides=dict(resourceRequirements=[dict(type="VCPU", value="4")]))["jobId"]
until("RUNNING", lambda: job(blocker)["status"] == "RUNNING")
waiting = batch.submit_job(jobName="waiting-one", **array)["jobId"]
batch.cancel_job(jobId=waiting + ":1", reason="this child only")
child = ended(waiting + ":1")
check(child["status"] == "FAILED" and child["statusReason"] == "this child only", child)
batch.terminate_job(jobId=waiting, reason="the whole array")
parent = ended(waiting)
check(parent["status"] == "FAILED" and parent["arrayProperties"]["statusSummary"]["FAILED"] == 3, parent)
batch.terminate_job(jobId=blocker, reason="done with it")
ended(blocker)

# Listing by what is known of a job.
def listed_by(name, *values):
    return {s["jobName"] for s in batch.list_jobs(jobQueue="py", filters=[dict(name=name, values=list(values))])["jobSummaryList"]}


check(listed_by("JOB_NAME", "WAITING*") == {"waiting-one"}, listed_by("JOB_NAME", "WAITING*"))
check(listed_by("JOB_DEFINITION", "py-fails") == {"fails"}, listed_by("JOB_DEFINITION", "py-fails"))
created = job(last)["createdAt"]
check("last" not in listed_by("BEFORE_CREATED_AT", str(created)) and "each" in listed_by("BEFORE_CREATED_AT", str(created + 1)), created)
check("waiting-one" in listed_by("AFTER_CREATED_AT", str(created)), created)

# Tags, whose ARNs stand percent-encoded in the path.
arn = queue["jobQueueArn"]
batch.tag_resource(resourceArn=arn, tags={"team": "ünits & more", "drop": "1"})
batch.untag_resource(resourceArn=arn, tagKeys=["drop"])
check(batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "ünits & more"}, arn)
check(batch.describe_job_queues(jobQueues=["py"])["jobQueues"][0]["tags"] == {"team": "ünits & more"}, arn)
job_arn = job(last)["jobArn"]
batch.tag_resource(resourceArn=job_arn, tags={"kept": "yes"})
check(job(last)["tags"] == {"kept": "yes"}, job(last))

# Fair share queues.
policy = batch.create_scheduling_policy(name="py", fairsharePolicy=dict(
    shareDecaySeconds=600, computeReservation=1, shareDistribution=[dict(shareIdentifier="A*", weightFactor=0.5)]))["arn"]
batch.create_job_queue(jobQueueName="py-fair", priority=1, schedulingPolicyArn=policy, computeEnvironmentOrder=[dict(order=1, computeEnvironment="py")])
fair = dict(jobName="fair", jobQueue="py-fair", jobDefinition="py-ok")
try:
    batch.submit_job(**fair)
    check(False, "a share identifier was not asked for")
except ClientError as error:
    check("shareIdentifier must be specified." in str(error), error)
shared = batch.submit_job(shareIdentifier="A1", schedulingPriorityOverride=7, **fair)["jobId"]
check(ended(shared)["shareIdentifier"] == "A1" and job(shared)["schedulingPriority"] == 7, job(shared))
policies = batch.describe_scheduling_policies(arns=[policy])["schedulingPolicies"]
check(policies[0]["fairsharePolicy"]["shareDistribution"] == [dict(shareIdentifier="A*", weightFactor=0.5)], policies)

# What newer clients know.
if hasattr(batch, "create_consumable_resource"):
    batch.create_consumable_resource(consumableResourceName="py-licence", totalQuantity=1, resourceType="REPLENISHABLE")
    needs = dict(consumableResourcePropertiesOverride=dict(consumableResourceList=[dict(consumableResource="py-licence", quantity=1)]))
    holder = batch.submit_job(jobName="holder", jobQueue="py", jobDefinition="py-long", **needs)["jobId"]
    until("RUNNING", lambda: job(holder)["status"] == "RUNNING")
    second = batch.submit_job(jobName="second", jobQueue="py", jobDefinition="py-ok", **needs)["jobId"]
    until("RUNNABLE", lambda: job(second)["status"] == "RUNNABLE")
    check(batch.describe_consumable_resource(consumableResource="py-licence")["inUseQuantity"] == 1, "in use")
    names = {j["jobName"] for j in batch.list_jobs_by_consumable_resource(consumableResource="py-licence")["jobs"]}
    check(names == {"holder", "second"}, names)
    front = batch.get_job_queue_snapshot(jobQueue="py")["frontOfQueue"]["jobs"]
    check([j["jobArn"].rsplit("/", 1)[1] for j in front] == [second], front)
    batch.terminate_job(jobId=holder, reason="free it")
    check(ended(second)["status"] == "SUCCEEDED", job(second))

s3.create_bucket(Bucket="py-photos")
with open(photo, "rb") as body:
    s3.put_object(Bucket="py-photos", Key="in/a.jpg", Body=body)
answer = functions.invoke(FunctionName="thumbnail", LogType="Tail",
                          Payload=json.dumps(dict(bucket="py-photos", key="in/a.jpg", width=160)))
result = json.loads(answer["Payload"].read())
check(answer["StatusCode"] == 200 and "FunctionError" not in answer, result)
check(answer["ExecutedVersion"] == "$LATEST" and answer["LogResult"], answer)
check(result["width"] == 160, result)
missing = functions.invoke(FunctionName="thumbnail", Payload=json.dumps(dict(bucket="py-photos", key="in/none.jpg", width=160)))
check(missing["FunctionError"] == "Unhandled" and "errorMessage" in json.loads(missing["Payload"].read()), missing)
try:
    functions.invoke(FunctionName="nope", Payload="{}")
    check(False, "an unknown function was invoked")
except functions.exceptions.ResourceNotFoundException as error:
    check("Function not found: arn:aws:lambda:us-east-1:123456789012:function:nope" in str(error), error)
print(f"boto3 {boto3.__version__}: ok")
