use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use assignment_engine_core::ContextKey;
use assignment_engine_core::limits::MAX_TEAMS;
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Where each rotation stands: how many turns were taken under a context key.
#[derive(Debug, Clone, Default, JsonSchema)]
pub(crate) struct Counters(
    #[schemars(extend("maxProperties" = MAX_KEYS))] BTreeMap<ContextKey, u32>,
);

/// One key for each team, and one for the tenant.
const MAX_KEYS: usize = MAX_TEAMS + 1;

impl Counters {
    /// Takes a turn: an index below `candidates`, which is not zero.
    pub(crate) fn take_turn(&mut self, key: &ContextKey, candidates: u32) -> u32 {
        let turn = match self.0.get_mut(key) {
            Some(turn) => turn,
            None => self.0.entry(key.clone()).or_default(),
        };
        let index = turn.checked_rem(candidates).unwrap_or(0);
        *turn = turn.wrapping_add(1);
        index
    }

    /// The keys that are named.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(ContextKey::as_str)
    }
}

impl<'de> Deserialize<'de> for Counters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = Counters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of indexes by context key")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counters, A::Error> {
                let mut rotation = BTreeMap::new();
                while let Some((key, turn)) = map.next_entry::<ContextKey, u32>()? {
                    if rotation.len() == MAX_KEYS {
                        return Err(A::Error::custom(format_args!(
                            "the list is too long: at most {MAX_KEYS} items are allowed"
                        )));
                    }
                    // serde keeps the last of two; which one is meant nobody can know.
                    match rotation.entry(key) {
                        Entry::Vacant(free) => free.insert(turn),
                        Entry::Occupied(taken) => {
                            let key = taken.key().as_str().escape_debug();
                            return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
                        }
                    };
                }
                Ok(Counters(rotation))
            }
        }

        deserializer.deserialize_map(Keys)
    }
}
