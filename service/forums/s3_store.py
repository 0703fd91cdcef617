"""The files of posts in storage of the S3 kind: one bucket, which nobody reads but the tool."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.config import S3Place
from service.forums.file_store import STRAY_AFTER, StoreDownError, check_name, is_name

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
"""With which the names of files begin."""
LISTS_EACH = 40
"""Of so many turns, 15 seconds apart, one lists a part of the files: storage asks money for each list."""
Answer = TypeVar("Answer")


class S3Store:
    """Keeps files by their public id, below the folder that the settings name."""

    def __init__(self, place: S3Place) -> None:
        self.place = place
        # Keys are given, always: else the library would look for some in the environment and in the network.
        self._client: Any = boto3.session.Session(
            aws_access_key_id=place.key_id, aws_secret_access_key=place.secret, region_name=place.region
        ).client(
            "s3",
            endpoint_url=place.endpoint,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 2},
                # Servers of other makes do not know the newer sums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                proxies={},
            ),
        )

    def keep(self, name: str, content: bytes) -> None:
        """Write a file whole, or not at all."""
        key = self._key(name)
        self._ask(lambda: self._client.put_object(Bucket=self.place.bucket, Key=key, Body=content))

    def read(self, name: str) -> bytes | None:
        """Return the file, None if it is gone."""
        key = self._key(name)

        def get() -> bytes | None:
            try:
                answer = self._client.get_object(Bucket=self.place.bucket, Key=key)
                return bytes(answer["Body"].read())
            except self._client.exceptions.NoSuchKey:
                return None

        return self._ask(get)

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is no fault."""
        key = self._key(name)
        self._ask(lambda: self._client.delete_object(Bucket=self.place.bucket, Key=key))

    def list_old(self, at: datetime) -> Iterator[str]:
        """Give the names of the old files that begin with one letter; in most turns none."""
        turn = int(at.timestamp() // 15)
        if turn % LISTS_EACH:
            return
        letter = LETTERS[turn // LISTS_EACH % len(LETTERS)]
        pages = self._client.get_paginator("list_objects_v2")
        listed = pages.paginate(Bucket=self.place.bucket, Prefix=self.place.folder + letter)
        found = self._ask(lambda: [one for page in listed for one in page.get("Contents", ())])
        for one in found:
            if one["LastModified"] < at - STRAY_AFTER and is_name(name := one["Key"].rpartition("/")[2]):
                yield name

    def _key(self, name: str) -> str:
        """Return where a file is: as in a folder, so that a copy of all of it is a move."""
        return f"{self.place.folder}{check_name(name)[:2]}/{name}"

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        try:
            return question()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise StoreDownError("file.store", f"The storage refuses us: {code}") from error
        except BotoCoreError as error:
            raise StoreDownError("file.store", f"The storage does not answer: {type(error).__name__}") from error
