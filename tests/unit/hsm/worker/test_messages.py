"""Requests and answers, and their bytes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm.tokens import TokenInfo
from hsm.worker import messages
from hsm.worker.messages import (
    Cancel,
    Failed,
    Frames,
    Message,
    OpenKey,
    Pin,
    ProtocolError,
    Sign,
    Signatures,
    Tokens,
    decode,
    encode,
    wipe,
)

TOKEN = TokenInfo(
    slot=7,
    serial="01ab",
    label="Trạm Y tế",
    manufacturer="m",
    model="m",
    initialised=True,
    pin_set=True,
    pin_count_low=False,
    pin_final_try=False,
    pin_locked=False,
    pin_to_be_changed=False,
)
EXAMPLES: tuple[Message, ...] = (
    OpenKey(module="/m.so"),
    OpenKey(module="/m.so", serial="1", label="ế", fingerprint=bytes(32), certificate_der=b"0", allow_final_try=True),
    Pin(pin=b"1\x00\xff"),
    Sign(messages=()),
    Sign(messages=(b"", b"a", bytes(70_000))),
    Cancel(),
    Signatures(signatures=(bytes(64),) * 3, last=True),
    Tokens(tokens=(TOKEN, TOKEN), refresh_seconds=0.25),
    Tokens(tokens=(), refresh_seconds=0.0),
    Failed(code="token-ambiguous", detail="hai", serials=("1", "2")),
)


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_a_message_survives_its_bytes_however_they_arrive(message: Message) -> None:
    frame = bytes(encode(message) + encode(Cancel()))
    frames = Frames()
    cut = [found for start in range(0, len(frame), 7000) for found in frames.feed(frame[start : start + 7000])]
    assert [decode(found) for found in cut] == [message, Cancel()]


@given(st.binary(max_size=80))
def test_any_other_bytes_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(bytearray(data))


def changed(message: Message, old: bytes, new: bytes) -> bytearray:
    """The body of its frame, with a header of another content and the same size."""
    assert len(old) == len(new)
    return encode(message)[4:].replace(old, new)


@pytest.mark.parametrize(
    "body",
    [
        b"\x02" + encode(Cancel())[5:],
        changed(Cancel(), b"Cancel", b"Cancal"),
        changed(OpenKey(module="m"), b'"module"', b'"modulo"'),
        changed(OpenKey(module="mmm"), b'"mmm"', b"12345"),
        encode(Sign(messages=(b"a",)))[4:] + bytes(4),
        encode(Sign(messages=(b"aa",)))[4:-1],
        encode(Tokens(tokens=(TOKEN,), refresh_seconds=0.5))[4:].replace(b'"slot"', b'"slod"'),
    ],
    ids=["version", "kind", "field", "type", "too much", "too little", "inner field"],
)
def test_what_is_almost_a_message_is_refused(body: Any) -> None:
    with pytest.raises(ProtocolError):
        decode(bytearray(body))


def test_no_frame_is_longer_than_the_limit() -> None:
    with pytest.raises(ProtocolError):
        encode(Sign(messages=(bytes(messages.MAX_FRAME),)))
    with pytest.raises(ProtocolError):
        list(Frames().feed(b"\xff\xff\xff\xff"))


def test_a_pin_is_shown_nowhere_and_overwritten() -> None:
    assert "secret" not in repr(Pin(pin=b"secret"))
    frame = encode(Pin(pin=b"secret"))
    frames = Frames()
    (found,) = frames.feed(bytes(frame))
    assert b"secret" not in bytes(frames._rest)
    wipe(frame)
    wipe(found)
    assert not any(frame + found)
