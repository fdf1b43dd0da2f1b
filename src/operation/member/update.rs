//! Updates of the personal register: another version of who a member is, absolute, in place of the one that was read.
//!
//! Earlier versions stay, sealed as they were. Of all this only the day of birth of somebody who lives in a household is a
//! fact, since the law reckons an age by it. Absent: the merging of records.

use krama_law::fact::{Fact, Recorded};

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::member::content_of;
use crate::operation::member::household::birth_to_learn;
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::{Identifier, Particulars, identifier_hash, rows_of_registration};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::seal::Vault;

/// Another version of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// Who.
    pub member: i64,
    /// The version that was read; none that the ledger could have issued when it is not to be understood.
    pub version: i64,
    /// Names, sex and birth date.
    pub particulars: Particulars,
    /// Numbers by which the person is known too.
    pub more_identifiers: Vec<Identifier>,
    /// A phone number.
    pub phone: Option<String>,
    /// The commune of residence, by its code.
    pub commune: Option<String>,
}

impl Desk {
    /// Replaces the record of a person.
    ///
    /// # Errors
    /// There is no such member, the record has changed since it was read, or a number belongs to somebody else.
    pub async fn update_member(&self, caller: &Caller, ticket: Ticket, update: Update) -> Result<Written<()>, Failure> {
        self.writer.submit(caller, ticket, update).await
    }
}

impl Act for Update {
    type Reply = ();
    const METHOD: Method = Method::UpdateMember;

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        content.number(self.version);
        content_of(&self.particulars, content);
        content.number(i64::try_from(self.more_identifiers.len()).unwrap_or(i64::MAX));
        for identifier in &self.more_identifiers {
            content.number(i64::from(identifier.kind.number()));
            content.text(&identifier.value);
        }
        content.text(self.phone.as_deref().unwrap_or_default());
        content.text(self.commune.as_deref().unwrap_or_default());
    }

    fn needs(&self, _caller: &Caller, vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
        needs.hashes.extend(self.more_identifiers.iter().map(|identifier| identifier_hash(vault, identifier)));
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let member = self.member;
        let version = page.version(member).ok_or(Refusal::MemberNotFound { member })?;
        if version != self.version {
            return Err(Refusal::EtagStale { member }.into());
        }
        let mut new = Vec::new();
        for (index, identifier) in self.more_identifiers.iter().enumerate() {
            let holders = page.holders(&identifier_hash(stage.vault, identifier));
            if let Some(&holder) = holders.iter().find(|holder| **holder != member) {
                let field = format!("more_identifiers[{index}].value");
                return Err(Refusal::IdentifierInUse { kind: identifier.kind, field, member: holder }.into());
            }
            if holders.is_empty() {
                new.push(identifier.clone());
            }
        }
        self.particulars.birth.must_not_follow(stage.today(), "birth_date")?;
        let (phone, commune) = (self.phone.as_deref(), self.commune.as_deref());
        let (person, identifiers) = rows_of_registration(stage, member, &self.particulars, &new, phone, commune)?;
        let mut rows = Rows { persons: vec![person], identifiers, ..Rows::default() };
        // A life that says a day of birth, for the law to reckon an age by, says the right one.
        let timeline = page.timeline(member);
        if timeline.facts().iter().any(|recorded| matches!(recorded.fact, Fact::Born { .. } | Fact::Household { .. })) {
            let fact = birth_to_learn(timeline.facts(), Some(self.particulars.birth));
            rows.facts.extend(fact.map(|fact| (member, Recorded { id: stage.fact(0), known: stage.known, fact })));
        }
        Ok(Decided::New { rows, subject: Some(member), fact: None })
    }

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, _accepted: &Accepted) {}
}
