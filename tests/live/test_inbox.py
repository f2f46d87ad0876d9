"""Is a message that is delivered again known, and is another one under the same id not taken for it?"""

from __future__ import annotations

import pytest

pytest.importorskip("paho.mqtt")

from tundish.connectors.mqtt.inbox import Contents, Inbox


def test_delivered_again_is_known_and_landed_only_once_it_is_on_disk():
    inbox = Inbox()
    assert inbox.is_new(5, b"a", again=False)
    assert not inbox.is_new(5, b"a", again=True)
    assert not inbox.has_landed(5)
    inbox.land([5], 1.0)
    assert inbox.has_landed(5)


def test_a_broker_that_gives_ids_anew_loses_nothing():
    inbox = Inbox()
    inbox.is_new(5, b"a", again=False)
    inbox.land([5], 1.0)
    assert inbox.is_new(5, b"another message under the same id", again=True)
    assert not inbox.has_landed(5)


def test_equal_readings_under_two_ids_or_without_dup_are_two():
    inbox = Inbox()
    assert inbox.is_new(5, b"a", again=False)
    assert inbox.is_new(6, b"a", again=False)
    assert inbox.is_new(5, b"a", again=False)


def test_the_next_reader_knows_what_has_landed_and_nothing_else():
    inbox = Inbox()
    for packet in (1, 2, 3):
        inbox.is_new(packet, b"%d" % packet, again=False)
    inbox.land([1], 1.0)
    after = Inbox(inbox.hand_on([2], 2.0))
    assert [after.is_new(packet, b"%d" % packet, again=True) for packet in (1, 2, 3)] == [False, False, True]
    assert Inbox(inbox.hand_on([], 100.0)).is_new(1, b"1", again=True)


def test_contents_are_handed_on():
    contents = Contents()
    assert contents.is_new("t", b"x")
    assert not contents.is_new("t", b"x")
    assert not Contents(contents.last()).is_new("t", b"x")
    assert contents.is_new("t2", b"x")
