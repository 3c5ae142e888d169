"""Loggers of PyPI: write one record of the logger that is named, in the usual configuration. Exit status 3: missing."""

import importlib
import logging.handlers
import sys
from typing import Any
from urllib.parse import urlsplit


def module(name: str) -> Any:  # Modules without types, some of them missing.
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        sys.exit(3)


def write(handler: logging.Handler) -> None:
    logger = logging.getLogger("shop")
    logger.addHandler(handler)
    logger.error("disk %s", "full", extra={"user": 7})


def write_formatted(formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    write(handler)


def write_structlog() -> None:
    structlog = module("structlog")
    steps = structlog.stdlib.add_logger_name, structlog.processors.add_log_level
    stamp, text = structlog.processors.TimeStamper(fmt="iso"), structlog.processors.JSONRenderer()
    factory = structlog.stdlib.LoggerFactory()
    structlog.configure(processors=[*steps, stamp, text], logger_factory=factory)
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    structlog.get_logger("shop").error("disk full", user=7)


def write_loguru() -> None:
    loguru = module("loguru")
    loguru.logger.remove()
    loguru.logger.add(sys.stdout, serialize=True)
    loguru.logger.bind(user=7).error("disk full")


def write_http(url: str) -> None:
    place = urlsplit(url)
    write(logging.handlers.HTTPHandler(place.netloc, place.path, "POST"))


def main(name: str, url: str) -> None:
    match name:
        case "structlog":
            write_structlog()
        case "loguru":
            write_loguru()
        case "python-json-logger":
            names = "%(asctime)s %(levelname)s %(name)s %(message)s"
            write_formatted(module("pythonjsonlogger.json").JsonFormatter(names))
        case "ecs-logging":
            write_formatted(module("ecs_logging").StdlibFormatter())
        case "logging.HTTPHandler":
            write_http(url)


main(*sys.argv[1:])
