"""Everything the sandbox refuses because Slack refuses it: one table, from which docs/sandbox.md is made.

A check elsewhere names a row of the table; the error code and the limit stand only here. Where Slack's
pages give no number, the row says where the number was observed.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sandbox.model import Json

DOCS = "https://docs.slack.dev"
READ = "2026-11-21"


@dataclass(frozen=True, slots=True)
class Rule:
    """One refusal: what Slack says no to, its error code, the number if there is one, and Slack's page."""

    key: str
    error: str
    when: str
    limit: int | None
    page: str
    read: str = READ


class Refused(Exception):
    """Slack says no. Becomes `{"ok": false, "error": ...}` with what else Slack tells."""

    def __init__(self, rule: Rule, details: tuple[str, ...], extra: Json) -> None:
        super().__init__(rule.error)
        self.rule = rule
        self.details = details
        self.extra = extra

    def wire(self) -> Json:
        body: Json = {"ok": False, "error": self.rule.error} | self.extra
        if self.details:
            body["response_metadata"] = {"messages": [f"[ERROR] {d}" for d in self.details]}
            if self.rule.error == "invalid_blocks":
                body["errors"] = list(self.details)
        return body


def refuse(key: str, *details: str, **extra: object) -> NoReturn:
    """Refuse by the row `key`. `details` become response_metadata.messages, `extra` further fields."""
    raise Refused(RULES[key], details, dict(extra))


def limit(key: str) -> int:
    """The number in the row `key`."""
    number = RULES[key].limit
    assert number is not None, key
    return number


