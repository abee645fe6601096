//! A line between a client and a Redis that breaks at one byte, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Reply,
}

/// What happens to the byte, and to the line from it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The byte does not arrive and the line ends.
    Cut,
    /// The byte does not arrive and nothing after it, while the line stays open.
    Stall,
    /// From this byte on each takes [`SLOW`].
    Slow,
    /// The byte arrives twice.
    Duplicate,
    /// Another byte arrives.
    Garble,
}

impl Fault {
    pub(crate) const ALL: [Self; 5] = [
        Self::Cut,
        Self::Stall,
        Self::Slow,
        Self::Duplicate,
        Self::Garble,
    ];
}

pub(crate) const SLOW: Duration = Duration::from_millis(5);

/// The first line that gets as far as the byte meets the fault; all others are sound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) direction: Direction,
    /// Counted from 0 over everything that goes this way on one line.
    pub(crate) offset: usize,
    pub(crate) fault: Fault,
}

pub(crate) struct FaultProxy {
    port: u16,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    plan: Option<Plan>,
    done: AtomicBool,
    passed: [AtomicUsize; 2],
}

impl FaultProxy {
    /// With no plan it lets everything through and counts it.
    pub(crate) async fn to(upstream: u16, plan: Option<Plan>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            plan,
            done: AtomicBool::new(false),
            passed: [AtomicUsize::new(0), AtomicUsize::new(0)],
        });
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            // With the proxy go its lines, so that a stalled one ends with its test.
            let mut lines = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                lines.spawn(carry(client, upstream, Arc::clone(&shared)));
            }
        });
        Self {
            port,
            state,
            accepting,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether the byte was reached.
    pub(crate) fn has_struck(&self) -> bool {
        self.state.done.load(Ordering::SeqCst)
    }

    /// How many bytes went this way.
    pub(crate) fn passed(&self, direction: Direction) -> usize {
        self.state.passed[direction as usize].load(Ordering::SeqCst)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(client: TcpStream, upstream: u16, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", upstream)).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = one_way(from_client, to_server, Direction::Request, &state) => {}
        () = one_way(from_server, to_client, Direction::Reply, &state) => {}
    }
}

/// Ends when the line has to.
async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: Direction, state: &State) {
    let mut at = 0;
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..length];
        state.passed[way as usize].fetch_add(length, Ordering::SeqCst);
        let struck = state.plan.filter(|plan| {
            plan.direction == way
                && (at..at + length).contains(&plan.offset)
                && !state.done.swap(true, Ordering::SeqCst)
        });
        let sent = match struck {
            None => to.write_all(bytes).await.is_ok(),
            Some(plan) => strike(plan, bytes, plan.offset - at, &mut from, &mut to).await,
        };
        if !sent {
            return;
        }
        at += length;
    }
}

/// Whether the line goes on.
async fn strike(
    plan: Plan,
    bytes: &[u8],
    place: usize,
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
) -> bool {
    let (before, rest) = bytes.split_at(place);
    if to.write_all(before).await.is_err() {
        return false;
    }
    match plan.fault {
        Fault::Cut => false,
        Fault::Stall => {
            // Reads on, so that nothing but the missing bytes shows it; until the client hangs up.
            let mut buffer = [0; 4096];
            while let Ok(1..) = from.read(&mut buffer).await {}
            false
        }
        Fault::Slow => {
            for byte in rest {
                tokio::time::sleep(SLOW).await;
                if to.write_all(&[*byte]).await.is_err() {
                    return false;
                }
            }
            true
        }
        Fault::Duplicate => {
            to.write_all(&rest[..1]).await.is_ok() && to.write_all(rest).await.is_ok()
        }
        Fault::Garble => {
            let mut garbled = rest.to_vec();
            garbled[0] ^= 1;
            to.write_all(&garbled).await.is_ok()
        }
    }
}
