//! The witness: asks the server about the person of a set piece, and holds the answers against the story.
//!
//! Whatever is told is asked for first, over the wire, as an officer or a hospital would. An answer that is not what
//! the story expects is told all the same, and taken down as a difference.

use std::fmt::Display;

use anyhow::Context;
use prost_types::Timestamp;
use time::Date;

use super::callers::Callers;
use super::plan::Piece;
use super::replies::{HireReply, PaymentReply, Replies};
use crate::cli::client::Refusal;
use crate::cli::{civil, words};
use crate::proto::v1::check_coverage_request::SecondFact;
use crate::proto::v1::find_member_request::Selector;
use crate::proto::v1::{
    CheckCoverageRequest, CheckCoverageResponse, Decision, ExplainCoverageRequest, ExplainCoverageResponse,
    FindMemberRequest, GetAccountRequest, GetAccountResponse, GetMemberRequest, Identifier, Member, Standing,
};

/// Who looks, at whom, and on which day.
pub(super) struct Witness<'a> {
    callers: &'a Callers,
    replies: &'a Replies,
    piece: &'a Piece,
    today: Date,
    member: Option<Member>,
    differences: Vec<String>,
}

impl<'a> Witness<'a> {
    pub(super) fn new(callers: &'a Callers, replies: &'a Replies, piece: &'a Piece, today: Date) -> Witness<'a> {
        Witness { callers, replies, piece, today, member: None, differences: Vec::new() }
    }

    /// The day on which the witness looks.
    pub(super) fn today(&self) -> Date {
        self.today
    }

    /// A key day of the set piece.
    pub(super) fn day(&self, index: usize) -> Date {
        self.piece.days.get(index).copied().unwrap_or(self.today)
    }

    /// The number beside the member number.
    pub(super) fn other_number(&self) -> &'a str {
        &self.piece.other_number
    }

    /// The member as the fund knows them: registered at the desk, or made known by an employer.
    pub(super) async fn member(&mut self) -> anyhow::Result<Member> {
        if let Some(member) = &self.member {
            return Ok(member.clone());
        }
        let member = match self.replies.members.get(&self.piece.member_number) {
            Some(member_id) => {
                let request = GetMemberRequest { member_id: member_id.clone(), at_least_position: None };
                let mut members = self.callers.officer.members.clone();
                members.get_member(request).await.map_err(Refusal::from)?.into_inner().member
            }
            None => self.find(&self.piece.other_number).await?,
        };
        let member = member.with_context(|| format!("nobody on record is the person of `{}`", self.piece.key))?;
        self.member = Some(member.clone());
        Ok(member)
    }

    /// The member with a number, if there is one.
    pub(super) async fn find(&self, number: &str) -> anyhow::Result<Option<Member>> {
        let kind = words::kind_of(number).with_context(|| format!("`{number}` has no known shape"))?;
        let identifier = Identifier { kind: kind.into(), value: number.to_owned() };
        let request = FindMemberRequest { selector: Some(Selector::Identifier(identifier)), at_least_position: None };
        let mut members = self.callers.officer.members.clone();
        let found = members.find_member(request).await.map_err(Refusal::from)?.into_inner();
        Ok(found.members.into_iter().next())
    }

    /// The member's name in Latin letters, as the fund has it.
    pub(super) async fn name(&mut self) -> anyhow::Result<String> {
        let name = self.member().await?.latin_name.unwrap_or_default();
        Ok(format!("{} {}", name.family, name.given))
    }

    /// Everything about a day, as known now or at an instant.
    pub(super) async fn explained(
        &mut self,
        on: Date,
        known_at: Option<Timestamp>,
    ) -> anyhow::Result<ExplainCoverageResponse> {
        let request = ExplainCoverageRequest {
            member_id: self.member().await?.member_id,
            valid_at: Some(civil::wire(on)),
            known_at,
            at_least_position: None,
            language: String::new(),
        };
        let mut cover = self.callers.officer.cover.clone();
        Ok(cover.explain_coverage(request).await.map_err(Refusal::from)?.into_inner())
    }

    /// The decision about a day as known now.
    pub(super) async fn decision(&mut self, on: Date) -> anyhow::Result<Decision> {
        self.explained(on, None).await?.decision.context("the explanation holds no decision")
    }

    /// The decision about a day as known at the end of an earlier one.
    pub(super) async fn decision_as_known(&mut self, on: Date, known_on: Date) -> anyhow::Result<Decision> {
        let answer = self.explained(on, Some(civil::end_of(known_on))).await?;
        answer.decision.context("the explanation holds no decision")
    }

