"""Settings are checked before anything starts, and the page that lists them is true."""

import re
from pathlib import Path

import pytest

from wardline.platform import settings
from wardline.platform.settings import SettingsError

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "settings.md"
GOOD_SECRET = "f3Zq81mBv0tYc7LkXw2RdP9sHn4JgE6A"
PRODUCTION = {
    "WARDLINE_ENV": "production",
    "WARDLINE_SECRET": GOOD_SECRET,
    "WARDLINE_DATABASE_URL": "postgresql://wardline_owner:x@db/wardline",
}


def test_development_needs_nothing(tmp_path: Path) -> None:
    loaded = settings.load({"WARDLINE_DATA": str(tmp_path / "data")})
    assert (loaded.environment, loaded.host, loaded.port) == ("development", "127.0.0.1", 8000)
    assert loaded.address == "http://127.0.0.1:8000"
    assert loaded.database_url is None
    assert loaded.workers >= 1


def test_the_secret_is_generated_once_and_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = settings.load({"WARDLINE_DATA": str(data)}).secret
    assert len(first) >= settings.SECRET_LENGTH_MIN
    assert settings.load({"WARDLINE_DATA": str(data)}).secret == first
    assert (data / "secret").stat().st_mode & 0o777 == 0o400
    assert data.stat().st_mode & 0o066 == 0
    assert [path.name for path in data.iterdir()] == ["secret"]


def test_production_starts_when_everything_is_given(tmp_path: Path) -> None:
    loaded = settings.load(PRODUCTION | {"WARDLINE_DATA": str(tmp_path)})
    assert loaded.production
    assert loaded.secret == GOOD_SECRET
    assert settings.load(PRODUCTION | {"WARDLINE_DATA": str(tmp_path), "WARDLINE_DATABASE_URL": "embedded"})


@pytest.mark.parametrize("name", ["WARDLINE_SECRET", "WARDLINE_DATABASE_URL", "WARDLINE_DATA"])
def test_production_refuses_what_is_missing(tmp_path: Path, name: str) -> None:
    environ = PRODUCTION | {"WARDLINE_DATA": str(tmp_path)}
    for absent in (environ | {name: ""}, {key: value for key, value in environ.items() if key != name}):
        with pytest.raises(SettingsError, match=name):
            settings.load(absent)


@pytest.mark.parametrize("secret", ["changeme", "short", "secret", "a" * 40, "abcabcabcabcabcabcabcabcabcabcabcabc"])
def test_production_refuses_a_guessable_secret(tmp_path: Path, secret: str) -> None:
    with pytest.raises(SettingsError, match="WARDLINE_SECRET") as refused:
        settings.load(PRODUCTION | {"WARDLINE_DATA": str(tmp_path), "WARDLINE_SECRET": secret})
    assert f" {secret}" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARDLINE_PORT", "0"),
        ("WARDLINE_PORT", "65536"),
        ("WARDLINE_PORT", "eighty"),
        ("WARDLINE_PORT", "-1"),
        ("WARDLINE_WORKERS", "0"),
        ("WARDLINE_WORKERS", "1.5"),
        ("WARDLINE_ENV", "staging"),
        ("WARDLINE_LOG_LEVEL", "loud"),
        ("WARDLINE_DATABASE_URL", "mysql://x/y"),
        ("WARDLINE_DATABASE_URL", "postgresql://host"),
        ("WARDLINE_REDIS_URL", "localhost:6379"),
        ("WARDLINE_DATABASE_CONNECTIONS", "1"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        settings.load({"WARDLINE_DATA": str(tmp_path), name: value})
    assert refused.value.name == name


def test_a_database_address_with_a_password_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        settings.load({"WARDLINE_DATA": str(tmp_path), "WARDLINE_DATABASE_URL": "mysql://me:hunter2@host/db"})
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(settings.load(PRODUCTION | {"WARDLINE_DATA": str(tmp_path)}))
    assert GOOD_SECRET not in repr(settings.load(PRODUCTION | {"WARDLINE_DATA": str(tmp_path)}))


def test_a_slip_of_the_fingers_is_found() -> None:
    assert settings.unknown({"WARDLINE_PROT": "1", "WARDLINE_PORT": "1", "HOME": "/"}) == ["WARDLINE_PROT"]


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    kept = tmp_path / "secret"
    kept.write_text(f"{GOOD_SECRET}\n")
    environ = {key: value for key, value in PRODUCTION.items() if key != "WARDLINE_SECRET"}
    environ |= {"WARDLINE_DATA": str(tmp_path), "WARDLINE_SECRET_FILE": str(kept)}
    assert settings.load(environ).secret == GOOD_SECRET
    assert settings.unknown(environ) == []
    with pytest.raises(SettingsError, match="WARDLINE_SECRET_FILE gives again"):
        settings.load(environ | {"WARDLINE_SECRET": GOOD_SECRET})
    kept.unlink()
    with pytest.raises(SettingsError, match="WARDLINE_SECRET_FILE names a file that cannot be read") as refused:
        settings.load(environ)
    assert GOOD_SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARDLINE_TRUSTED_PROXIES", "10.0.0.1,proxy"),
        ("WARDLINE_SERVER", "gunicorn"),
        ("WARDLINE_CONNECTIONS", "0"),
        ("WARDLINE_FILES_KEY", "only-an-id"),
    ],
)
def test_what_serves_behind_a_proxy_is_checked(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings.load({"WARDLINE_DATA": str(tmp_path), name: value})


def test_the_page_lists_every_setting_and_no_other() -> None:
    page = PAGE.read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `WARDLINE_")]
    listed = {row[0].strip("`"): row[1:3] for row in rows}
    assert listed == {setting.name: [setting.default, setting.meaning] for setting in settings.TABLE}
    assert set(re.findall(r"WARDLINE_[A-Z_]+", page)) <= set(listed) | {
        "WARDLINE_TEST_DATABASE_URL",
        "WARDLINE_SECRET_FILE",
    }


def test_the_page_marks_what_production_must_give() -> None:
    required = {setting.name for setting in settings.TABLE if setting.in_production}
    marked = {line.split("`")[1] for line in PAGE.read_text().splitlines() if line.endswith("| must be given |")}
    assert marked == required
