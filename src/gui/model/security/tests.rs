// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair};

use super::*;

/// A certificate that signs itself, for these names, that ended so many days ago.
fn certificate(names: &[&str], ended: u64) -> Vec<u8> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "mail.test");
    let day = Duration::from_secs(24 * 60 * 60);
    params.not_before = (SystemTime::UNIX_EPOCH + day).into();
    params.not_after =
        (SystemTime::UNIX_EPOCH + 4 * day - day * u32::try_from(ended).unwrap()).into();
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn card(fault: Option<CertError>) -> CertificateInfo {
    let shown = PeerCertificate {
        chain: vec![certificate(&["mail.test", "127.0.0.1"], 1)],
        fault,
    };
    CertificateInfo::of(&shown, Path::new("no-such-ca.pem"))
}

#[test]
fn a_card_says_whose_a_certificate_is() {
    let card = card(None);
    assert_eq!(card.subject, "CN=mail.test");
    assert_eq!(card.names, ["mail.test", "127.0.0.1"]);
    assert_eq!(card.until, "1970-01-04 00:00 UTC");
    assert_eq!(card.fingerprint.len(), 32 * 3 - 1);
    assert!(card.why().contains("which this system trusts"));
}

#[test]
fn each_fault_is_told_with_what_to_do() {
    let rows = [
        (CertError::Expired, "It expired on 1970-01-04"),
        (CertError::NotYetValid, "only from 1970-01-02"),
        (CertError::OtherName, "It is for mail.test, 127.0.0.1"),
        (
            CertError::UnknownIssuer,
            "“CN=mail.test”, whom nobody here trusts",
        ),
        (
            CertError::Other("path too long".to_owned()),
            "path too long",
        ),
    ];
    for (fault, why) in rows {
        let card = card(Some(fault));
        assert!(card.why().contains(why), "{}", card.why());
        assert!(card.what_to_do().ends_with('.'), "{}", card.why());
    }
}

#[test]
fn what_is_no_certificate_harms_nobody() {
    for chain in [vec![], vec![b"\x30\x82".to_vec()]] {
        let card = CertificateInfo::of(&PeerCertificate { chain, fault: None }, Path::new("x"));
        assert_eq!(card.subject, UNREADABLE);
        assert!(card.names.is_empty());
    }
}
