use assignment_engine_core::Timestamp;

/// Says what time it is. The engine has no clock; the service asks this one.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = jiff::Timestamp::now().as_millisecond();
        // The machine's clock would have to be set thousands of years ahead.
        Timestamp::from_millisecond(now).unwrap_or(Timestamp::EPOCH)
    }
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}
