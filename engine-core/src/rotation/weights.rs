use alloc::collections::BTreeMap;
use core::fmt;
use core::num::NonZeroU32;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::AgentId;
use crate::limits::{MAX_CANDIDATES, MAX_WEIGHT};

/// How large agents' shares are in the rotation `proportional`, relative to each other's: by the
/// agent's id, from 1 to [`MAX_WEIGHT`]. Who is not named has 1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Weights(
    #[cfg_attr(
        feature = "schema",
        schemars(with = "BTreeMap<alloc::string::String, u16>")
    )]
    BTreeMap<AgentId, NonZeroU32>,
);

impl Weights {
    /// The weight of this agent.
    #[must_use]
    pub fn of(&self, agent: &AgentId) -> NonZeroU32 {
        self.0.get(agent).copied().unwrap_or(NonZeroU32::MIN)
    }

    /// Gives the agent a weight, held to [`MAX_WEIGHT`].
    pub fn set(&mut self, agent: AgentId, weight: NonZeroU32) {
        self.0.insert(agent, weight.min(MAX_WEIGHT));
    }

    /// Everybody who has one, in order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&AgentId, NonZeroU32)> {
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
                while let Some((agent, weight)) = map.next_entry::<AgentId, NonZeroU32>()? {
                    if weight > MAX_WEIGHT {
                        return Err(A::Error::custom(format_args!(
                            "the weight {weight} is too large: at most {MAX_WEIGHT} is allowed"
                        )));
                    }
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
