"""A server in place of Origami that answers with what it was sent, and as it is told."""

import http.server
import json
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status = 200 if self.path == "/readyz" else self.server.status
        body = json.dumps({"path": self.path, "headers": self.headers.items()}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Request-Id", "of-the-server")
        if status == 503:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody reads it."""


class Recorder(http.server.ThreadingHTTPServer):
    """It answers `status`, and /readyz 200. It is stopped at the end of a `with` block."""

    daemon_threads = True

    def __init__(self, status=200, address="127.0.0.1", port=0):
        super().__init__((address, port), Handler)
        self.status = status
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A health check that leaves before it has the body is no error."""

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
