//! The report for people, at most 100 columns wide.

use comfy_table::presets::NOTHING;
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};

use super::super::record::{Example, Tally};
use super::super::statistics::{AgentFigures, Figures};
use super::Report;

/// Heading, the figures side by side, the agents, what was left out or corrected, and what to know
/// before comparing. Ends with a line feed.
pub(crate) fn text(report: &Report<'_>) -> String {
    let record = report.record;
    let mut parts = vec![heading(report), figures(report), agents(report)];
    if !record.left_out.is_empty() {
        let count = record.left_out.iter().map(|tally| tally.count).sum();
        let title = format!(
            "Left out: {} of {} lines",
            whole(count),
            whole(record.lines)
        );
        parts.push(title + "\n" + &tallies(&record.left_out));
    }
    if !record.corrected.is_empty() {
        let title = "Replayed with something corrected or filled in".to_owned();
        parts.push(title + "\n" + &tallies(&record.corrected));
    }
    parts.extend(report.notes().into_iter().map(wrapped));
    parts.join("\n\n") + "\n"
}

fn heading(report: &Report<'_>) -> String {
    let record = report.record;
    let file = format!("{} ({})", report.file, record.format.name());
    let mut rows = vec![("file", file)];
    let settings = report.settings.iter();
    rows.extend(settings.map(|(name, value)| (*name, value.clone())));
    let days = match (record.days.first(), record.days.last()) {
        (Some(first), Some(last)) if first != last => {
            format!("{} days from {first} to {last}", record.days.len())
        }
        (Some(day), _) => format!("one day, {day}"),
        (None, _) => "no day".to_owned(),
    };
    let calls = whole(record.calls.len() as u64);
    rows.push(("calls", format!("{calls} on {days}")));
    rows.push(("agents", whole(record.agents.len() as u64)));
    let shifts = whole(record.shifts.len() as u64);
    let duty = hours(report.recorded.duty_ms);
    let source = match record.shifts_stated {
        true => "stated by the file",
        false => "read off the services",
    };
    rows.push(("shifts", format!("{shifts}, {duty} h in all, {source}")));
    let teams = record.teams.iter();
    let teams: Vec<String> = teams
        .map(|(team, members)| format!("{team} {}", members.len()))
        .collect();
    rows.push(("teams", format!("{} (members)", teams.join(", "))));

    let row = |(name, value): (&str, String)| vec![name.to_owned(), printable(&value)];
    rendered(None, rows.into_iter().map(row).collect(), &[NAME, NAME])
}

/// One figure a row.
fn figures(report: &Report<'_>) -> String {
    let mut rows = Vec::new();
    let mut row = |name: &str, show: &dyn Fn(&Figures) -> String| {
        let (simulated, recorded) = (show(report.simulated), show(report.recorded));
        rows.push(vec![name.to_owned(), simulated, recorded]);
    };
    row("calls offered", &|f| whole(f.offered));
    row("  served", &|f| whole(f.served));
    row("  abandoned", &|f| whole(f.abandoned));
    row("  abandoned, share", &|f| percent(f.abandoned_share) + " %");
    row("  still waiting at the end", &|f| whole(f.waiting_at_end));
    row("wait of the served, median", &|f| {
        seconds(f.wait_of_served.median_ms)
    });
    row("  90 % wait at most", &|f| seconds(f.wait_of_served.p90_ms));
    row("  99 % wait at most", &|f| seconds(f.wait_of_served.p99_ms));
    row("  mean", &|f| seconds(f.wait_of_served.mean_ms));
    row("  longest", &|f| seconds(f.wait_of_served.max_ms));
    row("wait of all, median", &|f| seconds(f.wait_of_all.median_ms));
    row("  90 % wait at most", &|f| seconds(f.wait_of_all.p90_ms));
    row("  99 % wait at most", &|f| seconds(f.wait_of_all.p99_ms));
    row("  mean", &|f| seconds(f.wait_of_all.mean_ms));
    row("  longest", &|f| seconds(f.wait_of_all.max_ms));
    row("time in calls", &|f| hours(f.talk_ms) + " h");
    row("  of the time on duty", &|f| percent(f.occupancy) + " %");
    row("calls of an agent, most minus fewest", &|f| {
        whole(f.calls_gap)
    });
    row("  Jain's index", &|f| fixed(f.jain_of_calls, 4));
    row("  Jain's index per hour on duty", &|f| {
        fixed(f.jain_of_calls_per_duty_hour, 4)
    });
    row("  furthest from the fair share", &|f| {
        fixed(Some(f.furthest_from_fair_share), 1)
    });
    row("longest run of missed turns", &|f| {
        whole(f.longest_missed_turns)
    });
    rendered(
        Some(&["", "simulated", "record"]),
        rows,
        &[NAME, NUMBER, NUMBER],
    )
}

