use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::wrong::Step;

/// A JSON value as it stands in the text: the fields of an object in their order, and each as often
/// as it is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// Reads a tree. If that fails, the path holds where, from the inside out.
pub(super) struct Branch<'p> {
    pub(super) path: &'p mut Vec<Step>,
    /// What leads to this branch; the root has none.
    pub(super) at: Option<At<'p>>,
}

#[derive(Clone, Copy)]
pub(super) enum At<'p> {
    Field(&'p str),
    Item(usize),
}

impl<'de> DeserializeSeed<'de> for Branch<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        let Self { path, at } = self;
        let read = deserializer.deserialize_any(AnyJson(path));
        if read.is_err() {
            path.extend(at.map(|at| match at {
                At::Field(name) => Step::Field(name.into()),
                At::Item(at) => Step::Item(at),
            }));
        }
        read
    }
}

struct AnyJson<'p>(&'p mut Vec<Step>);

impl<'de> Visitor<'de> for AnyJson<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        let number = Number::from_f64(value).map(Tree::Number);
        number.ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::String(value.into()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Branch {
            at: Some(At::Item(list.len())),
            path: self.0,
        })? {
            list.push(item);
        }
        Ok(Tree::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Branch {
                at: Some(At::Field(&name)),
                path: self.0,
            })?;
            fields.push((name, value));
        }
        Ok(Tree::Object(fields))
    }
}
