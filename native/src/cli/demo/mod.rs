//! `demo`: a morning of chats, so that a newcomer sees what the engine does before reading on.

mod morning;
mod story;
mod why;

use std::fmt::Display;
use std::io::Write;

use comfy_table::{CellAlignment, ColumnConstraint, LineStyle, TableStyle, presets::NOTHING};

use super::Ending;
use super::error::{CommandError, Refusal};
use super::output::{page, printable};
use morning::{Morning, Row};

/// Shows a small team's morning: who gets each chat, and why.
///
/// Nothing is needed and nothing is left behind: sessions, rotation and clock are in memory, and
/// the output is the same each time.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, out: &mut impl Write) -> Result<Ending, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(failed)?;
    let morning = runtime.block_on(Morning::play())?;
    writeln!(out, "{}\n", story::INTRODUCTION)?;
    writeln!(out, "{}\n", table(&morning.rows))?;
    writeln!(out, "{}\n", morning.summary())?;
    writeln!(out, "One of them in full:")?;
    for line in &morning.told_in_full {
        writeln!(out, "  {line}")?;
    }
    let command = std::env::args().next();
    let command = command.as_deref().unwrap_or("assignment-engine");
    writeln!(
        out,
        "\nNow your own team. Look at examples/support-team.json, change it, and ask:"
    )?;
    for arguments in NEXT {
        writeln!(out, "  {} {arguments}", printable(command))?;
    }
    Ok(Ending::Fine)
}

const NEXT: [&str; 3] = [
    "explain examples/support-team.json chat-5",
    "check examples/suspicious.json",
    "--help",
];

fn table(rows: &[Row]) -> String {
    let mut table = page();
    table.load_style(STYLE);
    table.set_header(["time", "chat", "from", "team", "goes to", "why"]);
    table.add_rows(rows.iter().map(|row| {
        let Row {
            time,
            chat,
            from,
            team,
            to,
            why,
        } = row;
        [time, chat, from, team, to, why].map(String::as_str)
    }));
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if place < 5 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if place < 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A demonstration that fails is a mistake in the demonstration; it says so and does not panic.
fn failed(error: impl Display) -> CommandError {
    CommandError::Refused(Refusal {
        path: "demo".into(),
        message: error.to_string(),
        hint: None,
    })
}

const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));
