use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::Error;

/// What is wrong, and where. Behind a pointer, since it is handed up through every level.
#[derive(Debug)]
pub(super) struct Wrong(Box<Mistake>);

#[derive(Debug)]
struct Mistake {
    message: String,
    /// From the inside out.
    path: Vec<Step>,
}

/// A step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Item(usize),
}

impl Wrong {
    /// The message, and the path from the outside in.
    pub(super) fn into_parts(self) -> (String, Vec<Step>) {
        let Mistake { message, mut path } = *self.0;
        path.reverse();
        (message, path)
    }

    #[cold]
    pub(super) fn in_field(self, name: &str) -> Self {
        self.within(Step::Field(name.into()))
    }

    #[cold]
    pub(super) fn in_item(self, at: usize) -> Self {
        self.within(Step::Item(at))
    }

    fn within(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }
}

impl Error for Wrong {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Mistake {
            message: message.to_string(),
            path: Vec::new(),
        }))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl core::error::Error for Wrong {}

/// A path as people write it; `$` for the whole.
pub(super) fn written(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Field(name) if name.is_empty() => {}
            Step::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Step::Item(at) => path.push_str(&alloc::format!("[{at}]")),
        }
    }
    if path.is_empty() {
        "$".to_string()
    } else {
        path
    }
}
