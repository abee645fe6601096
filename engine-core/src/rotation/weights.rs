use alloc::collections::BTreeMap;
use core::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::AgentId;
use crate::limits::{MAX_CANDIDATES, MAX_WEIGHT};

/// How large an agent's share is in the rotation `proportional`, relative to the others': from 1 to
/// [`MAX_WEIGHT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Weight(u32);

impl Weight {
    /// What everybody has of whom nothing else is said.
    pub const ONE: Self = Self(1);

    /// A weight; `None` for 0 and for what is above [`MAX_WEIGHT`].
    #[must_use]
    pub const fn new(weight: u32) -> Option<Self> {
        match weight {
            1..=MAX_WEIGHT => Some(Self(weight)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let weight = u32::deserialize(deserializer)?;
        Self::new(weight).ok_or_else(|| {
            D::Error::custom(format_args!(
                "the weight {weight} is none: it has to be from 1 to {MAX_WEIGHT}"
            ))
        })
    }
}

/// The weights of agents, by id. Who is not named has 1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Weights(
    #[cfg_attr(
        feature = "schema",
        schemars(with = "BTreeMap<alloc::string::String, u16>")
    )]
    BTreeMap<AgentId, Weight>,
);

impl Weights {
    /// The weight of this agent.
    #[must_use]
    pub fn of(&self, agent: &AgentId) -> Weight {
        self.0.get(agent).copied().unwrap_or(Weight::ONE)
    }

    /// Gives the agent a weight.
    pub fn set(&mut self, agent: AgentId, weight: Weight) {
        self.0.insert(agent, weight);
    }

    /// Everybody who has one, in order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&AgentId, Weight)> {
        self.0.iter().map(|(agent, weight)| (agent, *weight))
    }
}

impl<'de> Deserialize<'de> for Weights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByAgent;

        impl<'de> Visitor<'de> for ByAgent {
            type Value = Weights;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("weights by agent id")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weights, A::Error> {
                let mut weights = Weights::default();
                while let Some((agent, weight)) = map.next_entry::<AgentId, Weight>()? {
                    if weights.0.len() == MAX_CANDIDATES {
                        return Err(A::Error::custom(format_args!(
                            "there are too many weights: at most {MAX_CANDIDATES} are allowed"
                        )));
                    }
                    weights.0.insert(agent, weight);
                }
                Ok(weights)
            }
        }

        deserializer.deserialize_map(ByAgent)
    }
}
