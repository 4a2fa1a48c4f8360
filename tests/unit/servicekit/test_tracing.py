"""A trace that goes through records and headers."""

from servicekit import tracing

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = ("traceparent", f"00-{TRACE}-{SPAN}-01".encode())


def test_a_record_takes_the_trace_of_the_request_that_wrote_it() -> None:
    with tracing.span("publish", {"traceparent": PARENT[1].decode()}):
        headers = tracing.inject([("ce_id", b"e1"), ("traceparent", b"an older one")])

    assert headers[0] == ("ce_id", b"e1")
    assert [value.decode().split("-")[1] for key, value in headers if key == "traceparent"] == [TRACE]


def test_who_reads_the_record_goes_on_with_that_trace() -> None:
    with tracing.span("apply", tracing.extract([("ce_id", b"e1"), PARENT])):
        assert tracing.trace_id() == TRACE
    assert tracing.trace_id() == ""


def test_a_broken_header_counts_as_none() -> None:
    for broken in (b"", b"\xff\xfe", b"00-zz-yy-01", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"):
        with tracing.span("apply", tracing.extract([("traceparent", broken)])):
            assert tracing.trace_id() == ""


def test_without_a_trace_nothing_is_written() -> None:
    assert tracing.inject([("ce_id", b"e1")]) == [("ce_id", b"e1")]
