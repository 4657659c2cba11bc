//! The lab's certificates: a CA of our own, and a server certificate signed by it, made on the
//! first start. Private keys are readable by their owner only, and git ignores them all.
//!
//! A new server certificate is made if the old one has expired, expires soon, or lacks one of the
//! configured names. The CA stays, so that a program that trusts it need not be asked again. Its key is
//! needed only then, and may be kept somewhere else.

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use x509_parser::extensions::GeneralName;

use super::tls::{TlsError, read};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A lab's CA is valid for longer than a student's degree takes.
const CA_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// Clients refuse server certificates of more than 825 days.
const SERVER_LIFE: Duration = Duration::from_secs(800 * 24 * 60 * 60);
/// The certificate is renewed this long before it expires.
const RENEW_BEFORE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Where the certificates and their keys are.
#[derive(Clone, Debug)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes what is missing in `folder`: the CA, and a server certificate for `names` (host names
    /// and IP addresses).
    ///
    /// # Errors
    /// When a file cannot be read, written or understood, or a name is not valid.
    pub fn prepare(folder: &Path, names: &[String]) -> Result<Certificates, TlsError> {
        let certificates = Certificates { folder: folder.to_path_buf() };
        fs::create_dir_all(folder)
            .map_err(|error| TlsError(format!("{} cannot be made: {error}", folder.display())))?;
        // A CA that clients trust is never replaced, whatever else is missing.
        if !certificates.ca().exists() {
            certificates.make_ca()?;
        }
        if !certificates.server_is_good(names)? {
            certificates.make_server(names)?;
        }
        Ok(certificates)
    }

    /// The CA's certificate, which clients trust.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    fn ca_key(&self) -> PathBuf {
        self.folder.join("ca-key.pem")
    }

    /// The server's certificate.
    #[must_use]
    pub fn server(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    /// The server's private key.
    #[must_use]
    pub fn server_key(&self) -> PathBuf {
        self.folder.join("server-key.pem")
    }

    fn make_ca(&self) -> Result<(), TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Pillarbox Lab CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_life(&mut params, CA_LIFE);
        let key = KeyPair::generate().map_err(impossible)?;
        let certificate = params.self_signed(&key).map_err(impossible)?;
        write(&self.ca_key(), &key.serialize_pem(), 0o600)?;
        write(&self.ca(), &certificate.pem(), 0o644)
    }

    fn make_server(&self, names: &[String]) -> Result<(), TlsError> {
        let mut params = CertificateParams::new(names)
            .map_err(|error| TlsError(format!("[tls] names: {error}")))?;
        if let Some(name) = names.first() {
            params.distinguished_name.push(DnType::CommonName, name.as_str());
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_life(&mut params, SERVER_LIFE);
        let key = KeyPair::generate().map_err(impossible)?;
        let certificate = params.signed_by(&key, &self.issuer()?).map_err(impossible)?;
        write(&self.server_key(), &key.serialize_pem(), 0o600)?;
        write(&self.server(), &certificate.pem(), 0o644)
    }

    /// Returns the CA with its key, which signs.
    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, TlsError> {
        if !self.ca_key().exists() {
            return Err(TlsError(format!(
                "{} is missing, and {} has to be signed with it; put it back, or remove {}: then a \
                 new CA is made, and each program that trusts the old one must be given the new one",
                self.ca_key().display(),
                self.server().display(),
                self.ca().display()
            )));
        }
        let bad = |path: PathBuf, error: rcgen::Error| {
            TlsError(format!(
                "{} cannot be understood: {error}; remove it and {}, and new ones are made",
                path.display(),
                self.server().display()
            ))
        };
        let key = KeyPair::from_pem(&text(&self.ca_key())?).map_err(|e| bad(self.ca_key(), e))?;
        let ca = text(&self.ca())?;
        if !belong_together(ca.as_bytes(), &key) {
            return Err(TlsError(format!(
                "{} is not the key of {}; remove both, and new ones are made",
                self.ca_key().display(),
                self.ca().display()
            )));
        }
        Issuer::from_ca_cert_pem(&ca, key).map_err(|e| bad(self.ca(), e))
    }

    /// True if the server's certificate has these names, our CA's signature and our key, and does not
    /// expire soon.
    fn server_is_good(&self, names: &[String]) -> Result<bool, TlsError> {
        if !self.server().exists() || !self.server_key().exists() {
            return Ok(false);
        }
        let broken = |path: &Path| {
            TlsError(format!(
                "{} is not a certificate; remove it, and a new one is made",
                path.display()
            ))
        };
        let server_pem = read(&self.server())?;
        let ca_pem = read(&self.ca())?;
        let (_, server) =
            x509_parser::pem::parse_x509_pem(&server_pem).map_err(|_| broken(&self.server()))?;
        let (_, ca) = x509_parser::pem::parse_x509_pem(&ca_pem).map_err(|_| broken(&self.ca()))?;
        let server = server.parse_x509().map_err(|_| broken(&self.server()))?;
        let ca = ca.parse_x509().map_err(|_| broken(&self.ca()))?;
        let renewal = SystemTime::now() + RENEW_BEFORE;
        let lasts = u64::try_from(server.validity().not_after.timestamp())
            .is_ok_and(|end| SystemTime::UNIX_EPOCH + Duration::from_secs(end) > renewal);
        let signed = server.verify_signature(Some(ca.public_key())).is_ok();
        // A key that cannot be read at all is named when the acceptor is made of it.
        let ours = KeyPair::from_pem(&text(&self.server_key())?)
            .map_or(true, |key| belong_together(&server_pem, &key));
        let certified = server.subject_alternative_name().ok().flatten();
        let certified: Vec<String> = certified
            .iter()
            .flat_map(|names| &names.value.general_names)
            .filter_map(name_text)
            .collect();
        Ok(lasts && signed && ours && names.iter().all(|name| certified.contains(name)))
    }
}

/// True if this is the private key of the certificate. After a power cut, one of the two files can
/// be older.
fn belong_together(certificate: &[u8], key: &KeyPair) -> bool {
    let pem = x509_parser::pem::parse_x509_pem(certificate);
    let public = pem.as_ref().ok().and_then(|(_, pem)| pem.parse_x509().ok());
    public.is_none_or(|certificate| {
        certificate.public_key().raw == key.subject_public_key_info().as_slice()
    })
}

/// Returns a name in a certificate as text: a host name or an IP address.
pub(crate) fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => match <[u8; 4]>::try_from(*octets) {
            Ok(v4) => Some(IpAddr::from(v4).to_string()),
            Err(_) => Some(IpAddr::from(<[u8; 16]>::try_from(*octets).ok()?).to_string()),
        },
        _ => None,
    }
}

/// Makes a certificate valid from yesterday on, since the clocks of a class differ.
fn set_life(params: &mut CertificateParams, life: Duration) {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + life).into();
}

fn impossible(error: rcgen::Error) -> TlsError {
    TlsError(format!("a certificate could not be made: {error}"))
}

fn text(path: &Path) -> Result<String, TlsError> {
    String::from_utf8(read(path)?).map_err(|_| TlsError(format!("{} is not text", path.display())))
}

/// Writes the whole file or nothing. The file has these permissions from the beginning.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let whole = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let permissions = fs::Permissions::from_mode(mode);
        let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failed| failed.error)?;
        Ok(())
    };
    whole().map_err(|error| TlsError(format!("{} cannot be written: {error}", path.display())))
}
