"""What tests of several folders share."""

import os
import socket
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
