//! Calls the core from an otherwise empty WebAssembly module; see scripts/check-purity.sh.

use std::hint::black_box;

use assignment_engine_core::AgentId;

/// 1 when the core answered as it should. `black_box` keeps the compiler from doing the work in
/// advance and leaving the core out of the module.
#[unsafe(no_mangle)]
pub extern "C" fn exercise() -> u32 {
    let accepted = AgentId::new(black_box("agent-1")).is_ok_and(|id| id.as_str() == "agent-1");
    let refused = AgentId::new(black_box("")).is_err();
    u32::from(accepted && refused)
}
