//! What is said about lapses and notices, and whatever else takes two people: prepared, or done as somebody prepared it.

use krama::proto::v1;

use crate::say::{date, excuse, refund};
use crate::workload::command::Command;
use crate::workload::model::{Prepared, role_of};
use crate::workload::plan::Planner;
use crate::world::id_in;

impl Planner<'_> {
    /// What somebody prepared, to be done; now and then in other words. `like` tells what is meant.
    fn prepared(&mut self, who: &'static str, like: impl Fn(&Command) -> bool) -> Option<Command> {
        let (model, anyhow) = (self.model, self.one_in(5));
        let another = |prepared: &Prepared| !prepared.is_done() && prepared.by != id_in(who);
        let waits = |prepared: &Prepared| (anyhow || another(prepared)) && like(&prepared.content);
        let held = model.prepared.iter().filter(|(_, prepared)| waits(prepared));
        let mut held: Vec<_> = held.map(|(id, prepared)| (prepared.position(), id, &prepared.content)).collect();
        held.sort_by_key(|(position, ..)| *position);
        let recent: Vec<_> = held.into_iter().rev().take(6).collect();
        // Whoever may not be the second tries it more rarely.
        let tries = if role_of(who) == "SUPERVISOR" { 3 } else { 1 };
        let (_, id, content) = self.pick(&recent).filter(|_| self.chance.below(4) < tries)?;
        let mut command = content.clone();
        if self.one_in(8) {
            self.alter(&mut command);
        }
        command.prepared_id().expect("an act of two people").clone_from(id);
        Some(command)
    }

    /// A member whose lapse waits, or another one.
    fn waiting(&mut self) -> String {
        let pending = self.pick(&self.pending.clone()).filter(|_| !self.one_in(5));
        pending.unwrap_or_else(|| self.member())
    }

    /// Whether a lapse of the member that a command names waits still; now and then whether or not.
    fn is_of_today(&mut self) -> impl Fn(&str) -> bool + use<> {
        let (pending, anyhow) = (self.pending.clone(), self.one_in(4));
        move |member| anyhow || pending.iter().any(|one| one == member)
    }

    pub(super) fn confirmation(&mut self, who: &'static str) -> Command {
        let waits = self.is_of_today();
        let like = |command: &Command| matches!(command, Command::Confirm(ask) if waits(&ask.member_id));
        self.prepared(who, like).unwrap_or_else(|| {
            Command::Confirm(v1::ConfirmLapseRequest {
                member_id: self.waiting(),
                case_reference: "file-3".to_owned(),
                legal_basis: "Sub-Decree 280, looked at by two".to_owned(),
                ..Default::default()
            })
        })
    }

    pub(super) fn waiver(&mut self, who: &'static str) -> Command {
        let waits = self.is_of_today();
        let like = |command: &Command| matches!(command, Command::Waive(ask) if waits(&ask.member_id));
        self.prepared(who, like).unwrap_or_else(|| {
            Command::Waive(v1::WaiveLapseRequest {
                member_id: self.waiting(),
                case_reference: "file-4".to_owned(),
                legal_basis: "Sub-Decree 280, looked at by two".to_owned(),
                ..Default::default()
            })
        })
    }

    /// Months that need not be paid: few, or so many that they take two people.
    pub(super) fn excuse(&mut self, who: &'static str) -> Command {
        self.prepared(who, |command| matches!(command, Command::Excuse(_))).unwrap_or_else(|| {
            let from = self.model.today.month().plus(-i32::try_from(self.chance.below(8)).expect("a small number"));
            let more = if self.one_in(2) { 5 } else { 0 };
            let to = from.plus(more + i32::try_from(self.chance.below(3)).expect("a small number"));
            Command::Excuse(excuse(&self.member(), &from.to_string(), &to.to_string()))
        })
    }

    /// Money that is paid back.
    pub(super) fn refund(&mut self, who: &'static str) -> Command {
        self.prepared(who, |command| matches!(command, Command::Refund(_))).unwrap_or_else(|| {
            let paid = self.payment_id(|_| true);
            let most = if self.one_in(2) { 3_000 } else { 40_000 };
            let amount = 1 + i64::from(self.number(most));
            Command::Refund(refund(&paid, amount))
        })
    }

    /// A notice that the feed told, and whom it warns; or one that is none.
    fn notice(&mut self) -> (String, String) {
        let told: Vec<(String, String)> =
            self.model.notices.iter().map(|(notice, member)| (notice.clone(), member.clone())).collect();
        let none = (self.member(), self.member());
        self.pick(&told).filter(|_| !self.one_in(8)).unwrap_or(none)
    }

    pub(super) fn service(&mut self) -> Command {
        let (notice_id, member) = if self.one_in(2) { self.notice() } else { (String::new(), self.waiting()) };
        let member_id = if self.one_in(6) { self.member() } else { member };
        Command::Serve(v1::ServeNoticeRequest {
            member_id,
            on: Some(date(&self.text(20))),
            channel: v1::NoticeChannel::Letter.into(),
            notice_id,
            ..Default::default()
        })
    }

    pub(super) fn delivery(&mut self) -> Command {
        use v1::DeliveryState::{Delivered, Expired, Failed, Sent};
        let state = self.pick(&[Sent, Delivered, Failed, Expired]).expect("a state");
        let on = self.one_in(2).then(|| date(&self.text(6)));
        Command::Deliver(v1::RecordNoticeDeliveryRequest {
            notice_id: self.notice().0,
            state: state.into(),
            channel: v1::NoticeChannel::Sms.into(),
            on,
            ..Default::default()
        })
    }
}
