//! The line encrypted, and the server's certificate checked.

use std::fs;
use std::process::Command;

use assignment_engine::{PostgresOptions, PostgresSessionStore};

use crate::database::client;
use crate::postgres_server::PostgresServer;

/// A server with a certificate that signs itself, and that certificate.
fn server() -> (PostgresServer, Vec<u8>) {
    let folder = std::env::temp_dir().join(format!("assignment-tls-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("install the command openssl");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let pem = fs::read(&certificate).unwrap();
    let server = PostgresServer::start_with(
        &["ssl=on"],
        &[
            ("server.key", &fs::read(&key).unwrap()),
            ("server.crt", &pem),
        ],
    );
    fs::remove_dir_all(&folder).unwrap();
    (server, pem)
}

#[tokio::test]
async fn a_server_is_trusted_if_its_certificate_is() {
    let (server, pem) = tokio::task::spawn_blocking(server).await.unwrap();
    let url = server.url("contract") + "?sslmode=require&application_name=encrypted";
    let options = || PostgresOptions::from_url(&url).unwrap();
    let stranger = PostgresSessionStore::connect(options()).await.unwrap_err();
    assert_eq!(stranger.code, "tls", "{stranger}");

    let options = options().with_root_certificates(pem);
    let _store = PostgresSessionStore::connect(options).await.unwrap();
    let admin = client(&server.url("contract")).await;
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'encrypted'";
    let encrypted = admin.query_one(sql, &[]).await.unwrap();
    assert_eq!(encrypted.get::<_, Option<bool>>(0), Some(true));
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_clear() {
    let server = tokio::task::spawn_blocking(PostgresServer::shared)
        .await
        .unwrap();
    let url = server.url("contract") + "?sslmode=require";
    let options = PostgresOptions::from_url(&url).unwrap();
    let refused = PostgresSessionStore::connect(options).await.unwrap_err();
    assert_eq!(refused.code, "tls", "{refused}");
    let options = PostgresOptions::from_url(&url)
        .unwrap()
        .with_root_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let bad = PostgresSessionStore::connect(options).await.unwrap_err();
    assert_eq!(bad.code, "tls", "{bad}");
}
