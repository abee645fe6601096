//! What the reader has to say about the lines: counted by reason, with a few examples.

use std::collections::BTreeMap;

use serde::Serialize;

/// Why a line was left out or corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Reason {
    /// Stable, in snake case; scripts may compare it.
    #[serde(rename = "reason")]
    pub(crate) code: &'static str,
    /// For people: an English clause in lower case, without a full stop.
    pub(crate) sentence: &'static str,
}

/// One reason and the lines it holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// Why.
    #[serde(flatten)]
    pub(crate) reason: Reason,
    /// On how many lines.
    pub(crate) count: u64,
    /// The first of these lines, at most [`MAX_EXAMPLES`].
    pub(crate) examples: Vec<Example>,
}

/// A line to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Example {
    /// Its number in the file; the first line has number 1.
    pub(crate) line: u64,
    /// Where in the line, and what stands there; only where the reason alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

impl Example {
    /// `line 7` or `line 7, column `date`: …`.
    pub(crate) fn text(&self) -> String {
        match &self.detail {
            None => format!("line {}", self.line),
            Some(detail) => format!("line {}, {detail}", self.line),
        }
    }
}

/// Collects tallies while a file is read.
#[derive(Debug, Default)]
pub(super) struct Notes(BTreeMap<&'static str, Tally>);

impl Notes {
    /// Counts one line.
    pub(super) fn add(&mut self, reason: Reason, line: u64, detail: Option<String>) {
        let empty = || Tally {
            reason,
            count: 0,
            examples: Vec::new(),
        };
        let tally = self.0.entry(reason.code).or_insert_with(empty);
        tally.count += 1;
        if tally.examples.len() < MAX_EXAMPLES {
            tally.examples.push(Example { line, detail });
        }
    }

    /// The first line in the file that was noted, and why.
    pub(super) fn first(&self) -> Option<(&Reason, &Example)> {
        let firsts = self
            .0
            .values()
            .filter_map(|tally| Some((&tally.reason, tally.examples.first()?)));
        firsts.min_by_key(|(_, example)| example.line)
    }

    /// The most frequent reason first, equal ones by their code.
    pub(super) fn into_tallies(self) -> Vec<Tally> {
        let mut tallies: Vec<Tally> = self.0.into_values().collect();
        tallies.sort_by(|a, b| b.count.cmp(&a.count).then(a.reason.code.cmp(b.reason.code)));
        tallies
    }
}

/// Both formats know these.
pub(super) const ENDS_BEFORE_IT_STARTS: Reason = Reason {
    code: "ends_before_it_starts",
    sentence: "the wait or the service ends before it starts",
};
pub(super) const NEITHER_SERVED_NOR_HUNG_UP: Reason = Reason {
    code: "neither_served_nor_hung_up",
    sentence: "it says neither how the caller was served nor how long the caller waited",
};
pub(super) const SERVED_WITHOUT_SERVICE_TIME: Reason = Reason {
    code: "served_without_service_time",
    sentence: "served, but the service has no length",
};

/// Enough to find the kind of line in the file, few enough for the report.
const MAX_EXAMPLES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const A: Reason = Reason {
        code: "a",
        sentence: "a",
    };
    const B: Reason = Reason {
        code: "b",
        sentence: "b",
    };
    const C: Reason = Reason {
        code: "c",
        sentence: "c",
    };

    #[test]
    fn counts_everything_and_keeps_the_first_three() {
        let mut notes = Notes::default();
        for line in 2..=6 {
            notes.add(B, line, (line == 3).then(|| "column `x`".to_owned()));
        }
        notes.add(C, 7, None);
        notes.add(A, 8, None);
        let (reason, example) = notes.first().unwrap();
        assert_eq!((reason.code, example.text()), ("b", "line 2".to_owned()));

        let tallies = notes.into_tallies();
        let order: Vec<(&str, u64)> = tallies.iter().map(|t| (t.reason.code, t.count)).collect();
        assert_eq!(order, [("b", 5), ("a", 1), ("c", 1)]);
        let examples: Vec<String> = tallies[0].examples.iter().map(Example::text).collect();
        assert_eq!(examples, ["line 2", "line 3, column `x`", "line 4"]);
    }
}
