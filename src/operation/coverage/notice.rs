//! Notices: that one was served, which is a fact of the member's life, and what became of one on its way.
//!
//! Only the service starts a clock, and only where the law has one. Absent: when a notice is due, which the law says and
//! the lapse run tells.

use krama_law::calendar::Day;
use krama_law::change::StandingChange;
use krama_law::fact::{Fact, Recorded};

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::notice::{DeliveryRow, DeliveryState, NoticeRow};
use crate::store::seal::Vault;

/// What became of a notice.
pub type State = DeliveryState;

/// That a notice was served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// On whom.
    pub member: i64,
    /// On which day.
    pub on: Day,
    /// By which way; the number of the contract.
    pub channel: i16,
    /// The notice of the feed, if it was one.
    pub notice: Option<i64>,
}

/// What the service of a notice answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Served {
    /// The fact.
    pub fact: i64,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
    /// The notice of the feed that was served, if it was one.
    pub notice: Option<NoticeRow>,
}

/// What became of a notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Of which.
    pub notice: i64,
    /// What.
    pub state: State,
    /// By which way; the number of the contract.
    pub channel: i16,
    /// On which day; today when absent.
    pub on: Option<Day>,
}

impl Desk {
    /// Records that a notice was served.
    ///
    /// # Errors
    /// There is no such member or notice, or the day lies ahead.
    pub async fn serve_notice(
        &self,
        caller: &Caller,
        ticket: Ticket,
        service: Service,
    ) -> Result<Written<Served>, Failure> {
        self.writer.submit(caller, ticket, service).await
    }

    /// Records what became of a notice.
    ///
    /// # Errors
    /// There is no such notice, or the day lies ahead.
    pub async fn record_notice_delivery(
        &self,
        caller: &Caller,
        ticket: Ticket,
        delivery: Delivery,
    ) -> Result<Written<()>, Failure> {
        self.writer.submit(caller, ticket, delivery).await
    }
}

fn must_not_follow(day: Day, latest: Day) -> Result<(), Refusal> {
    if day > latest { Err(Refusal::DayInFuture { field: "on", day, latest }) } else { Ok(()) }
}

impl Act for Service {
    type Reply = Served;
    const METHOD: Method = Method::ServeNotice;

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        content.number(i64::from(self.on.0));
        content.number(i64::from(self.channel));
        content.optional(self.notice);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
        needs.notices.extend(self.notice);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let member = self.member;
        page.person(member).ok_or(Refusal::MemberNotFound { member })?;
        if let Some(notice) = self.notice
            && page.notice(notice).is_none_or(|row| row.member != member)
        {
            return Err(Refusal::NoticeNotFound { notice }.into());
        }
        must_not_follow(self.on, stage.today())?;
        let fact = stage.fact(0);
        let served = Recorded { id: fact, known: stage.known, fact: Fact::NoticeServed { on: self.on } };
        let rows = Rows { facts: vec![(member, served)], detail: self.channel, ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(member), fact: Some(fact.0) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Served {
        let changes = changes_of(page, self.member, accepted, stage);
        let notice = self.notice.and_then(|notice| page.notice(notice)).cloned();
        Served { fact: accepted.fact.unwrap_or_default(), changes, notice }
    }
}

impl Act for Delivery {
    type Reply = ();
    const METHOD: Method = Method::RecordNoticeDelivery;

    fn content(&self, content: &mut Content) {
        content.number(self.notice);
        content.number(self.state as i64);
        content.number(i64::from(self.channel));
        content.optional(self.on.map(|on| i64::from(on.0)));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.notices.push(self.notice);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let notice = self.notice;
        let member = page.notice(notice).ok_or(Refusal::NoticeNotFound { notice })?.member;
        let on = self.on.unwrap_or(stage.today());
        must_not_follow(on, stage.today())?;
        let delivery = DeliveryRow { position: stage.position, notice, state: self.state, channel: self.channel, on };
        Ok(Decided::New {
            rows: Rows { deliveries: vec![delivery], ..Rows::default() },
            subject: Some(member),
            fact: None,
        })
    }

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, _accepted: &Accepted) {}
}
