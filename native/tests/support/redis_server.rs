//! A real `redis-server` for one test: on a free port of the loopback address, in a directory
//! of its own, without persistence, gone when the value is dropped.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, id};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redis::{Client, Connection, RedisError, Value};

pub(crate) struct RedisServer {
    process: Child,
    port: u16,
    directory: PathBuf,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// `arguments` as on the command line of `redis-server`.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::start_from(|port, directory| spawn(port, directory, arguments))
    }

    /// A sentinel that knows `master` as `main`, decides alone, and after half a second.
    pub(crate) fn start_sentinel(master: u16) -> Self {
        Self::start_from(|port, directory| {
            let settings = format!(
                "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {master} 1\n\
                 sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n"
            );
            // It writes what it learns into the file.
            let file = directory.join("sentinel.conf");
            fs::write(&file, settings).unwrap();
            let mut command = Command::new("redis-server");
            start(command.arg(&file).arg("--sentinel").current_dir(directory))
        })
    }

    fn start_from(spawn: impl Fn(u16, &Path) -> Child) -> Self {
        // Between the look at a port and the start of the server somebody else may take it.
        for _ in 0..20 {
            let port = free_port();
            let directory = std::env::temp_dir().join(format!("assignment-redis-{}-{port}", id()));
            fs::create_dir_all(&directory).unwrap();
            let process = spawn(port, &directory);
            let mut server = Self {
                process,
                port,
                directory,
            };
            if server.is_up_within(Duration::from_secs(10)) {
                return server;
            }
        }
        panic!("redis-server did not come up on any of 20 ports");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Asks the server as its administrator, on a connection of its own.
    pub(crate) fn ask(&self, words: &str) -> Value {
        self.try_ask(words)
            .unwrap_or_else(|error| panic!("`{words}`: {error}"))
    }

    /// The answer as text: of a list one element per line, of nothing an empty text.
    pub(crate) fn text(&self, words: &str) -> String {
        show(&self.ask(words))
    }

    /// Whether the server refuses, with this code.
    pub(crate) fn refuses(&self, words: &str, code: &str) -> bool {
        self.try_ask(words)
            .is_err_and(|error| error.code() == Some(code))
    }

    /// The answer to words that may hold spaces, in another database, as text.
    pub(crate) fn text_in(&self, database: i64, words: &[&str]) -> String {
        let mut connection = self.connect().unwrap();
        let mut select = redis::cmd("SELECT");
        let _: () = select.arg(database).query(&mut connection).unwrap();
        let mut command = redis::cmd(words[0]);
        let answer = command.arg(&words[1..]).query(&mut connection);
        show(&answer.unwrap_or_else(|error| panic!("`{words:?}`: {error}")))
    }

    /// Stops the process in its tracks, as a hung host would be; the kernel keeps its sockets.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    /// Ends the process without any leave-taking.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts anew on the same port and in the same directory.
    pub(crate) fn restart(&mut self, arguments: &[&str]) {
        self.kill();
        self.process = spawn(self.port, &self.directory, arguments);
        assert!(
            self.is_up_within(Duration::from_secs(10)),
            "redis-server did not come up again"
        );
    }

    fn try_ask(&self, words: &str) -> Result<Value, RedisError> {
        let mut words = words.split_whitespace();
        let mut command = redis::cmd(words.next().unwrap());
        command.arg(words.collect::<Vec<_>>());
        command.query(&mut self.connect()?)
    }

    fn connect(&self) -> Result<Connection, RedisError> {
        let client = Client::open(("127.0.0.1", self.port))?;
        let connection = client.get_connection_with_timeout(Duration::from_secs(5))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(connection)
    }

    /// Whether this very process answers, and not one that was quicker to take the port.
    fn is_up_within(&mut self, limit: Duration) -> bool {
        let begin = Instant::now();
        let line = format!("process_id:{}\r\n", self.process.id());
        while begin.elapsed() < limit {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            match self.try_ask("INFO server") {
                Ok(info) if show(&info).contains(&line) => return true,
                Ok(_) => return false,
                Err(_) => sleep(Duration::from_millis(5)),
            }
        }
        false
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(
            status
                .expect("install the command kill (Debian: procps)")
                .success()
        );
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Neither can fail in a way that matters: the process may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn spawn(port: u16, directory: &Path, arguments: &[&str]) -> Child {
    let port = port.to_string();
    let mut command = Command::new("redis-server");
    let ours = ["--port", &port, "--bind", "127.0.0.1", "--save", ""];
    let more = ["--appendonly", "no", "--enable-debug-command", "yes"];
    start(
        command
            .args(ours)
            .args(more)
            .args(arguments)
            .current_dir(directory),
    )
}

fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("these tests need redis-server 7 or later: apt-get install redis-server")
}

/// Below the ports that systems give to outgoing connections, so that a server that restarts
/// finds its own still free.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(id() % 9_000).unwrap();
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + (start + step % 9_000 * 7) % 9_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Nil => String::new(),
        Value::Okay => "OK".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) => text.clone(),
        Value::VerbatimString { text, .. } => text.clone(),
        Value::Array(values) => values.iter().map(show).collect::<Vec<_>>().join("\n"),
        other => format!("{other:?}"),
    }
}
