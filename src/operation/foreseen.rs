//! Previews: what many records would do, and the token by which a commit shows that it was seen.
//!
//! Absent: the records themselves, and how they are decided, which is the same for a preview and a commit.

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::failure::{Failure, Refusal};
use krama_law::calendar::Day;

pub(crate) use crate::operation::transact::foreseen::Watch;
pub use crate::operation::transact::foreseen::{Stale, View};

impl Desk {
    /// The token of a preview: it shows that this ledger showed these records, by their digest, to this caller as they
    /// stood then.
    pub(crate) fn preview_token(&self, caller: &Caller, digest: &[u8; 32], view: &View) -> String {
        let View { position, day, revision } = view;
        format!("{position}.{}.{}.{}", day.0, revision.0, hex(&self.seal_of(caller, digest, view)[..16]))
    }

    /// What a token shows; none where it is no token at all.
    ///
    /// # Errors
    /// It is of other records or of another caller.
    pub(crate) fn foreseen(&self, caller: &Caller, digest: &[u8; 32], token: &str) -> Option<Result<View, Failure>> {
        let mut parts = token.split('.');
        let position = parts.next()?.parse().ok()?;
        let (day, revision) = (Day(parts.next()?.parse().ok()?), Day(parts.next()?.parse().ok()?));
        let view = View { position, day, revision };
        parts.next().filter(|seal| seal.len() == 32 && parts.next().is_none())?;
        let is_own = self.preview_token(caller, digest, &view) == token;
        Some(if is_own { Ok(view) } else { Err(Refusal::PreviewStale { stale: Stale::Content }.into()) })
    }

    fn seal_of(&self, caller: &Caller, digest: &[u8; 32], view: &View) -> [u8; 32] {
        let View { position, day, revision } = view;
        let content = hex(digest);
        let told = format!("{}|{position}|{}|{}|{content}|{}", self.epoch, day.0, revision.0, caller.id);
        self.store.vault().search_hash("preview", &told)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
