"""A TCP proxy that is slow, silent or broken on demand, between engines and a registry."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress

CHUNK = 16384


class Throttle:
    """Forwards `address:port` to `target`; what comes back is limited to `rate` bytes per second in all."""

    def __init__(self, address: str, port: int, target: tuple[str, int]) -> None:
        self.host = f"{address}:{port}"
        """What image names start with to go through this proxy."""
        self.sent = 0
        """Bytes that went back to clients so far."""
        self.rate: float | None = None
        """Bytes per second; None: as fast as it goes."""
        self._target = target
        self._flow = threading.Event()
        self._flow.set()
        self._refuse = False
        self._budget: int | None = None
        self._lock = threading.Lock()
        self._next = 0.0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((address, port), backlog=128)
        self._thread = threading.Thread(target=self._accept, name=f"throttle {self.host}", daemon=True)
        self._thread.start()

    def stall(self) -> None:
        """Connections stay open and nothing comes back any more."""
        self._flow.clear()

    def resume(self) -> None:
        """Everything flows again, at full speed, and new connections are accepted."""
        self.rate, self._budget, self._refuse = None, None, False
        self._flow.set()

    def cut(self) -> None:
        """Reset all connections; new ones are accepted."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _reset(connection)

    def refuse(self) -> None:
        """Reset all connections, and new ones at once."""
        self._refuse = True
        self.cut()

    def cut_after(self, count: int) -> None:
        """Once `count` more bytes went back, reset all connections and every new one."""
        self._budget = self.sent + count

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._refuse = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._flow.set()
        self._thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._refuse:
            _reset(client)
            client.close()
            return
        try:
            server = socket.create_connection(self._target, timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self._open |= {client, server}
        upward = threading.Thread(target=self._forward, args=(client, server, False), daemon=True)
        upward.start()
        self._forward(server, client, True)
        upward.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _forward(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if back:
                    self._admit(len(data))
                sink.sendall(data)
        for connection in (source, sink):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _admit(self, count: int) -> None:
        """Return when `count` bytes may go back: not while stalled, and not faster than the rate."""
        self._flow.wait()
        with self._lock:
            self.sent += count
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + count / self.rate if self.rate else now
        if self._budget is not None and self.sent > self._budget:
            self.refuse()
        if start > now:
            time.sleep(start - now)


def _reset(connection: socket.socket) -> None:
    """Make the peer see a reset; the socket is closed by the thread that serves it."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
