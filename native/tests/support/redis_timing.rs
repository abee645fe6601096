//! How late an answer is, on a machine that may be late itself.

use std::time::{Duration, Instant};

/// What may come on top of a deadline.
pub(crate) const GRACE: Duration = Duration::from_millis(50);

/// The outcome of `call`, and by how much it missed `deadline`.
///
/// A control timer waits beside it, in a task of its own; by what the control was late, the
/// machine was, and not the call.
pub(crate) async fn timed<T>(deadline: Duration, call: impl Future<Output = T>) -> (T, Duration) {
    let begin = Instant::now();
    let control = tokio::spawn(async move {
        tokio::time::sleep(deadline).await;
        begin.elapsed()
    });
    let outcome = call.await;
    let took = begin.elapsed();
    if took <= deadline {
        control.abort();
        return (outcome, Duration::ZERO);
    }
    let allowed = control.await.unwrap();
    (outcome, took.saturating_sub(allowed))
}
