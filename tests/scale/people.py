"""People who order clones and speeches in their browsers, and look at pages meanwhile."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

import requests

from tests.scale.machines import Machine

PASSWORD = "scale-test-password"
# A form that got no answer is sent again, to any web server, with the same token.
GIVE_UP_AFTER = 300.0
PAGES = ("/history/", "/voices/", "/recordings/", "/costs/", "/history/?q=scale")


@dataclass
class Crowd:
    """Threads that work off `orders`; each order is a function that sends one form."""

    webs: list[Machine]
    orders: SimpleQueue[Callable[["Person"], None]] = field(default_factory=SimpleQueue)
    seen: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Sign in and send forms until there are no more."""
        person = Person(self)
        while True:
            try:
                order = self.orders.get_nowait()
            except Empty:
                return
            try:
                order(person)
            except Exception as error:
                self.errors.append(f"{type(error).__name__}: {error}")

    def browse(self) -> None:
        """Look at one page after the other."""
        person = Person(self)
        while not self.stop.is_set():
            for path in PAGES:
                self.seen[str(person.get(path))] += 1
                time.sleep(0.2)


class Person:
    """A browser that is signed in at all web servers, since sessions lie in the database."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.turn = 0
        self.session = requests.Session()
        self.session.trust_env = False
        self.persist(self.sign_in)

    def url(self) -> str:
        """The address of the next web server, as a load balancer would choose."""
        self.turn += 1
        return self.crowd.webs[self.turn % len(self.crowd.webs)].url

    def sign_in(self) -> bool:
        """Whether signing in worked."""
        url = self.url()
        page = self.session.get(f"{url}/sign-in/", timeout=20)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        if token is None:
            return False
        answer = self.session.post(
            f"{url}/sign-in/", timeout=20, allow_redirects=False,
            data={"csrfmiddlewaretoken": token[1], "username": "scale", "password": PASSWORD},
        )  # fmt: skip
        return answer.status_code == 302

    def get(self, path: str) -> int:
        """The status of a page; 0 without an answer."""
        try:
            return self.session.get(f"{self.url()}{path}", timeout=30).status_code
        except requests.RequestException:
            return 0

    def persist(self, send: Callable[[], bool]) -> None:
        """Send until it has worked. Raises TimeoutError."""
        end = time.monotonic() + GIVE_UP_AFTER
        while time.monotonic() < end:
            try:
                if send():
                    return
            except requests.RequestException:
                pass
            time.sleep(0.5)
        raise TimeoutError("a form was not accepted")

    def post(self, path: str, values: dict[str, Any]) -> None:
        """Send a form until the studio has accepted it."""

        def send() -> bool:
            data = values | {"csrfmiddlewaretoken": self.session.cookies["csrftoken"]}
            answer = self.session.post(
                f"{self.url()}{path}", data=data, timeout=30, allow_redirects=False
            )
            if answer.status_code == 422 or answer.status_code in (403, 404):
                raise ValueError(f"{path} answered {answer.status_code}: {answer.text[:2000]}")
            return answer.is_redirect and "/sign-in/" not in answer.headers["Location"]

        self.persist(send)


def clone(number: int, recording: int) -> Callable[[Person], None]:
    """An order of a clone."""
    name = f"Scale {number:05d}"
    values = {
        "token": str(uuid4()), "speaker": name, "speaker_choice": f"new {name}",
        "voice_id": f"Scale-{number:05d}-7k2p", "permission": "on", "recording": str(recording),
        "preview_text": "Hello there.", "model": "speech-2.8-hd", "language": "auto",
    }  # fmt: skip
    return lambda person: person.post("/new/", values)


def speak(voice: int, number: int) -> Callable[[Person], None]:
    """An order of a speech."""
    values = {
        "token": str(uuid4()), "text": f"This is sentence {number}.", "model": "speech-2.8-hd",
        "language": "auto", "speed": "1", "volume": "1", "pitch": "0", "format": "mp3",
    }  # fmt: skip
    return lambda person: person.post(f"/voices/{voice}/speak/", values)
