use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::error;
use crate::store::StoreError;

/// Trusts what the system trusts, and the certificates given. A system without any certificates is
/// no error here: it becomes one where a server has to be trusted.
pub(super) fn connector(pem: &[u8]) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let trusted = certificate.is_ok_and(|certificate| roots.add(certificate).is_ok());
        if !trusted {
            return Err(error(
                "tls",
                "a root certificate for postgresql cannot be read",
            ));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| error("tls", "no version of TLS can be used"))?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
