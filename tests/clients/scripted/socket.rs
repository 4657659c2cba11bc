//! Connections that fail: TLS that is refused, missing or not trusted, and servers that do not answer.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use native_tls::TlsAcceptor;

use super::{Security, say, serve};
use pillarbox::client::{ClientError, ClientSocket, Pop3Client, SmtpClient};
use pillarbox::mail::net::certificates::Certificates;
use pillarbox::mail::net::tls;
use pillarbox::mail::protocol::Protocol;

fn acceptor(folder: &Path, name: &str) -> (Certificates, TlsAcceptor) {
    let certificates = Certificates::prepare(folder, &[name.to_owned()]).unwrap();
    let server = certificates.server();
    let key = certificates.server_key();
    let acceptor = tls::acceptor(&server, &key, tls::Versions::default()).unwrap();
    (certificates, acceptor)
}

/// Connects to a POP3 server under TLS whose certificate has this name.
fn over_tls(name: &'static str, trust: bool) -> Result<(), ClientError> {
    let folder = tempfile::tempdir().unwrap();
    let (certificates, acceptor) = acceptor(folder.path(), name);
    let (mut endpoint, _server) = serve(move |stream| {
        if let Ok(mut tls) = acceptor.accept(stream) {
            let _ = tls.write_all(b"+OK ready\r\n");
            let _ = tls.shutdown();
        }
    });
    endpoint.security = Security::Tls;
    if trust {
        endpoint.ca = certificates.ca();
    }
    Pop3Client::connect(&endpoint)?;
    Ok(())
}

#[test]
fn a_certificate_counts_only_from_our_ca_and_for_the_name() {
    over_tls("127.0.0.1", true).unwrap();
    let rows = [("127.0.0.1", false), ("elsewhere.test", true)];
    for (name, trust) in rows {
        let error = over_tls(name, trust).err().unwrap();
        assert!(matches!(error, ClientError::Untrusted { .. }), "{name}: {error}");
        assert!(!error.is_transient());
    }
}

#[test]
fn unencrypted_text_after_the_agreement_to_begin_tls_is_refused() {
    let (mut endpoint, _server) =
        say(b"220 x\r\n250-x\r\n250 STARTTLS\r\n220 Ready\r\n250 AUTH PLAIN\r\n");
    endpoint.security = Security::StartTls;
    let error = SmtpClient::connect(&endpoint).err().unwrap().to_string();
    assert!(error.contains("unencrypted text"), "{error}");
}

#[test]
fn without_starttls_nothing_is_sent_unencrypted() {
    let (mut endpoint, _server) = say(b"220 x\r\n250 x\r\n");
    endpoint.security = Security::StartTls;
    let error = SmtpClient::connect(&endpoint).err().unwrap();
    assert!(matches!(error, ClientError::NotOffered { .. }), "{error}");
}

#[test]
fn a_port_without_tls_is_said_to_be_one() {
    let (mut endpoint, _server) = say(b"+OK in clear\r\n");
    endpoint.security = Security::Tls;
    let error = Pop3Client::connect(&endpoint).err().unwrap();
    assert!(matches!(error, ClientError::Handshake { .. }), "{error}");
}

#[test]
fn a_line_without_end_is_not_kept() {
    let (endpoint, _server) = serve(|stream| while stream.write_all(&[b'x'; 65_536]).is_ok() {});
    let error = Pop3Client::connect(&endpoint).err().unwrap().to_string();
    assert!(error.contains("a line without an end"), "{error}");
}

#[test]
fn a_silent_server_is_not_waited_for() {
    let (mut endpoint, _server) = serve(|stream| drop(stream.read(&mut [0])));
    endpoint.timeout = Duration::from_millis(20);
    let error = Pop3Client::connect(&endpoint).err().unwrap();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error}");
}

#[test]
fn an_unreachable_server_is_one_sentence() {
    let (endpoint, server) = serve(|_| {});
    drop(TcpStream::connect(("127.0.0.1", endpoint.port)));
    drop(server);
    let error = ClientSocket::connect(&endpoint, Protocol::Pop3).err().unwrap();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert!(error.is_transient());
    assert!(error.to_string().starts_with(&endpoint.to_string()));
}

#[test]
fn a_broken_ca_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (mut endpoint, _server) = serve(|_| {});
    endpoint.security = Security::Tls;
    endpoint.ca = folder.path().join("ca.pem");
    fs::write(&endpoint.ca, "no certificate").unwrap();
    let error = ClientSocket::connect(&endpoint, Protocol::Pop3).err().unwrap().to_string();
    assert!(error.contains("ca.pem is not a certificate"), "{error}");
}
