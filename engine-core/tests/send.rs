//! What a host may keep across threads. Nothing runs here: it compiles, or it does not.

use assignment_engine_core::{
    Agent, Answer, Decision, Engine, Facts, Input, InputError, Need, Pipeline, Request,
    ResumeError, Roster, RosterConfig, RosterError, Schedule, Session, Step, Suspended, Trace,
};

const fn is_send_and_sync<T: Send + Sync>() {}
const fn is_owned<T: 'static>() {}

const _: () = {
    is_send_and_sync::<Suspended>();
    is_send_and_sync::<Engine>();
    is_send_and_sync::<Roster>();
    is_send_and_sync::<Decision>();
    is_send_and_sync::<Step>();
    is_send_and_sync::<Need>();
    is_send_and_sync::<Answer>();
    is_send_and_sync::<Input<'static>>();
    is_send_and_sync::<Request>();
    is_send_and_sync::<Session>();
    is_send_and_sync::<Facts>();
    is_send_and_sync::<Agent>();
    is_send_and_sync::<RosterConfig>();
    is_send_and_sync::<Schedule>();
    is_send_and_sync::<Pipeline>();
    is_send_and_sync::<Trace>();
    is_send_and_sync::<InputError>();
    is_send_and_sync::<ResumeError>();
    is_send_and_sync::<RosterError>();
    // A run borrows nothing, so it can wait anywhere for as long as it likes.
    is_owned::<Suspended>();
    is_owned::<Step>();
};
