use assignment_engine_core::{InputError, ResumeError, RosterError};
use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

/// An `Error` of JavaScript with the fields `code`, and where there are any `path` and `hint`.
pub(crate) fn error(code: &str, message: &str, path: Option<&str>, hint: Option<&str>) -> JsValue {
    let error = Error::new(message);
    error.set_name("AssignmentEngineError");
    let fields = [("code", Some(code)), ("path", path), ("hint", hint)];
    for (name, text) in fields.into_iter().filter_map(|(n, t)| Some((n, t?))) {
        // Fails only on frozen objects, and this one is new.
        let _ = Reflect::set(&error, &name.into(), &text.into());
    }
    error.into()
}

/// A refused input; `root` is what the caller calls the document that was read.
pub(crate) fn refused(root: &str, refusal: &InputError) -> JsValue {
    let path = match refusal.path.as_str() {
        "$" | "." => root.to_owned(),
        path if path.starts_with('[') => format!("{root}{path}"),
        path => format!("{root}.{path}"),
    };
    let message = format!("{path}: {}", refusal.message);
    error(
        refusal.code.as_str(),
        &message,
        Some(&path),
        Some(refusal.hint()),
    )
}

pub(crate) fn resume(refusal: &ResumeError) -> JsValue {
    error(refusal.code(), &refusal.to_string(), None, None)
}

pub(crate) fn roster(refusal: &RosterError) -> JsValue {
    error(refusal.code(), &refusal.to_string(), None, None)
}
