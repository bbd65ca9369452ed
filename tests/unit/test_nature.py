"""What each of Slack's answers means: the natures of its error names, and what it says in Retry-After."""

import email.utils
import time
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.delivery.answer import is_final, verdict_of
from bot.delivery.verdict import Dead, Later
from bot.nature import _NAMES, RETRY_MOST_SECONDS, Nature, names_of, nature_of, retry_after

LISTED = {
    "auth.test": "access_denied accesslimited account_inactive deprecated_endpoint ekm_access_denied "
    "enterprise_is_restricted fatal_error internal_error invalid_arg_name invalid_arguments invalid_array_arg "
    "invalid_auth invalid_charset invalid_form_data invalid_post_type method_deprecated missing_post_type "
    "missing_scope no_permission not_allowed_token_type not_authed org_login_required ratelimited request_timeout "
    "service_unavailable team_access_not_granted team_added_to_org token_expired token_revoked "
    "two_factor_setup_required",
    "apps.connections.open": "forbidden_team insecure_request missing_args",
    "chat.postMessage": "as_user_not_supported attachment_payload_limit_exceeded cannot_reply_to_message "
    "channel_not_found draft_already_deleted draft_already_sent draft_has_conflict draft_not_found "
    "duplicate_channel_not_found duplicate_message_not_found invalid_blocks invalid_blocks_format "
    "invalid_metadata_format invalid_metadata_schema is_archived markdown_text_conflict message_limit_exceeded "
    "messages_tab_disabled metadata_must_be_sent_from_app metadata_too_large missing_file_data msg_blocks_too_long "
    "no_text not_in_channel rate_limited restricted_action restricted_action_non_threadable_channel "
    "restricted_action_read_only_channel restricted_action_thread_locked restricted_action_thread_only_channel "
    "slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked "
    "team_not_found too_many_attachments too_many_contact_cards",
    "chat.postEphemeral": "invalid_attachments msg_too_long user_not_in_channel",
    "chat.update": "block_mismatch blocked_file_type cant_broadcast_message cant_update_message edit_window_closed "
    "external_channel_migrating file_deleted file_is_deleted file_not_found file_share_limit_reached "
    "is_inactive max_file_sharing_exceeded message_not_found no_dual_broadcast_content_update "
    "posting_to_channel_denied slack_connect_blocked_file_type slack_connect_clip_sharing_blocked "
    "slack_connect_file_upload_sharing_blocked streaming_state_conflict unable_to_share_files "
    "update_failed",
    "conversations.history": "channel_is_limited_access invalid_cursor invalid_metadata_filter_keys invalid_ts_latest "
    "invalid_ts_oldest",
    "conversations.open": "invalid_user_combination method_not_supported_for_channel_type not_enough_users "
    "too_many_users user_disabled user_not_found user_not_visible users_list_not_supplied",
    "conversations.replies": "list_record_comment_fetch_failed thread_not_found",
    "files.getUploadURLExternal": "alt_txt_too_large file_type_not_allowed file_upload_size_restricted "
    "file_uploads_disabled file_uploads_except_images_disabled missing_argument snippet_too_large "
    "storage_limit_reached unknown_snippet_type unknown_subtype",
    "files.completeUploadExternal": "channels_limit_exceeded file_update_failed invalid_channel",
    "views.open": "duplicate_external_id exchanged_trigger_id expired_trigger_id invalid_trigger_id view_too_large",
    "views.publish": "hash_conflict missing_profile_id not_enabled not_implemented",
    "views.push": "not_found push_limit_reached",
}
"""Every name on the methods' reference pages, under the first method that lists it."""


class Answer(dict[str, Any]):
    """What slack_sdk keeps of an answer."""

    def __init__(self, error: str, status: int = 200, **headers: str) -> None:
        super().__init__(ok=False, error=error)
        self.status_code, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}
        self.data = dict(self)


def said(error: str, status: int = 200, **headers: str) -> SlackApiError:
    return SlackApiError("no", Answer(error, status, **headers))


@pytest.mark.parametrize("method", LISTED)
def test_every_name_that_the_reference_lists_has_a_nature(method: str) -> None:
    assert [name for name in LISTED[method].split() if nature_of(name) is None] == []


def test_no_name_has_two_natures() -> None:
    names = [name for listed in _NAMES.values() for name in listed.split()]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", sorted(names_of(Nature.PASSES)))
def test_what_passes_is_tried_again_and_burns_no_attempt(name: str) -> None:
    verdict = verdict_of(said(name))
    assert isinstance(verdict, Later)
    assert verdict.passes


@pytest.mark.parametrize("name", sorted(names_of(Nature.WORKSPACE)))
def test_what_the_workspace_must_mend_waits_for_its_operator_however_long(name: str) -> None:
    verdict = verdict_of(said(name))
    assert isinstance(verdict, Later)
    assert (verdict.is_free, verdict.is_for_operator, verdict.is_refusal) == (True, True, True)


@pytest.mark.parametrize("name", ["invalid_blocks", "msg_too_long", "channel_not_found", "user_disabled"])
def test_what_no_repetition_mends_is_not_repeated(name: str) -> None:
    assert verdict_of(said(name)) == Dead(name)
    assert is_final(said(name))


@pytest.mark.parametrize(("name", "status"), [("", 500), ("brand_new", 200), ("brand_new", 503), ("", 404)])
def test_what_nobody_knows_is_tried_as_often_as_anything_that_fails(name: str, status: int) -> None:
    verdict = verdict_of(said(name, status))
    assert isinstance(verdict, Later)
    assert (verdict.is_free, verdict.passes) == (False, False)
    assert not is_final(said(name, status))


@pytest.mark.parametrize("name", ["", "ratelimited", "rate_limited", "whatever"])
def test_a_429_is_a_limit_whatever_its_body_says(name: str) -> None:
    verdict = verdict_of(said(name, 429, Retry_After="7"))
    assert verdict == Later("ratelimited", after_seconds=7.0, is_refusal=True, passes=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 2.5 ", 2.5),
        ("0", 1.0),
        ("abc", None),
        ("", None),
        ("-5", None),
        ("nan", None),
        ("1e400", RETRY_MOST_SECONDS),
        ("inf", RETRY_MOST_SECONDS),
        ("9" * 400, RETRY_MOST_SECONDS),
        ("100000000000", RETRY_MOST_SECONDS),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("Wed, 99 Oct 99999 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_leniently_and_bounded(header: str, seconds: float | None) -> None:
    assert retry_after(said("ratelimited", 429, Retry_After=header)) == seconds


def test_retry_after_may_be_a_date() -> None:
    header = email.utils.formatdate(time.time() + 60, usegmt=True)
    found = retry_after(said("ratelimited", 429, Retry_After=header))
    assert found is not None
    assert 50 < found <= 61


def test_without_the_header_nobody_knows_how_long() -> None:
    assert retry_after(said("ratelimited", 429)) is None
    assert retry_after(TimeoutError()) is None
