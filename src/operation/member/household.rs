//! Households: in whose a member lives on which days, so that the head's cover can reach a dependant.
//!
//! What is said of some days replaces what stood of these days and no others: the facts that said so are taken back, and
//! what they said of other days is said again. Absent: who is a dependant, which the law decides.

use krama_law::calendar::Day;
use krama_law::change::StandingChange;
use krama_law::fact::{Fact, FactId, MemberId, Recorded, Relation};

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::{BirthDate, birth_of};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::seal::Vault;

/// Households that one command may take back; with what it says anew its facts stay within what a command may add.
const TAKEN_BACK_MOST: usize = 12;

/// In whose household a member lives on some days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Household {
    /// The member.
    pub member: i64,
    /// The head and what the member is to it; none when the member lives in nobody's household.
    pub head: Option<(i64, Relation)>,
    /// Whether the member is disabled.
    pub disabled: bool,
    /// Whether the marriage to the head is registered.
    pub registered: bool,
    /// The first day.
    pub from: Day,
    /// The last day; open when absent.
    pub until: Option<Day>,
}

/// What the setting of a household answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HouseholdSet {
    /// Whether the age that the law asks for cannot be reckoned.
    pub age_unknown: bool,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

impl Desk {
    /// Says in whose household a member lives.
    ///
    /// # Errors
    /// There is no such member or head, or too many households stand in these days.
    pub async fn set_household(
        &self,
        caller: &Caller,
        ticket: Ticket,
        household: Household,
    ) -> Result<Written<HouseholdSet>, Failure> {
        self.writer.submit(caller, ticket, household).await
    }
}

/// The whole day of birth, where it is known.
fn whole_day(birth: BirthDate) -> Option<Day> {
    Day::of(i32::from(birth.year), birth.month?, birth.day?)
}

/// The day of birth as a fact, where the register knows all of it and the life does not say it yet.
pub(super) fn birth_to_learn(facts: &[Recorded], birth: Option<BirthDate>) -> Option<Fact> {
    let on = birth.and_then(whole_day)?;
    let held = facts.iter().rev().find_map(|recorded| {
        if let Fact::Born { on } = recorded.fact {
            Some(on).filter(|_| !is_retracted(facts, recorded.id))
        } else {
            None
        }
    });
    (held != Some(on)).then_some(Fact::Born { on })
}

fn is_retracted(facts: &[Recorded], id: FactId) -> bool {
    facts.iter().any(|recorded| recorded.fact == Fact::Retracted { fact: id })
}

impl Household {
    /// The facts that make it so.
    fn facts(&self, facts: &[Recorded]) -> Result<Vec<Fact>, Refusal> {
        let (mut taken_back, mut said) = (Vec::new(), Vec::new());
        for recorded in facts.iter().filter(|recorded| !is_retracted(facts, recorded.id)) {
            let Fact::Household { head, relation, disabled, registered, from, until } = recorded.fact else { continue };
            let begins_later = self.until.is_some_and(|last| last < from);
            let ended_before = until.is_some_and(|until| until < self.from);
            if begins_later || ended_before {
                continue;
            }
            taken_back.push(Fact::Retracted { fact: recorded.id });
            let stays = |from, until| Fact::Household { head, relation, disabled, registered, from, until };
            if from < self.from {
                said.push(stays(from, Some(self.from.before())));
            }
            if let Some(last) = self.until
                && until.is_none_or(|until| last < until)
            {
                said.push(stays(last.after(), until));
            }
        }
        if taken_back.len() > TAKEN_BACK_MOST {
            return Err(Refusal::HouseholdsOverlap { member: self.member, limit: TAKEN_BACK_MOST });
        }
        if let Some((head, relation)) = self.head {
            let Household { disabled, registered, from, until, .. } = *self;
            said.push(Fact::Household { head: MemberId(head), relation, disabled, registered, from, until });
        }
        taken_back.extend(said);
        Ok(taken_back)
    }
}

impl Act for Household {
    type Reply = HouseholdSet;
    const METHOD: Method = Method::SetHousehold;

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        content.optional(self.head.map(|(head, _)| head));
        content.optional(self.head.map(|(_, relation)| relation as i64));
        content.number(i64::from(self.disabled));
        content.number(i64::from(self.registered));
        content.number(i64::from(self.from.0));
        content.optional(self.until.map(|until| i64::from(until.0)));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
        needs.members.extend(self.head.map(|(head, _)| head));
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let known = |member| page.person(member).ok_or(Refusal::MemberNotFound { member });
        let details = known(self.member)?;
        if let Some((head, _)) = self.head {
            known(head)?;
        }
        let timeline = page.timeline(self.member);
        let mut facts = self.facts(timeline.facts())?;
        facts.extend(birth_to_learn(timeline.facts(), birth_of(details)));
        let recorded = |(ordinal, fact)| (self.member, Recorded { id: stage.fact(ordinal), known: stage.known, fact });
        let rows = Rows { facts: (0..).zip(facts).map(recorded).collect(), ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(self.member), fact: None })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> HouseholdSet {
        let birth = page.person_at(self.member, accepted.known).and_then(birth_of);
        let child = self.head.is_some_and(|(_, relation)| relation == Relation::Child);
        HouseholdSet {
            age_unknown: child && !self.disabled && birth.and_then(whole_day).is_none(),
            changes: changes_of(page, self.member, accepted, stage),
        }
    }

    fn warns(reply: &HouseholdSet) -> bool {
        reply.age_unknown
    }
}
