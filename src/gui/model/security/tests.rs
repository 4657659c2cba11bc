use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair};

use super::*;

/// A certificate that signs itself, for these names, that ended this many days after its beginning.
fn certificate(names: &[&str], ended: u64) -> Vec<u8> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "mail.test");
    let day = Duration::from_secs(24 * 60 * 60);
    params.not_before = (SystemTime::UNIX_EPOCH + day).into();
    params.not_after =
        (SystemTime::UNIX_EPOCH + 4 * day - day * u32::try_from(ended).unwrap()).into();
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn info(fault: Option<CertError>) -> CertificateInfo {
    let shown = PeerCertificate { chain: vec![certificate(&["mail.test", "127.0.0.1"], 1)], fault };
    CertificateInfo::of(&shown, Path::new("no-such-ca.pem"))
}

#[test]
fn a_certificate_is_shown_as_text() {
    let info = info(None);
    assert_eq!(info.subject, "CN=mail.test");
    assert_eq!(info.names, ["mail.test", "127.0.0.1"]);
    assert_eq!(info.not_after, "1970-01-04 00:00 UTC");
    assert_eq!(info.fingerprint.len(), 32 * 3 - 1);
    assert!(info.why().contains("that this system trusts"));
}

#[test]
fn each_error_comes_with_what_to_do() {
    let rows = [
        (CertError::Expired, "It expired on 1970-01-04"),
        (CertError::NotYetValid, "not valid before 1970-01-02"),
        (CertError::OtherName, "It is for mail.test, 127.0.0.1"),
        (CertError::UnknownIssuer, "“CN=mail.test”, which this machine does not trust"),
        (CertError::Other("path too long".to_owned()), "path too long"),
    ];
    for (fault, why) in rows {
        let info = info(Some(fault));
        assert!(info.why().contains(why), "{}", info.why());
        assert!(info.what_to_do().ends_with('.'), "{}", info.why());
    }
}

#[test]
fn unreadable_certificates_do_no_harm() {
    for chain in [vec![], vec![b"\x30\x82".to_vec()]] {
        let info = CertificateInfo::of(&PeerCertificate { chain, fault: None }, Path::new("x"));
        assert_eq!(info.subject, UNREADABLE);
        assert!(info.names.is_empty());
    }
}
