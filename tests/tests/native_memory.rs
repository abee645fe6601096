//! Every case that a driver can be brought into, run on the native crate with its counters in
//! memory.

use conformance::{NativeSubject, check, load};

#[test]
fn every_case_comes_out_as_it_says() {
    let cases = load().unwrap();
    let report = check(&mut NativeSubject::with_memory().unwrap(), &cases);
    assert!(report.unmet.is_empty(), "{report}");
    // Those left out are about drivers that err, and about what changes under a waiting run.
    for (case, why) in &report.not_applicable {
        let expected = [
            "engine/misuse",
            "engine/roster_changes",
            "engine/fact_changes",
            "selector/turns: an agent",
            "selector/turns: a place beyond the list",
            "selector/reservations: a reservation that cannot be had",
        ]
        .iter()
        .any(|file| case.starts_with(file))
            || *why == "the provider's failures have their own words";
        assert!(expected, "{case}: {why}");
    }
}
