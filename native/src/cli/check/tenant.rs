use assignment_engine_core::{NoAgentAction, TenantConfig, TenantSettings};

use super::lint::{Findings, Lint};
use super::routing::unknown_strategy;

pub(super) fn look_at(tenant: &TenantConfig, findings: &mut Findings) {
    let settings = &tenant.settings;
    if let Some(name) = &tenant.strategy {
        unknown_strategy(name, "roster.tenant.strategy", findings);
    }
    let TenantSettings {
        waterfall,
        out_of_office_message,
    } = settings;
    blank(
        waterfall.no_agent_message.as_deref(),
        "roster.tenant.settings.waterfall.noAgentMessage",
        findings,
    );
    blank(
        out_of_office_message.as_deref(),
        "roster.tenant.settings.outOfOfficeMessage",
        findings,
    );
    if waterfall.no_agent_action == NoAgentAction::Queue && waterfall.no_agent_message.is_some() {
        let message = "nobody is told anything: noAgentAction is queue";
        let path = "roster.tenant.settings.waterfall.noAgentMessage";
        findings.add(Lint::MessageUnused, path, message);
    }
    let says_something = tenant.strategy.is_some() || *settings != TenantSettings::default();
    if !tenant.enabled && says_something {
        let message = "the tenant's strategy and settings are not in force";
        findings.add(Lint::TenantDisabled, "roster.tenant.enabled", message);
    }
}

/// A text that holds nothing to read.
pub(super) fn blank(text: Option<&str>, path: &str, findings: &mut Findings) {
    if text.is_some_and(|text| text.trim().is_empty()) {
        findings.add(Lint::MessageBlank, path, "a blank text counts as none");
    }
}
