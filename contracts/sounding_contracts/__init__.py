"""The events and topics of Sounding: all that an integrator or a subscriber needs."""

from sounding_contracts.envelope import (
    CONTENT_TYPE,
    DecodeError,
    Event,
    Payload,
    UnknownTypeError,
    decode,
    encode,
    record_headers,
)

__all__ = [
    "CONTENT_TYPE",
    "DecodeError",
    "Event",
    "Payload",
    "UnknownTypeError",
    "decode",
    "encode",
    "record_headers",
]