/// One agent a row, each figure first of the simulation, then of the record.
fn agents(report: &Report<'_>) -> String {
    let header = [
        "agent",
        "duty h",
        "calls\nsim.",
        "calls\nrec.",
        "share\nsim.",
        "share\nrec.",
        "talk %\nsim.",
        "talk %\nrec.",
        "per h\nsim.",
        "per h\nrec.",
        "missed\nsim.",
        "missed\nrec.",
    ];
    let mut rows = Vec::new();
    for (simulated, recorded) in report.simulated.agents.iter().zip(&report.recorded.agents) {
        let mut row = vec![printable(&simulated.agent), hours(simulated.duty_ms)];
        let mut both = |show: &dyn Fn(&AgentFigures) -> String| {
            row.extend([show(simulated), show(recorded)]);
        };
        both(&|agent| whole(agent.served));
        both(&|agent| fixed(Some(agent.fair_share), 0));
        both(&|agent| percent(agent.occupancy));
        both(&|agent| fixed(agent.calls_per_duty_hour, 2));
        both(&|agent| whole(agent.longest_missed_turns));
        rows.push(row);
    }
    // The two figures of a pair stand closer together than the pairs.
    let columns: Vec<Column> = [NAME, NUMBER].into_iter().chain(PAIR.repeat(5)).collect();
    rendered(Some(&header), rows, &columns) + "\n\n" + &wrapped(LEGEND)
}

fn tallies(tallies: &[Tally]) -> String {
    let row = |tally: &Tally| {
        let lines = printable(&examples(&tally.examples));
        let told = format!("{}\n{}: {lines}", tally.reason.sentence, tally.reason.code);
        vec![whole(tally.count), told]
    };
    rendered(None, tallies.iter().map(row).collect(), &[NUMBER, NAME])
}

/// `lines 3, 30, 31`; where there is more to say, `line 3, column `date`: `x`; line 30, …`.
fn examples(examples: &[Example]) -> String {
    if examples.len() > 1 && examples.iter().all(|example| example.detail.is_none()) {
        let lines: Vec<String> = examples
            .iter()
            .map(|example| example.line.to_string())
            .collect();
        return format!("lines {}", lines.join(", "));
    }
    let texts: Vec<String> = examples.iter().map(Example::text).collect();
    texts.join("; ")
}

fn wrapped(text: &str) -> String {
    rendered(None, vec![vec![text.to_owned()]], &[NAME])
}

/// How a column is set, and how many spaces follow it.
type Column = (CellAlignment, u16);

const NAME: Column = (CellAlignment::Left, 2);
const NUMBER: Column = (CellAlignment::Right, 2);
const PAIR: [Column; 2] = [(CellAlignment::Right, 1), NUMBER];

/// Columns set apart by spaces, no lines but one under a header.
fn rendered(header: Option<&[&str]>, rows: Vec<Vec<String>>, columns: &[Column]) -> String {
    let mut table = Table::new();
    table.load_style(if header.is_some() { STYLE } else { NOTHING });
    table
        .set_width(WIDTH)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(header) = header {
        table.set_header(header.to_vec());
    }
    table.add_rows(rows);
    for (column, (alignment, space)) in table.column_iter_mut().zip(columns) {
        // Numbers are never broken in two; names and sentences share what is left.
        if *alignment == CellAlignment::Right {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        column
            .set_padding((0, *space))
            .set_cell_alignment(*alignment);
    }
    table.trim_fmt()
}

/// With commas between thousands.
fn whole(number: u64) -> String {
    grouped(&number.to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// To the nearest tenth of a second.
fn seconds(ms: Option<u64>) -> String {
    ms.map_or_else(nothing, |ms| tenths(ms, 1_000) + " s")
}

/// To the nearest tenth of an hour, without the unit.
fn hours(ms: u64) -> String {
    tenths(ms, 3_600_000)
}

fn tenths(parts: u64, unit: u64) -> String {
    let tenths = parts.saturating_mul(10).saturating_add(unit / 2) / unit;
    format!("{}.{}", whole(tenths / 10), tenths % 10)
}

/// Of a hundred, without the sign.
fn percent(share: Option<f64>) -> String {
    fixed(share.map(|share| share * 100.0), 1)
}

/// A number that is not negative.
fn fixed(number: Option<f64>, digits: usize) -> String {
    let Some(number) = number else {
        return nothing();
    };
    let text = format!("{number:.digits$}");
    match text.split_once('.') {
        Some((whole, fraction)) => grouped(whole) + "." + fraction,
        None => grouped(&text),
    }
}

fn nothing() -> String {
    "–".to_owned()
}

/// Names come from a file that anybody may have written: nothing in them may steer the terminal.
fn printable(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(shown).collect()
}

const LEGEND: &str = "sim. = simulated, rec. = record; share: the calls that fall to an agent if each \
    call is shared evenly between all who could have been given it; talk %: in calls, of the time \
    on duty; per h: calls per hour on duty; missed: most calls in a row that the agent could have \
    been given and another was.";

const WIDTH: u16 = 100;

const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));
