"""Makes the status page reachable from outside the namespace, on the host's loopback."""

import socket
import threading

from deploy.demo.installation import STATUS_PAGE


class Forward:
    """Carries connections from 127.0.0.1 on the host to the controller's status page.

    Make it before the namespace: its listening socket stays in the network that it was made in.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def start(self) -> None:
        """To be called inside the namespace."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            visitor, _ = self._listener.accept()
            try:
                page = socket.create_connection(STATUS_PAGE, timeout=5)
            except OSError:
                visitor.close()
                continue
            page.settimeout(None)
            for source, target in ((visitor, page), (page, visitor)):
                threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()
