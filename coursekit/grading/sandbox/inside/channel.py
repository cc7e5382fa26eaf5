"""Whole messages over a socket."""

import socket
import struct

MESSAGE_BYTES = 256 * 2**20  # more in one message is refused


class NotCarried(Exception):
    """A thing that cannot leave its process."""


class Gone(Exception):
    """The other process is no more, or speaks nonsense."""


class Channel:
    """Whole messages over a socket."""

    def __init__(self, end: socket.socket):
        self.socket = end

    def send(self, data: bytes) -> None:
        """Send a message. Raises Gone."""
        try:
            self.socket.sendall(struct.pack("!Q", len(data)) + data)
        except OSError as error:
            raise Gone(str(error)) from error

    def receive(self) -> bytes:
        """Wait for a message. Raises Gone."""
        (size,) = struct.unpack("!Q", self._read(8))
        if size > MESSAGE_BYTES:
            raise Gone(f"a message of {size} bytes")
        return self._read(size)

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            try:
                part = self.socket.recv(min(size - len(parts), 2**20))
            except OSError as error:
                raise Gone(str(error)) from error
            if not part:
                raise Gone("its end of the connection was closed")
            parts += part
        return bytes(parts)
