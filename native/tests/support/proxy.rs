//! A line between a client and a Redis that a test can hold up, cut, and lead elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    upstream: AtomicU16,
    lines: AtomicUsize,
    cut_replies: AtomicBool,
    open: watch::Sender<bool>,
}

impl Proxy {
    /// Leads each new line to the server on `upstream` and lets everything through.
    pub(crate) async fn to(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            upstream: AtomicU16::new(upstream),
            lines: AtomicUsize::new(0),
            cut_replies: AtomicBool::new(false),
            open: watch::channel(true).0,
        });
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.lines.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(client, Arc::clone(&shared)));
            }
        });
        Self {
            port,
            state,
            accepting,
        }
    }

    /// `login` is empty or `user:password@`.
    pub(crate) fn url(&self, login: &str) -> String {
        format!("redis://{login}127.0.0.1:{}", self.port)
    }

    /// How many lines were opened so far.
    pub(crate) fn lines(&self) -> usize {
        self.state.lines.load(Ordering::SeqCst)
    }

    /// New lines lead to another server; those that are open stay where they are.
    pub(crate) fn lead_to(&self, upstream: u16) {
        self.state.upstream.store(upstream, Ordering::SeqCst);
    }

    /// Whether what the client sends goes through or waits.
    pub(crate) fn set_open(&self, open: bool) {
        self.state.open.send_replace(open);
    }

    /// From now on a line is cut when the server's answer arrives, before the client sees it.
    pub(crate) fn set_cut_replies(&self, cut: bool) {
        self.state.cut_replies.store(cut, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(client: TcpStream, state: Arc<State>) {
    let upstream = state.upstream.load(Ordering::SeqCst);
    let Ok(server) = TcpStream::connect(("127.0.0.1", upstream)).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut open = state.open.subscribe();
    let there = async {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            if open.wait_for(|open| *open).await.is_err() {
                break;
            }
            if to_server.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    let back = async {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if state.cut_replies.load(Ordering::SeqCst) {
                break;
            }
            if to_client.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! { () = there => {}, () = back => {} }
}
