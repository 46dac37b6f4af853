"""As much of DNS (RFC 1035) as a client needs: one question, one answer, over UDP."""

import os
import socket
import struct
import time
from dataclasses import dataclass

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 16: "TXT"}
NUMBERS = {name: number for number, name in TYPES.items()}
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3


class NoAnswer(Exception):
    """The server said nothing, or nothing that can be read."""


@dataclass(frozen=True)
class Record:
    name: str
    type: str
    ttl: int
    value: str  # as in a zone file


@dataclass(frozen=True)
class Answer:
    rcode: int
    records: tuple[Record, ...]

    def values(self, type_name: str) -> tuple[str, ...]:
        return tuple(record.value for record in self.records if record.type == type_name)


def ask(
    server: str,
    name: str,
    type_name: str,
    source: str = "",
    timeout: float = 1.0,
    recursive: bool = False,
) -> Answer:
    """Asks `server`, from the address `source` if there is one. Raises NoAnswer."""
    number = int.from_bytes(os.urandom(2), "big")
    header = struct.pack(">HHHHHH", number, 0x0100 if recursive else 0, 1, 0, 0, 0)
    question = _encode_name(name) + struct.pack(">HH", NUMBERS[type_name], 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            if source:
                line.bind((source, 0))
            line.connect((server, 53))
            line.send(header + question)
            return _await_answer(line, number, time.monotonic() + timeout)
        except OSError as error:
            raise NoAnswer(f"{server} does not answer for {name}: {error}") from error


def _await_answer(line: socket.socket, number: int, end: float) -> Answer:
    while True:
        line.settimeout(max(0.001, end - time.monotonic()))
        packet = line.recv(4096)
        try:
            if len(packet) >= 12 and struct.unpack(">H", packet[:2])[0] == number:
                return _parse(packet)
        except (IndexError, struct.error) as error:
            raise NoAnswer(f"an answer that cannot be read: {packet.hex()}") from error


def _encode_name(name: str) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _parse(packet: bytes) -> Answer:
    _, flags, questions, answers, _, _ = struct.unpack(">HHHHHH", packet[:12])
    at = 12
    for _ in range(questions):
        at = _read_name(packet, at)[1] + 4
    records = []
    for _ in range(answers):
        name, at = _read_name(packet, at)
        kind, _, ttl, length = struct.unpack(">HHIH", packet[at : at + 10])
        at += 10
        records.append(
            Record(name, TYPES.get(kind, str(kind)), ttl, _value(packet, at, kind, length))
        )
        at += length
    return Answer(flags & 15, tuple(records))


def _read_name(packet: bytes, at: int) -> tuple[str, int]:
    """The name at `at`, absolute, and where what follows it begins."""
    labels, after, jumps = [], None, 0
    while packet[at]:
        if packet[at] >= 0xC0:
            after = after or at + 2
            at = struct.unpack(">H", packet[at : at + 2])[0] & 0x3FFF
            jumps += 1
            if jumps > 32:
                raise IndexError("compression loop")
        else:
            labels.append(packet[at + 1 : at + 1 + packet[at]].decode("latin-1"))
            at += 1 + packet[at]
    return ".".join(labels) + ".", after or at + 1


def _value(packet: bytes, at: int, kind: int, length: int) -> str:
    data = packet[at : at + length]
    if kind == NUMBERS["A"] and length == 4:
        return socket.inet_ntoa(data)
    if kind in (NUMBERS["CNAME"], NUMBERS["NS"], NUMBERS["SOA"]):
        return _read_name(packet, at)[0]
    if kind == NUMBERS["TXT"]:
        parts = []
        while data:
            parts.append(data[1 : 1 + data[0]].decode("latin-1"))
            data = data[1 + data[0] :]
        return "".join(parts)
    return data.hex()
