from datetime import UTC, datetime, timedelta

import pytest

from wardline.platform import tokens

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LIFE = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_secret", b"")
    tokens.configure("a secret of this test")
    return


def test_a_token_holds_for_what_it_says_and_nothing_else():
    token = tokens.sign("match", ("nurse", "person"), now=NOW, life=LIFE)
    assert tokens.holds(token, "match", ("nurse", "person"), now=NOW + LIFE / 2)
    assert not tokens.holds(token, "other", ("nurse", "person"), now=NOW)
    assert not tokens.holds(token, "match", ("somebody else", "person"), now=NOW)
    assert not tokens.holds(token, "match", ("nurse", "another person"), now=NOW)


def test_a_token_ends():
    token = tokens.sign("match", ("person",), now=NOW, life=LIFE)
    assert not tokens.holds(token, "match", ("person",), now=NOW + LIFE)


def test_its_end_cannot_be_moved():
    token = tokens.sign("match", ("person",), now=NOW, life=LIFE)
    ends, _, signature = token.partition(".")
    assert not tokens.holds(f"{int(ends) + 3600}.{signature}", "match", ("person",), now=NOW)


@pytest.mark.parametrize("token", ["", ".", "1", "x.y", "99999999999.", "9" * 5000 + ".a", "1.é"])
def test_nonsense_does_not_hold(token: str):
    assert not tokens.holds(token, "match", ("person",), now=NOW)


def test_another_secret_makes_other_tokens():
    token = tokens.sign("match", ("person",), now=NOW, life=LIFE)
    tokens.configure("another secret")
    assert not tokens.holds(token, "match", ("person",), now=NOW)
