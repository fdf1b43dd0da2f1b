//! The end of the play: everybody on record is asked about, and every riel is looked for.
//!
//! The sums of all accounts must be the money that the banks delivered, to the riel; a difference is told like any
//! other.

use std::collections::BTreeMap;

use tonic::{Response, Status};

use super::callers::{Callers, Officer};
use super::play::side_by_side;
use super::replies::Replies;
use crate::cli::client::Refusal;
use crate::cli::words;
use crate::proto::v1::{GetAccountRequest, GetMemberRequest, ListMembersRequest, MoneyTotals, Standing};

const PAGE: i32 = 500;

/// What the fund looks like on the last day.
#[derive(Default, Debug)]
pub(super) struct Summary {
    /// Everybody on record.
    people: usize,
    /// Of them, those with a cover today.
    covered: usize,
    standings: BTreeMap<i32, usize>,
    money: MoneyTotals,
}

/// Asks about everybody.
///
/// # Errors
/// A question is refused.
pub(super) async fn ask(callers: &Callers) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    let members = members(&callers.officer).await?;
    let asked = members.into_iter().map(|member_id| about(callers.officer.clone(), member_id));
    for answer in side_by_side(asked).await? {
        let (standing, covered, money) = answer.map_err(Refusal::from)?;
        summary.people += 1;
        summary.covered += usize::from(covered);
        *summary.standings.entry(standing.into()).or_default() += 1;
        summary.add(&money);
    }
    Ok(summary)
}

/// The ids of everybody on record.
async fn members(officer: &Officer) -> anyhow::Result<Vec<String>> {
    let (mut members, mut client) = (Vec::new(), officer.members.clone());
    let mut request = ListMembersRequest { page_size: PAGE, ..ListMembersRequest::default() };
    loop {
        let page = client.list_members(request.clone()).await.map_err(Refusal::from)?.into_inner();
        members.extend(page.members.into_iter().map(|member| member.member_id));
        if page.next_page_token.is_empty() {
            return Ok(members);
        }
        request.page_token = page.next_page_token;
    }
}

async fn about(mut officer: Officer, member_id: String) -> Result<(Standing, bool, MoneyTotals), Status> {
    let request = GetMemberRequest { member_id: member_id.clone(), at_least_position: None };
    let decision = officer.members.get_member(request).await.map(Response::into_inner)?.decision.unwrap_or_default();
    let request = GetAccountRequest { member_id, at_least_position: None };
    let account = officer.money.get_account(request).await.map(Response::into_inner)?;
    Ok((decision.standing(), decision.covered, account.totals.unwrap_or_default()))
}

impl Summary {
    fn add(&mut self, money: &MoneyTotals) {
        self.money.received_riel += money.received_riel;
        self.money.months_riel += money.months_riel;
        self.money.credit_riel += money.credit_riel;
        self.money.suspense_riel += money.suspense_riel;
        self.money.pot_riel += money.pot_riel;
        self.money.surcharge_riel += money.surcharge_riel;
        self.money.reversed_riel += money.reversed_riel;
        self.money.refunded_riel += money.refunded_riel;
    }

    fn standing(&self, standing: Standing) -> usize {
        self.standings.get(&i32::from(standing)).copied().unwrap_or_default()
    }

    /// What does not add up.
    pub(super) fn differences(&self, replies: &Replies) -> Vec<String> {
        let mut differences = Vec::new();
        let delivered = replies.received_riel - replies.unknown_riel;
        if self.money.received_riel != delivered {
            let (accounts, delivered) = (words::riel(self.money.received_riel), words::riel(delivered));
            differences.push(format!("all accounts together hold {accounts}, and the banks delivered {delivered}"));
        }
        let money = &self.money;
        let places = money.months_riel + money.credit_riel + money.suspense_riel + money.pot_riel;
        let places = places + money.surcharge_riel + money.reversed_riel + money.refunded_riel;
        if places != money.received_riel {
            let (places, received) = (words::riel(places), words::riel(money.received_riel));
            differences.push(format!("the places of the money hold {places} together, and {received} were received"));
        }
        differences
    }

    /// The summary as lines.
    pub(super) fn lines(&self, replies: &Replies) -> Vec<String> {
        let hires = replies.hires.iter().filter(|reply| reply.answer.is_ok()).count();
        let suspense = self.money.suspense_riel + replies.unknown_riel;
        vec![
            format!(
                "  people     {} on record, {} enrolled by the desk, {} reported by employers for the first time",
                words::count(self.people),
                words::count(replies.enrolled),
                words::count(self.people.saturating_sub(replies.members.len())),
            ),
            format!(
                "  standing   {} current, {} in arrears, {} abandoned, {} employed, {} not enrolled; {} have cover today",
                words::count(self.standing(Standing::Current)),
                words::count(self.standing(Standing::InArrears)),
                words::count(self.standing(Standing::Abandoned)),
                words::count(self.standing(Standing::Employed)),
                words::count(self.standing(Standing::NotEnrolled)),
                words::count(self.covered),
            ),
            format!(
                "  money      {} payments, {}; {} lines were delivered twice and counted once",
                words::count(replies.payment_count()),
                words::riel(replies.received_riel),
                words::count(replies.repeated),
            ),
            format!(
                "             {} on months, {} credit, {} in suspense ({} of it from payers nobody knows)",
                words::count(self.money.months_riel),
                words::count(self.money.credit_riel),
                words::count(suspense),
                words::count(replies.unknown_riel),
            ),
            format!("  work       {hires} hires and {} separations reported", replies.separations.len()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_riel_that_is_nowhere_is_found_out() {
        let mut summary = Summary::default();
        let mut replies = Replies::default();
        (replies.received_riel, replies.unknown_riel) = (31_200, 15_600);
        summary.add(&MoneyTotals { received_riel: 15_600, months_riel: 15_600, ..MoneyTotals::default() });
        assert!(summary.differences(&replies).is_empty());
        summary.add(&MoneyTotals { received_riel: 1, ..MoneyTotals::default() });
        assert_eq!(summary.differences(&replies).len(), 2);
    }
}
