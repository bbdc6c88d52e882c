"""Budgets, and the audit log."""

from collections.abc import Collection, Mapping

import msgspec

from app.terminal.answers import shown
from app.terminal.messages import Answer, Table
from bot.administration.audit_log import AuditPage
from bot.audit import ROLES, SETTINGS, TERMINAL, Entry, Outcome
from bot.personal_data.erasure import Erased
from bot.personal_data.retention import Kind
from bot.spending.budget import Scope, month_of
from bot.spending.budgets import BudgetUse, MonthlySpending
from texts import audit as audit_texts
from texts import personal_data, retention, spending
from texts import terminal_commands as texts
from texts.errors import recorded_sentence
from texts.formats import dollars, listed, percent


def month(spent: MonthlySpending, channel: str) -> Answer:
    """The workspace's, that of the channel in which it counts as asked, and all budgets."""
    workspace, here, _person, *others = spent.uses
    uses = [workspace, *([here] if channel else []), *others]
    value = {
        "budgets": [
            {
                "scope": use.scope,
                "subject": use.subject,
                "budget_usd": use.usd,
                **msgspec.to_builtins(use.used),
            }
            for use in uses
        ],
        "until": month_of(spent.at)[1],
        "approval_above_usd": spent.approval_above,
    }
    rows = [
        (
            _whose(use.scope, use.subject),
            dollars(use.used.usd),
            dollars(use.usd) if use.usd is not None else "",
            percent(use.used.usd / use.usd, 0) if use.usd else "",
            _what(use),
        )
        for use in uses
    ]
    columns = (texts.budget(), texts.spent(), texts.limit(), texts.share(), texts.jobs())
    notes = [
        spending.how_jobs_count(month_of(spent.at)[1]),
        spending.threshold(spent.approval_above, spent.approve_unknown),
    ]
    if unknown := workspace.used.unknown:
        notes.append(spending.unknown_prices(unknown))
    return Answer(value, (Table(spending.month_title(spent.at), columns, tuple(rows)),), tuple(notes))


def _what(use: BudgetUse) -> str:
    jobs = spending.jobs(use.used.jobs, use.used.promised)
    return spending.with_answers(jobs, use.used.answers) if use.used.answers else jobs


def budget_set(scope: Scope, subject: str, usd: float | None) -> Answer:
    whose = _whose(scope, subject)
    said = spending.budget_off(whose) if usd is None else spending.budget_set(whose, usd)
    return Answer({"scope": scope, "subject": subject, "budget_usd": usd}, notes=(said,))


def approval_set(above: float | None, deciders: Collection[str]) -> Answer:
    if above is None:
        said = spending.approval_off()
    elif deciders:
        said = spending.approval_set(above, listed(list(deciders)))
    else:
        said = spending.approval_set_without_deciders(above)
    return Answer({"approval_above_usd": above, "approvers": list(deciders)}, notes=(said,))


def _whose(scope: Scope, subject: str) -> str:
    return spending.whole_workspace() if scope is Scope.WORKSPACE else subject


def audit(page: AuditPage) -> Answer:
    value = {"entries": msgspec.to_builtins(page.entries), **shown.page_value(page.number, page.pages)}
    if not page.entries:
        said = audit_texts.no_such_page() if page.pages else audit_texts.nothing_yet()
        return Answer(value, notes=(said,))
    columns = (texts.at(), texts.by(), texts.act(), texts.thing(), texts.channel(), "")
    table = Table(audit_texts.title(), columns, tuple(map(_entry, page.entries)))
    return Answer(value, (table,), shown.turn(page.number, page.pages))


def erased(person: str, gone: Erased) -> Answer:
    notes = [personal_data.erased(person, gone.pseudonym, gone.mentions)]
    notes += [f"- {line}" for line in personal_data.counts(gone.counts)] or [personal_data.nothing_written()]
    if gone.models:
        notes.append(personal_data.models_learned(list(gone.models)))
    if gone.more_models:
        notes.append(personal_data.hidden_models_learned(gone.more_models))
    if gone.left:
        notes.append(personal_data.left_at(gone.left))
    if not gone.swept:
        notes.append(personal_data.log_held())
    return Answer({"erased": msgspec.to_builtins(gone)}, notes=(*notes, personal_data.what_stays()))


def expired(found: Mapping[Kind, int], *, deleted: bool) -> Answer:
    value = {"dry_run": not deleted, "kinds": {str(kind): count for kind, count in found.items()}}
    if not found:
        return Answer(value, notes=(retention.everything_kept(),))
    title = retention.deleted() if deleted else retention.would_be_deleted()
    rows = tuple((str(count), retention.kind(kind)) for kind, count in found.items())
    return Answer(value, (Table(title, ("", ""), rows),))


def _entry(entry: Entry) -> tuple[str, ...]:
    actor = {SETTINGS: audit_texts.the_settings(), TERMINAL: audit_texts.the_terminal()}.get(entry.actor, entry.actor)
    outcome = {Outcome.REFUSED: audit_texts.refused(), Outcome.FAILED: audit_texts.failed()}.get(entry.outcome, "")
    details = audit_texts.roles(entry.details) if entry.resource == ROLES else recorded_sentence(entry.details)
    return (
        shown.moment(entry.at),
        actor,
        audit_texts.act(entry.action),
        audit_texts.named_thing(entry.resource) or entry.resource,
        entry.channel,
        " ".join(filter(None, (outcome, details))),
    )
