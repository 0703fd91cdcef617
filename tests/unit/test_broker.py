"""The broker in a folder: nothing lost, nothing twice, and no file that stops it."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue


def connect(folder: Path) -> Connection:
    options = {"folder": str(folder), "polling_interval": 0.01}
    return Connection("folder://localhost//", transport="service.broker:FolderTransport", transport_options=options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "broker"


@pytest.fixture
def queue(folder: Path) -> Iterator[SimpleQueue]:
    with connect(folder) as connection:
        yield connection.SimpleQueue("jobs")


def take(queue: SimpleQueue) -> object:
    message = queue.get(timeout=1)
    message.ack()
    return message.payload


def test_messages_come_in_the_order_they_were_sent(queue: SimpleQueue) -> None:
    for number in range(3):
        queue.put({"number": number, "word": "שלום"})
    assert len(queue) == 3
    assert [take(queue) for _ in range(3)] == [{"number": number, "word": "שלום"} for number in range(3)]
    assert len(queue) == 0


def test_a_message_is_still_there_for_the_next_process(folder: Path) -> None:
    with connect(folder) as connection:
        connection.SimpleQueue("jobs").put("wake")
    with connect(folder) as connection:
        assert take(connection.SimpleQueue("jobs")) == "wake"


def test_queues_are_apart(folder: Path, queue: SimpleQueue) -> None:
    with connect(folder) as connection:
        connection.SimpleQueue("other").put("elsewhere")
    queue.put("here")
    assert take(queue) == "here"
    with pytest.raises(Empty):
        queue.get(timeout=0.05)


def test_a_queue_can_be_emptied(queue: SimpleQueue) -> None:
    queue.put("one")
    queue.put("two")
    assert queue.clear() == 2
    assert len(queue) == 0


@pytest.mark.parametrize("text", ["", "garbage", '{"body": '])
def test_what_is_no_message_is_thrown_away_and_stops_nothing(folder: Path, queue: SimpleQueue, text: str) -> None:
    queue.put("before")
    (folder / "0-broken.jobs").write_text(text)
    assert take(queue) == "before"
    assert list(folder.iterdir()) == []


def test_what_is_still_being_written_is_left_alone(folder: Path, queue: SimpleQueue) -> None:
    queue.put("whole")
    half = folder / "0-half.jobs.part"
    half.write_text("{")
    assert take(queue) == "whole"
    assert half.exists()


def test_a_folder_that_vanishes_is_an_empty_queue(folder: Path, queue: SimpleQueue) -> None:
    queue.put("lost")
    shutil.rmtree(folder)
    with pytest.raises(Empty):
        queue.get(timeout=0.05)
    queue.put("new")
    assert take(queue) == "new"


def test_a_folder_that_goes_in_the_middle_of_a_look_is_an_empty_queue(
    folder: Path, queue: SimpleQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the step that finds the folder and the step that lists it, once in a thousand looks."""
    queue.put("lost")

    def list_after_removal(path: str) -> None:
        for message in folder.iterdir():
            message.unlink()
        folder.rmdir()
        Path(path).stat()

    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", list_after_removal)
        with pytest.raises(Empty):
            queue.get(timeout=0.05)


def send(folder: Path, numbers: range) -> None:
    with connect(folder) as connection:
        queue = connection.SimpleQueue("jobs")
        for number in numbers:
            queue.put(number)


def receive(folder: Path, are_all_sent: threading.Event, taken: list[object]) -> None:
    """Take until there is nothing left after the last was sent."""
    with connect(folder) as connection:
        queue = connection.SimpleQueue("jobs")
        while len(queue) or not are_all_sent.is_set():
            with suppress(Empty):
                message = queue.get(timeout=0.05)
                message.ack()
                taken.append(message.payload)


def test_many_senders_and_takers_lose_nothing_and_take_nothing_twice(folder: Path) -> None:
    taken: list[object] = []
    are_all_sent = threading.Event()
    takers = [threading.Thread(target=receive, args=(folder, are_all_sent, taken)) for _ in range(2)]
    senders = [threading.Thread(target=send, args=(folder, range(start, start + 50))) for start in range(0, 200, 50)]
    for thread in takers + senders:
        thread.start()
    for thread in senders:
        thread.join()
    are_all_sent.set()
    for thread in takers:
        thread.join()
    assert sorted(taken) == list(range(200))
