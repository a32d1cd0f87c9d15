"""SQL of what is known about the rules: who signed them off, and how often somebody went past each."""
# pyright: reportReturnType=false
# A declared query's body is its docstring.

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from wardline.platform.db import Db, query


class Signature(Struct, frozen=True):
    """Who signed which knowledge base off, or took that back."""

    state: str
    version: str
    digest: str
    words: str
    signed_at: datetime
    signed_by: str | None


class NewSignature(Struct, frozen=True, kw_only=True):
    """A signature ready to be stored."""

    hospital_id: UUID
    id: UUID
    state: str
    version: str
    digest: str
    words: str
    actor_id: UUID


class RuleCount(Struct, frozen=True):
    """How often a rule was shown at a signature, and gone past with which reason."""

    rule: str
    tier: int
    shown: int
    overridden: int
    benefit_outweighs: int
    tolerated: int
    specialist: int
    not_applicable: int


class Totals(Struct, frozen=True):
    """Signatures of orders in a period, and those that a tier-1 alert interrupted."""

    signed: int
    interrupted: int


@query("""
    SELECT g.state, g.version, g.digest, g.words, g.signed_at,
           (SELECT concat_ws(' ', nullif(s.title, ''), left(s.given, 1) || '.', s.family)
              FROM identity.staff s WHERE s.id = g.signed_by)
      FROM orders.knowledge_signature g
     WHERE g.hospital_id = :hospital_id ORDER BY g.signed_at DESC, g.id DESC LIMIT 50
""")
async def signatures(db: Db, *, hospital_id: UUID) -> list[Signature]:
    """Who signed what, newest first. Index: knowledge_signature_newest."""


@query("""
    INSERT INTO orders.knowledge_signature (hospital_id, id, state, version, digest, words, signed_at, signed_by)
    VALUES (:new.hospital_id, :new.id, :new.state, :new.version, :new.digest, :new.words, :now, :new.actor_id)
""")
async def insert_signature(db: Db, new: NewSignature, *, now: datetime) -> None:
    """A signature, or its withdrawal."""


@query("""
    SELECT a.rule, a.tier, count(*)::int, count(a.reason)::int,
           count(*) FILTER (WHERE a.reason = 'benefit_outweighs')::int, count(*) FILTER (WHERE a.reason = 'tolerated')::int,
           count(*) FILTER (WHERE a.reason = 'specialist')::int, count(*) FILTER (WHERE a.reason = 'not_applicable')::int
      FROM orders.alert a
     WHERE a.hospital_id = :hospital_id AND a.at >= :since AND a.at < :until
     GROUP BY a.rule, a.tier ORDER BY a.tier = 0, a.tier, count(*) DESC, a.rule LIMIT 300
""")
async def rule_counts(db: Db, *, hospital_id: UUID, since: datetime, until: datetime) -> list[RuleCount]:
    """How often each rule was shown at a signature, and gone past. Index: alert_rule."""


@query("""
    SELECT (SELECT count(*) FROM orders.medicine m
             WHERE m.hospital_id = :hospital_id AND m.prescribed_at >= :since AND m.prescribed_at < :until)::int,
           (SELECT count(DISTINCT a.medicine_id) FROM orders.alert a
             WHERE a.hospital_id = :hospital_id AND a.at >= :since AND a.at < :until AND a.tier = 1)::int
""")
async def totals(db: Db, *, hospital_id: UUID, since: datetime, until: datetime) -> Totals:
    """Orders signed in the period, and how many of them a tier-1 alert interrupted. Index: medicine_signed."""
