//! Records that are decided as one caller has seen them before: a preview looks, and a commit that presents it is
//! decided only if the records still mean what they meant.
//!
//! A preview is a rehearsal of many commands in one transaction, so each sees those before it. Whether a member has
//! changed since is told by the position at which the preview looked: whatever was recorded of them later has a higher
//! one. Absent: how a preview is signed and shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use krama_law::calendar::Day;
use tokio::sync::oneshot;

use super::{Entry, Slot, Waiting, audit_row};
use crate::operation::caller::Caller;
use crate::operation::command::Stage;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page};
use crate::store::audit::AuditRow;
use crate::store::seal::Vault;

/// From where a preview looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    /// The last position that it saw.
    pub position: i64,
    /// The civil day.
    pub day: Day,
    /// The first day of the revision of the law in force on that day.
    pub revision: Day,
}

/// What of a view is not so any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stale {
    /// The records are others, or somebody else's.
    Content,
    /// Another day has begun.
    Day,
    /// Another revision of the law is in force.
    Policy,
    /// Something was recorded about the members of these records, by their numbers.
    Members(Vec<i64>),
}

/// Watches over records that are decided together: what the first of them saw, or what of a view was stale.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<Seen>>);

/// Where that will come.
pub(crate) type Looked = oneshot::Receiver<Result<View, Stale>>;

struct Seen {
    expected: Option<View>,
    /// What each record needs to see, by its number.
    needs: Vec<(i64, Needs)>,
    view: Option<Result<View, Stale>>,
    tell: Option<oneshot::Sender<Result<View, Stale>>>,
}

impl Watch {
    /// A watch over a preview, or over the commit that presents what it saw.
    pub(crate) fn over(expected: Option<View>) -> (Watch, Looked) {
        let (tell, looked) = oneshot::channel();
        let seen = Seen { expected, needs: Vec::new(), view: None, tell: Some(tell) };
        (Watch(Arc::new(Mutex::new(seen))), looked)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Looks before the first record is decided; none of them has changed anything by then.
    fn look(&mut self, page: &Page, stage: &Stage<'_>) -> Result<View, Stale> {
        let day = stage.today();
        let revision = stage.law.as_known(stage.known).on(day).effective;
        let view = View { position: stage.position - 1, day, revision };
        let Some(expected) = self.expected else { return Ok(view) };
        if day != expected.day {
            return Err(Stale::Day);
        }
        if revision != expected.revision {
            return Err(Stale::Policy);
        }
        // A record that was taken already is answered as it was then, whatever came since: perhaps by itself.
        let is_new = |needs: &Needs| needs.requests.first().is_none_or(|request| page.command(request).is_none());
        let changed = |needs: &Needs| page.last_change(needs) > expected.position;
        let changed = self.needs.iter().filter(|(_, needs)| is_new(needs) && changed(needs));
        let changed: Vec<i64> = changed.map(|(number, _)| *number).collect();
        if changed.is_empty() { Ok(view) } else { Err(Stale::Members(changed)) }
    }
}

/// A record that is watched over.
pub(crate) struct Watched {
    pub(crate) inner: Box<dyn Waiting>,
    pub(crate) number: i64,
    pub(crate) watch: Watch,
    /// For the audit of a record that is not decided: whose it is, through which door it came, and its place there.
    pub(crate) caller: Caller,
    pub(crate) door: &'static str,
    pub(crate) slot: Option<Slot>,
}

impl Waiting for Watched {
    fn needs(&self, vault: &Vault, needs: &mut Needs) {
        let mut own = Needs::default();
        self.inner.needs(vault, &mut own);
        self.watch.seen().needs.push((self.number, own));
        self.inner.needs(vault, needs);
    }

    fn validate_only(&self) -> bool {
        self.inner.validate_only()
    }

    fn take_place(&mut self, page: &mut Page, stage: &mut Stage<'_>) -> Entry {
        let mut seen = self.watch.seen();
        if seen.view.is_none() {
            seen.view = Some(seen.look(page, stage));
        }
        let stale = matches!(seen.view, Some(Err(_)));
        drop(seen);
        if stale {
            let mut audit = audit_row(Some(&self.caller), self.door, stage.known);
            audit.reason = Some(Refusal::PREVIEW_STALE.to_owned());
            audit.slot = self.slot;
            return Entry { audit, accepted: false };
        }
        self.inner.take_place(page, stage)
    }

    fn reply(&mut self, page: &Page, stage: &mut Stage<'_>, audit: &mut AuditRow) {
        self.inner.reply(page, stage, audit);
    }

    fn answer(self: Box<Self>, saved: Result<(), Failure>) {
        let mut seen = self.watch.seen();
        let view = seen.view.clone();
        // Nobody may wait for it any more.
        if let (Ok(()), Some(view), Some(tell)) = (&saved, view.clone(), seen.tell.take()) {
            drop(tell.send(view));
        }
        drop(seen);
        let stale = view.and_then(Result::err).map(|stale| Failure::Refused(Refusal::PreviewStale { stale }));
        self.inner.answer(saved.and(stale.map_or(Ok(()), Err)));
    }
}
