"""Stack traces are one message each, and every other line is published in its turn."""

import pytest

from hub.ingest.multiline import Joiner

MAX = 1 << 20
TRACES = {
    "Python": """Traceback (most recent call last):
  File "a.py", line 1, in <module>
    f()
ValueError: bad""",
    "Python, logged": """2026-06-01 10:00:00 ERROR root: boom
Traceback (most recent call last):
  File "a.py", line 1, in <module>
ZeroDivisionError: division by zero""",
    "Java": """Exception in thread "main" java.lang.IllegalStateException: no
\tat com.example.Main.main(Main.java:5)
Caused by: java.io.IOException: closed
\tat com.example.Db.read(Db.java:9)
\t... 1 more""",
    "Java, logged": """10:00:00.123 [main] ERROR c.e.Cart - failed
java.io.IOException: closed
\tat com.example.Db.read(Db.java:9)""",
    "Go": """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.main()
\t/app/main.go:9 +0x1d
exit status 2""",
    "Node": """TypeError: Cannot read properties of undefined (reading 'x')
    at f (/app/a.js:1:2)
    at main (/app/a.js:5:1) {
  code: 'E'
}""",
    ".NET": """Unhandled exception. System.InvalidOperationException: no
 ---> System.IO.IOException: closed
   --- End of inner exception stack trace ---
   at Program.Main() in /app/Program.cs:line 3""",
    "Ruby": """a.rb:1:in `f': bad (RuntimeError)
\tfrom a.rb:4:in `<main>'""",
    "PHP": """PHP Fatal error:  Uncaught Exception: bad in /app/a.php:3
Stack trace:
#0 /app/a.php(6): f()
#1 {main}
  thrown in /app/a.php on line 3""",
}


def joined(text: str, size: int = 1000, **options: int) -> list[tuple[str, int]]:
    """Feed the lines, `size` at once, and release what is held at the end."""
    joiner, lines = Joiner(**options), [line.encode() for line in text.split("\n")]
    records = [record for at in range(0, len(lines), size) for record in joiner.feed(lines[at : at + size], MAX)]
    return [
        (bytes(record.line, "utf-8").decode() if isinstance(record.line, str) else record.line.decode(), record.lines)
        for record in [*records, *joiner.release()]
    ]


@pytest.mark.parametrize("language", TRACES)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_stack_trace_is_one_message(language: str, size: int) -> None:
    trace = TRACES[language]
    expected = [("before", 1), (trace, trace.count("\n") + 1), ("after", 1)]
    assert joined(f"before\n{trace}\nafter", size) == expected


def test_lines_that_cannot_head_a_record_are_published_in_their_turn() -> None:
    joiner = Joiner()
    lines = [
        b"started",
        b"  indented",
        b"\ttoo",
        b'{"level":"error","msg":"x"}',
        b"  more",
        b"[INFO] error 5",
        b" x",
        b"",
    ]
    assert [record.line for record in joiner.feed(lines, MAX)] == lines
    assert joiner.held == []


def test_a_head_is_held_until_its_record_ends() -> None:
    joiner = Joiner()
    assert joiner.feed([b"[ERROR] boom"], MAX) == []
    assert joiner.feed([b"  detail"], MAX) == []
    assert [record.line for record in joiner.feed([b"next"], MAX)] == [b"[ERROR] boom\n  detail", b"next"]


def test_what_continues_a_published_head_is_a_message_of_its_own() -> None:
    joiner = Joiner()
    joiner.feed([b"Exception in thread main"], MAX)
    joiner.release()
    assert joiner.feed([b"\tat a", b"\tat b"], MAX) == []
    assert [record.line for record in joiner.release()] == [b"\tat a\n\tat b"]


def test_exceptions_one_after_another_are_messages_of_their_own() -> None:
    text = "[ERROR] disk full\nValueError: bad\njava.io.IOException: closed\nCaused by: java.lang.Error: x\nwarning: y"
    assert joined(text) == [(line, 1) for line in text.split("\n")]


def test_a_record_has_a_largest_size() -> None:
    trace = "\n".join(["Exception in thread main", *["\tat x"] * 9])
    assert [count for _, count in joined(trace, max_lines=4)] == [4, 4, 2]
    joiner = Joiner()
    records = joiner.feed([b"Exception in thread main", *[b"\tat x"] * 9], 40)
    assert all(len(record.line) <= 40 for record in records)
