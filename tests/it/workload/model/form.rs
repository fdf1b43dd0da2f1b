//! The form of a call: who may make it, whether it is given an id, and what is wrong with its fields by themselves.

use krama::proto::v1;

use crate::refusal::{No, invalid, required};
use crate::workload::command::Command;
use crate::workload::model::{day_of, optional_day_of};

/// Who may ask for a command, as the contract says beside each call.
pub(super) fn allowed(command: &Command) -> &'static [&'static str] {
    match command {
        Command::Register(_)
        | Command::Enroll(_)
        | Command::Update(_)
        | Command::Settle(_)
        | Command::Serve(_)
        | Command::Assign(_)
        | Command::Found(_)
        | Command::Grant(_) => &["OFFICER"],
        Command::Die(_)
        | Command::Excuse(_)
        | Command::RetractFact(_)
        | Command::Refund(_)
        | Command::Confirm(_)
        | Command::Waive(_)
        | Command::Propose(_)
        | Command::Withdraw(_) => &["OFFICER", "SUPERVISOR"],
        Command::Approve(_) => &["SUPERVISOR"],
        Command::Deliver(_) => &["OFFICER", "SERVICE"],
        Command::Pay(_) | Command::Reverse(_) => &["COLLECTOR", "OFFICER"],
        Command::Hire(_)
        | Command::Separate(_)
        | Command::Amend(_)
        | Command::Retract(_)
        | Command::Rekey(_)
        | Command::NoPayroll(_) => &["PAYROLL", "OFFICER"],
    }
}

/// Whether the ledger gives an id to what a command records; other answers repeat an id that was sent.
pub(super) fn makes_an_id(command: &Command) -> bool {
    match command {
        Command::Register(_)
        | Command::Update(_)
        | Command::Die(_)
        | Command::Excuse(_)
        | Command::Serve(_)
        | Command::Confirm(_)
        | Command::Waive(_)
        | Command::Pay(_)
        | Command::Refund(_)
        | Command::Found(_)
        | Command::Grant(_)
        | Command::Hire(_)
        | Command::Propose(_) => true,
        Command::Enroll(_)
        | Command::Settle(_)
        | Command::RetractFact(_)
        | Command::Reverse(_)
        | Command::Assign(_)
        | Command::Separate(_)
        | Command::Amend(_)
        | Command::Retract(_)
        | Command::Rekey(_)
        | Command::NoPayroll(_)
        | Command::Deliver(_)
        | Command::Approve(_)
        | Command::Withdraw(_) => false,
    }
}

/// What the contract says of the fields of a command by themselves; of the faults that this workload makes.
#[expect(clippy::wildcard_enum_match_arm, reason = "few things are malformed, whatever else there is")]
pub(super) fn malformed(command: &Command, in_batch: bool) -> Option<No> {
    let mut command = command.clone();
    if command.request_id().is_empty() {
        return Some(required("request_id"));
    }
    if in_batch && *command.validate_only() {
        return Some(invalid("validate_only"));
    }
    match &command {
        Command::Pay(ask) if ask.reference.is_empty() => Some(required("reference")),
        Command::Pay(ask) if ask.payer.is_none() => Some(required("payer")),
        Command::Pay(ask) if ask.amount_riel == 0 => Some(required("amount_riel")),
        Command::Pay(ask) if !(1..=1_000_000_000).contains(&ask.amount_riel) => Some(invalid("amount_riel")),
        Command::Hire(ask) if ask.worker.is_none() => Some(required("worker")),
        Command::Hire(ask) if ask.employment_number.is_empty() => Some(required("employment_number")),
        Command::Separate(ask) if ask.last_day.is_none() => Some(required("last_day")),
        Command::Enroll(ask) if ask.member_id == "1" => Some(invalid("member_id")),
        Command::Register(ask) if ask.identifiers.is_empty() => Some(required("identifiers")),
        Command::Reverse(ask) if ask.reason == 0 => Some(required("reason")),
        Command::Excuse(ask) if ask.to_month < ask.from_month => Some(invalid("to_month")),
        Command::Settle(ask) if ask.head_member_id == ask.member_id => Some(invalid("head_member_id")),
        Command::Settle(ask) if backwards(ask) => Some(invalid("until_day")),
        Command::Serve(ask) if ask.channel == 0 => Some(required("channel")),
        Command::Deliver(ask) if ask.state == 0 => Some(required("state")),
        Command::Deliver(ask) if ask.channel == 0 => Some(required("channel")),
        Command::Propose(ask) if ask.document.trim().is_empty() => Some(required("document")),
        Command::Approve(ask) if ask.digest.len() != 64 => Some(invalid("digest")),
        Command::Approve(ask) if ask.legal_basis.is_empty() => Some(required("legal_basis")),
        Command::Withdraw(ask) if ask.reason.is_empty() => Some(required("reason")),
        Command::Waive(ask) if ask.case_reference.is_empty() => Some(required("case_reference")),
        Command::Refund(ask) if ask.amount_riel < 1 => Some(invalid("amount_riel")),
        Command::Assign(ask) if ask.reason.is_empty() => Some(required("reason")),
        Command::Rekey(ask) if ask.new_employment_number == ask.employment_number => {
            Some(invalid("new_employment_number"))
        }
        Command::Amend(ask) if ask.replaces.is_none() => Some(required("replaces")),
        _ => None,
    }
}

fn backwards(ask: &v1::SetHouseholdRequest) -> bool {
    optional_day_of(ask.until_day.as_ref()).is_some_and(|until| until < day_of(ask.from_day.as_ref()))
}
