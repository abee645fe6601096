use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{MAX_NAME_BYTES, MAX_RULES};
use crate::rules::{NO_AGENT_FALLBACK, RuleId};
use crate::text::{bounded_list, bounded_string};

/// The rules of an engine, in the order in which they are asked.
///
/// As JSON it is a list: an id of the engine's for each of its own rules, `{ "host": name }` for each
/// of the host's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    rules: Vec<Rule>,
    standard: bool,
}

/// One place in a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// One of the engine's own rules.
    BuiltIn(RuleId),
    /// A rule of the host's, asked for with [`crate::Need::Rule`].
    Host(RuleName),
}

/// The name of a rule: an id of the engine's, or a host's own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleName(Name);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    BuiltIn(&'static str),
    Host(Arc<str>),
}

/// Why rules make no pipeline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// More than [`MAX_RULES`].
    #[error("{given} rules are too many, at most {MAX_RULES} are allowed")]
    TooManyRules {
        /// How many were given.
        given: usize,
    },
    /// A host's rule is named like one of the engine's, or has no name, or a name of more than
    /// [`MAX_NAME_BYTES`] bytes.
    #[error("`{}` cannot be the name of a host's rule", .name.escape_debug())]
    BadName {
        /// The name, cut to what an id may have.
        name: String,
    },
}

/// What traces call things that are no rules of a pipeline.
const RESERVED: [&str; 3] = [NO_AGENT_FALLBACK, PIPELINE, CLAIM];
pub(crate) const PIPELINE: &str = "pipeline";
pub(crate) const CLAIM: &str = "claim";

impl Pipeline {
    /// The five rules in the order of the contract.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            rules: RuleId::ALL.iter().map(|id| Rule::BuiltIn(*id)).collect(),
            standard: true,
        }
    }

    /// Any rules in any order; a rule may occur more than once. An empty pipeline always stops.
    ///
    /// # Errors
    /// [`PipelineError::TooManyRules`].
    pub fn new(rules: Vec<Rule>) -> Result<Self, PipelineError> {
        if rules.len() > MAX_RULES {
            return Err(PipelineError::TooManyRules { given: rules.len() });
        }
        let standard = rules.len() == RuleId::ALL.len()
            && rules
                .iter()
                .zip(RuleId::ALL)
                .all(|(rule, id)| *rule == Rule::BuiltIn(*id));
        Ok(Self { rules, standard })
    }

    /// The standard pipeline with a host's rule before `next`.
    ///
    /// # Errors
    /// [`PipelineError::BadName`].
    pub fn with_rule_before(next: RuleId, name: &str) -> Result<Self, PipelineError> {
        let host = Rule::Host(RuleName::host(name)?);
        let mut rules = Self::standard().rules;
        let at = rules.iter().position(|rule| *rule == Rule::BuiltIn(next));
        rules.insert(at.unwrap_or(rules.len()), host);
        Self::new(rules)
    }

    /// The rules in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Are these the five rules in the order of the contract, and nothing else?
    #[must_use]
    pub const fn is_standard(&self) -> bool {
        self.standard
    }
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::standard()
    }
}

impl Rule {
    /// The rule's name as it stands in traces and logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::BuiltIn(id) => id.name(),
            Self::Host(name) => name.as_str(),
        }
    }

    /// The same, to keep.
    #[must_use]
    pub fn name(&self) -> RuleName {
        match self {
            Self::BuiltIn(id) => RuleName::built_in(id.name()),
            Self::Host(name) => name.clone(),
        }
    }
}

impl RuleName {
    /// The name of a host's rule.
    ///
    /// # Errors
    /// [`PipelineError::BadName`].
    pub fn host(name: &str) -> Result<Self, PipelineError> {
        let taken = RESERVED.contains(&name) || RuleId::ALL.iter().any(|id| id.name() == name);
        if name.is_empty() || name.len() > MAX_NAME_BYTES || taken {
            return Err(PipelineError::BadName {
                name: name.chars().take(64).collect(),
            });
        }
        Ok(Self(Name::Host(Arc::from(name))))
    }

    /// The name of a rule of the engine's or of a host's, as it stands in a decision.
    fn read(name: &str) -> Result<Self, PipelineError> {
        let ids = RuleId::ALL.iter().map(|id| id.name());
        match ids.chain(RESERVED).find(|known| *known == name) {
            Some(known) => Ok(Self::built_in(known)),
            None => Self::host(name),
        }
    }

    pub(crate) const fn built_in(name: &'static str) -> Self {
        Self(Name::BuiltIn(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::BuiltIn(name) => name,
            Name::Host(name) => name,
        }
    }
}

impl From<RuleId> for RuleName {
    fn from(id: RuleId) -> Self {
        Self::built_in(id.name())
    }
}

impl fmt::Debug for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RuleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = bounded_string::<_, MAX_NAME_BYTES>(deserializer)?;
        Self::read(&name).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Pipeline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rules = bounded_list::<_, _, MAX_RULES>(deserializer)?;
        Self::new(rules).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Host {
            host: String,
        }

        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Place {
            Id(String),
            Host(Host),
        }

        let place = Place::deserialize(deserializer).map_err(|_| {
            D::Error::custom("a rule is the id of one of the engine's, or { \"host\": name }")
        })?;
        match place {
            Place::Id(name) => {
                let known = RuleId::ALL.iter().find(|id| id.name() == name);
                known.map(|id| Self::BuiltIn(*id)).ok_or_else(|| {
                    let ids: &'static [&'static str] = RuleId::NAMES;
                    D::Error::unknown_variant(&name, ids)
                })
            }
            Place::Host(Host { host }) => RuleName::host(&host)
                .map(Self::Host)
                .map_err(D::Error::custom),
        }
    }
}
