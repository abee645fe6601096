use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Tree, repeated};

/// Reads the engine's types from a tree, and keeps the path of what is wrong.
///
/// It is stricter than serde needs: a structure is read from an object only, and not from a list
/// field by field, where no field has a name and so none can be unknown or misplaced; a bare word
/// only from a text; and no object has a field twice.
pub(super) struct Reader<'t>(pub(super) &'t Tree);

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
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
    /// From the outside in.
    pub(super) fn path(&self) -> Vec<Step> {
        self.path.iter().rev().cloned().collect()
    }

    fn within(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }
}

impl Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            path: Vec::new(),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for Wrong {}

impl<'t> Reader<'t> {
    fn unexpected(&self) -> Unexpected<'t> {
        match self.0 {
            Tree::Null => Unexpected::Other("null"),
            Tree::Bool(value) => Unexpected::Bool(*value),
            Tree::Number(number) => {
                if let Some(value) = number.as_u64() {
                    Unexpected::Unsigned(value)
                } else if let Some(value) = number.as_i64() {
                    Unexpected::Signed(value)
                } else {
                    Unexpected::Float(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Tree::String(text) => Unexpected::Str(text),
            Tree::Array(_) => Unexpected::Seq,
            Tree::Object(_) => Unexpected::Map,
        }
    }

    fn wrong_type<'de, V: Visitor<'de>>(&self, visitor: &V) -> Wrong {
        Wrong::invalid_type(self.unexpected(), visitor)
    }

    fn fields<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Tree::Object(fields) = self.0 else {
            return Err(self.wrong_type(&visitor));
        };
        if let Some(name) = repeated(fields) {
            let message = alloc::format!("duplicate field `{}`", name.escape_debug());
            return Err(Wrong::custom(message));
        }
        visitor.visit_map(Fields {
            rest: fields.iter(),
            next: None,
        })
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Number(number) => {
                if let Some(value) = number.as_u64() {
                    visitor.visit_u64(value)
                } else if let Some(value) = number.as_i64() {
                    visitor.visit_i64(value)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Tree::String(text) => visitor.visit_str(text),
            Tree::Array(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            Tree::Object(_) => self.fields(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.fields(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.fields(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::Array(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            _ => Err(self.wrong_type(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::String(name) => visitor.visit_enum(Variant { name, value: None }),
            Tree::Object(fields) => match fields.as_slice() {
                [(name, value)] => visitor.visit_enum(Variant {
                    name,
                    value: Some(value),
                }),
                _ => Err(Wrong::invalid_value(
                    Unexpected::Map,
                    &"an object with one field",
                )),
            },
            _ => Err(self.wrong_type(&visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items<'t>(core::iter::Enumerate<core::slice::Iter<'t, Tree>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        let Some((at, item)) = self.0.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(Reader(item));
        read.map(Some).map_err(|wrong| wrong.within(Step::Item(at)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields<'t> {
    rest: core::slice::Iter<'t, (String, Tree)>,
    next: Option<&'t (String, Tree)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        self.next = self.rest.next();
        let Some((name, _)) = self.next else {
            return Ok(None);
        };
        // A name that does not belong here is wrong where it stands.
        let read = seed.deserialize(Name(name));
        read.map(Some)
            .map_err(|wrong| wrong.within(Step::Field(name.clone())))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let Some((name, value)) = self.next.take() else {
            return Err(Wrong::custom("a value was asked for before its name"));
        };
        seed.deserialize(Reader(value))
            .map_err(|wrong| wrong.within(Step::Field(name.clone())))
    }
}

/// The name of a field, or of a variant.
struct Name<'t>(&'t str);

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Variant<'t> {
    name: &'t str,
    value: Option<&'t Tree>,
}

impl<'de, 't> EnumAccess<'de> for Variant<'t> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Wrong> {
        Ok((seed.deserialize(Name(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(Wrong::invalid_type(Unexpected::Map, &"a word")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Wrong> {
        let read = seed.deserialize(Reader(self.value.unwrap_or(&Tree::Null)));
        read.map_err(|wrong| wrong.within(Step::Field(self.name.into())))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Wrong> {
        let reader = Reader(self.value.unwrap_or(&Tree::Null));
        let read = reader.deserialize_seq(visitor);
        read.map_err(|wrong| wrong.within(Step::Field(self.name.into())))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let reader = Reader(self.value.unwrap_or(&Tree::Null));
        let read = reader.fields(visitor);
        read.map_err(|wrong| wrong.within(Step::Field(self.name.into())))
    }
}
