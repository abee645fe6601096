use tokio::net::TcpStream;

use super::options::{Place, Target};

/// Whether whoever listens there answers a greeting in TLS like one who speaks it.
///
/// Only asked at the start, after plain text has failed, to tell a wrong setting from a server
/// that is down. Any trouble counts as no; the caller's deadline is around it.
pub(super) async fn is_spoken_by(target: &Target) -> bool {
    let Place::Tcp(host, port) = &target.place else {
        return false;
    };
    let Ok(stream) = TcpStream::connect((host.as_str(), *port)).await else {
        return false;
    };
    let mut first = [0; 6];
    loop {
        // The greeting fits into the empty buffer of a new line in one piece.
        if stream.writable().await.is_err() {
            return false;
        }
        match stream.try_write(CLIENT_HELLO) {
            Ok(_) => break,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
    }
    loop {
        if stream.readable().await.is_err() {
            return false;
        }
        match stream.try_read(&mut first) {
            // An alert, or a handshake that holds a server's greeting and not our own again.
            Ok(_) => {
                return matches!(first, [0x15, 0x03, ..] | [0x16, 0x03, _, _, _, 0x02]);
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
    }
}

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
