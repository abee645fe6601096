//! # What it does
//! Holds a session back while its team is closed. Closed for at most 24 hours: the session waits
//! without a word. Closed for longer, or for good: the contact gets the out-of-office message, at
//! most once per session in 24 hours.
//!
//! # Why
//! A conversation given to somebody who has gone home is lost until morning, and nobody told.
//!
//! # Reads
//! `forceOverride`, the session's team, the team's opening hours, `oooLastSentAt` and `account` of
//! the session's context.
//!
//! # Answers
//! Continue: `forced`, `no_team`, `no_schedule`, `schedule_disabled`, `open`. Stop: `opens_soon`,
//! `out_of_office`, `out_of_office_sent_recently`.
//!
//! # Example
//! Open Monday to Friday 09:00 to 17:00. Thursday 20:00: stop, the team opens in 13 hours. Friday
//! 20:00: a message, then stop, and the decision names Monday 09:00 as the time to try again.

use alloc::format;
use alloc::string::ToString;

use serde_json::{Map, Value};

use crate::facts::{Hours, filled};
use crate::run::{Ask, Context, OpeningHours, Verdict};
use crate::time::DAY;
use crate::{Effect, Message, MessageKind, Reason, Request, Timestamp, Warning, ZoneError};

pub(super) fn apply(context: &mut Context<'_>) -> Result<Verdict, Ask> {
    if context.request.force_override {
        return Ok(Verdict::go_on(Reason::Forced));
    }
    let Some(team_id) = &context.request.session.assigned_team_id else {
        return Ok(Verdict::go_on(Reason::NoTeam));
    };
    let now = context.request.now;
    let (next_opening, message, image) = match context.opening_hours()? {
        OpeningHours::Answered(answered, message) => {
            if answered.is_open {
                return Ok(Verdict::go_on(Reason::Open));
            }
            (
                answered.next_open,
                filled(answered.message.as_deref()).or(message),
                answered.media_url.as_deref(),
            )
        }
        OpeningHours::Weekly {
            hours,
            message,
            image,
        } => match hours.as_ref() {
            Hours::None => return Ok(Verdict::go_on(Reason::NoSchedule)),
            Hours::Disabled => return Ok(Verdict::go_on(Reason::ScheduleDisabled)),
            Hours::Weekly(schedule) => {
                if schedule.is_open(now) {
                    return Ok(Verdict::go_on(Reason::Open));
                }
                (schedule.next_opening(now), message, image)
            }
            Hours::Unusable(problem) => {
                let code: alloc::borrow::Cow<_> = match problem {
                    ZoneError::Missing => "time_zone_missing".into(),
                    ZoneError::Unknown { .. } => "time_zone_unknown".into(),
                };
                let team = team_id.as_str().escape_debug();
                let message_for_people = format!("team `{team}` counts as closed: {problem}");
                context.note("timeZone", || code.clone());
                context.state.extras().warnings.push(Warning {
                    code,
                    message: message_for_people,
                });
                (None, message, image)
            }
        },
    };
    if let Some(opening) = next_opening {
        context.state.extras().next_check_at = Some(opening);
        context.note("nextOpening", || opening.to_string());
        if opening.since(now) <= DAY {
            return Ok(Verdict::stop(Reason::OpensSoon));
        }
    }
    if let Some(last) = sent_within_a_day(context.request, STAMP) {
        context.note("lastSentAt", || last.to_string());
        return Ok(Verdict::stop(Reason::OutOfOfficeSentRecently));
    }
    let message = Message {
        about: MessageKind::OutOfOffice,
        text: filled(message).unwrap_or(DEFAULT_MESSAGE).into(),
        media_url: filled(image).map(Into::into),
        account: context
            .request
            .session
            .context_text("account")
            .map(Into::into),
    };
    context
        .state
        .extras()
        .effects
        .push(Effect::SendMessage(message));
    context.state.extras().effects.push(stamp(STAMP, now));
    Ok(Verdict::stop(Reason::OutOfOffice))
}

/// When a message of this kind was last sent, if that is less than 24 hours ago. A stamp that is
/// no instant counts as none.
pub(super) fn sent_within_a_day(request: &Request, stamp: &str) -> Option<Timestamp> {
    let last = Timestamp::parse(request.session.context_text(stamp)?)?;
    (request.now.since(last) < DAY).then_some(last)
}

/// Remembers in the session's context that a message was sent now.
pub(super) fn stamp(name: &str, now: Timestamp) -> Effect {
    let mut entries = Map::new();
    entries.insert(name.into(), Value::String(now.to_string()));
    Effect::MergeContext { entries }
}

const STAMP: &str = "oooLastSentAt";
const DEFAULT_MESSAGE: &str = "We are currently closed.";
