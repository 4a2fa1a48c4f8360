"""JSON lines on stderr, with what identifies a person masked."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from servicekit import context, tracing

_BOUND = r"(?<![0-9A-Za-z])"
_END = r"(?![0-9A-Za-z])"
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_IDENTITY = re.compile(_BOUND + r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]" + _END)
_CARD = re.compile(_BOUND + r"[3-6]\d{3}(?:[ -]?\d{1,4}){3,5}" + _END)
_CN_MOBILE = re.compile(_BOUND + r"(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}" + _END)
_INTERNATIONAL = re.compile(r"(?<![0-9A-Za-z+])(?:\+|00)[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}" + _END)
_CN_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{1,12}(?:路|街|大道|巷|弄|胡同)\s?\d+\s?[号弄](?:[\d\u4e00-\u9fff-]{0,12}[室楼栋层元])?"
)
_EN_ADDRESS = re.compile(
    r"\b\d{1,5} (?:[A-Z][a-z]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd)\b\.?"
)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def mask(text: str) -> str:
    """`text` with e-mails, phone, identity and card numbers and street addresses replaced by what they were."""
    text = _EMAIL.sub("[email]", text)
    text = _IDENTITY.sub("[identity]", text)
    text = _CARD.sub(lambda found: "[card]" if _luhn(found.group()) else found.group(), text)
    text = _CN_MOBILE.sub("[phone]", text)
    text = _INTERNATIONAL.sub(lambda found: "[phone]" if _long_enough(found.group()) else found.group(), text)
    return _EN_ADDRESS.sub("[address]", _CN_ADDRESS.sub("[address]", text))


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isdigit()]


def _long_enough(text: str) -> bool:
    return 8 <= len(_digits(text)) <= 17


def _luhn(text: str) -> bool:
    """The check digit of ISO/IEC 7812; without it, one in ten numbers of that length would do."""
    digits = _digits(text)
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return 14 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _masked(value: object) -> object:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, bool | int | float) or value is None:
        return value
    return mask(str(value))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, service, message, ids of the request and the trace, extras."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "service": self._service,
            "message": mask(record.getMessage()),
            "request_id": context.request_id(),
            "trace_id": tracing.trace_id(),
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD and name not in line:
                line[name] = _masked(value)
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps({key: value for key, value in line.items() if value != ""}, ensure_ascii=False)


def configure(service: str, level: str) -> None:
    """Makes this process log JSON on stderr. Called by `servicekit.server.run`, never by libraries or tests."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # kafka-python tells every step of a rebalance at INFO.
    logging.getLogger("kafka").setLevel(max(logging.WARNING, logging.getLogger().level))
