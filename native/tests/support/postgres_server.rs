//! A real PostgreSQL for tests: a cluster of its own in a folder for the time being, on a free port
//! of the loopback address, gone when the test process is, however that ends.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, id};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The tables as the dashboard-api makes them.
const MIGRATION: &str =
    include_str!("../../../tests/dashboard-api/src/database/migrations/1-support-tables.ts");

pub(crate) struct PostgresServer {
    process: Child,
    /// Waits for the end of its input, which is ours, and then clears up.
    #[expect(dead_code, reason = "kept for its input, which closes when we end")]
    guardian: Child,
    directory: PathBuf,
    port: u16,
    settings: Vec<String>,
}

impl PostgresServer {
    /// The one that the tests of this process share.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// One of its own, with more settings, `ssl=on` for instance.
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_with(settings, &[])
    }

    /// With these files in its data folder, to be read by nobody else.
    pub(crate) fn start_with(settings: &[&str], files: &[(&str, &[u8])]) -> Self {
        // Between the look at a port and the start of the server somebody else may take it.
        for _ in 0..20 {
            let port = free_port();
            let directory =
                std::env::temp_dir().join(format!("assignment-postgres-{}-{port}", id()));
            fs::create_dir_all(&directory).unwrap();
            let guardian = guard(&directory);
            let path = directory.to_str().unwrap();
            if is_root() {
                run("chown", &["postgres:", path]);
            }
            let data = format!("{path}/data");
            let made = as_server("initdb")
                .args(["-D", &data, "-U", "dashboard", "-A", "trust", "-E", "UTF8"])
                .args(["--locale=C", "--no-sync"])
                .output()
                .unwrap();
            assert!(
                made.status.success(),
                "initdb: {}",
                String::from_utf8_lossy(&made.stderr)
            );
            let hba = "local all all trust\nhost all locked 127.0.0.1/32 scram-sha-256\n\
                       host all all 127.0.0.1/32 trust\n";
            fs::write(format!("{data}/pg_hba.conf"), hba).unwrap();
            for (name, text) in files {
                let file = format!("{data}/{name}");
                fs::write(&file, text).unwrap();
                run("chmod", &["600", &file]);
                if is_root() {
                    run("chown", &["postgres:", &file]);
                }
            }
            let settings: Vec<String> = settings.iter().map(|one| (*one).to_owned()).collect();
            let process = launch(&directory, port, &settings);
            let mut server = Self {
                process,
                guardian,
                directory,
                port,
                settings,
            };
            if server.is_up() {
                server.sql("postgres", "CREATE DATABASE contract");
                server.sql("contract", &contract_tables());
                server.sql("postgres", "CREATE ROLE locked LOGIN PASSWORD 'horse'");
                return server;
            }
        }
        panic!("postgresql did not come up on any of 20 ports");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged, each line with its database before it.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap()
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://dashboard@127.0.0.1:{}/{database}", self.port)
    }

    /// A database with the contract's tables, of which nobody else knows.
    pub(crate) fn database(&self) -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE contract"),
        );
        name
    }

    /// Runs statements as the administrator; what they answer, a row a line.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        assert!(
            output.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Ends all its processes without any leave-taking.
    pub(crate) fn kill(&mut self) {
        let postmaster = self.process.id();
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        // The first of them first: it must not see the others die and begin to repair.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        for child in children.unwrap().split_whitespace() {
            // Some have noticed, and are gone already.
            let _ = Command::new("kill")
                .args(["-9", child])
                .stderr(Stdio::null())
                .status();
        }
    }

    /// Starts anew on the same port and the same data.
    pub(crate) fn restart(&mut self) {
        // Until the last of the old processes is gone, a new one refuses to start.
        for _ in 0..100 {
            self.process = launch(&self.directory, self.port, &self.settings);
            if self.is_up() {
                return;
            }
        }
        panic!("postgresql did not come up again");
    }

    fn psql(&self, database: &str, sql: &str) -> std::process::Output {
        let mut psql = Command::new(binaries().join("psql"))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
            ])
            .args([
                "-p",
                &self.port.to_string(),
                "-U",
                "dashboard",
                "-d",
                database,
                "-f",
                "-",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = psql.stdin.take().unwrap();
        input.write_all(sql.as_bytes()).unwrap();
        drop(input);
        psql.wait_with_output().unwrap()
    }

    /// Whether this very server answers, and not one that was quicker to take the port.
    fn is_up(&mut self) -> bool {
        let begin = Instant::now();
        let ours = self.directory.join("data");
        while begin.elapsed() < Duration::from_secs(60) {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            let answer = self.psql("postgres", "SHOW data_directory");
            if answer.status.success() {
                let told = String::from_utf8(answer.stdout).unwrap();
                return Path::new(told.trim_end()) == ours;
            }
            sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Neither can fail in a way that matters: the guardian clears up in any case.
        let _ = Command::new("kill")
            .args(["-QUIT", &self.process.id().to_string()])
            .status();
        let _ = self.process.wait();
    }
}

fn launch(directory: &Path, port: u16, settings: &[String]) -> Child {
    let mut server = as_server("postgres");
    server.args(["-D", &format!("{}/data", directory.display())]);
    let port = format!("port={port}");
    let sockets = format!("unix_socket_directories={}", directory.display());
    // What the processes have written survives their end; a power cut need not be survived.
    let fixed = [
        "listen_addresses=127.0.0.1",
        "log_line_prefix=%d: ",
        &port,
        &sockets,
        "fsync=off",
        "max_connections=200",
    ];
    for setting in fixed.into_iter().chain(settings.iter().map(String::as_str)) {
        server.args(["-c", setting]);
    }
    let log = fs::File::create(directory.join("log")).unwrap();
    server
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// In a session of its own, so that an interrupt from the keyboard does not end it before its time.
fn guard(directory: &Path) -> Child {
    let script = "cat >/dev/null; pid=$(head -n1 \"$0/data/postmaster.pid\" 2>/dev/null); \
                  kill -QUIT $pid 2>/dev/null; \
                  while kill -0 $pid 2>/dev/null; do sleep 0.1; done; rm -rf \"$0\"";
    Command::new("setsid")
        .args(["sh", "-c", script])
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("install the command setsid (Debian: util-linux)")
}

/// PostgreSQL refuses to run as root: then it runs as Debian's user for it.
fn as_server(program: &str) -> Command {
    let program = binaries().join(program);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.arg(program).current_dir("/");
    command
}

fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| Command::new("id").arg("-u").output().unwrap().stdout == b"0\n")
}

/// Debian keeps the server's programs off the PATH, by version.
fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let bins = versions.map(|version| version.unwrap().path().join("bin"));
    bins.filter(|bin| bin.join("initdb").exists())
        .max()
        .expect("these tests need PostgreSQL: scripts/setup-postgres.sh")
}

/// The statements of the dashboard-api's migration.
pub(crate) fn contract_tables() -> String {
    let up = MIGRATION.split("async down").next().unwrap();
    let statements = up.split("runner.query(`").skip(1);
    statements
        .map(|rest| rest.split('`').next().unwrap())
        .collect()
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}

/// Below the ports that systems give to outgoing connections, so that a server that restarts
/// finds its own still free.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(id() % 9_000).unwrap();
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + (start + step % 9_000 * 7) % 9_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
