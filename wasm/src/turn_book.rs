use assignment_engine_core::{self as core, Rotation, Timestamp, Turn, TurnCandidate, from_json};
use wasm_bindgen::prelude::*;

use crate::error::{error, refused};

/// The book of one rotation under one context key: what the agents have had so far.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TurnBook {
    core: core::TurnBook,
}

#[wasm_bindgen]
impl TurnBook {
    /// An empty book of the rotation of that name.
    ///
    /// # Errors
    /// An `Error` with `code`: `invalid_value`.
    #[wasm_bindgen(constructor)]
    pub fn new(rotation: &str) -> Result<TurnBook, JsValue> {
        let core = Rotation::named(rotation).map(core::TurnBook::new);
        core.map(|core| Self { core }).ok_or_else(|| {
            let hint = "give `counter`, `least_recent` or `proportional`";
            let message = "rotation: is none that is known";
            error("invalid_value", message, Some("rotation"), Some(hint))
        })
    }

    /// The book that [`TurnBook::to_json`] has written.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint`.
    #[wasm_bindgen(js_name = fromJson)]
    pub fn from_json(book: &str) -> Result<TurnBook, JsValue> {
        let core = from_json(book.as_bytes()).map_err(|e| refused("book", &e))?;
        Ok(Self { core })
    }

    /// The book as text.
    ///
    /// # Errors
    /// An `Error` with `code`, which no book gives cause for.
    #[wasm_bindgen(js_name = toJson)]
    pub fn to_json(&self) -> Result<String, JsValue> {
        serde_json::to_string(&self.core).map_err(|e| error("syntax", &e.to_string(), None, None))
    }

    /// Takes the next turn among `candidates`, JSON, at `now`, in milliseconds since 1970: the place
    /// of whose it is, and the two stamps. Nothing if there is nobody.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint`.
    pub fn take(&mut self, candidates: &str, now: f64) -> Result<Option<Vec<i64>>, JsValue> {
        let candidates = read(candidates)?;
        let now = Some(now).filter(|now| now.is_finite());
        let now = now.and_then(|now| Timestamp::from_millisecond(now as i64));
        let now =
            now.ok_or_else(|| error("invalid_value", "now: is no instant", Some("now"), None))?;
        let turn = self.core.take(&candidates, now);
        Ok(turn.map(|Turn { index, stamps }| vec![index.into(), stamps.0, stamps.1]))
    }

    /// Undoes a turn that was taken among the same `candidates` and came to nothing.
    ///
    /// # Errors
    /// An `Error` with `code`, `path` and `hint`.
    #[wasm_bindgen(js_name = giveBack)]
    pub fn give_back(
        &mut self,
        candidates: &str,
        index: u32,
        became: i64,
        was: i64,
    ) -> Result<(), JsValue> {
        let stamps = (became, was);
        self.core
            .give_back(&read(candidates)?, &Turn { index, stamps });
        Ok(())
    }
}

fn read(candidates: &str) -> Result<Vec<TurnCandidate>, JsValue> {
    from_json(candidates.as_bytes()).map_err(|e| refused("candidates", &e))
}
