use alloc::string::String;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Number;

use super::tree::Tree;
use super::wrong::Wrong;
use crate::order::repeated;

/// Reads the engine's types from a tree, and keeps the path of what is wrong.
///
/// It is stricter than serde needs: a structure is read from an object only, and not from a list
/// field by field, where no field has a name and so none can be unknown or misplaced; a bare word
/// only from a text; and no object has a field twice.
///
/// The compiler makes a copy of each of these functions for each type that is read. So they are thin:
/// what does not depend on the type is in functions of its own.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t>(pub(super) &'t Tree);

impl<'t> Reader<'t> {
    #[cold]
    fn wrong_type(self, expected: &dyn Expected) -> Wrong {
        let unexpected = match self.0 {
            Tree::Null => Unexpected::Other("null"),
            _ => self.unexpected(),
        };
        Wrong::invalid_type(unexpected, expected)
    }

    /// The same, of a value that stands by itself.
    #[cold]
    fn wrong_scalar(self, expected: &dyn Expected) -> Wrong {
        let twice = match self.0 {
            Tree::Object(fields) => twice(fields),
            _ => None,
        };
        twice.unwrap_or_else(|| Wrong::invalid_type(self.unexpected(), expected))
    }

    fn unexpected(self) -> Unexpected<'t> {
        match self.0 {
            Tree::Null => Unexpected::Unit,
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

    fn fields(self, expected: &dyn Expected) -> Result<Fields<'t>, Wrong> {
        let Tree::Object(fields) = self.0 else {
            return Err(self.wrong_type(expected));
        };
        match twice(fields) {
            Some(wrong) => Err(wrong),
            None => Ok(Fields {
                rest: fields.iter(),
                next: None,
            }),
        }
    }

    fn items(self, expected: &dyn Expected) -> Result<Items<'t>, Wrong> {
        match self.0 {
            Tree::Array(items) => Ok(Items(items.iter().enumerate())),
            _ => Err(self.wrong_type(expected)),
        }
    }

    fn variant(self, expected: &dyn Expected) -> Result<Variant<'t>, Wrong> {
        match self.0 {
            Tree::String(name) => Ok(Variant { name, value: None }),
            Tree::Object(fields) => match fields.as_slice() {
                [(name, value)] => Ok(Variant {
                    name,
                    value: Some(value),
                }),
                _ => Err(Wrong::invalid_value(
                    Unexpected::Map,
                    &"an object with one field",
                )),
            },
            _ => Err(self.wrong_type(expected)),
        }
    }
}

/// What is wrong if a name is there a second time.
fn twice(fields: &[(String, Tree)]) -> Option<Wrong> {
    let mut names = fields.iter().map(|(name, _)| name.as_str());
    let name = if fields.len() > FEW {
        repeated(&mut names).map(|(_, name)| name)
    } else {
        let mut places = names.clone().enumerate();
        let found = places.find(|(at, name)| names.clone().take(*at).any(|other| other == *name));
        found.map(|(_, name)| name)
    };
    name.map(|name| {
        let message = alloc::format!("duplicate field `{}`", name.escape_debug());
        Wrong::custom(message)
    })
}

/// So many names are compared faster than put into a set.
const FEW: usize = 16;

/// Calls the visitor with a number, as what it is.
fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Wrong> {
    if let Some(value) = number.as_u64() {
        visitor.visit_u64(value)
    } else if let Some(value) = number.as_i64() {
        visitor.visit_i64(value)
    } else {
        visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
    }
}

macro_rules! numbers {
    ($($deserialize:ident)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.0 {
                Tree::Number(number) => visit_number(number, visitor),
                _ => Err(self.wrong_scalar(&visitor)),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Number(number) => visit_number(number, visitor),
            Tree::String(text) => visitor.visit_str(text),
            Tree::Array(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            Tree::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::Bool(value) => visitor.visit_bool(*value),
            _ => Err(self.wrong_scalar(&visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Tree::String(text) => visitor.visit_str(text),
            _ => Err(self.wrong_scalar(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let fields = self.fields(&visitor)?;
        visitor.visit_map(fields)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let fields = self.fields(&visitor)?;
        visitor.visit_map(fields)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let items = self.items(&visitor)?;
        visitor.visit_seq(items)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let variant = self.variant(&visitor)?;
        visitor.visit_enum(variant)
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
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
        match seed.deserialize(Reader(item)) {
            Ok(read) => Ok(Some(read)),
            Err(wrong) => Err(wrong.in_item(at)),
        }
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
        match seed.deserialize(Name(name)) {
            Ok(read) => Ok(Some(read)),
            // A name that does not belong here is wrong where it stands.
            Err(wrong) => Err(wrong.in_field(name)),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let Some((name, value)) = self.next.take() else {
            return Err(Wrong::custom("a value was asked for before its name"));
        };
        match seed.deserialize(Reader(value)) {
            Ok(read) => Ok(read),
            Err(wrong) => Err(wrong.in_field(name)),
        }
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

impl<'t> Variant<'t> {
    fn reader(&self) -> Reader<'t> {
        Reader(self.value.unwrap_or(&Tree::Null))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
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
        match seed.deserialize(self.reader()) {
            Ok(read) => Ok(read),
            Err(wrong) => Err(wrong.in_field(self.name)),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Wrong> {
        let read = self.reader().deserialize_seq(visitor);
        read.map_err(|wrong| wrong.in_field(self.name))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let read = self.reader().deserialize_map(visitor);
        read.map_err(|wrong| wrong.in_field(self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::FEW;
    use crate::{InputErrorCode, from_json};
    use alloc::string::String;
    use alloc::vec::Vec;
    use serde_json::{Map, Value};

    #[test]
    fn a_name_is_refused_the_second_time_among_few_and_among_many() {
        for count in [2, FEW - 1, FEW, FEW + 1, 10 * FEW] {
            let names: Vec<String> = (0..count).map(|n| alloc::format!(r#""n{n}":1"#)).collect();
            let read = |rest: &str| {
                let json = alloc::format!("{{{}{rest}}}", names.join(","));
                from_json::<Map<String, Value>>(json.as_bytes())
            };
            assert_eq!(read("").unwrap().len(), count);
            let refused = read(r#","n1":2,"n0":2"#).unwrap_err();
            assert_eq!(refused.code, InputErrorCode::Duplicate);
            assert_eq!(refused.message, "duplicate field `n1`");
        }
    }

    #[test]
    fn a_name_is_refused_the_second_time_where_no_object_belongs() {
        let refused = from_json::<u32>(br#"{"a":1,"a":2}"#).unwrap_err();
        assert_eq!(refused.message, "duplicate field `a`");
        let refused = from_json::<u32>(br#"{"a":1}"#).unwrap_err();
        assert_eq!(refused.message, "invalid type: map, expected u32");
    }
}
