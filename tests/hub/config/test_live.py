"""hub/config/live.py: the settings in force, read at the time of use."""

from hub.config import Config, StreamConfig
from hub.config.live import LiveConfig


def test_a_part_that_holds_the_live_config_sees_an_edit() -> None:
    live = LiveConfig(Config())
    live.current = Config(stream=StreamConfig(flush_ms=9))
    assert live.current.stream.flush_ms == 9
