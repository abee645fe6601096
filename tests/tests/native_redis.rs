//! Every case that a driver can be brought into, run on the native crate with its counters in a
//! Redis that this test starts.

use conformance::{NativeSubject, check, load};

#[test]
fn every_case_comes_out_as_it_says() {
    let cases = load().unwrap();
    let report = check(&mut NativeSubject::with_redis().unwrap(), &cases);
    assert!(report.unmet.is_empty(), "{report}");
    let memory = check(&mut NativeSubject::with_memory().unwrap(), &cases);
    assert_eq!(report.not_applicable, memory.not_applicable);
}
