//! TLS: who is trusted, who we are, and what a start says where one side speaks it alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assignment_engine::{ProviderKind, RedisOptions};

use crate::redis_server::{RedisServer, free_port};
use crate::{pick, provider, start};

/// An authority, a server's certificate by it for the name `localhost` alone, and a client's.
struct Papers(PathBuf);

impl Papers {
    fn make(name: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("assignment-tls-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let papers = Self(directory);
        let key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ];
        let ca = [
            "-x509",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-days",
            "2",
            "-subj",
            "/CN=authority",
        ];
        papers.openssl("req", &[&key[..], &ca].concat());
        fs::write(papers.path("server.ext"), "subjectAltName=DNS:localhost").unwrap();
        fs::write(papers.path("client.ext"), "extendedKeyUsage=clientAuth").unwrap();
        for who in ["server", "client"] {
            let (key_file, request, certificate) = (
                format!("{who}.key"),
                format!("{who}.csr"),
                format!("{who}.pem"),
            );
            let subject = [
                "-keyout",
                &key_file,
                "-out",
                &request,
                "-subj",
                "/CN=somebody",
            ];
            papers.openssl("req", &[&key[..], &subject].concat());
            let extensions = format!("{who}.ext");
            let signed = [
                "-req",
                "-in",
                &request,
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
            ];
            let out = ["-out", &certificate, "-days", "2", "-extfile", &extensions];
            papers.openssl("x509", &[&signed[..], &out].concat());
        }
        papers
    }

    fn openssl(&self, command: &str, arguments: &[&str]) {
        let made = Command::new("openssl")
            .arg(command)
            .args(arguments)
            .current_dir(&self.0)
            .output();
        let made = made.expect("these tests need openssl: apt-get install openssl");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap()
    }

    /// A server that speaks TLS on the port that is answered, and plain text for its administrator.
    fn server(&self, clients: &str) -> (RedisServer, u16) {
        let port = free_port();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let files = ["server.pem", "server.key", "ca.pem"].map(|file| text(&self.path(file)));
        let server = RedisServer::start_with(&[
            "--tls-port",
            &port.to_string(),
            "--tls-auth-clients",
            clients,
            "--tls-cert-file",
            &files[0],
            "--tls-key-file",
            &files[1],
            "--tls-ca-cert-file",
            &files[2],
        ]);
        (server, port)
    }
}

impl Drop for Papers {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options(url: &str) -> RedisOptions {
    RedisOptions::from_url(url).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_authority_is_trusted_where_it_is_named() {
    let papers = Papers::make("private");
    let (server, port) = papers.server("no");
    server.ask(
        "ACL SETUSER app on >secret ~assignment:* +evalsha +script|load +incr +incrby +expire +get",
    );
    let url = format!("rediss://app:secret@localhost:{port}");
    let trusting = options(&url)
        .with_root_certificates(&papers.read("ca.pem"))
        .unwrap();
    assert_eq!(
        start(trusting.clone()).await,
        Ok(ProviderKind::Redis.name())
    );
    let provider = assignment_engine::RedisRoundRobinContextProvider::new(trusting);
    for expected in [0, 1, 2] {
        assert_eq!(pick(&provider, "team").await, Ok(expected));
    }
    assert_eq!(server.text("GET assignment:rr:team"), "3");

    // The system does not trust it, and the certificate is of another name.
    assert_eq!(start(options(&url)).await, Err("tls"));
    let other = options(&url.replace("localhost", "127.0.0.1"));
    let other = other
        .with_root_certificates(&papers.read("ca.pem"))
        .unwrap();
    assert_eq!(start(other).await, Err("tls"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_wants_to_know_us_gets_our_certificate() {
    let papers = Papers::make("mutual");
    let (_server, port) = papers.server("yes");
    let trusting = options(&format!("rediss://localhost:{port}"))
        .with_root_certificates(&papers.read("ca.pem"))
        .unwrap();
    assert_eq!(start(trusting.clone()).await, Err("tls"), "without ours");
    let known =
        trusting.with_client_certificate(&papers.read("client.pem"), &papers.read("client.key"));
    assert_eq!(start(known.unwrap()).await, Ok(ProviderKind::Redis.name()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_side_that_speaks_tls_alone_fails_the_start() {
    let papers = Papers::make("alone");
    let (server, port) = papers.server("no");
    assert_eq!(
        start(options(&format!("redis://localhost:{port}"))).await,
        Err("tls")
    );
    let plain = format!("rediss://localhost:{}", server.port());
    assert_eq!(start(options(&plain)).await, Err("tls"));
    assert_eq!(
        start(options("rediss://localhost:1")).await,
        Ok(ProviderKind::InMemory.name())
    );
    // At run time it is a failure like any other.
    let code = pick(&provider(&plain), "team").await.unwrap_err();
    assert!(["tls", "timeout"].contains(&code), "{code}");
}

#[test]
fn papers_that_are_none_are_refused() {
    let papers = Papers::make("none");
    let (ca, client, key) = (
        papers.read("ca.pem"),
        papers.read("client.pem"),
        papers.read("client.key"),
    );
    let with_tls = || options("rediss://localhost");
    let code = |result: Result<RedisOptions, assignment_engine::ProviderError>| {
        result.map(|_| "fine").map_err(|error| error.code())
    };
    assert_eq!(
        code(with_tls().with_root_certificates(b"canary")),
        Err("tls")
    );
    assert_eq!(code(with_tls().with_root_certificates(&key)), Err("tls"));
    assert_eq!(
        code(with_tls().with_client_certificate(&client, b"canary")),
        Err("tls")
    );
    assert_eq!(
        code(with_tls().with_client_certificate(&client, &papers.read("server.key"))),
        Err("tls")
    );
    assert_eq!(
        code(with_tls().with_client_certificate(&client, &key)),
        Ok("fine")
    );
    assert_eq!(
        code(options("redis://localhost").with_root_certificates(&ca)),
        Err("tls")
    );
    assert_eq!(
        code(options("redis://localhost").with_client_certificate(&client, &key)),
        Err("tls")
    );
}
