use std::hash::{BuildHasher, RandomState};

/// A random number from 0 to below 1.
///
/// From the keys that the standard library draws for each map, which are random enough to spread
/// processes out, and need no dependency.
pub(super) fn fraction() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in an f64")]
    let fraction = bits as f64 / (1_u64 << 53) as f64;
    fraction
}
