//! What every store keeps to, in memory and in PostgreSQL alike; and PostgreSQL in trouble.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "store/claims.rs"]
mod claims;
#[cfg(feature = "postgres")]
#[expect(dead_code, reason = "other tests do more with a database")]
#[path = "support/database.rs"]
mod database;
#[cfg(feature = "postgres")]
#[expect(dead_code, reason = "other tests do more with a server")]
#[path = "support/postgres_server.rs"]
mod postgres_server;
#[path = "store/reads.rs"]
mod reads;
#[path = "support/stage.rs"]
mod stage;
#[path = "store/stamps.rs"]
mod stamps;
#[path = "store/tokens.rs"]
mod tokens;

/// Each rule as a test of each store.
macro_rules! every_store {
    ($($group:ident: $($rule:ident)*;)*) => {
        mod memory {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $rule() {
                    crate::$group::$rule(&crate::stage::Stage::memory()).await;
                }
            )*)*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $rule() {
                    crate::$group::$rule(&crate::stage::Stage::postgres().await).await;
                }
            )*)*
        }
    };
}

every_store! {
    reads:
        a_session_is_read_as_it_was_stored
        what_is_not_there_is_not_found
        the_queue_is_what_waits_oldest_first
        a_contact_is_busy_with_another_session_of_the_tenant
        teams_come_with_their_settings_and_members
        members_are_counted_over_all_teams
        a_tenants_configuration_is_its_own
        an_update_changes_what_waits_and_nothing_else
        nothing_to_change_changes_no_context;
    claims:
        a_claim_changes_owner_team_context_and_times_together
        a_session_that_has_an_owner_or_is_over_is_taken
        a_session_that_moved_is_not_claimed_for_its_old_team
        what_is_gone_is_refused
        the_limit_counts_the_sessions_of_every_team
        of_several_reasons_the_first_is_told
        a_transfer_takes_it_from_the_owner_expected
        many_claims_are_answered_as_one_by_one
        of_many_claims_of_one_session_one_is_granted
        many_claims_at_once_keep_every_limit
        a_refused_claim_leaves_no_trace;
    tokens:
        only_a_higher_token_claims_a_session_again
        a_late_claim_is_refused_though_the_session_waits_again
        the_very_same_claim_is_answered_again
        not_once_the_session_is_over
        not_after_it_went_to_somebody_else
        without_a_token_nothing_is_compared
        a_refused_claim_uses_up_no_token
        each_session_has_its_own
        a_token_that_cannot_be_stored_is_an_error;
    stamps:
        a_stamp_is_put_where_nothing_has_changed_and_taken_back
        a_stamp_is_refused_where_another_one_stands
        only_a_session_that_waits_is_stamped
        a_stamp_is_taken_back_whatever_has_become_of_the_session
        of_many_who_stamp_at_once_one_does;
}
