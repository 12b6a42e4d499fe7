"""Real HTTP servers on loopback that speak the services' documented replies, faults included."""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    parameters: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class Response:
    """What goes back; `pause` seconds before every further byte, or only `cut` bytes of it."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: int | None = None


def json_response(content: Any, status: int = 200, **headers: str) -> Response:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        json.dumps(content).encode(), status, {"Content-Type": "application/json"} | headers
    )


@dataclass
class Server:
    """Answers every request by `api`, but first gives out the `faults` that were put in."""

    api: Callable[[Request], Response]
    faults: deque[Response] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    address: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Response:
        with self.lock:
            self.requests.append(request)
            self.times.append(time.monotonic())
            fault = self.faults.popleft() if self.faults else None
        return fault or self.api(request)


@contextmanager
def serving(api: Callable[[Request], Response]):
    """A server on a free port of 127.0.0.1 for as long as the block lasts."""
    server = Server(api)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            request = Request(self.command, parts.path, parameters, body, dict(self.headers))
            self.send(server.respond(request))

        do_POST = do_GET  # noqa: N815

        def send(self, response: Response) -> None:
            lines = {"Content-Length": str(len(response.body)), **response.headers}
            head = f"HTTP/1.1 {response.status} Said\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            body = response.body[: response.cut]
            try:
                if response.pause:
                    self.wfile.write(head.encode() + b"\r\n")
                    for position in range(len(body)):
                        self.wfile.write(body[position : position + 1])
                        time.sleep(response.pause)
                else:
                    self.wfile.write(head.encode() + b"\r\n" + body)
            except OSError:  # the client has gone, as clients do
                self.close_connection = True
            if response.cut is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

    with Listener(("127.0.0.1", 0), Handler) as listener:
        server.address = f"http://127.0.0.1:{listener.server_port}"
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield server
        finally:
            listener.shutdown()


def count_of(text: str) -> int:
    """The servers' made-up but fixed opinion of how often a text occurs."""
    return sum(position * byte for position, byte in enumerate(text.encode(), start=1))


def wikipedia(request: Request) -> Response:
    """MediaWiki's reply to list=search&srinfo=totalhits, formatversion 2."""
    hits = count_of(request.parameters["srsearch"])
    return json_response(
        {"batchcomplete": True, "query": {"searchinfo": {"totalhits": hits}, "search": []}}
    )


def infini_gram(request: Request) -> Response:
    """infini-gram's reply to a count query."""
    count = count_of(request.body["query"])
    return json_response({"count": count, "approx": False, "latency": 0.7, "token_ids": [1]})


def custom_search(request: Request) -> Response:
    """Google's reply, reduced by `fields` to what was asked for."""
    total = str(count_of(request.parameters["q"]))
    return json_response({"searchInformation": {"totalResults": total}})


class DataForSeoServer:
    """DataForSEO's queue and live endpoints: a task is ready when it was looked at often enough."""

    def __init__(self, looks: int = 1) -> None:
        self.looks = looks
        self.tasks: dict[str, dict[str, Any]] = {}
        self.looked: Counter = Counter()

    def __call__(self, request: Request) -> Response:
        if request.path.endswith("/task_post"):
            return self.reply([self.post(task) for task in request.body])
        if request.path.endswith("/live/regular"):
            (task,) = request.body
            return self.reply([self.done("live", task)])
        return self.reply([self.get(request.path.rsplit("/", 1)[1])])

    def post(self, task: dict[str, Any]) -> dict[str, Any]:
        ticket = f"11231510-1535-0066-0000-{len(self.tasks):012d}"
        self.tasks[ticket] = task
        return self.task(ticket, 20100, "Task Created.", task, None)

    def get(self, ticket: str) -> dict[str, Any]:
        if ticket not in self.tasks:
            return self.task(ticket, 40401, "Task Not Found.", {}, None)
        self.looked[ticket] += 1
        if self.looked[ticket] <= self.looks:
            return self.task(ticket, 40602, "Task In Queue.", self.tasks[ticket], None)
        return self.done(ticket, self.tasks[ticket])

    def done(self, ticket: str, task: dict[str, Any]) -> dict[str, Any]:
        result = {"keyword": task["keyword"], "se_results_count": count_of(task["keyword"])}
        return self.task(ticket, 20000, "Ok.", task, [result])

    @staticmethod
    def task(ticket: str, code: int, message: str, data: Any, result: Any) -> dict[str, Any]:
        return {
            "id": ticket,
            "status_code": code,
            "status_message": message,
            "data": {"api": "serp", "se": "google", **data},
            "result": result,
        }

    @staticmethod
    def reply(tasks: list[dict[str, Any]], code: int = 20000, message: str = "Ok.") -> Response:
        return json_response({"status_code": code, "status_message": message, "tasks": tasks})


# A server for each service that is asked.
APIS = {
    "mediawiki": wikipedia,
    "infinigram": infini_gram,
    "google": custom_search,
    "dataforseo": DataForSeoServer(),
}
