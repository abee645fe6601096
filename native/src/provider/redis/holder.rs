use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::{Cmd, Value};

use super::kept::Kept;
use super::line::Line;
use super::reply::{Answer, Teller, keeps_connection};
use super::script::Call;
use super::sentinel;
use super::target::{Place, Target};
use crate::provider::{ProviderError, ProviderErrorKind};

/// The one line to a server, shared by all calls, replaced when it is no good.
///
/// Our own and not the client's `ConnectionManager`, which stays for ever with a server that
/// was demoted or that froze.
pub(super) struct Holder {
    target: Arc<Target>,
    to: To,
    line: Arc<Kept<Line>>,
}

/// Which server to call.
#[derive(Clone)]
pub(super) enum To {
    Place(Place),
    /// The one that the sentinels say is the master now.
    Master {
        name: String,
        sentinels: Vec<Place>,
    },
}

impl Holder {
    /// `limit` is how long one attempt to connect may take.
    pub(super) fn new(target: Arc<Target>, to: To, limit: Duration) -> Self {
        Self {
            target,
            to,
            line: Arc::new(Kept::new(limit)),
        }
    }

    /// Runs a script, on a node of a cluster that is giving the key away too if `asking`.
    pub(super) async fn run(&self, call: &Call<'_>, asking: bool) -> Result<Answer, ProviderError> {
        let teller = self.teller(call.key());
        let lease = self.lease(&teller).await?;
        let answer = lease.line.run(call, asking).await;
        lease.settle(teller.answer(answer))
    }

    /// Asks for anything else that changes nothing.
    pub(super) async fn ask(&self, command: &Cmd) -> Result<Value, ProviderError> {
        let teller = self.teller("");
        let lease = self.lease(&teller).await?;
        let answer = lease.line.send(command).await;
        lease.settle(teller.value(answer))
    }

    /// Like [`ask`](Self::ask), in a race: that nobody waited for the answer says nothing about
    /// the line.
    pub(super) async fn ask_in_passing(&self, command: &Cmd) -> Result<Value, ProviderError> {
        let teller = self.teller("");
        let mut lease = self.lease(&teller).await?;
        lease.settled = true;
        let answer = lease.line.send(command).await;
        lease.settle(teller.value(answer))
    }

    async fn lease(&self, teller: &Teller<'_>) -> Result<Lease<'_>, ProviderError> {
        let line = self.line.get(teller, Line::is_open, || {
            let (target, to) = (Arc::clone(&self.target), self.to.clone());
            async move { open(&target, to).await }
        });
        Ok(Lease {
            line: line.await?,
            kept: &self.line,
            settled: false,
        })
    }

    fn teller<'a>(&'a self, key: &'a str) -> Teller<'a> {
        self.target.teller(key)
    }
}

async fn open(target: &Arc<Target>, to: To) -> Result<Line, ProviderError> {
    let place = match to {
        To::Place(place) => place,
        To::Master { name, sentinels } => sentinel::master(target, &name, sentinels).await?,
    };
    Line::open(target, &place, &target.login, target.database).await
}

/// One call's use of a line. A lease that is dropped before it is settled was stopped while it
/// waited, by our deadline or by a caller who has one of his own. After two such in a row, with
/// no answer in between, nobody believes that the other side is still there.
struct Lease<'a> {
    line: Arc<Line>,
    kept: &'a Kept<Line>,
    settled: bool,
}

impl Lease<'_> {
    /// Ends the use with what came of it.
    fn settle<T>(mut self, result: Result<T, ProviderError>) -> Result<T, ProviderError> {
        self.settled = true;
        match &result {
            Ok(_) => {
                self.line.answered();
                self.kept.proved();
            }
            Err(error) if keeps_connection(error.kind()) => {
                self.line.answered();
                self.kept.proved();
            }
            Err(error) => self.kept.discard(&self.line, error.kind()),
        }
        result
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if !self.settled && self.line.unanswered.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS {
            self.kept.discard(&self.line, ProviderErrorKind::Timeout);
        }
    }
}

/// So many calls in a row without an answer, and the line is replaced.
const TIMEOUTS: u32 = 2;
