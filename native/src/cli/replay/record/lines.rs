//! The lines of a file, compressed or not, one at a time.

use std::io::{BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::RecordError;
use super::notes::Reason;

/// Reads a file line by line, so that its size does not matter.
pub(super) struct Lines<'a> {
    input: BufReader<Box<dyn Read + 'a>>,
    number: u64,
    buffer: Vec<u8>,
}

/// One line that holds something, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// As it stands in the file.
    Text(&'a str),
    /// Not even text; the reading goes on with the next line.
    Unreadable(Reason),
}

impl<'a> Lines<'a> {
    /// Looks at the first bytes for those of gzip.
    pub(super) fn new(mut input: impl Read + 'a) -> Result<Self, RecordError> {
        let mut head = Vec::with_capacity(GZIP_MAGIC.len());
        (&mut input)
            .take(GZIP_MAGIC.len() as u64)
            .read_to_end(&mut head)
            .map_err(|io| RecordError::Read { line: 0, io })?;
        let compressed = head == GZIP_MAGIC;
        let whole = std::io::Cursor::new(head).chain(input);
        let input: Box<dyn Read + 'a> = if compressed {
            Box::new(MultiGzDecoder::new(whole))
        } else {
            Box::new(whole)
        };
        Ok(Self {
            input: BufReader::new(input),
            number: 0,
            buffer: Vec::new(),
        })
    }

    /// The next line that holds something, with its number in the file; the first has number 1.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Line<'_>)>, RecordError> {
        loop {
            let length = self.fill().map_err(|io| RecordError::Read {
                line: self.number,
                io,
            })?;
            if length == 0 {
                return Ok(None);
            }
            self.number += 1;
            if length > MAX_LINE_BYTES {
                return Ok(Some((self.number, Line::Unreadable(LINE_TOO_LONG))));
            }
            if self
                .buffer
                .iter()
                .any(|byte| !matches!(byte, b' ' | b'\r' | b'\n'))
            {
                break;
            }
        }
        let bytes = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let line = match std::str::from_utf8(bytes) {
            Ok(text) if self.number == 1 => Line::Text(text.trim_start_matches('\u{feff}')),
            Ok(text) => Line::Text(text),
            Err(_) => Line::Unreadable(NOT_TEXT),
        };
        Ok(Some((self.number, line)))
    }

    /// Takes one line into the buffer, of a long one only the beginning; 0 at the end of the file.
    fn fill(&mut self) -> std::io::Result<usize> {
        self.buffer.clear();
        let limit = MAX_LINE_BYTES as u64 + 1;
        let length = (&mut self.input)
            .take(limit)
            .read_until(b'\n', &mut self.buffer)?;
        if length > MAX_LINE_BYTES && !self.buffer.ends_with(b"\n") {
            self.input.skip_until(b'\n')?;
        }
        Ok(length)
    }
}

/// A line of the bank has about a hundred bytes; one of ours with the longest ids under a thousand.
const MAX_LINE_BYTES: usize = 65_536;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

const LINE_TOO_LONG: Reason = Reason {
    code: "line_too_long",
    sentence: "the line is longer than 65,536 bytes",
};
const NOT_TEXT: Reason = Reason {
    code: "not_text",
    sentence: "the line is not valid UTF-8",
};

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn all(input: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(input).unwrap();
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            all.push(match line {
                Line::Text(text) => (number, text.to_owned()),
                Line::Unreadable(reason) => (number, format!("<{}>", reason.code)),
            });
        }
        all
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn blank_lines_count_but_are_not_answered() {
        let expected = [
            (2, "a".to_owned()),
            (4, " b".to_owned()),
            (5, "c".to_owned()),
        ];
        assert_eq!(all(b"\na\r\n  \r\n b\nc"), expected);
    }

    #[test]
    fn compressed_or_not_makes_no_difference() {
        let text = b"one\ntwo\r\n";
        assert_eq!(all(&gzip(text)), all(text));
        // `cat a.gz b.gz` is a valid file too.
        let two = [gzip(b"one\n"), gzip(b"two\n")].concat();
        assert_eq!(all(&two), all(text));
    }

    #[test]
    fn short_inputs() {
        assert_eq!(all(b""), []);
        assert_eq!(all(b"\x1f"), [(1, "\u{1f}".to_owned())]);
        assert_eq!(all(b"\n\n"), []);
    }

    #[test]
    fn a_byte_order_mark_is_not_content() {
        assert_eq!(all(b"\xef\xbb\xbfa\n"), [(1, "a".to_owned())]);
    }

    #[test]
    fn a_bad_line_does_not_hide_the_next() {
        let long = "x".repeat(MAX_LINE_BYTES);
        let input = format!("{long}\n{long}y\n{long}yz\nafter\n");
        let codes: Vec<String> = all(input.as_bytes())
            .into_iter()
            .map(|line| line.1)
            .collect();
        // The end of the line belongs to its length.
        let expected = [
            "<line_too_long>",
            "<line_too_long>",
            "<line_too_long>",
            "after",
        ];
        assert_eq!(codes, expected);
        assert_eq!(
            all(&input.as_bytes()[1..MAX_LINE_BYTES + 1])[0].1.len(),
            MAX_LINE_BYTES - 1
        );
        let expected = [(1, "<not_text>".to_owned()), (2, "ok".to_owned())];
        assert_eq!(all(b"\xff\xfe\nok\n"), expected);
    }

    #[test]
    fn a_file_cut_off_in_the_middle_says_after_which_line() {
        let text: String = (0..20_000).map(|n| format!("{}\n", n * 7_919)).collect();
        let whole = gzip(text.as_bytes());
        let mut lines = Lines::new(&whole[..whole.len() / 2]).unwrap();
        let error = loop {
            match lines.next() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the end was not noticed"),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error, RecordError::Read { line, .. } if line > 100),
            "{error}"
        );
    }
}
