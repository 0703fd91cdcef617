"""A storage server of the S3 kind, on this machine, that speaks real HTTP."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

KEY_ID, SECRET, BUCKET = "key-of-tests", "secret-of-tests", "posts"


@contextmanager
def storage_server() -> Iterator[str]:
    """Give the address of a server with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        bucket(address).create()
        yield address
    finally:
        bucket(address).objects.all().delete()
        bucket(address).delete()
        server.stop()


@functools.cache
def bucket(address: str):
    """The bucket, by a client of its own; to make one takes longer than most tests."""
    keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
    return boto3.session.Session(**keys).resource("s3", endpoint_url=address).Bucket(BUCKET)


def storage_settings(address: str) -> dict[str, str]:
    """What the environment says of the storage."""
    return {
        "MENTORREADY_S3_URL": f"{address}/{BUCKET}/tool",
        "MENTORREADY_S3_KEY_ID": KEY_ID,
        "MENTORREADY_S3_SECRET": SECRET,
    }
