use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, ConfigBuilder, RootCertStore};

use crate::provider::redis::reply::Teller;
use crate::provider::{ProviderError, ProviderErrorKind};

/// Whom we trust, and what we show of ourselves. Without `Debug` of the key.
#[derive(Clone)]
pub(in crate::provider::redis) struct Tls {
    roots: Arc<RootCertStore>,
    identity: Option<Arc<Identity>>,
    config: Arc<ClientConfig>,
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Tls {
    /// Trusts whom the system trusts.
    pub(in crate::provider::redis) fn new() -> Result<Self, ProviderError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::with(roots.into(), None)
    }

    pub(in crate::provider::redis) fn trusting(self, pem: &[u8]) -> Result<Self, ProviderError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem)? {
            roots
                .add(certificate)
                .map_err(|_| wrong("a root certificate cannot be used as one"))?;
        }
        Self::with(roots.into(), self.identity)
    }

    pub(in crate::provider::redis) fn showing(
        self,
        chain: &[u8],
        key: &[u8],
    ) -> Result<Self, ProviderError> {
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| wrong("the key of the client certificate is no private key in PEM"))?;
        Self::with(self.roots, Some(Arc::new(Identity { chain, key })))
    }

    fn with(
        roots: Arc<RootCertStore>,
        identity: Option<Arc<Identity>>,
    ) -> Result<Self, ProviderError> {
        // Named here, so that it does not depend on what else is in the process.
        let builder: ConfigBuilder<ClientConfig, WantsClientCert> =
            ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|_| wrong("this build has no version of TLS"))?
                .with_root_certificates(Arc::clone(&roots));
        let config = match &identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder
                .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
                .map_err(|_| wrong("the client certificate and its key do not belong together"))?,
        };
        Ok(Self {
            roots,
            identity,
            config: Arc::new(config),
        })
    }

    /// The handshake, with a look at whether the server is who it has to be.
    pub(in crate::provider::redis) async fn greet(
        &self,
        host: &str,
        stream: TcpStream,
        teller: &Teller<'_>,
    ) -> Result<TlsStream<TcpStream>, ProviderError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| wrong("the redis host is no name that a certificate can have"))?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let greeted = async {
            let mut session = connector.connect(name, stream).await?;
            be_answered(&mut session).await?;
            Ok(session)
        };
        greeted.await.map_err(|error| failed(&error, teller))
    }
}

/// With TLS 1.3 a server that does not like our certificate, or misses it, says so only after the
/// handshake. Any answer to this means that we are in, `NOAUTH` too.
async fn be_answered(session: &mut TlsStream<TcpStream>) -> io::Result<()> {
    session.write_all(b"*1\r\n$4\r\nPING\r\n").await?;
    session.flush().await?;
    for _ in 0..LONGEST_ANSWER {
        if session.read_u8().await? == b'\n' {
            return Ok(());
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

const LONGEST_ANSWER: usize = 512;

/// A line that breaks says nothing about TLS.
fn failed(error: &io::Error, teller: &Teller<'_>) -> ProviderError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => teller.untrusted(),
        Some(rustls::Error::InvalidMessage(_)) => teller.other_tls(true),
        Some(_) => teller.error(ProviderErrorKind::Tls),
        None => teller.unreachable(&error.kind().to_string()),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ProviderError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(wrong("there is no certificate in PEM where one was given")),
    }
}

fn wrong(message: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Tls, message)
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("client_certificate", &self.identity.is_some())
            .finish_non_exhaustive()
    }
}
