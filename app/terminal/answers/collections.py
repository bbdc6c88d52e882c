"""Training sets that grow in Slack."""

from typing import Any

from app.terminal.answers import shown
from app.terminal.messages import Answer, Table
from bot.collections.views import CollectionPage, CollectionSummary
from texts import terminal_commands as texts


def collection_page(page: CollectionPage) -> Answer:
    value = {"training_sets": [_collection(one) for one in page.found], **shown.page_value(page.number, page.pages)}
    if not page.found:
        return Answer(value, notes=(texts.no_training_sets(),))
    rows = [
        (
            one.collection.id,
            one.collection.name,
            str(one.usable),
            str(one.unreviewed),
            str(one.waiting),
            one.collection.owner,
            shown.moment(one.collection.created_at),
        )
        for one in page.found
    ]
    columns = (
        texts.training_set(),
        texts.name(),
        texts.usable_examples(),
        texts.unreviewed(),
        texts.waiting(),
        texts.by(),
        texts.made_at(),
    )
    return Answer(value, (Table(texts.training_sets(), columns, tuple(rows)),), shown.turn(page.number, page.pages))


def _collection(summary: CollectionSummary) -> dict[str, Any]:
    one = summary.collection
    return {
        "id": one.id,
        "name": one.name,
        "owner": one.owner,
        "channel": one.channel,
        "private": one.private,
        "licence": one.licence,
        "created_at": one.created_at,
        "usable_examples": summary.usable,
        "unreviewed_examples": summary.unreviewed,
        "waiting_for_agreement": summary.waiting,
    }
