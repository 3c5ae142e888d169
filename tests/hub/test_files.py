"""hub/files.py: the files beside the code."""

from pathlib import Path

import pytest

from hub.files import resource


@pytest.mark.parametrize("name", ["static", "templates", "handlers/openapi.json", "config.yaml"])
def test_each_file_beside_the_code_is_found_from_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert resource(name).is_absolute()
    assert resource(name).exists()
