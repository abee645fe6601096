//! Makes one whole decision in an otherwise empty WebAssembly module; see scripts/check-purity.sh.
//!
//! The module has no standard library: if the core, or anything it depends on, began to use one,
//! this would no longer link.
#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::hint::black_box;

use assignment_engine_core::{
    Answer, Engine, Facts, Input, Need, Outcome, Request, Roster, RosterConfig, Step,
};

const ROSTER: &[u8] = br#"{
    "tenantId": "acme",
    "teams": [{
        "id": "sales", "members": ["a", "b", "c"],
        "routingStrategy": "least_active", "routingConfig": { "maxLoad": 3 },
        "schedule": { "enabled": true, "timezone": "Europe/Vienna",
            "days": { "sunday": [{ "start": "22:00", "end": "06:00" }] } }
    }],
    "agents": [
        { "id": "a", "name": "Anna", "status": "online", "active": 1 },
        { "id": "b", "name": "Ben", "status": "online", "active": 1 },
        { "id": "c", "name": "Cleo", "status": "away" }
    ]
}"#;

const REQUEST: &[u8] = br#"{
    "session": { "id": "s1", "tenantId": "acme", "contactId": "c1", "assignedTeamId": "sales" },
    "now": "2026-10-26T01:30:00Z"
}"#;

/// 1 when the core decided as it should. `black_box` keeps the compiler from doing the work in
/// advance and leaving the core out of the module.
#[unsafe(no_mangle)]
pub extern "C" fn exercise() -> u32 {
    u32::from(decides().is_some())
}

fn decides() -> Option<()> {
    let roster = RosterConfig::from_json(black_box(ROSTER)).ok()?;
    let roster = Roster::from_config(roster).ok()?;
    let request = Request::from_json(black_box(REQUEST)).ok()?;
    let facts = Facts {
        contact_assigned: Some(false),
        ..Facts::default()
    };
    let input = Input {
        request: &request,
        facts: &facts,
        roster: Some(&roster),
        trace: true,
    };
    let engine = Engine::default();
    let Step::Need(
        Need::NextIndex {
            candidate_count, ..
        },
        run,
    ) = engine.start(input)
    else {
        return None;
    };
    let Ok(Step::Done(decision)) = engine.resume(run, input, Answer::NextIndex(1)) else {
        return None;
    };
    let Outcome::Assign { agent_id } = &decision.outcome else {
        return None;
    };
    let told = decision.explain().concat();
    (candidate_count.get() == 2 && agent_id.as_str() == "b" && told.contains("Cleo")).then_some(())
}

/// Hands memory out and never takes it back: one decision needs little.
struct Bump(UnsafeCell<usize>);

/// Bytes. The parsed time zone is most of what is needed.
const HEAP: usize = 1 << 20;

// SAFETY: a WebAssembly module of this target has one thread.
unsafe impl Sync for Bump {}

// SAFETY: every block lies in memory that `memory_grow` has just given or an earlier call has, and
// no byte is handed out twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = self.0.get();
        unsafe {
            if *next == 0 {
                let page = core::arch::wasm32::memory_grow(0, HEAP / 65_536);
                *next = page * 65_536;
            }
            let start = (*next).next_multiple_of(layout.align());
            *next = start + layout.size();
            start as *mut u8
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static HEAP_OF_THE_MODULE: Bump = Bump(UnsafeCell::new(0));

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
