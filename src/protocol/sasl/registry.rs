//! The names of mechanisms that IANA has registered (RFC 4422 §7.1): whatever else stands behind AUTH
//! may be a password.

/// All of them as of 2025, but for the families.
const NAMES: [&str; 36] = [
    "9798-M-DSA-SHA1",
    "9798-M-ECDSA-SHA1",
    "9798-M-RSA-SHA1-ENC",
    "9798-U-DSA-SHA1",
    "9798-U-ECDSA-SHA1",
    "9798-U-RSA-SHA1-ENC",
    "ANONYMOUS",
    "CRAM-MD5",
    "DIGEST-MD5",
    "EAP-AES128",
    "EAP-AES128-PLUS",
    "ECDH-X25519-CHALLENGE",
    "ECDSA-NIST256P-CHALLENGE",
    "EXTERNAL",
    "GSS-SPNEGO",
    "GSSAPI",
    "KERBEROS_V4",
    "KERBEROS_V5",
    "LOGIN",
    "NMAS-SAMBA-AUTH",
    "NMAS_AUTHEN",
    "NMAS_LOGIN",
    "NTLM",
    "OAUTH10A",
    "OAUTHBEARER",
    "OPENID20",
    "OTP",
    "PLAIN",
    "SAML20",
    "SECURID",
    "SKEY",
    "SPNEGO",
    "SPNEGO-PLUS",
    "SXOVER-PLUS",
    "XOAUTH",
    "XOAUTH2",
];

/// A hash follows (RFC 5802 §4), or the name of a mechanism of GSS-API.
const FAMILIES: [(&str, &[&str]); 2] = [
    (
        "SCRAM-",
        &[
            "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA3-512",
        ],
    ),
    ("GS2-", &["KRB5"]),
];

/// Is this the name of a mechanism, in any case?
#[must_use]
pub fn is_registered(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.contains(&name.as_str())
        || FAMILIES.iter().any(|(family, members)| {
            let member = name.strip_prefix(family).map(|member| {
                // RFC 5802 §4: with channel binding.
                member.strip_suffix("-PLUS").unwrap_or(member)
            });
            member.is_some_and(|member| members.contains(&member))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mechanisms_are_known_in_any_case_and_passwords_are_none() {
        for name in [
            "PLAIN",
            "login",
            "Scram-Sha-256-Plus",
            "GS2-KRB5",
            "XOAUTH2",
        ] {
            assert!(is_registered(name), "{name}");
        }
        for word in [
            "",
            "s3cret",
            "PLAIN2",
            "PLAIN-PLUS",
            "SCRAM-",
            "SCRAM-s3cret",
        ] {
            assert!(!is_registered(word), "{word}");
        }
    }
}
