//! The time zone database as `build.rs` packs it.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::rule::{Rule, Summer, Turn};
use super::{Change, Changes, Zone};

static RECORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/zones.bin"));
static NAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/names.txt"));

/// The zone of that name, without regard to ASCII case.
pub(super) fn zone(name: &str) -> Option<Zone> {
    let (mut rest, mut found) = (NAMES, None);
    while found.is_none() && !rest.is_empty() {
        // The line in the middle; texts are cut at line ends, which are no part of a longer letter.
        let (before, after) = rest.as_bytes().split_at_checked(rest.len() / 2)?;
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let end = before.len() + after.iter().position(|byte| *byte == b'\n')?;
        let (known, record) = rest.get(start..end)?.split_once(' ')?;
        match lower(name).cmp(lower(known)) {
            Ordering::Less => rest = rest.get(..start)?,
            Ordering::Greater => rest = rest.get(end + 1..)?,
            Ordering::Equal => found = Some(record),
        }
    }
    Packed(RECORDS.get(found?.parse::<usize>().ok()?..)?).zone()
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// The rest of a record, that is not read yet.
#[derive(Debug, Clone)]
pub(super) struct Packed(&'static [u8]);

impl Packed {
    pub(super) const NONE: Self = Self(&[]);

    fn zone(mut self) -> Option<Zone> {
        let rule = self.rule()?;
        let recent = self.changes()?;
        Some(Zone {
            recent,
            rule,
            early: self,
        })
    }

    /// The changes that are next.
    pub(super) fn changes(&mut self) -> Option<Changes> {
        let first = self.time()?;
        let count = self.number()?;
        let mut list = Vec::with_capacity(usize::try_from(count).ok()?);
        let mut at = 0;
        for _ in 0..count {
            at += self.time()?;
            list.push(Change { at, offset: 0 });
        }
        for change in &mut list {
            change.offset = self.time()?;
        }
        Some(Changes { first, list })
    }

    fn rule(&mut self) -> Option<Rule> {
        let standard = self.time()?;
        let summer = match self.number()? {
            0 => None,
            _ => Some(Summer {
                offset: self.time()?,
                start: self.turn()?,
                end: self.turn()?,
            }),
        };
        Some(Rule { standard, summer })
    }

    fn turn(&mut self) -> Option<Turn> {
        Some(Turn {
            month: self.small()?,
            week: self.small()?,
            weekday: self.small()?,
            time: self.time()?,
        })
    }

    /// Milliseconds; written are seconds, or quarters of an hour.
    fn time(&mut self) -> Option<i64> {
        let number = self.number()?;
        let unit = if number & 1 == 0 { 900_000 } else { 1_000 };
        Some((number >> 1) * unit)
    }

    fn small(&mut self) -> Option<i32> {
        self.number()?.try_into().ok()
    }

    fn number(&mut self) -> Option<i64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some((number >> 1) ^ -(number & 1));
            }
        }
    }
}
