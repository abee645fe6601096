//! The log of one test.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, NoSubscriber};

/// What is logged while the value lives, at every level, by this thread.
pub(crate) struct Log(
    Arc<Mutex<Vec<u8>>>,
    #[expect(dead_code, reason = "kept for what their drop does")] (DefaultGuard, Dispatch),
);

impl Log {
    pub(crate) fn start() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&lines);
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || Writer(Arc::clone(&writer)))
            .finish();
        // While there is one subscriber alone, a thread without any that comes to an event first
        // decides for all that nobody wants it.
        let second = Dispatch::new(NoSubscriber::new());
        Self(
            lines,
            (tracing::subscriber::set_default(subscriber), second),
        )
    }

    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
