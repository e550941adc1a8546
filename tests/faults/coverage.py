"""The 54 faults of docs/protocol.md#faults, and the tests that commit each; `test_coverage.py` keeps it true.

A fault is followed by the names of its tests, each of which exists once under `tests/`, or by why it has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Covered:
    """A fault in the plan's words, and its tests; `gap` names the part of it that no test commits, and the reason."""

    fault: str
    tests: tuple[str, ...] = ()
    gap: str = ""


def _killed(point: str, *more: str) -> Covered:
    """Return a crash point: tests kill a process at every hit of its failpoint, for real and in the simulator."""
    return Covered(
        f"kill -9 at {point}",
        (
            "test_after_a_kill_at_any_step_the_next_run_completes_the_story_or_holds_it_exactly_where_it_must",
            "test_a_write_is_killed_at_whichever_hit",
            "test_no_seed_breaks_an_invariant",
            *more,
        ),
    )


def _tests(fault: str, *tests: str, gap: str = "") -> Covered:
    return Covered(fault, tests, gap)


_CRASH = "test_a_process_killed_here_leaves_this"

FAULTS: Mapping[int, Covered] = {
    1: _killed("C1: before the intent", _CRASH),
    2: _killed("C2: the intent landed, its reply did not", _CRASH),
    3: _killed("C3: between the intent and the first byte", _CRASH),
    4: _killed("C4: bytes partly out", _CRASH),
    5: _killed("C5: accepted, no reply", _CRASH),
    6: _killed("C6: the 202 in memory alone", _CRASH),
    7: _killed("C7: in the spool alone", _CRASH),
    8: _killed("C8: owned, no job", _CRASH),
    9: _killed(
        "C9: refused, not on record",
        "test_a_definite_refusal_that_was_not_recorded_stays_in_doubt",
    ),
    10: _killed("C10: void, no next intent", _CRASH),
    11: _killed("C11: polling"),
    12: _killed("C12: in mid-download"),
    13: _killed("C13: the image final, the story not done"),
    14: _killed("C14: a part without its commit"),
    15: _killed(
        "C15: the commit landed, its reply did not",
        "test_a_commit_whose_reply_was_lost_is_not_made_twice",
    ),
    16: _killed(
        "C16: an adopter beside a sender that wakes",
        "test_crossed_twins_both_have_a_job_in_the_end",
    ),
    17: Covered(
        "C17: power loss after the ack of an unsynced file",
        ("test_no_seed_breaks_an_invariant",),
        gap="no test cuts the power of a machine, and a process that dies loses no unsynced page",
    ),
    18: _tests(
        "SIGTERM or cancellation during the POST",
        "test_the_submit_under_way_is_recorded_no_other_is_begun_and_the_next_run_polls",
        "test_a_submit_without_an_answer_is_given_up_in_time_and_in_doubt",
        "test_a_cancelled_caller_waits_until_the_job_is_recorded",
        "test_a_run_that_is_cancelled_while_it_submits_loses_no_job",
    ),
    19: _tests(
        "two runs, same target, same input",
        "test_three_runs_at_once_send_each_story_once_and_none_is_worked_on_twice",
        "test_the_stories_of_a_run_that_was_killed_are_taken_up_by_two_that_share_them",
    ),
    20: _tests(
        "8 workers race for one story, on each backend",
        "test_eight_submits_of_one_story_at_once_send_it_once",
        "test_a_race_for_a_key_has_one_winner",
        gap="gcsfs and adlfs have no server that runs here; their conditional create is theirs to prove, by the probe",
    ),
    21: _tests(
        "a zombie: stopped between intent and send, then continued",
        "test_a_sleeping_process_keeps_its_intent_and_sends_when_it_wakes",
        "test_a_sender_that_wakes_up_finds_its_job_adopted",
    ),
    22: _tests(
        "the intent's reply lost, then the SDK's 412",
        "test_a_store_that_answers_each_first_create_badly_costs_nothing",
        "test_a_create_whose_reply_was_lost_counts_as_ours",
        "test_an_intent_whose_reply_was_lost_is_known_by_its_nonce_and_sent_once",
    ),
    23: _tests(
        "409 on create",
        "test_a_store_that_answers_each_first_create_badly_costs_nothing",
        "test_a_conflict_is_tried_again_and_never_read_as_taken",
    ),
    24: _tests(
        "a store that ignores If-None-Match",
        "test_a_store_that_ignores_if_none_match_is_refused_before_anything_is_sent",
        "test_a_server_that_ignores_conditional_create_is_refused_by_the_probe",
    ),
    25: _tests(
        "the store down after the 202",
        "test_a_store_that_is_away_after_the_202_loses_no_job",
        "test_a_directory_that_cannot_be_written_any_more_loses_no_job",
        "test_a_job_that_the_target_does_not_take_is_in_the_spool_and_replayed",
    ),
    26: _tests(
        "disk full or EIO on spool and ledger, a read-only target",
        "test_a_disk_that_fills_up_stops_the_run_and_loses_no_job",
        "test_a_target_that_is_read_only_is_refused_before_anything_is_sent",
        "test_a_full_disk_refuses_the_line_and_every_later_one",
        gap="an fsync that fails with EIO needs a faulty block device; the code path is that of a failed write",
    ),
    27: _tests(
        "a ledger record truncated or bit-flipped",
        "test_a_damaged_record_holds_its_story_and_no_other",
        "test_every_flipped_bit_is_damage",
        "test_every_truncation_is_damage",
        "test_no_flipped_bit_makes_a_send_look_as_if_it_had_not_left",
    ),
    28: _tests(
        "connect refused, DNS, TLS",
        "test_a_refused_connection_sent_nothing",
        "test_a_name_that_does_not_resolve_sent_nothing",
        "test_a_tls_handshake_that_fails_sent_nothing",
        "test_a_tls_handshake_that_never_ends_sent_nothing",
        "test_a_refused_connection_provably_sent_nothing",
        "test_a_send_that_never_ran_is_sent_again_at_most_six_times_and_then_nothing_more",
    ),
    29: _tests(
        "RST after the headers, in the body, after the body",
        "test_a_reply_that_does_not_arrive_is_a_doubt_and_its_job_is_adopted",
        "test_a_request_that_does_not_arrive_is_a_doubt_as_well",
        "test_a_story_whose_answer_was_lost_is_adopted_by_the_next_run_and_charged_once",
        "test_after_the_send_event_nothing_is_known_without_an_answer",
    ),
    30: _tests(
        "read timeout, accepted or not",
        "test_a_story_whose_answer_was_lost_is_adopted_by_the_next_run_and_charged_once",
        "test_a_story_that_was_never_accepted_is_held_and_not_sent_again",
    ),
    31: _tests(
        "the 202 cut at every byte",
        "test_a_202_that_is_cut_anywhere_loses_no_job",
        "test_a_202_that_is_cut_anywhere_names_its_job_once_the_head_is_in",
    ),
    32: _tests("stale keep-alive", "test_no_connection_is_used_twice"),
    33: _tests(
        "1 byte in 50 ms; slow loris reply",
        "test_a_reply_that_drips_is_given_up_at_the_deadline_of_the_whole",
        "test_the_whole_send_has_a_deadline",
    ),
    34: _tests(
        "502, 504, bare 503, 52x after accept",
        "test_a_story_whose_answer_was_lost_is_adopted_by_the_next_run_and_charged_once",
        "test_a_bare_status_is_judged_as_the_protocol_says",
    ),
    35: _tests(
        "429 storm with Retry-After 0, -1, date, 1e9, garbage",
        "test_a_storm_of_refusals_is_waited_out_within_bounds",
    ),
    36: _tests(
        "429 after an ambiguous send",
        "test_a_doubt_beside_our_void_stays_a_doubt",
        "test_a_key_that_is_resent_does_no_harm_as_long_as_doubt_is_sticky",
        gap="`idempotency: trusted` is not built: the client never resends a key, so only the simulator can",
    ),
    37: _tests(
        "a key-aware server: replay, 409, 422, expired window",
        "test_no_seed_breaks_an_invariant",
        "test_a_story_that_was_never_accepted_is_held_and_not_sent_again",
        gap="the studio has the modes; the client takes every server for unaware: a key labels its one send",
    ),
    38: _tests(
        "401 in mid-run, 402, 403, 451",
        "test_after_a_refusal_of_the_account_nothing_more_is_sent_and_what_was_accepted_is_saved",
        "test_content_that_is_refused_is_the_end_of_its_story_alone",
    ),
    39: _tests(
        "307 to another host",
        "test_a_redirect_to_another_host_stops_the_run_with_one_story_in_doubt",
        "test_a_redirect_is_reported_and_never_followed",
    ),
    40: _tests(
        "a listing truncated, empty, delayed, reordered, duplicated, with foreign twins",
        "test_what_a_listing_leaves_out_stays_in_doubt_until_one_shows_it",
        "test_on_a_shared_account_a_foreign_twin_is_never_taken_without_a_persons_word",
        "test_a_reply_that_was_lost_long_before_the_end_of_a_run_is_adopted_in_the_run",
    ),
    41: _tests(
        "identical twins, one doubt each",
        "test_twins_whose_replies_were_lost_get_a_job_each_from_a_listing_in_any_order",
        "test_twins_whose_replies_were_both_lost_get_a_job_each",
    ),
    42: _tests(
        "a job that regresses, completes and vanishes, never ends, counts too many scenes",
        "test_polls_that_go_wrong_now_and_then_only_take_time",
        "test_a_completed_job_that_shows_nothing_is_held_and_never_sent_again",
        "test_a_job_that_does_not_end_stays_in_flight_and_a_later_run_saves_it",
    ),
    43: _tests(
        "one job id for two POSTs",
        "test_an_id_that_is_given_twice_stops_the_run_and_both_stories_get_their_own_job",
    ),
    44: _tests(
        "clocks a day apart, no Date header",
        "test_a_service_whose_clock_is_a_day_off_changes_nothing",
        "test_a_service_that_tells_no_time_leaves_its_doubts_to_a_person",
        "test_the_own_clock_decides_nothing",
    ),
    45: _tests(
        "a signed URL that expires before or in the download",
        "test_an_image_that_goes_wrong_now_and_then_is_fetched_again",
        "test_urls_that_have_expired_are_asked_for_once_for_all_images",
        "test_a_url_that_is_about_to_expire_is_renewed_before_it_is_used",
    ),
    46: _tests(
        "an image truncated, of wrong length, swapped, 200 with HTML",
        "test_an_image_that_goes_wrong_now_and_then_is_fetched_again",
        "test_an_image_that_stays_wrong_is_a_row_without_a_file_and_its_story_counts_as_charged",
        "test_images_of_swapped_scenes_are_kept_as_served_and_the_prompts_are_the_services",
    ),
    47: Covered(
        "a Range resume that meets another ETag",
        gap="the client resumes no download: it begins again, so no Range is ever sent",
    ),
    48: _tests(
        "gzip bomb, endless body, 144 megapixels, a WebP of 10,000 frames",
        "test_hostile_images_are_refused_in_little_memory",
        "test_a_bomb_is_refused_by_its_header_without_a_warning",
        "test_an_animation_is_flagged_and_measured_by_its_first_frame",
    ),
    49: _tests(
        "manifest race of four writers, a crash in each step",
        "test_four_writers_at_once_commit_every_story_once_and_no_reader_sees_two",
        "test_writers_that_begin_commit_and_publish_at_once_make_one_dataset",
        "test_a_write_is_killed_at_whichever_hit",
    ),
    50: _tests(
        "the studio killed in mid-job and restarted",
        "test_a_run_outlives_its_service_and_every_story_is_charged_once",
        "test_every_accepted_story_is_completed_and_charged_once_however_often_the_studio_is_killed",
        "test_however_it_ends_it_goes_on_where_it_was_and_charges_once",
    ),
    51: _tests(
        "the studio's SQLite busy, its WAL left behind, its disk full",
        "test_however_it_ends_it_goes_on_where_it_was_and_charges_once",
        "test_a_job_that_meets_trouble_of_the_machine_waits_and_is_finished_later",
        gap="busy: one process writes, under a lock on the directory, so nobody else can hold the database",
    ),
    52: _tests(
        "ledgers of earlier versions",
        "test_what_an_earlier_version_wrote_is_decided_as_it_was_then",
        "test_what_version_1_wrote_stays_readable",
    ),
    53: _tests(
        "cost_eur that disagrees with the balance",
        "test_a_cost_that_is_not_what_was_charged_is_recorded_as_it_was_told_and_stops_nothing",
        "test_a_difference_to_the_balance_is_told_and_recorded",
    ),
    54: _tests(
        "a random mix of all",
        "test_no_seed_breaks_an_invariant",
        "test_the_seeds_reach_every_state_outcome_finding_and_fault",
        "test_whatever_the_service_does_every_story_has_one_outcome_and_is_charged_once",
    ),
}