    /// The member's account today.
    pub(super) async fn account(&mut self) -> anyhow::Result<GetAccountResponse> {
        let request = GetAccountRequest { member_id: self.member().await?.member_id, at_least_position: None };
        let mut money = self.callers.officer.money.clone();
        Ok(money.get_account(request).await.map_err(Refusal::from)?.into_inner())
    }

    /// What a hospital is told about a day of care.
    pub(super) async fn checked(&mut self, on: Date) -> anyhow::Result<CheckCoverageResponse> {
        let member = self.member().await?;
        let born = member.birth_date.unwrap_or_default();
        let fact = if born.day == 0 { SecondFact::BirthYear(born.year) } else { SecondFact::BirthDate(born) };
        let request = CheckCoverageRequest {
            identifier: member.identifiers.into_iter().next(),
            second_fact: Some(fact),
            service_date: Some(civil::wire(on)),
            ..CheckCoverageRequest::default()
        };
        let mut hospital = self.callers.hospital.clone();
        Ok(hospital.check_coverage(request).await.map_err(Refusal::from)?.into_inner())
    }

    /// What became of the money that the person paid on a key day.
    pub(super) fn paid_on(&mut self, index: usize) -> Vec<&'a PaymentReply> {
        let piece = self.piece;
        let payer = if piece.member_number.is_empty() { &piece.other_number } else { &piece.member_number };
        let paid = self.replies.payments_of(payer, self.day(index));
        self.expect("that money was delivered", true, !paid.is_empty());
        paid
    }

    /// What became of the hires of the member that were reported today, under whichever number.
    pub(super) async fn hired_today(&mut self) -> anyhow::Result<Vec<&'a HireReply>> {
        let member = self.member().await?;
        let hires = self.replies.hires.iter().filter(|reply| reply.day == self.today && has(&member, &reply.worker));
        let hires: Vec<&HireReply> = hires.collect();
        self.expect("that a hire was reported", true, !hires.is_empty());
        Ok(hires)
    }

    /// What became of the hire that was reported today under the other number, whoever was meant.
    pub(super) fn hired_by_other_number(&mut self) -> Option<&'a HireReply> {
        let number = &self.piece.other_number;
        let hire = self.replies.hires.iter().find(|reply| reply.day == self.today && reply.worker == *number);
        self.expect("that a hire was reported", true, hire.is_some());
        hire
    }

    /// Whether a separation of the member was taken today.
    pub(super) async fn separated_today(&mut self) -> anyhow::Result<()> {
        let member = self.member().await?;
        let mut today = self.replies.separations.iter().filter(|reply| reply.day == self.today && reply.answer.is_ok());
        let taken = today.any(|reply| has(&member, &reply.worker));
        self.expect("that a separation was taken", true, taken);
        Ok(())
    }

    /// Holds an answer against the story.
    pub(super) fn expect<T: PartialEq + Display>(&mut self, what: &str, wanted: T, found: T) {
        if wanted != found {
            let key = &self.piece.key;
            self.differences.push(format!("`{key}` on {}: {what} should be {wanted}, is {found}", self.today));
        }
    }

    /// Holds a standing against the story.
    pub(super) fn expect_standing(&mut self, wanted: Standing, found: &Decision) {
        self.expect("the standing", words::standing(wanted), words::standing(found.standing()));
    }

    /// Holds the first day of a standing against the story.
    pub(super) fn expect_since(&mut self, wanted: Date, found: &Decision) {
        self.expect("the first day of the standing", wanted.to_string(), civil::day_text(found.since));
    }

    /// Everything that was not as the story has it.
    pub(super) fn into_differences(self) -> Vec<String> {
        self.differences
    }
}

fn has(member: &Member, number: &str) -> bool {
    member.identifiers.iter().any(|identifier| identifier.value == number)
}

/// Where somebody stands, fit to follow a name.
pub(super) fn stands(decision: &Decision) -> String {
    let mut text = format!("is {}", words::standing(decision.standing()));
    if decision.since.is_some() && decision.standing() != Standing::Current {
        text.push_str(&format!(" since {}", civil::day_text(decision.since)));
    }
    if decision.overdue_months > 0 {
        let months = usize::try_from(decision.overdue_months).unwrap_or(0);
        let owed = decision.balance.unwrap_or_default().owed_riel;
        text.push_str(&format!(", {} ({}) overdue", words::counted(months, "month", "months"), words::riel(owed)));
    }
    text
}

/// What a hospital is told, in one word, with the schemes.
pub(super) fn verdict(answer: &CheckCoverageResponse) -> String {
    if !answer.covered {
        return "not covered".to_owned();
    }
    let covers: Vec<&str> = answer.covers.iter().map(|cover| words::scheme(cover.scheme())).collect();
    format!("covered ({})", covers.join(", "))
}
