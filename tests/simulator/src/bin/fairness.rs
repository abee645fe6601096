//! Measures how fair each rotation is under churn that is meant to break it, as a table in Markdown.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement may stop where it goes wrong"
)]

use std::io::Write as _;

use assignment_engine_core::{AgentId, Rotation, Timestamp, TurnBook, TurnCandidate, Weight};

#[path = "../../../../engine-core/tests/rotation/churn.rs"]
mod churn;
use churn::{Churn, Random};

const AGENTS: usize = 8;
const PICKS: u64 = 100_000;

/// How a sequence of picks went.
struct Course {
    /// The longest run of picks that one agent lost while a candidate.
    longest_wait: u64,
    /// The largest distance from the fair share, in turns, at any pick.
    gap: f64,
    /// Jain's index of turns had over turns due.
    jain: f64,
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| Churn | Rotation | Longest wait | Furthest from the fair share | Jain's index |"
    )?;
    writeln!(out, "|---|---|---|---|---|")?;
    for churn in Churn::ALL {
        for rotation in Rotation::ALL {
            let Course {
                longest_wait,
                gap,
                jain,
            } = measure(rotation, churn);
            let name = rotation.name();
            writeln!(
                out,
                "| {churn:?} | `{name}` | {longest_wait} | {gap:.1} | {jain:.4} |"
            )?;
        }
    }
    Ok(())
}

fn measure(rotation: Rotation, churn: Churn) -> Course {
    let mut random = Random(1);
    let mut book = TurnBook::new(rotation);
    let everybody: Vec<TurnCandidate> = (0..AGENTS)
        .map(|n| TurnCandidate {
            agent_id: AgentId::new(format!("agent-{n}")).unwrap(),
            weight: Weight::ONE,
        })
        .collect();
    let mut agents = [(0_u64, 0.0_f64, 0.0_f64); AGENTS];
    let (mut longest_wait, mut gap, mut last) = (0, 0.0_f64, None);
    let mut now = Timestamp::parse("2026-11-24T09:00:00Z").unwrap();
    for pick in 0..PICKS {
        now = now.saturating_add(i64::try_from(random.below(20_000)).unwrap());
        let present = churn.present(pick, AGENTS, last, &mut random);
        let of = |n: &usize| everybody.get(*n).unwrap().clone();
        let list: Vec<TurnCandidate> = present.iter().map(of).collect();
        let turn = book.take(&list, now).unwrap();
        let winner = *present.get(usize::try_from(turn.index).unwrap()).unwrap();
        let part = 1.0 / f64::from(u32::try_from(present.len()).unwrap());
        for n in present {
            let (wait, had, due) = agents.get_mut(n).unwrap();
            *due += part;
            *wait = if n == winner { 0 } else { *wait + 1 };
            *had += f64::from(u8::from(n == winner));
            longest_wait = longest_wait.max(*wait);
            gap = gap.max((*had - *due).abs());
        }
        last = Some(winner);
    }
    let shares: Vec<f64> = agents.iter().map(|(_, had, due)| had / due).collect();
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    let count = f64::from(u32::try_from(AGENTS).unwrap());
    let jain = sum * sum / (count * squares);
    Course {
        longest_wait,
        gap,
        jain,
    }
}
