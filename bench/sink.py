"""An SMTP server that takes everything: `python -m bench.sink PORT`. Prints what it took when it is ended."""

import signal
import sys
import threading

from aiosmtpd.controller import Controller


class Sink:
    messages = connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server, session, envelope):
        self.messages += 1
        return "250 OK"


if __name__ == "__main__":
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    ended.wait()
    controller.stop()
    print(f'{{"messages": {sink.messages}, "connections": {sink.connections}}}')
