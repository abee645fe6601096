use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::cli::replay::record::Record;

/// What happens, in order of time.
pub(super) struct Events {
    heap: BinaryHeap<Reverse<Event>>,
}

/// Something that happens at `at`, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) at: i64,
    pub(super) what: What,
}

/// The kinds of events. Of those at the same instant the kind that stands first here comes first:
/// agents come free before somebody new asks for one, and whoever can be served at the very end
/// of their patience is. Within a kind the order of the record counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    ServiceEnds { call: u32, agent: u32 },
    ShiftBegins { agent: u32 },
    ShiftEnds { agent: u32 },
    Arrives { call: u32 },
    HangsUp { call: u32 },
}

impl Events {
    /// The events that the record holds; the others follow from them.
    pub(super) fn of(record: &Record) -> Self {
        let arrivals = (0..)
            .zip(&record.calls)
            .map(|(call, record)| (record.arrived_ms, What::Arrives { call }));
        let shifts = record.shifts.iter().filter_map(|shift| {
            let agent = record.agent_number(&shift.agent)?;
            let ends = (shift.to_ms, What::ShiftEnds { agent });
            Some([(shift.from_ms, What::ShiftBegins { agent }), ends])
        });
        let events = arrivals.chain(shifts.flatten());
        Self {
            heap: events
                .map(|(at, what)| Reverse(Event { at, what }))
                .collect(),
        }
    }

    pub(super) fn add(&mut self, at: i64, what: What) {
        self.heap.push(Reverse(Event { at, what }));
    }

    pub(super) fn next(&mut self) -> Option<Event> {
        self.heap.pop().map(|Reverse(event)| event)
    }
}
