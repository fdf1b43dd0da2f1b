//! Seals: personal data is readable only with the key file, and found again only through a keyed hash.
//!
//! The key file holds 32 random bytes. Three keys are derived from it, one to seal, one to search, one to recognise
//! the file, so that none of them tells of another. Deliberately absent: the change of a key, and any way to print
//! one.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::store::failure::Failure;

/// How many bytes the key file holds.
const KEY_BYTES: usize = 32;
/// The first byte of everything sealed; another way of sealing would take the next number.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Seals and unseals, and hashes what must be found again.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    search_key: [u8; KEY_BYTES],
    key_check: [u8; KEY_BYTES],
}

impl Vault {
    /// The vault of an existing key file.
    pub fn open(path: &Path) -> Result<Vault, Failure> {
        let problem = "the key file cannot be opened; personal data stays unreadable without it";
        let file = File::open(path).map_err(|error| Failure::unusable_because(path, problem, error))?;
        read_key(file, path).map(|key| Vault::of_key(&key))
    }

    /// The vault of a key file that is made when it does not exist yet, readable by its owner alone.
    pub fn open_or_make(path: &Path) -> Result<Vault, Failure> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(file) => write_key(file, path).map(|key| Vault::of_key(&key)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Vault::open(path),
            Err(error) => Err(Failure::unusable_because(path, "the key file cannot be made", error)),
        }
    }

    /// Seals `plain` so that it opens only together with the same `aad`, which says to which row it belongs.
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Failure> {
        // A random nonce of 24 bytes never repeats in practice, so no counter has to survive a restore.
        let nonce = XNonce::try_generate().map_err(|error| Failure::Unavailable(error.to_string().into()))?;
        let sealed = self
            .cipher
            .encrypt(&nonce, Payload { msg: plain, aad })
            .map_err(|_| Failure::Internal("a value is too long to be sealed".into()))?;
        let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    /// What was sealed; `None` when the bytes or the `aad` are not those of the sealing, or the key is another.
    pub fn unseal(&self, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, msg) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if *version != VERSION {
            return None;
        }
        self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
    }

    /// The keyed hash by which `value` of this `kind` is found: equal values have equal hashes, and nobody without
    /// the key can try out values. The caller normalises the value.
    pub fn search_hash(&self, kind: &str, value: &str) -> [u8; 32] {
        // The length of the kind goes first, so that no two pairs of kind and value read alike.
        let length = u64::try_from(kind.len()).unwrap_or(u64::MAX).to_be_bytes();
        authenticate(&self.search_key, &[&length, kind.as_bytes(), value.as_bytes()])
    }

    /// What the ledger keeps of the key, by which it knows the right key file again. It tells nothing of the key.
    pub fn key_check(&self) -> [u8; 32] {
        self.key_check
    }

    fn of_key(master: &[u8; KEY_BYTES]) -> Vault {
        Vault {
            cipher: XChaCha20Poly1305::new(&authenticate(master, &[b"krama sealing key 1"]).into()),
            search_key: authenticate(master, &[b"krama searching key 1"]),
            key_check: authenticate(master, &[b"krama key check 1"]),
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys must not reach a log by way of a derived Debug.
        f.write_str("Vault(..)")
    }
}

/// A random UUID as text, such as the epoch of a new ledger. It is drawn here because no other room of the memory
/// touches randomness.
pub(crate) fn fresh_uuid() -> String {
    Uuid::new_v4().to_string()
}

/// A fresh id of a request that the ledger makes of itself.
pub(crate) fn fresh_request_id() -> [u8; 16] {
    *Uuid::new_v4().as_bytes()
}

/// The bytes that bind a seal to one row: the place, which is a table or a column, and the row's id.
pub(crate) fn bound_to(place: &str, id: i64) -> Vec<u8> {
    let mut aad = place.as_bytes().to_vec();
    aad.push(0);
    aad.extend_from_slice(&id.to_be_bytes());
    aad
}

/// The text sealed in a column of row `id`, or the failure that names the row and not the text.
pub(crate) fn open_text(
    vault: &Vault,
    table: &'static str,
    place: &str,
    id: i64,
    sealed: &[u8],
) -> Result<String, Failure> {
    let plain = vault.unseal(&bound_to(place, id), sealed);
    plain
        .and_then(|plain| String::from_utf8(plain).ok())
        .ok_or_else(|| Failure::corrupt(table, id, "its seal does not open"))
}

fn authenticate(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .expect("HMAC takes a key of any length, so this cannot fail");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn write_key(mut file: File, path: &Path) -> Result<[u8; KEY_BYTES], Failure> {
    let key = <[u8; KEY_BYTES]>::try_generate()
        .map_err(|error| Failure::unusable_because(path, "no random bytes for a new key", error.to_string()))?;
    // The key must be on the disk before the first row that is sealed under it, and so must its name in the folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    file.write_all(&key)
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| Failure::unusable_because(path, "the new key file cannot be written", error))?;
    Ok(key)
}

fn read_key(file: File, path: &Path) -> Result<[u8; KEY_BYTES], Failure> {
    let unreadable = |error| Failure::unusable_because(path, "the key file cannot be read", error);
    // The mode is asked of the open file, so that it is the one whose bytes are read.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        let open_to = mode & 0o777;
        let problem = format!("the key file is open to others than its owner (mode {open_to:04o}); set it to 0600");
        return Err(Failure::unusable(path, problem));
    }
    let mut key = Vec::new();
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key).map_err(unreadable)?;
    key.try_into().map_err(|_| {
        let problem = "the key file does not hold exactly 32 bytes; bring back the right one, or remove it if the \
                       first start was interrupted and nothing is stored yet";
        Failure::unusable(path, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_only_with_its_row_its_key_and_all_its_bytes() {
        let (vault, other) = (Vault::of_key(&[7; 32]), Vault::of_key(&[8; 32]));
        let (mine, theirs) = (bound_to("person", 1), bound_to("person", 2));
        let sealed = vault.seal(&mine, b"rice").unwrap();
        assert_eq!(vault.unseal(&mine, &sealed).as_deref(), Some(b"rice".as_slice()));
        assert_eq!(vault.unseal(&theirs, &sealed), None);
        assert_eq!(other.unseal(&mine, &sealed), None);
        assert_ne!(vault.seal(&mine, b"rice").unwrap(), sealed);
        for cut in 0..sealed.len() {
            assert_eq!(vault.unseal(&mine, &sealed[..cut]), None);
            let mut altered = sealed.clone();
            altered[cut] ^= 1;
            assert_eq!(vault.unseal(&mine, &altered), None);
        }
    }

    #[test]
    fn hashes_keep_kind_value_and_key_apart() {
        let vault = Vault::of_key(&[7; 32]);
        let hash = vault.search_hash("phone", "012");
        assert_eq!(vault.search_hash("phone", "012"), hash);
        assert_ne!(vault.search_hash("phon", "e012"), hash);
        assert_ne!(vault.search_hash("card", "012"), hash);
        assert_ne!(Vault::of_key(&[8; 32]).search_hash("phone", "012"), hash);
        assert_ne!(vault.key_check(), Vault::of_key(&[8; 32]).key_check());
        assert_eq!(format!("{vault:?}"), "Vault(..)");
    }
}
