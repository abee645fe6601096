use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::load::CaseError;

/// A real `redis-server` on a free port of the loopback address, gone when the value is dropped.
#[derive(Debug)]
pub struct RedisServer {
    process: Child,
    port: u16,
    directory: PathBuf,
}

impl RedisServer {
    /// Starts one, and waits until it answers.
    ///
    /// # Errors
    /// [`CaseError`] where there is no `redis-server`, or it does not come up.
    pub fn start() -> Result<Self, CaseError> {
        let wrong = |error: std::io::Error| {
            CaseError::about(
                "redis-server, which these tests need (Debian: apt-get install redis-server)",
                error,
            )
        };
        // Between the look at a port and the start of the server somebody else may take it.
        for _ in 0..PORTS {
            let port = TcpListener::bind(("127.0.0.1", 0))
                .and_then(|listener| listener.local_addr())
                .map_err(wrong)?
                .port();
            let name = format!("assignment-conformance-{}-{port}", std::process::id());
            let directory = std::env::temp_dir().join(name);
            fs::create_dir_all(&directory).map_err(wrong)?;
            let process = Command::new("redis-server")
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
                .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
                .current_dir(&directory)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .map_err(wrong)?;
            let mut server = Self {
                process,
                port,
                directory,
            };
            if server.comes_up().map_err(wrong)? {
                return Ok(server);
            }
        }
        Err(CaseError(format!(
            "redis-server came up on none of {PORTS} ports"
        )))
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sets a key.
    ///
    /// # Errors
    /// [`CaseError`] where the server says anything but `OK`.
    pub fn set(&self, key: &str, value: &str) -> Result<(), CaseError> {
        let wrong = |error| CaseError::about("SET", error);
        match self.ask(&["SET", key, value]).map_err(wrong)?.as_str() {
            "+OK" => Ok(()),
            other => Err(CaseError::about("SET", other)),
        }
    }

    /// The answer to a command: a text as it is, anything else as its line on the wire.
    fn ask(&self, words: &[&str]) -> Result<String, std::io::Error> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.write_all(command.as_bytes())?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_owned();
        let Some(length) = line.strip_prefix('$').and_then(|n| n.parse().ok()) else {
            return Ok(line);
        };
        let mut text = String::new();
        reader.take(length).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Does this very process answer, and not one that was quicker to take the port?
    fn comes_up(&mut self) -> Result<bool, std::io::Error> {
        let begin = Instant::now();
        let line = format!("process_id:{}\r\n", self.process.id());
        while begin.elapsed() < DEADLINE {
            if self.process.try_wait()?.is_some() {
                return Ok(false);
            }
            if let Ok(info) = self.ask(&["INFO", "server"]) {
                return Ok(info.contains(&line));
            }
            sleep(Duration::from_millis(5));
        }
        Ok(false)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Nothing can fail here in a way that matters: the process may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

const PORTS: usize = 20;
const DEADLINE: Duration = Duration::from_secs(10);