def _rows() -> list[Rule]:
    rows: list[Rule] = []

    def add(key: str, error: str, when: str, limit: int | None, page: str) -> None:
        rows.append(Rule(key, error, when, limit, page if page.startswith("http") else DOCS + page))

    def blocks(key: str, when: str, limit: int | None, page: str) -> None:
        add("block." + key, "invalid_blocks", when, limit, "/reference/block-kit/" + page)

    web = "/apis/web-api"
    add("method.unknown", "unknown_method", "The method does not exist.", None, web)
    add("token.none", "not_authed", "No token was sent.", None, "/reference/methods/auth.test")
    add(
        "token.bad",
        "invalid_auth",
        "The token belongs to nobody.",
        None,
        "/reference/methods/auth.test",
    )
    add(
        "token.revoked",
        "token_revoked",
        "The token was revoked (control API: token state).",
        None,
        "/reference/methods/auth.test",
    )
    add(
        "token.inactive",
        "account_inactive",
        "The bot or its workspace was deleted (control API: token state).",
        None,
        "/reference/methods/auth.test",
    )
    add(
        "token.kind",
        "not_allowed_token_type",
        "A bot token where an app-level token is needed, or the other way round.",
        None,
        "/reference/methods/apps.connections.open",
    )
    add(
        "scope.missing",
        "missing_scope",
        "The manifest does not grant the scope that the method needs; `needed` and `provided` tell.",
        None,
        "/reference/methods/chat.postMessage",
    )
    add(
        "rate",
        "ratelimited",
        "More calls than the method's tier allows: HTTP 429, Retry-After.",
        None,
        "/apis/web-api/rate-limits",
    )
    add(
        "rate.channel",
        "ratelimited",
        "More than one chat.postMessage a second in one channel, after a short burst: HTTP 429, Retry-After.",
        1,
        "/apis/web-api/rate-limits",
    )
    add("args.missing", "invalid_arguments", "A required argument is missing.", None, web)
    add("args.type", "invalid_arguments", "An argument has the wrong type.", None, web)
    add("args.json", "invalid_json", "The body says it is JSON and is not.", None, web)
    add("cursor", "invalid_cursor", "The cursor was not given out by this method.", None, "/apis/web-api/pagination")
    add("limit", "invalid_limit", "`limit` is not within 1 to 999.", 999, "/reference/methods/conversations.history")

    channel = "/reference/methods/chat.postMessage"
    add(
        "channel.unknown", "channel_not_found", "No such conversation, or a private one without the bot.", None, channel
    )
    add(
        "channel.outside",
        "not_in_channel",
        "The bot is not a member (chat:write.public lifts it for posting in public channels).",
        None,
        channel,
    )
    add("channel.archived", "is_archived", "The channel is archived.", None, channel)
    add(
        "channel.inactive",
        "is_inactive",
        "The channel is archived (on update).",
        None,
        "/reference/methods/chat.update",
    )
    add(
        "channel.type",
        "method_not_supported_for_channel_type",
        "conversations.members and the like on a conversation of the wrong type.",
        None,
        "/reference/methods/conversations.members",
    )
    add("user.unknown", "user_not_found", "No such person.", None, "/reference/methods/users.info")
    add(
        "user.outside",
        "user_not_in_channel",
        "An ephemeral message for somebody who is not in the channel.",
        None,
        "/reference/methods/chat.postEphemeral",
    )
    add(
        "users.none",
        "users_list_not_supplied",
        "conversations.open without people or channel.",
        None,
        "/reference/methods/conversations.open",
    )
    add("users.dm_bot", "cannot_dm_bot", "A direct message from the bot to a bot.", None, channel)
    add(
        "groups.plan",
        "plan_upgrade_required",
        "User groups need a paid plan, which this workspace has only once the control API made a group.",
        None,
        "/reference/methods/usergroups.users.list",
    )
    add(
        "groups.unknown",
        "no_such_subteam",
        "No such user group.",
        None,
        "/reference/methods/usergroups.users.list",
    )

    post = "/reference/methods/chat.postMessage"
    update = "/reference/methods/chat.update"
    add("text.none", "no_text", "A message without text, blocks, attachments or markdown_text.", None, post)
    add(
        "text.post.cut",
        "(cut)",
        "chat.postMessage cuts longer text; it does not refuse it.",
        40_000,
        "/messaging/formatting-message-text",
    )
    add("text.update", "msg_too_long", "chat.update with longer text, also as fallback beside blocks.", 4000, update)
    add("text.markdown", "msg_too_long", "markdown_text is longer than this.", 12_000, post)
    add("text.markdown.conflict", "markdown_text_conflict", "markdown_text together with text or blocks.", None, post)
    add(
        "blocks.total",
        "msg_blocks_too_long",
        "All text in a message's blocks together (observed: slackapi/bolt-js#2509, #2867).",
        13_200,
        "https://github.com/slackapi/bolt-js/issues/2509",
    )
    add("attachments.count", "too_many_attachments", "Too many attachments in a message.", 100, post)
    add("attachments.format", "invalid_attachments", "attachments is not a list of objects.", None, post)
    add(
        "thread.bad",
        "invalid_thread_ts",
        "thread_ts is no time stamp; for chat.startStream also: missing, or no parent message in the channel.",
        None,
        "/reference/methods/chat.startStream",
    )
    add(
        "thread.unknown",
        "thread_not_found",
        "conversations.replies for a message that is not there.",
        None,
        "/reference/methods/conversations.replies",
    )
    add("message.unknown", "message_not_found", "No message with this time stamp.", None, update)
    add(
        "message.update.other",
        "cant_update_message",
        "Only the bot's own messages, and never ephemeral ones.",
        None,
        update,
    )
    add(
        "message.delete.other",
        "cant_delete_message",
        "Only the bot's own messages.",
        None,
        "/reference/methods/chat.delete",
    )
    add("metadata.format", "invalid_metadata_format", "metadata is not {event_type, event_payload}.", None, post)
    add(
        "metadata.size",
        "metadata_too_large",
        "metadata as JSON is longer (Slack publishes no number; this one is the sandbox's).",
        8000,
        post,
    )

    stream = "/reference/methods/chat.startStream"
    append = "/reference/methods/chat.appendStream"
    add("stream.user", "missing_recipient_user_id", "startStream in a channel without recipient_user_id.", None, stream)
    add("stream.team", "missing_recipient_team_id", "startStream in a channel without recipient_team_id.", None, stream)
    add("stream.both", "invalid_arguments", "markdown_text and chunks in one call.", None, append)
    add(
        "stream.state",
        "message_not_in_streaming_state",
        "The stream has ended: stopped, or by itself about "
        "five minutes after its start (slackapi/python-slack-sdk#1859).",
        306,
        append,
    )
    add("stream.owner", "message_not_owned_by_app", "Somebody else's message.", None, append)
    add("stream.update", "streaming_state_conflict", "chat.update while the message streams.", None, update)
    add("stream.chunks", "invalid_chunks", "A chunk of unknown type or without its fields.", None, append)
    add("stream.task", "invalid_chunks", "A field of a task_update is longer.", 256, append)
    add("stream.mode", "invalid_arguments", "task_display_mode other than timeline, plan, dense.", None, stream)

    views = "/reference/methods/views.open"
    surface = "/surfaces/modals"
    add("trigger.expired", "expired_trigger_id", "Older than 3 seconds.", 3, views)
    add("trigger.used", "exchanged_trigger_id", "A trigger_id works once.", 1, views)
    add("trigger.bad", "invalid_trigger_id", "Not given out by this workspace.", None, views)
    add(
        "view.unknown",
        "not_found",
        "views.update for a view that is not there.",
        None,
        "/reference/methods/views.update",
    )
    add("view.hash", "hash_conflict", "The view has changed since this hash.", None, "/reference/methods/views.update")
    add("view.stack", "push_limit_reached", "More views above one another.", 3, "/reference/methods/views.push")
    add("view.size", "view_too_large", "The view as JSON is larger (bytes).", 250_000, views)
    add("view.external", "duplicate_external_id", "external_id is already taken.", None, views)
    add("view.blocks", "invalid_arguments", "More blocks in a view.", 100, "/reference/views/modal-views")
    add(
        "view.type",
        "invalid_arguments",
        "A view's type is modal (views.open, push) or home (views.publish).",
        None,
        "/reference/views/modal-views",
    )
    add(
        "view.title",
        "invalid_arguments",
        "A modal's title is missing, not plain_text, or longer.",
        24,
        "/reference/views/modal-views",
    )
    add(
        "view.submit",
        "invalid_arguments",
        "A modal's submit label is longer, or missing beside inputs.",
        24,
        "/reference/views/modal-views",
    )
    add("view.close", "invalid_arguments", "A modal's close label is longer.", 24, "/reference/views/modal-views")
    add("view.metadata", "invalid_arguments", "private_metadata is longer.", 3000, "/reference/views/modal-views")
    add("view.callback", "invalid_arguments", "callback_id is longer.", 255, "/reference/views/modal-views")
    add(
        "view.home",
        "not_enabled",
        "views.publish without the Home tab in the manifest.",
        None,
        "/reference/methods/views.publish",
    )
    add(
        "view.response",
        "(shown to the person)",
        "The answer to a view_submission is not errors, update, push "
        "or clear, or names a block that is not an input: the modal stays, with a message.",
        None,
        surface,
    )

    up = "/reference/methods/files.getUploadURLExternal"
    done = "/reference/methods/files.completeUploadExternal"
    add("file.name", "invalid_arguments", "filename is missing.", None, up)
    add("file.length", "invalid_arguments", "length is missing or below this.", 1, up)
    add("file.alt", "invalid_arguments", "alt_txt is longer.", 1000, up)
    add(
        "file.unknown",
        "file_not_found",
        "No such file, or the bot cannot see it, or it is not uploaded yet.",
        None,
        "/reference/methods/files.info",
    )
    add("file.deleted", "file_deleted", "The file was deleted.", None, "/reference/methods/files.info")
    add("file.delete.other", "cant_delete_file", "Only the bot's own files.", None, "/reference/methods/files.delete")
    add("file.again", "file_not_found", "files.completeUploadExternal works once for each upload.", None, done)
    add("file.both", "invalid_arguments", "initial_comment together with blocks.", None, done)
    add(
        "file.download",
        "(302, then 200 text/html)",
        "url_private without a token, with a wrong one, or without files:read: Slack sends to its login page.",
        None,
        "/reference/objects/file-object",
    )
    add("file.size", "file_upload_size_restricted", "A file is larger (bytes).", 1_000_000_000, up)

    add("reaction.bad", "invalid_name", "Not an emoji's name.", None, "/reference/methods/reactions.add")
    add(
        "reaction.twice",
        "already_reacted",
        "The bot has given this reaction.",
        None,
        "/reference/methods/reactions.add",
    )
    add(
        "reaction.none",
        "no_reaction",
        "There is no such reaction of the bot.",
        None,
        "/reference/methods/reactions.remove",
    )
    add(
        "status.messages",
        "invalid_arguments",
        "More loading_messages.",
        10,
        "/reference/methods/assistant.threads.setStatus",
    )

    add(
        "socket.count",
        "(no more sockets)",
        "More Socket Mode connections at a time.",
        10,
        "/apis/events-api/using-socket-mode",
    )
    add(
        "ack.late",
        "operation_timeout",
        "A command or action not acknowledged in 3 seconds: the person is told.",
        3,
        "/interactivity/implementing-slash-commands",
    )
    add(
        "ack.nobody",
        "dispatch_failed",
        "A command while no socket is connected, or the address does not answer: the person is told.",
        None,
        "/interactivity/implementing-slash-commands",
    )
    add(
        "command.thread",
        "(shown to the person)",
        "Slash commands cannot be used in threads.",
        None,
        "/interactivity/implementing-slash-commands",
    )
    add(
        "response_url.uses",
        "used_url",
        "A response_url answers this often.",
        5,
        "/interactivity/handling-user-interaction",
    )
    add(
        "response_url.life",
        "expired_url",
        "A response_url lives 30 minutes (seconds).",
        1800,
        "/interactivity/handling-user-interaction",
    )
    add(
        "response_url.body",
        "invalid_payload",
        "What is sent to a response_url is not a message.",
        None,
        "/interactivity/handling-user-interaction",
    )
    add(
        "options.count",
        "(not shown)",
        "Options in the answer to a block_suggestion.",
        100,
        "/reference/block-kit/block-elements/select-menu-element",
    )

    blocks("count", "Blocks in a message.", 50, "blocks")
    blocks(
        "format",
        "blocks is not a list of objects with a known type; a field is missing, unknown or of the wrong type.",
        None,
        "blocks",
    )
    blocks("surface", "A block or element which does not belong on this surface.", None, "blocks")
    blocks("id", "block_id is longer.", 255, "blocks")
    blocks("id.twice", "A block_id twice in a message or view.", None, "blocks")
    blocks("action_id", "action_id is longer.", 255, "block-elements/button-element")
    blocks("action_id.twice", "An action_id twice in a block.", None, "blocks/actions-block")
    blocks("section.text", "A section's text is longer, or empty.", 3000, "blocks/section-block")
    blocks("section.fields", "Fields in a section.", 10, "blocks/section-block")
    blocks("section.field", "A field's text is longer.", 2000, "blocks/section-block")
    blocks("section.none", "A section with neither text nor fields.", None, "blocks/section-block")
    blocks("header.text", "A header's text is longer, or not plain_text.", 150, "blocks/header-block")
    blocks("context.elements", "Elements in a context.", 10, "blocks/context-block")
    blocks("actions.elements", "Elements in an actions block.", 25, "blocks/actions-block")
    blocks("context_actions.elements", "Elements in a context_actions block.", 5, "blocks/context-actions-block")
    blocks("image.alt", "alt_text is missing or longer.", 2000, "blocks/image-block")
    blocks("image.title", "An image's title is longer.", 2000, "blocks/image-block")
    blocks("image.url", "image_url is longer.", 3000, "blocks/image-block")
    blocks("image.source", "An image needs exactly one of image_url and slack_file.", None, "blocks/image-block")
    blocks(
        "image.file",
        "slack_file names a file that is not there, is no png, jpg or gif, or that Slack has "
        "not looked at yet (invalid slack file; slackapi/python-slack-sdk#1521).",
        None,
        "blocks/image-block",
    )
    blocks("input.label", "An input's label is missing, longer, or not plain_text.", 2000, "blocks/input-block")
    blocks("input.hint", "An input's hint is longer.", 2000, "blocks/input-block")
    blocks("markdown.text", "Markdown blocks together are longer.", 12_000, "blocks/markdown-block")
    blocks("table.rows", "Rows in a table.", 100, "blocks/table-block")
    blocks("table.cells", "Cells in a row of a table.", 20, "blocks/table-block")
    blocks("table.text", "Text in all tables together.", 10_000, "blocks/table-block")
    blocks("button.text", "A button's text is longer, or not plain_text.", 75, "block-elements/button-element")
    blocks("button.value", "A button's value is longer.", 2000, "block-elements/button-element")
    blocks("button.url", "A button's url is longer.", 3000, "block-elements/button-element")
    blocks("button.style", "A style other than primary or danger.", None, "block-elements/button-element")
    blocks("option.text", "An option's text is longer.", 75, "composition-objects/option-object")
    blocks("option.value", "An option's value is missing or longer.", 150, "composition-objects/option-object")
    blocks("option.description", "An option's description is longer.", 75, "composition-objects/option-object")
    blocks("option.initial", "An initial option is not among the options.", None, "block-elements/select-menu-element")
    blocks("select.options", "A menu's options: none, or more.", 100, "block-elements/select-menu-element")
    blocks("select.groups", "A menu's option groups: none, or more.", 100, "composition-objects/option-group-object")
    blocks("checkboxes.options", "Checkboxes: none, or more.", 10, "block-elements/checkboxes-element")
    blocks("radio.options", "Radio buttons: none, or more.", 10, "block-elements/radio-button-group-element")
    blocks("overflow.options", "An overflow menu's options: none, or more.", 5, "block-elements/overflow-menu-element")
    blocks("placeholder", "A placeholder is longer, or not plain_text.", 150, "block-elements/plain-text-input-element")
    blocks(
        "text_input.max",
        "max_length of a plain_text_input is beyond this.",
        3000,
        "block-elements/plain-text-input-element",
    )
    blocks(
        "number.decimal",
        "number_input without is_decimal_allowed, or with numbers that are not strings.",
        None,
        "block-elements/number-input-element",
    )
    blocks(
        "file_input.max", "max_files of a file_input is not within 1 to this.", 10, "block-elements/file-input-element"
    )
    blocks(
        "confirm.title",
        "A confirmation's title is missing or longer.",
        100,
        "composition-objects/confirmation-dialog-object",
    )
    blocks(
        "confirm.text",
        "A confirmation's text is missing or longer.",
        300,
        "composition-objects/confirmation-dialog-object",
    )
    blocks("confirm.button", "A confirmation's button is longer.", 30, "composition-objects/confirmation-dialog-object")
    return rows


RULES: dict[str, Rule] = {row.key: row for row in _rows()}


def as_markdown() -> str:
    """The table, for docs/sandbox.md."""
    lines = ["| refusal | error | limit | when | Slack's page | read |", "| --- | --- | --- | --- | --- | --- |"]
    for rule in RULES.values():
        number = "" if rule.limit is None else f"{rule.limit:,}"
        name = rule.page.removeprefix(DOCS).removeprefix("https://").lstrip("/")
        lines.append(
            f"| `{rule.key}` | `{rule.error}` | {number} | {rule.when} | [{name}]({rule.page}) | {rule.read} |"
        )
    return "\n".join(lines) + "\n"


def write_into(page: Path) -> None:
    """Put the table between the two marks on a page."""
    text = page.read_text("utf-8")
    before, begin, rest = text.partition("<!-- refusals: begin -->\n")
    _, end, after = rest.partition("<!-- refusals: end -->")
    page.write_text(before + begin + as_markdown() + end + after, "utf-8")


if __name__ == "__main__":
    write_into(Path(sys.argv[1]))
