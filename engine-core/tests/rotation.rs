//! What the rotations promise, under churn that is meant to break them: alternating subsets, agents
//! who flap, blocks that come and go, and lists drawn at random.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

#[path = "rotation/churn.rs"]
mod churn;
#[path = "rotation/entrance.rs"]
mod entrance;
#[path = "rotation/fairness.rs"]
mod fairness;
