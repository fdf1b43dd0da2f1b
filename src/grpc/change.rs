//! Standing changes on the wire, for those who may know where a member stands.

pub(crate) mod feed;

use krama_documents::catalogue::{self, Catalogue, Sms};
use krama_law::answer::Scheme;
use krama_law::change::{ChangeKind, DayState, StandingChange};

use crate::grpc::wire::{date, id_text};
use crate::grpc::{Counter, decision};
use crate::operation::caller::Role;
use crate::operation::change::feed::Notice;
use crate::proto::v1;

impl Counter {
    /// The changes as a role may know them: the fund's staff all of them, anybody else none.
    pub(crate) fn standing_changes(&self, role: Role, changes: &[StandingChange]) -> Option<v1::StandingChanges> {
        let most = self.limits.standing_changes;
        role.is_staff().then(|| v1::StandingChanges {
            changes: changes.iter().take(most).map(standing_change).collect(),
            more: changes.len() > most,
        })
    }
}

impl Counter {
    /// What a notice says, in each language; nothing where it is not known how many months were overdue.
    pub(crate) fn notice_texts(&self, notice: &Notice) -> Vec<v1::NoticeText> {
        let Some(months) = notice.overdue else { return Vec::new() };
        let says = match notice.last_safe_day.zip(notice.amount) {
            Some((day, amount)) => catalogue::Notice::LastSafeDay { months, amount, day },
            None => catalogue::Notice::Missed { months },
        };
        let text = |catalogue: &Catalogue| {
            let Sms { text, segments } = says.sms(catalogue);
            let language = catalogue.language();
            let segments = i32::try_from(segments).unwrap_or(i32::MAX);
            v1::NoticeText { language: language.tag().to_owned(), text, segments, reviewed: language.is_reviewed() }
        };
        self.catalogues.iter().map(text).collect()
    }
}

fn standing_change(change: &StandingChange) -> v1::StandingChange {
    let kind = match change.kind {
        ChangeKind::Changed => v1::StandingChangeKind::Changed,
        ChangeKind::Reinstated => v1::StandingChangeKind::Reinstated,
        ChangeKind::Undone => v1::StandingChangeKind::Undone,
    };
    v1::StandingChange {
        from_day: Some(date(change.from)),
        until_day: Some(date(change.until)),
        before: Some(day_state(change.before)),
        after: Some(day_state(change.after)),
        kind: kind.into(),
        fact_ids: change.facts.iter().map(|fact| id_text(fact.0)).collect(),
        policy_revision: change.revision.to_string(),
    }
}

fn day_state(state: DayState) -> v1::DayState {
    let schemes = Scheme::ALL.into_iter().filter(|scheme| state.covers.has(*scheme));
    v1::DayState {
        standing: decision::standing(state.standing).into(),
        covered: !state.covers.is_empty(),
        schemes: schemes.map(|scheme| decision::scheme(scheme).into()).collect(),
    }
}
