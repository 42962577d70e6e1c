"""The least a frame can cost: `pread` and one round trip. `python -m benchmarks.bare_server FILE`.

Prints its port; answers each connection's line `offset length offset length …` with those bytes.
"""

from __future__ import annotations

import os
import socket
import sys


def main(path: str) -> None:
    """Serve parts of the file on the loopback until ended."""
    file = os.open(path, os.O_RDONLY)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                numbers = [int(word) for word in connection.makefile("rb").readline().split()]
                parts = zip(numbers[::2], numbers[1::2], strict=True)
                body = [os.pread(file, length, offset) for offset, length in parts]
                connection.sendall(b"".join(body))


if __name__ == "__main__":
    main(sys.argv[1])
