"""Jobs that leave a trace in a file, for schedulers in this process and in others."""

import os
import time
from pathlib import Path

from crm.core.schedule import titled


def write(word: str) -> None:
    with Path(os.environ["NOTES"]).open("a", encoding="ascii") as notes:
        notes.write(f"{word} {os.getpid()}\n")


@titled("Laisser une trace")
def note() -> None:
    write("ran")


@titled("Traîner")
def dawdle() -> None:
    write("began")
    time.sleep(4)
    write("ended")


def fail() -> None:
    raise RuntimeError("first line\nthe printer is on fire\0")


def fail_at_length() -> None:
    raise RuntimeError("x" * 5000 + "\nthe end")
