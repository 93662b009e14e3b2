#!/usr/bin/python3
"""Collect, feed and images of one shop, sent straight to the AWS Batch API with boto3.

Nothing of Spillway's own API is used: only SubmitJob with dependsOn, and DescribeJobs until the end.
Runs with Debian 12's python3-boto3 (1.26), which needs the endpoint in so many words:

    ./spillway serve --template sam-template.yaml
    examples/catalog/submit_with_boto3.py --endpoint http://127.0.0.1:8080 --s3-endpoint http://127.0.0.1:8081

The shop is one section of this machine's Debian package index; it is uploaded first.
Exit code: 0 when all three jobs SUCCEEDED, 1 otherwise, 2 for wrong usage.
"""

import argparse
import gzip
import subprocess
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config

STEPS = ["collect", "feed", "images"]
PHOTO = Path(__file__).resolve().parent.parent / "thumbnails" / "photos" / "coffee.jpg"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", default="http://127.0.0.1:8080", help="where AWS Batch answers")
    parser.add_argument("--s3-endpoint", default="http://127.0.0.1:8081", help="where S3 answers")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--shop", default="httpd", help="a section of the package index (default: httpd)")
    parser.add_argument("--bucket", default="catalog")
    parser.add_argument("--queue", help="job queue (default: the first that is ENABLED and VALID)")
    parser.add_argument("--image", default="spillway/workloads:latest")
    parser.add_argument("--limit", type=float, default=600, help="seconds to wait for the end (default: 600)")
    return parser.parse_args()


def client(service, endpoint, region):
    # Any key pair will do on the loopback; path style because the endpoint has no name per bucket.
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(s3={"addressing_style": "path"}),
    )


def section(name):
    """The packages of one section, each with a price and a picture."""
    index = subprocess.run(["apt-cache", "dumpavail"], stdout=subprocess.PIPE, check=False).stdout.decode(errors="replace")
    if not index.strip():
        index = Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
    found = [p for p in index.split("\n\n") if f"\nSection: {name}\n" in p + "\n"]
    if not found:
        sys.exit(f"the package index has no section {name!r}")
    return "".join(f"{p.rstrip()}\nPrice: 1.00 EUR\nImage: pictures/{PHOTO.name}\n\n" for p in found), len(found)


def upload(s3, args):
    if args.bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=args.bucket)
    text, products = section(args.shop)
    s3.put_object(Bucket=args.bucket, Key=f"raw/{args.shop}/packages.gz", Body=gzip.compress(text.encode()))
    s3.put_object(Bucket=args.bucket, Key=f"pictures/{PHOTO.name}", Body=PHOTO.read_bytes())
    print(f"shop {args.shop}: {products} products uploaded", file=sys.stderr)


def queue(batch, args):
    if args.queue:
        return args.queue
    for page in batch.get_paginator("describe_job_queues").paginate():
        for found in page["jobQueues"]:
            if found["state"] == "ENABLED" and found["status"] == "VALID":
                return found["jobQueueName"]
    sys.exit("there is no job queue; start the server with --template sam-template.yaml, or give --queue")


def submit(batch, args):
    """Three jobs; feed and images wait for collect."""
    definition = batch.register_job_definition(
        jobDefinitionName="catalog-by-hand",
        type="container",
        containerProperties={
            "image": args.image,
            "command": ["pause", "--seconds", "0"],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1024"}],
        },
    )["jobDefinitionArn"]
    where = queue(batch, args)
    ids = {}
    for step in STEPS:
        ids[step] = batch.submit_job(
            jobName=f"{args.shop}-{step}",
            jobQueue=where,
            jobDefinition=definition,
            dependsOn=[] if step == "collect" else [{"jobId": ids["collect"]}],
            containerOverrides={"command": [f"catalog-{step}", "--shop", args.shop, "--bucket", args.bucket]},
        )["jobId"]
    return ids


def follow(batch, ids, limit):
    deadline = time.monotonic() + limit
    seen = {}
    while True:
        jobs = {job["jobId"]: job for job in batch.describe_jobs(jobs=list(ids.values()))["jobs"]}
        for step, job_id in ids.items():
            status = jobs[job_id]["status"]
            if seen.get(step) != status:
                print(f"{step:8} {seen.get(step, '-'):9} -> {status}", file=sys.stderr)
                seen[step] = status
        if all(status in ("SUCCEEDED", "FAILED") for status in seen.values()):
            return jobs
        if time.monotonic() > deadline:
            print(f"not ended after {limit:.0f} s", file=sys.stderr)
            return jobs
        time.sleep(0.5)


def report(ids, jobs):
    print(f"{'JOB':9} {'NAME':20} {'STATUS':10} {'EXIT':>4} {'SECONDS':>8}  REASON")
    for job_id in ids.values():
        job = jobs[job_id]
        container = job.get("container", {})
        took = (job["stoppedAt"] - job["startedAt"]) / 1000 if job.get("stoppedAt") and job.get("startedAt") else 0
        reason = container.get("reason") or job.get("statusReason") or ""
        print(
            f"{job_id[:8]:9} {job['jobName']:20} {job['status']:10} "
            f"{str(container.get('exitCode', '-')):>4} {took:8.1f}  {reason}"
        )
    return all(job["status"] == "SUCCEEDED" for job in jobs.values())


def main():
    args = arguments()
    upload(client("s3", args.s3_endpoint, args.region), args)
    batch = client("batch", args.endpoint, args.region)
    ids = submit(batch, args)
    return 0 if report(ids, follow(batch, ids, args.limit)) else 1


if __name__ == "__main__":
    sys.exit(main())
