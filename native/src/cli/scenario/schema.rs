use assignment_engine_core::limits::{
    MAX_CANDIDATES, MAX_CONTEXT_KEY_BYTES, MAX_CRITERIA, MAX_MESSAGE_BYTES, MAX_NAME_BYTES,
    MAX_ROSTER_AGENTS, MAX_SHIFTS_PER_DAY, MAX_TEAMS,
};
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Value, json};

use super::Scenario;

/// The JSON Schema of a scenario. What a schema cannot say is left to the reader: that ids are
/// there once and name something, that zones exist, that a length is one in bytes.
pub(crate) fn json_schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().with_transform(Numbers);
    let mut schema = settings.into_generator().into_root_schema_for::<Scenario>();
    for (place, keyword, value) in what_the_reader_adds() {
        if let Some(Value::Object(found)) = schema.pointer_mut(&format!("/$defs/{place}")) {
            found.insert(keyword.into(), value);
        }
    }
    schema
}

/// What the types of the core do not tell their schema, since it is their readers that see to it.
fn what_the_reader_adds() -> Vec<(String, &'static str, Value)> {
    let mut added: Vec<_> = [
        ("RosterConfig/properties/teams", "maxItems", MAX_TEAMS),
        (
            "RosterConfig/properties/agents",
            "maxItems",
            MAX_ROSTER_AGENTS,
        ),
        ("TeamConfig/properties/members", "maxItems", MAX_CANDIDATES),
        (
            "RoutingConfig/properties/priority",
            "maxItems",
            MAX_CRITERIA,
        ),
        ("Agent/properties/name", "maxLength", MAX_NAME_BYTES),
        ("Agent/properties/status", "maxLength", MAX_NAME_BYTES),
        ("TeamConfig/properties/name", "maxLength", MAX_NAME_BYTES),
        (
            "TeamConfig/properties/routingStrategy",
            "maxLength",
            MAX_NAME_BYTES,
        ),
        (
            "TenantConfig/properties/strategy",
            "maxLength",
            MAX_NAME_BYTES,
        ),
        (
            "ScheduleConfig/properties/timezone",
            "maxLength",
            MAX_NAME_BYTES,
        ),
        (
            "ScheduleConfig/properties/outOfOfficeMessage",
            "maxLength",
            MAX_MESSAGE_BYTES,
        ),
        (
            "ScheduleConfig/properties/outOfOfficeImage",
            "maxLength",
            MAX_MESSAGE_BYTES,
        ),
        (
            "TenantSettings/properties/outOfOfficeMessage",
            "maxLength",
            MAX_MESSAGE_BYTES,
        ),
        (
            "NoAgentPolicy/properties/noAgentMessage",
            "maxLength",
            MAX_MESSAGE_BYTES,
        ),
    ]
    .into_iter()
    .map(|(place, keyword, limit)| (place.to_owned(), keyword, json!(limit)))
    .collect();
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    added.extend(days.map(|day| {
        (
            format!("Days/properties/{day}"),
            "maxItems",
            json!(MAX_SHIFTS_PER_DAY),
        )
    }));
    let start = json!("^([01][0-9]|2[0-3]):[0-5][0-9]$");
    added.push(("Shift/properties/start".into(), "pattern", start));
    let criteria = json!([
        { "const": "least_active", "description": "Fewest sessions now." },
        { "const": "load_balanced", "description": "Another name of `least_active`." },
        { "const": "least_assigned", "description": "Fewest sessions given, over all time." }
    ]);
    added.push(("Criterion".into(), "oneOf", criteria));
    let keys = json!({ "minLength": 1, "maxLength": MAX_CONTEXT_KEY_BYTES });
    added.push(("Counters".into(), "propertyNames", keys));
    added
}

/// Says what the names of Rust's number types mean, which only Rust knows.
#[derive(Debug, Clone)]
struct Numbers;

impl Transform for Numbers {
    fn transform(&mut self, schema: &mut Schema) {
        let bounds = match schema.get("format").and_then(Value::as_str) {
            Some("uint32") => Some((0, i64::from(u32::MAX))),
            Some("int64") => Some((i64::MIN, i64::MAX)),
            _ => None,
        };
        if let Some((minimum, maximum)) = bounds {
            schema.remove("format");
            schema.insert("minimum".into(), minimum.into());
            schema.insert("maximum".into(), maximum.into());
        }
        transform_subschemas(self, schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_there() {
        let schema = json_schema();
        for (place, keyword, value) in what_the_reader_adds() {
            let found = schema.pointer(&format!("/$defs/{place}/{keyword}"));
            assert_eq!(found, Some(&value), "{place}");
        }
    }
}
