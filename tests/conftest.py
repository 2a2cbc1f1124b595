"""What tests of several folders share."""

import io
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

# Read by TensorFlow when it is imported, so before any test.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """`real_data("mnist")` is a folder of real examples under $KERASAPP_DATA; the test skips where there is none."""

    def find(name: str) -> Path:
        root = os.environ.get("KERASAPP_DATA")
        if not root:
            pytest.skip("KERASAPP_DATA is not set to a folder of real data sets")
        folder = Path(root).resolve() / name
        if not folder.exists():
            pytest.skip(f"KERASAPP_DATA has no {name}")
        return folder

    return find


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection to another machine fails the test."""

    def refuse(self: socket.socket, address: object) -> None:
        raise AssertionError(f"a connection to {address} was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: refuse(None, args))


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A stream that is a terminal, and keeps what is written to it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """`clock[0]` is the time, in seconds."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now
