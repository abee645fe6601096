use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use assignment_engine_core::limits::MAX_PAYLOAD_BYTES;
use assignment_engine_core::{InputError, InputErrorCode};

use super::Scenario;
use crate::cli::error::{CommandError, Refusal};

/// Where a scenario is read from.
#[derive(Debug, clap::Args)]
pub(crate) struct ScenarioFile {
    /// The scenario, a JSON file; `-` reads standard input.
    #[arg(value_name = "SCENARIO")]
    path: PathBuf,
}

impl ScenarioFile {
    /// Reads and checks the scenario.
    ///
    /// # Errors
    /// [`CommandError::Refused`] if it cannot be read, or is none.
    pub(crate) fn scenario(&self) -> Result<Scenario, CommandError> {
        Ok(Scenario::from_json(&self.bytes()?)?)
    }

    /// What the file holds, but not much more than a scenario may have.
    ///
    /// # Errors
    /// [`CommandError::Refused`] if it cannot be read.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, CommandError> {
        read(&self.path).map_err(|error| {
            CommandError::Refused(Refusal {
                path: self.path.display().to_string(),
                message: error.to_string(),
                hint: Some("name a scenario file, or `-` for standard input".into()),
            })
        })
    }
}

/// Takes the byte-order mark off a document, and sees that what is left is text at all.
///
/// # Errors
/// [`InputError`] about the whole document.
pub(crate) fn text(document: &[u8]) -> Result<&[u8], InputError> {
    let document = document.strip_prefix(BYTE_ORDER_MARK).unwrap_or(document);
    let (code, message) = if document.len() > MAX_PAYLOAD_BYTES {
        let message = format!("the document has more than {MAX_PAYLOAD_BYTES} bytes");
        (InputErrorCode::TooLarge, message)
    } else if document.iter().all(u8::is_ascii_whitespace) {
        (InputErrorCode::Syntax, "the document is empty".into())
    } else if let Err(error) = std::str::from_utf8(document) {
        let message = format!(
            "the document is not UTF-8 from byte {} on",
            error.valid_up_to()
        );
        (InputErrorCode::Syntax, message)
    } else {
        return Ok(document);
    };
    Err(InputError {
        code,
        path: "$".into(),
        message,
        position: None,
    })
}

/// One byte more than allowed tells that there are too many; nobody waits for the rest.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_PAYLOAD_BYTES + BYTE_ORDER_MARK.len() + 1).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
