use std::cell::Cell;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error while it is a terminal, nothing otherwise.
pub(crate) struct Progress {
    bar: ProgressBar,
    calls: Cell<u64>,
}

impl Progress {
    pub(crate) fn on_terminal(calls: usize) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:40} {pos} of {len} calls");
            ProgressBar::new(calls as u64)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        } else {
            ProgressBar::hidden()
        };
        Self {
            bar,
            calls: Cell::new(0),
        }
    }

    /// One more call has come in.
    pub(super) fn call(&self) {
        let calls = self.calls.get() + 1;
        self.calls.set(calls);
        // Drawing for each call would take longer than routing it.
        if calls.is_multiple_of(256) {
            self.bar.set_position(calls);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
