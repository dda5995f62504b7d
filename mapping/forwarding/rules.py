"""Compile the forwarding rules of a connection and decide by them: on a whole batch where it can tell, else on events.

Ingest and the mapping decide on batches by the same function. Only the mapping decides on events.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from config.conditions import rule_names
from config.conditions.rule_names import ENVIRONMENT, GDPR_PURPOSE, LOGGED_IN_ONLY, condition_rule, sample_rule
from config.model import Condition, Connection
from config.profiles.fields import CONSENT
from config.vocabulary import ENVIRONMENTS, LOGIN_IDENTITIES
from mapping.conditions.compile import compile_condition, note_on
from mapping.fields.consent import consents_to, given_consent
from mapping.forwarding.event_rules import Decide, EventRule, compile_event_rules
from mapping.forwarding.sample import in_sample, sampled_id
from mapping.incoming.batch_fields import BatchFields
from mapping.results import Note, Withheld
from mapping.sources import Scope

OTHER_ENVIRONMENTS: Final = frozenset(
    (
        *("prod", "prd", "live", "release", "dev", "develop", "debug", "local", "localhost", "sandbox"),
        *("stage", "staging", "stg", "test", "testing", "tst", "qa", "uat", "integration", "int", "ci"),
        *("preview", "preprod", "pre-prod", "pre-production", "preproduction", "beta", "alpha", "demo", "canary"),
    )
)

DISABLED: Final = Withheld("the connection is disabled (enabled: false)", rule_names.DISABLED)


class Rule(NamedTuple):
    """One rule on batches. `condition` is that of the rule, if it has one."""

    name: str
    withholds: Callable[[BatchFields], bool]
    condition: Condition | None = None


class Forwarding(msgspec.Struct, frozen=True):
    """A connection's rules: those that a batch alone decides, and those that need the event."""

    environments: frozenset[str]
    purpose: str | None
    """The GDPR purpose that needs the user's consent (X2)."""
    of_batch: tuple[Rule, ...]
    of_event: tuple[Decide, ...]
    of_unknown_user: tuple[Decide, ...]
    """The same for batches that do not tell the user."""
    recalls_consent: bool = False
    """Whether the user's profile may answer for a batch without an answer to `purpose`."""

    @property
    def reads_batch(self) -> bool:
        """Whether more than the batch's environment decides on it."""
        return self.purpose is not None or bool(self.of_batch)

    def withheld_environment(self, environment: str) -> Withheld | None:
        """Return why no event of this environment may be sent; None when they may be sent."""
        if environment in self.environments:
            return None
        return Withheld(_of_environment(environment, self.environments), ENVIRONMENT)

    def withheld(self, shared: BatchFields) -> Withheld | None:
        """Return why no event of the batch may be sent; None when the batch alone does not decide so."""
        if shared.environment not in self.environments:
            return self.withheld_environment(shared.environment)
        if self.purpose is not None and not consents_to(self.purpose, shared.consent):
            why = f"no GDPR consent to {self.purpose}, which this connection asks for (gdpr_purpose)"
            return Withheld(why, GDPR_PURPOSE)
        for rule in self.of_batch:
            if rule.withholds(shared):
                note = None if rule.condition is None else note_on(rule.condition, shared)
                return Withheld(rule.name if note is None else f"{rule.name} ({note.field} {note.note})", rule.name)
        return None

    def withheld_on_arrival(self, shared: BatchFields) -> Withheld | None:
        """Return the same before the user's profile is known: an answer that it may give is not asked for yet."""
        if self.recalls_consent and given_consent(self.purpose or "", shared.consent) is None:
            return replace(self, purpose=None).withheld(shared)
        return self.withheld(shared)

    def notes(self, shared: BatchFields) -> Iterator[Note]:
        """Yield a note for each consent that a rule asks for and that cannot be read."""
        for rule in self.of_batch:
            note = None if rule.condition is None else note_on(rule.condition, shared)
            if note is not None:
                yield note

    def rules_for(self, shared: BatchFields) -> tuple[Decide, ...]:
        """Return the rules that decide on each event of a batch."""
        if self.of_unknown_user is self.of_event:
            return self.of_event
        return self.of_unknown_user if sampled_id(shared) is None else self.of_event


def compile_forwarding(connection: Connection) -> Forwarding:
    """Return the rules of a connection, in the order in which they decide."""
    forward = connection.forward
    of_batch: list[Rule] = []
    on_events: list[EventRule] = []
    for key, conditions, is_wanted in (("only_if", forward.only_if, True), ("never_if", forward.never_if, False)):
        for number, condition in enumerate(conditions, start=1):
            scope, holds = compile_condition(condition)
            name = condition_rule(key, number, condition)
            if scope is Scope.BATCH:
                of_batch.append(Rule(name, _unless(holds) if is_wanted else holds, condition))
            else:
                on_events.append(EventRule(name, condition, is_wanted))
    if forward.logged_in_only:
        of_batch.append(Rule(LOGGED_IN_ONLY, _is_anonymous))
    of_event = of_unknown_user = (compile_event_rules(on_events),) if on_events else ()
    if forward.sample_ppm is not None:
        of_batch.append(Rule(sample_rule(forward.sample_ppm), partial(_is_out, forward.sample_ppm)))
        of_unknown_user = (*of_event, _event_sample(forward.sample_ppm))
    recalls = connection.gdpr_purpose is not None and CONSENT in connection.remembers
    return Forwarding(
        connection.environments, connection.gdpr_purpose, tuple(of_batch), of_event, of_unknown_user, recalls
    )


def _unless(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda subject: not holds(subject)


_IDENTITIES: Final = tuple(
    compile_condition(Condition("identity", kind, "exists", ("true",))).holds for kind in LOGIN_IDENTITIES
)


def _is_anonymous(shared: BatchFields) -> bool:
    return not any(exists(shared) for exists in _IDENTITIES)


def _is_out(ppm: int, shared: BatchFields) -> bool:
    user = sampled_id(shared)
    return user is not None and not in_sample(user, ppm)


def _event_sample(ppm: int) -> Decide:
    """Return the rule for each event of a batch that does not tell the user."""
    name = sample_rule(ppm)
    out = Withheld(name, name)
    return lambda incoming: None if in_sample(incoming.event_id or "", ppm) else out


def _of_environment(name: str, sent: frozenset[str]) -> str:
    """Return why an environment is withheld. Only common names are shown: any other may be personal data."""
    shown = name if name in ENVIRONMENTS or name in OTHER_ENVIRONMENTS else "another"
    why = f"environment {shown}, and this connection sends {', '.join(sorted(sent))} only"
    return why if name in ENVIRONMENTS else f"{why}; mParticle's words are {' and '.join(ENVIRONMENTS[:2])}"
