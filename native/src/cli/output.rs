//! What is printed: JSON a line, tables, and text from files that nobody vouches for.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use serde_json::ser::Formatter;

/// Columns that the output for people is made for.
pub(crate) const WIDTH: u16 = 100;

/// Text from a file, with whatever could steer a terminal, forge a line or hide one escaped.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_harmful(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// The same in backticks, as ids and names stand in messages.
pub(crate) fn ticked(text: &str) -> String {
    format!("`{}`", printable(text))
}

/// "`a`, `b` and `c`"; of a long list the first few, and how many more.
pub(crate) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let texts: Vec<String> = texts.into_iter().map(ticked).collect();
    match texts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if texts.len() <= SHOWN => format!("{} and {last}", first.join(", ")),
        long => {
            let shown: Vec<&str> = long.iter().take(SHOWN - 1).map(String::as_str).collect();
            format!("{} and {} more", shown.join(", "), long.len() - shown.len())
        }
    }
}

/// One line of JSON. Control characters inside texts are escaped, all of them and not only those
/// that JSON wants escaped.
pub(crate) fn write_json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Escaping);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// A table without lines but what `style` adds, as wide as a page.
pub(crate) fn page() -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_width(WIDTH)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut written = 0;
        for (at, char) in fragment
            .char_indices()
            .filter(|(_, char)| is_harmful(*char))
        {
            let before = fragment.get(written..at).unwrap_or_default();
            writer.write_all(before.as_bytes())?;
            // All of them lie in the first plane, so four digits are enough.
            write!(writer, "\\u{:04x}", u32::from(char))?;
            written = at + char.len_utf8();
        }
        writer.write_all(fragment.get(written..).unwrap_or_default().as_bytes())
    }
}

/// Control characters, and marks that turn the direction of writing.
fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31m\u{9b}é\u{202e}"),
            "a\\u{1b}[31m\\u{9b}é\\u{202e}"
        );
    }

    #[test]
    fn json_stays_json_with_every_control_character_escaped() {
        let text = "\u{1}\u{7f}\u{9b}31m\u{202e}\"\\é\u{1f600}\n";
        let mut line = Vec::new();
        write_json_line(&mut line, &text).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(
            !line.trim_end_matches('\n').chars().any(is_harmful),
            "{line}"
        );
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }

    #[test]
    fn a_list_reads_like_a_sentence() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(
            list(["a", "b", "c", "d", "e", "f"]),
            "`a`, `b`, `c`, `d` and 2 more"
        );
    }
}
