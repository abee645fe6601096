//! # What it does
//! Follows when nobody can take a session: replies to the contact, at most once per session in 24
//! hours, or leaves the session in the queue without a word, as the tenant wants it.
//!
//! # Why
//! A contact who hears nothing writes again, or goes.
//!
//! # Reads
//! The tenant's `noAgentAction` and `noAgentMessage`, `noAgentLastSentAt` and `account` of the
//! session's context.
//!
//! # Answers
//! Stop: `no_agent_reply`, `no_agent_reply_sent_recently`, `left_in_queue`. If the message cannot
//! be sent, the outcome stays and the session is not stamped.
//!
//! # Example
//! Everybody is at the limit: "All of our agents are currently busy. …" goes out, once a day.

use super::schedule::{sent_within_a_day, stamp};
use crate::facts::filled;
use crate::run::{Ask, Context, Verdict};
use crate::{Effect, Message, MessageKind, NoAgentAction, Reason};

/// Its name in traces: it is no rule of a pipeline, but what two of them end in.
pub(crate) const NAME: &str = "noAgentFallback";

/// Ends the rule under way with `reason`, and does for the contact what the tenant wants.
pub(super) fn fall_back(context: &mut Context<'_>, reason: Reason) -> Result<Verdict, Ask> {
    let policy = context.no_agent_policy()?;
    let answer = match policy.no_agent_action {
        NoAgentAction::Queue => Reason::LeftInQueue,
        NoAgentAction::Reply => {
            if sent_within_a_day(context.request, STAMP).is_some() {
                Reason::NoAgentReplySentRecently
            } else {
                let text = filled(policy.no_agent_message.as_deref());
                let message = Message {
                    about: MessageKind::NoAgent,
                    text: text.unwrap_or(DEFAULT_MESSAGE).into(),
                    media_url: None,
                    account: context
                        .request
                        .session
                        .context_text("account")
                        .map(Into::into),
                };
                let now = context.request.now;
                context
                    .state
                    .extras()
                    .effects
                    .push(Effect::SendMessage(message));
                context.state.extras().effects.push(stamp(STAMP, now));
                Reason::NoAgentReply
            }
        }
    };
    context.state.extras().fallback = Some(answer);
    Ok(Verdict::stop(reason))
}

const STAMP: &str = "noAgentLastSentAt";
const DEFAULT_MESSAGE: &str =
    "All of our agents are currently busy. We will get back to you shortly.";
