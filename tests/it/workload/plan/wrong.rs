//! What callers say wrong: something else under an id that was used, or what cannot be read.

use krama::proto::v1;

use crate::say::date;
use crate::workload::command::Command;
use crate::workload::plan::Planner;

impl Planner<'_> {
    /// Says something else under the same id.
    pub(super) fn alter(&mut self, command: &mut Command) {
        match command {
            Command::Register(ask) => ask.phone = "+855 12 777777".to_owned(),
            Command::Enroll(ask) => ask.reason.push('!'),
            Command::Update(ask) => ask.phone = "+855 12 777777".to_owned(),
            Command::Die(ask) => ask.reason.push('!'),
            Command::Excuse(ask) => ask.case_reference.push('!'),
            Command::RetractFact(ask) => ask.legal_basis.push('!'),
            Command::Settle(ask) => ask.disabled = !ask.disabled,
            Command::Serve(ask) => ask.channel = v1::NoticeChannel::Sms.into(),
            Command::Deliver(ask) => ask.channel = v1::NoticeChannel::Voice.into(),
            Command::Propose(ask) => ask.document.push_str("# Said again.\n"),
            Command::Approve(ask) => ask.legal_basis.push('!'),
            Command::Withdraw(ask) => ask.reason.push('!'),
            Command::Confirm(ask) => ask.legal_basis.push('!'),
            Command::Waive(ask) => ask.legal_basis.push('!'),
            Command::Pay(ask) => ask.amount_riel += 1,
            Command::Reverse(ask) => ask.reason = v1::ReversalReason::Mistake.into(),
            Command::Assign(ask) => ask.reason.push('!'),
            Command::Refund(ask) => ask.amount_riel += 1,
            Command::Found(ask) => ask.latin_name.push('!'),
            Command::Grant(ask) => ask.until_day = Some(date("2030-01-01")),
            Command::Hire(ask) => ask.last_day = Some(date("2030-01-01")),
            Command::Separate(ask) => ask.reason = v1::SeparationReason::Closure.into(),
            Command::Amend(ask) => ask.last_day = Some(date("2030-01-01")),
            Command::Retract(ask) => ask.replaces.iter_mut().for_each(|position| position.number += 1),
            Command::Rekey(ask) => ask.new_employment_number.push('!'),
            Command::NoPayroll(ask) => ask.month = "2024-01".to_owned(),
        }
    }

    /// Makes a command that cannot be read.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is lacks its id then")]
    pub(super) fn spoil(&mut self, command: &mut Command) {
        match command {
            Command::Pay(ask) => match self.chance.below(4) {
                0 => ask.reference.clear(),
                1 => ask.payer = None,
                2 => ask.amount_riel = -5,
                _ => ask.amount_riel = 1_000_000_001,
            },
            Command::Hire(ask) if self.one_in(2) => ask.worker = None,
            Command::Hire(ask) => ask.employment_number.clear(),
            Command::Separate(ask) => ask.last_day = None,
            Command::Enroll(ask) => ask.member_id = "1".to_owned(),
            Command::Register(ask) => ask.identifiers.clear(),
            Command::Settle(ask) => ask.head_member_id = ask.member_id.clone(),
            Command::Serve(ask) => ask.channel = 0,
            Command::Deliver(ask) if self.one_in(2) => ask.state = 0,
            Command::Deliver(ask) => ask.channel = 0,
            Command::Propose(ask) => ask.document = " ".to_owned(),
            Command::Approve(ask) if self.one_in(2) => ask.digest.truncate(2),
            Command::Approve(ask) => ask.legal_basis.clear(),
            Command::Withdraw(ask) => ask.reason.clear(),
            Command::Waive(ask) => ask.case_reference.clear(),
            Command::Reverse(ask) => ask.reason = 0,
            Command::Excuse(ask) => ask.to_month = "2024-01".to_owned(),
            Command::Refund(ask) => ask.amount_riel = 0,
            Command::Assign(ask) => ask.reason.clear(),
            Command::Rekey(ask) => ask.new_employment_number = ask.employment_number.clone(),
            Command::Amend(ask) => ask.replaces = None,
            _ => command.request_id().clear(),
        }
    }
}
