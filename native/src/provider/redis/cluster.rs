use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{Cmd, Value, cmd};
use tokio::task::JoinSet;

use super::holder::{Holder, To};
use super::kept::Kept;
use super::reply::Answer;
use super::script::Call;
use super::slots::{Slots, slot_of};
use super::target::{Place, Target};
use crate::provider::{ProviderError, ProviderErrorKind};

/// The nodes of a cluster, a line to each that was needed, and who serves which key.
///
/// Our own and not the client's cluster connection, which sends a call again whose answer was
/// lost, and has clocks of its own.
pub(super) struct Cluster {
    target: Arc<Target>,
    /// The nodes that the configuration names.
    seeds: Vec<Place>,
    limit: Duration,
    slots: Arc<Kept<Slots>>,
    nodes: Arc<Mutex<Nodes>>,
}

#[derive(Default)]
struct Nodes {
    lines: BTreeMap<Place, Arc<Holder>>,
    /// Used while newer ones cannot be had.
    last_slots: Option<Arc<Slots>>,
}

impl Cluster {
    pub(super) fn new(target: Arc<Target>, seeds: Vec<Place>, limit: Duration) -> Self {
        Self {
            target,
            seeds,
            limit,
            slots: Arc::new(Kept::new(limit)),
            nodes: Arc::default(),
        }
    }

    /// Runs a script on the node that serves the call's key. Who does not serve it says who
    /// does, and has not run anything.
    pub(super) async fn run(&self, call: &Call<'_>) -> Result<Value, ProviderError> {
        let slots = self.slots().await?;
        let mut doubt = Doubt {
            kept: &self.slots,
            slots: Some(&slots),
        };
        let teller = self.target.teller(call.key());
        let owner = slots.owner(slot_of(call.key().as_bytes()));
        let mut place = owner.ok_or_else(|| teller.no_owner())?.clone();
        let mut asking = false;
        for _ in 0..HOPS {
            match self.line(&place).run(call, asking).await {
                Ok(Answer::Value(value)) => {
                    doubt.settle(asking || owner == Some(&place));
                    return Ok(value);
                }
                Ok(Answer::Moved(to)) => (place, asking) = (to, false),
                Ok(Answer::Ask(to)) => (place, asking) = (to, true),
                Err(error) => {
                    doubt.settle(!says_other_slots(error.kind()));
                    return Err(error);
                }
            }
        }
        Err(teller.error(ProviderErrorKind::Unavailable))
    }

    /// Asks the node that serves `key`.
    pub(super) async fn ask(&self, command: &Cmd, key: &str) -> Result<Value, ProviderError> {
        let slots = self.slots().await?;
        let owner = slots.owner(slot_of(key.as_bytes()));
        let place = owner.ok_or_else(|| self.target.teller(key).no_owner())?;
        self.line(place).ask(command).await
    }

    async fn slots(&self) -> Result<Arc<Slots>, ProviderError> {
        let teller = self.target.teller("");
        let known = self.slots.get(
            &teller,
            |_| true,
            || {
                let asked: BTreeSet<Place> = {
                    let nodes = self.nodes();
                    let last = nodes.last_slots.iter().flat_map(|slots| slots.owners());
                    last.chain(&self.seeds).cloned().collect()
                };
                let lines: Vec<_> = asked
                    .into_iter()
                    .map(|place| (self.line(&place), place))
                    .collect();
                let (target, nodes) = (Arc::clone(&self.target), Arc::clone(&self.nodes));
                async move {
                    let slots = first_answer(&target, lines).await?;
                    let mut nodes = nodes.lock().unwrap_or_else(PoisonError::into_inner);
                    // Who is gone from the cluster is called no more.
                    nodes
                        .lines
                        .retain(|place, _| slots.owners().any(|owner| owner == place));
                    nodes.last_slots = Some(Arc::new(slots.clone()));
                    Ok(slots)
                }
            },
        );
        match known.await {
            Ok(slots) => Ok(slots),
            Err(error) => self.nodes().last_slots.clone().ok_or(error),
        }
    }

    fn line(&self, place: &Place) -> Arc<Holder> {
        let mut nodes = self.nodes();
        if let Some(line) = nodes.lines.get(place) {
            return Arc::clone(line);
        }
        let to = To::Place(place.clone());
        let line = Arc::new(Holder::new(Arc::clone(&self.target), to, self.limit));
        nodes.lines.insert(place.clone(), Arc::clone(&line));
        line
    }

    fn nodes(&self) -> MutexGuard<'_, Nodes> {
        // Both parts are whole at every moment, so a panic elsewhere leaves nothing to repair.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All nodes are asked at once, so one that is down or frozen costs no time.
async fn first_answer(
    target: &Arc<Target>,
    lines: Vec<(Arc<Holder>, Place)>,
) -> Result<Slots, ProviderError> {
    let mut asked = JoinSet::new();
    for (line, place) in lines {
        let target = Arc::clone(target);
        asked.spawn(async move {
            let mut question = cmd("CLUSTER");
            question.arg("SLOTS");
            let teller = target.teller("");
            let answer = match line.ask_in_passing(&question).await {
                Err(error) if error.kind() == ProviderErrorKind::Other => {
                    return Err(teller.no_cluster());
                }
                answer => answer?,
            };
            Slots::read(&answer, &place).ok_or_else(|| teller.error(ProviderErrorKind::Protocol))
        });
    }
    let mut told = None;
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok(Ok(slots)) => return Ok(slots),
            // A node that says no says more than one that says nothing.
            Ok(Err(error)) => {
                let says_more = error.kind() != ProviderErrorKind::Unreachable;
                if told.is_none() || says_more {
                    told = Some(error);
                }
            }
            Err(_) => {}
        }
    }
    Err(told.unwrap_or_else(|| target.teller("").unreachable("no node answers")))
}

/// A call that went elsewhere than its slots say, or did not end, leaves a doubt whether they
/// are still right: they are asked for again, though not on every call.
struct Doubt<'a> {
    kept: &'a Kept<Slots>,
    slots: Option<&'a Arc<Slots>>,
}

impl Doubt<'_> {
    fn settle(&mut self, right: bool) {
        if right {
            self.slots = None;
        }
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(slots) = self.slots
            && Instant::now().duration_since(slots.read_at) >= SLOTS_STAND
        {
            self.kept.renew(slots);
        }
    }
}

/// Whether the fault may go away by asking another node.
fn says_other_slots(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::Timeout
            | ProviderErrorKind::Unreachable
            | ProviderErrorKind::Unavailable
            | ProviderErrorKind::ReadOnly
            | ProviderErrorKind::Loading
            | ProviderErrorKind::Cluster
    )
}

/// Redirections that one call follows; while a slot moves there is one, rarely two.
const HOPS: usize = 5;

/// So long nobody doubts what was just read.
const SLOTS_STAND: Duration = Duration::from_millis(100);
