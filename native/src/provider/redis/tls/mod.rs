//! TLS: ours, if the feature `redis-tls` is on, and the question whether the other side speaks it.

#[cfg(feature = "redis-tls")]
mod session;

use std::io;

use tokio::net::TcpStream;

use super::target::{Layout, Place, Target};

#[cfg(feature = "redis-tls")]
pub(super) use session::Tls;

/// Without the feature there is none, and nothing can be made of it.
#[cfg(not(feature = "redis-tls"))]
#[derive(Clone)]
pub(super) enum Tls {}

#[cfg(not(feature = "redis-tls"))]
impl Tls {
    pub(super) async fn greet(
        &self,
        _host: &str,
        _stream: TcpStream,
        _teller: &super::reply::Teller<'_>,
    ) -> Result<TcpStream, super::ProviderError> {
        match *self {}
    }
}

/// Whether whoever listens there speaks TLS and we do not, or the other way round.
///
/// Only asked at the start, when nothing sensible has come back, to tell a wrong setting from a
/// server that is down. Any trouble counts as no; the caller's deadline is around it.
pub(super) async fn spoken_otherwise(target: &Target) -> bool {
    let place = match &target.layout {
        Layout::Server(place) => Some(place),
        Layout::Sentinel {
            sentinels: places, ..
        }
        | Layout::Cluster(places) => places.first(),
    };
    let Some(Place::Tcp(host, port)) = place else {
        return false;
    };
    let Ok(stream) = TcpStream::connect((host.as_str(), *port)).await else {
        return false;
    };
    let said = if target.tls.is_some() {
        PING
    } else {
        CLIENT_HELLO
    };
    match first_words(&stream, said).await {
        // A status or an error of a Redis, which a server that speaks TLS never says first.
        Ok(first) if target.tls.is_some() => matches!(first, [b'+' | b'-', b'A'..=b'Z', ..]),
        // An alert, or a handshake that holds a server's greeting and not our own again.
        Ok(first) => matches!(first, [0x15, 0x03, ..] | [0x16, 0x03, _, _, _, 0x02]),
        Err(_) => false,
    }
}

async fn first_words(stream: &TcpStream, said: &[u8]) -> io::Result<[u8; 6]> {
    let mut first = [0; 6];
    loop {
        // What we say fits into the empty buffer of a new line in one piece.
        stream.writable().await?;
        match stream.try_write(said) {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    loop {
        stream.readable().await?;
        match stream.try_read(&mut first) {
            Ok(_) => return Ok(first),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

const PING: &[u8] = b"PING\r\n";

/// The smallest greeting of a TLS 1.2 client. Nothing comes of it: a server that speaks TLS
/// answers with a greeting of its own or with an alert, and either will do.
const CLIENT_HELLO: &[u8] = &[
    0x16, 0x03, 0x01, 0x00, 0x31, // a record of a handshake, 49 bytes
    0x01, 0x00, 0x00, 0x2d, // a client's greeting, 45 bytes
    0x03, 0x03, // TLS 1.2
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31,   // a random number that nobody will use
    0x00, // no session
    0x00, 0x06, 0xc0, 0x2f, 0xc0, 0x30, 0x00, 0x2f, // three suites of ciphers
    0x01, 0x00, // no compression
];
