//! The page: what a batch of commands, or one question, may see of the ledger, held in memory.
//!
//! A command says what it needs; the page loads all needs of a batch in a fixed number of queries, takes in what
//! the commands add, so that later ones of the batch see it, and writes all of it down at the end. Absent:
//! decisions.

mod standing;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use krama_law::calendar::Moment;
use krama_law::fact::{EmploymentId, Fact, MemberId, Recorded};
use krama_law::timeline::{Employment, Timeline};

use crate::operation::command::{Accepted, position_of};
use crate::store::connection::{Readable, Write};
use crate::store::employer::{self, AccessRow, EmployerRow};
use crate::store::employment::{self, EmploymentRow};
use crate::store::fact;
use crate::store::failure::Failure;
use crate::store::ledger::{self, CommandRow};
use crate::store::notice::{self, DeliveryRow, NoticeRow};
use crate::store::payment::{self, PaymentKey, PaymentRow};
use crate::store::payment_change::{self, ChangeKind, PaymentChangeRow};
use crate::store::person::{self, Details, IdentifierRow, PersonRow};
use crate::store::policy::{self, PolicyRow};
use crate::store::rekey::{self, NoPayrollRow, RekeyRow};
use crate::store::seal::Vault;
use crate::store::standing::{StandingRow, ToldRow};

/// What a batch needs to see.
#[derive(Default)]
pub(crate) struct Needs {
    pub(crate) requests: Vec<(String, [u8; 16])>,
    pub(crate) payments: Vec<PaymentKey>,
    /// Payments by the ledger's ids.
    pub(crate) payment_ids: Vec<i64>,
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) members: Vec<i64>,
    /// Members of whom nothing but their facts matters.
    pub(crate) lives: Vec<i64>,
    /// Notices by the ledger's ids.
    pub(crate) notices: Vec<i64>,
    pub(crate) employers: Vec<i64>,
    pub(crate) employer_numbers: Vec<String>,
    pub(crate) employments: Vec<(i64, String)>,
    /// Employments by the ledger's ids.
    pub(crate) employment_ids: Vec<i64>,
    /// Months of employers.
    pub(crate) no_payroll: Vec<(i64, i32)>,
    /// Commands whose caller matters.
    pub(crate) positions: Vec<i64>,
}

/// What one accepted command adds.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) facts: Vec<(i64, Recorded)>,
    pub(crate) payments: Vec<PaymentRow>,
    pub(crate) payment_changes: Vec<PaymentChangeRow>,
    pub(crate) employers: Vec<EmployerRow>,
    pub(crate) access: Vec<AccessRow>,
    pub(crate) employments: Vec<EmploymentRow>,
    pub(crate) rekeys: Vec<RekeyRow>,
    pub(crate) no_payroll: Vec<NoPayrollRow>,
    pub(crate) persons: Vec<(PersonRow, Details)>,
    pub(crate) identifiers: Vec<IdentifierRow>,
    pub(crate) policies: Vec<PolicyRow>,
    pub(crate) deliveries: Vec<DeliveryRow>,
    /// Members who are to be looked at again though nothing is recorded of them.
    pub(crate) look_at: Vec<i64>,
    /// What a person wrote about the command, in clear; it is sealed when it is kept.
    pub(crate) note: Option<String>,
    /// What the report tells besides its fact, by a number of its subject.
    pub(crate) detail: i16,
}

/// What is seen.
#[derive(Default)]
pub(crate) struct Page {
    commands: HashMap<(String, [u8; 16]), CommandRow>,
    placed: HashMap<i64, CommandRow>,
    payments: HashMap<PaymentKey, PaymentRow>,
    payment_keys: HashMap<i64, PaymentKey>,
    payment_changes: HashMap<i64, Vec<PaymentChangeRow>>,
    holders: HashMap<[u8; 32], Vec<i64>>,
    employers: HashMap<i64, EmployerRow>,
    employer_numbers: HashMap<String, i64>,
    access: HashMap<i64, Vec<AccessRow>>,
    employments: HashMap<(i64, String), Vec<EmploymentRow>>,
    rekeys: HashMap<i64, Vec<RekeyRow>>,
    no_payroll: HashMap<(i64, i32), NoPayrollRow>,
    /// Everybody whose facts were loaded.
    loaded: BTreeSet<i64>,
    /// The facts of each member, without those of the heads of its households.
    timelines: HashMap<i64, Timeline>,
    /// Everybody who was ever said to live in the household of a head.
    dependants: HashMap<i64, BTreeSet<i64>>,
    standings: HashMap<i64, StandingRow>,
    notices: HashMap<i64, NoticeRow>,
    /// Every version of a person, oldest first, each with its position and its known time.
    persons: HashMap<i64, Vec<(i64, Moment, Details)>>,
    new_commands: Vec<CommandRow>,
    new_standings: BTreeSet<i64>,
    new_told: Vec<ToldRow>,
    new_notices: Vec<NoticeRow>,
    new: Rows,
}

impl Page {
    /// Loads what is needed: first what the needs name, then the members to whom that leads.
    pub(crate) async fn load(conn: &impl Readable, vault: &Vault, needs: Needs) -> Result<Page, Failure> {
        let mut page = Page::default();
        let commands = ledger::commands_by_request(conn, &distinct(needs.requests)).await?;
        let mut payments = payment::by_keys(conn, &distinct(needs.payments)).await?;
        payments.extend(payment::by_ids(conn, &distinct(needs.payment_ids)).await?);
        let found: Vec<i64> = payments.iter().map(|payment| payment.id).collect();
        let changes = payment_change::of_payments(conn, &found).await?;
        let holders = person::holders(conn, &distinct(needs.hashes)).await?;
        let mut employers = employer::by_ids(conn, &distinct(needs.employers.clone())).await?;
        employers.extend(employer::by_numbers(conn, &distinct(needs.employer_numbers)).await?);
        let access = employer::access_of_employers(conn, &distinct(needs.employers)).await?;
        let numbers = distinct(needs.employments);
        let mut employments = employment::by_numbers(conn, &numbers).await?;
        let given: Vec<i64> = rekey::by_numbers(conn, &numbers).await?.iter().map(|rekey| rekey.employment).collect();
        employments.extend(employment::by_ids(conn, &[given, needs.employment_ids].concat()).await?);
        employments.sort_by_key(|employment| employment.id);
        employments.dedup_by_key(|employment| employment.id);
        let ids: Vec<i64> = employments.iter().map(|employment| employment.id).collect();
        let rekeys = rekey::of_employments(conn, &ids).await?;
        let no_payroll = rekey::months(conn, &distinct(needs.no_payroll)).await?;

        let mut members: BTreeSet<i64> = needs.members.into_iter().collect();
        members.extend(holders.iter().map(|(_, member)| *member));
        members.extend(payments.iter().filter_map(|payment| payment.member));
        members.extend(changes.iter().filter_map(|change| change.member));
        members.extend(employments.iter().filter_map(|employment| employment.member));
        members.extend(commands.iter().filter_map(|command| command.subject));
        let members: Vec<i64> = members.into_iter().collect();
        let found = payments.iter().map(|payment| payment.id).chain(employments.iter().map(|employment| employment.id));
        let mut positions: Vec<i64> = found.map(position_of).chain(needs.positions).collect();
        positions.extend(changes.iter().map(|change| change.position));
        positions.extend(employers.iter().map(|employer| employer.position));
        positions.extend(access.iter().map(|grant| grant.position));
        let notices = notice::by_ids(conn, &distinct(needs.notices)).await?;
        page.notices = notices.into_iter().map(|notice| (notice.id, notice)).collect();
        page.load_facts(conn, members.iter().copied().chain(needs.lives)).await?;
        page.load_heads(conn).await?;
        for command in ledger::commands_at(conn, &distinct(positions)).await? {
            page.note_accepted(&command);
        }
        for person in person::versions(conn, &members).await? {
            let details = person.open(vault)?;
            page.take_in_person(&person, details);
        }
        for command in commands {
            page.note_accepted(&command);
            page.commands.insert((command.caller.clone(), command.request_id), command);
        }
        page.take_in_records(&payments, &employers, &access, &employments);
        page.take_in_changes(&changes);
        page.take_in_rekeys(&rekeys, &no_payroll);
        page.take_in_holders(holders.into_iter());
        Ok(page)
    }

    /// Takes in what an accepted command adds.
    pub(crate) fn add(&mut self, rows: Rows) {
        self.take_in_facts(rows.facts.clone());
        self.take_in_records(&rows.payments, &rows.employers, &rows.access, &rows.employments);
        self.take_in_changes(&rows.payment_changes);
        self.take_in_rekeys(&rows.rekeys, &rows.no_payroll);
        self.take_in_holders(rows.identifiers.iter().map(|identifier| (identifier.hash, identifier.member)));
        for (person, details) in &rows.persons {
            self.take_in_person(person, details.clone());
        }
        self.new.facts.extend(rows.facts);
        self.new.payments.extend(rows.payments);
        self.new.payment_changes.extend(rows.payment_changes);
        self.new.employers.extend(rows.employers);
        self.new.access.extend(rows.access);
        self.new.employments.extend(rows.employments);
        self.new.rekeys.extend(rows.rekeys);
        self.new.no_payroll.extend(rows.no_payroll);
        self.new.persons.extend(rows.persons);
        self.new.identifiers.extend(rows.identifiers);
        self.new.policies.extend(rows.policies);
        self.new.deliveries.extend(rows.deliveries);
    }

    pub(crate) fn add_command(&mut self, command: CommandRow) {
        self.note_accepted(&command);
        self.commands.insert((command.caller.clone(), command.request_id), command.clone());
        self.new_commands.push(command);
    }

    /// Of whom a standing or the person is written anew, and which numbers have one holder more.
    pub(crate) fn touches(&self) -> (Vec<i64>, Vec<[u8; 32]>) {
        let persons = self.new.persons.iter().map(|(person, _)| person.member);
        let numbers = self.new.identifiers.iter().map(|identifier| identifier.hash);
        (self.new_standings.iter().copied().chain(persons).collect(), numbers.collect())
    }

    /// Writes down everything that was added.
    pub(crate) async fn save(&self, write: &Write) -> Result<(), Failure> {
        let persons: Vec<PersonRow> = self.new.persons.iter().map(|(person, _)| person.clone()).collect();
        ledger::insert_commands(write, &self.new_commands).await?;
        person::insert_persons(write, &persons).await?;
        person::insert_identifiers(write, &self.new.identifiers).await?;
        employer::insert(write, &self.new.employers).await?;
        employer::insert_access(write, &self.new.access).await?;
        employment::insert(write, &self.new.employments).await?;
        rekey::insert(write, &self.new.rekeys).await?;
        rekey::insert_months(write, &self.new.no_payroll).await?;
        payment::insert(write, &self.new.payments).await?;
        payment_change::insert(write, &self.new.payment_changes).await?;
        policy::insert(write, &self.new.policies).await?;
        fact::insert_facts(write, &self.new.facts).await?;
        notice::insert(write, &self.new_notices).await?;
        notice::insert_deliveries(write, &self.new.deliveries).await?;
        self.save_standings(write).await
    }

    /// Loads the facts of members whose facts are not on the page yet.
    async fn load_facts(&mut self, conn: &impl Readable, members: impl Iterator<Item = i64>) -> Result<(), Failure> {
        let missing: Vec<i64> = members.filter(|member| self.loaded.insert(*member)).collect();
        let facts = fact::facts_of(conn, &missing).await?;
        self.take_in_facts(facts);
        Ok(())
    }

    /// Loads the facts of the heads of all households that somebody on the page lives in.
    async fn load_heads(&mut self, conn: &impl Readable) -> Result<(), Failure> {
        let heads: BTreeSet<i64> = self.timelines.values().flat_map(heads_in).collect();
        self.load_facts(conn, heads.into_iter()).await
    }

    fn take_in_facts(&mut self, facts: Vec<(i64, Recorded)>) {
        let mut by_member: BTreeMap<i64, Vec<Recorded>> = BTreeMap::new();
        for (member, recorded) in facts {
            if let Fact::Household { head, .. } = recorded.fact {
                self.dependants.entry(head.0).or_default().insert(member);
            }
            by_member.entry(member).or_default().push(recorded);
        }
        for (member, facts) in by_member {
            let timeline = self.timelines.entry(member).or_default();
            if timeline.facts().is_empty() {
                *timeline = Timeline::new(facts);
            } else {
                facts.into_iter().for_each(|recorded| timeline.push(recorded));
            }
        }
    }

    fn take_in_records(
        &mut self,
        payments: &[PaymentRow],
        employers: &[EmployerRow],
        access: &[AccessRow],
        employments: &[EmploymentRow],
    ) {
        for payment in payments {
            self.payment_keys.insert(payment.id, payment.key.clone());
            self.payments.insert(payment.key.clone(), payment.clone());
        }
        for employer in employers {
            self.employer_numbers.insert(employer.number.clone(), employer.id);
            self.employers.insert(employer.id, employer.clone());
        }
        for grant in access {
            self.access.entry(grant.employer).or_default().push(grant.clone());
        }
        for employment in employments {
            let key = (employment.employer, employment.number.clone());
            self.employments.entry(key).or_default().push(employment.clone());
        }
    }

    fn take_in_changes(&mut self, changes: &[PaymentChangeRow]) {
        for change in changes {
            self.payment_changes.entry(change.payment).or_default().push(change.clone());
        }
    }

    fn take_in_rekeys(&mut self, rekeys: &[RekeyRow], no_payroll: &[NoPayrollRow]) {
        for rekey in rekeys {
            let found = self.employments.values().flatten().find(|row| row.id == rekey.employment).cloned();
            let under = self.employments.entry((rekey.employer, rekey.number.clone())).or_default();
            under.extend(found.filter(|row| !under.contains(row)));
            self.rekeys.entry(rekey.employment).or_default().push(rekey.clone());
        }
        for month in no_payroll {
            self.no_payroll.insert((month.employer, month.month), month.clone());
        }
    }

    fn take_in_person(&mut self, person: &PersonRow, details: Details) {
        let version = (person.position, Moment(person.known_at), details);
        self.persons.entry(person.member).or_default().push(version);
    }

    fn take_in_holders(&mut self, of_numbers: impl Iterator<Item = ([u8; 32], i64)>) {
        for (hash, member) in of_numbers {
            let holders = self.holders.entry(hash).or_default();
            if !holders.contains(&member) {
                holders.push(member);
            }
        }
    }

    fn note_accepted(&mut self, command: &CommandRow) {
        self.placed.insert(command.position, command.clone());
    }

    // ---- What is seen ---------------------------------------------------------------------------------------

    pub(crate) fn command(&self, request: &(String, [u8; 16])) -> Option<&CommandRow> {
        self.commands.get(request)
    }

    /// The acts about the law that were added.
    pub(crate) fn new_policies(&self) -> &[PolicyRow] {
        &self.new.policies
    }

    pub(crate) fn accepted(&self, position: i64) -> Option<Accepted> {
        self.placed.get(&position).map(Accepted::of)
    }

    pub(crate) fn payment(&self, key: &PaymentKey) -> Option<&PaymentRow> {
        self.payments.get(key)
    }

    pub(crate) fn notice(&self, id: i64) -> Option<&NoticeRow> {
        self.notices.get(&id)
    }

    pub(crate) fn payment_by_id(&self, id: i64) -> Option<&PaymentRow> {
        self.payment_keys.get(&id).and_then(|key| self.payments.get(key))
    }

    /// What happened to a payment since it was taken, oldest first.
    pub(crate) fn payment_changes(&self, payment: i64) -> &[PaymentChangeRow] {
        self.payment_changes.get(&payment).map_or(&[], Vec::as_slice)
    }

    /// Whose a payment is: the member to whom it was put, or who was known when it was taken; nobody's while it waits.
    pub(crate) fn holder(&self, payment: &PaymentRow) -> Option<i64> {
        let assigned = self.payment_changes(payment.id).iter().find(|change| change.kind == ChangeKind::Assigned);
        assigned.and_then(|change| change.member).or(payment.member.filter(|_| payment.suspense.is_none()))
    }

    /// The members who hold a number, a phone or another trait, by its keyed hash.
    pub(crate) fn holders(&self, hash: &[u8; 32]) -> &[i64] {
        self.holders.get(hash).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn employer(&self, id: i64) -> Option<&EmployerRow> {
        self.employers.get(&id)
    }

    pub(crate) fn employer_by_number(&self, number: &str) -> Option<&EmployerRow> {
        self.employer_numbers.get(number).and_then(|id| self.employers.get(id))
    }

    pub(crate) fn access(&self, employer: i64) -> &[AccessRow] {
        self.access.get(&employer).map_or(&[], Vec::as_slice)
    }

    /// The command at a position that was asked for.
    pub(crate) fn command_at(&self, position: i64) -> Option<&CommandRow> {
        self.placed.get(&position)
    }

    /// Who sent the command at a position that was asked for.
    pub(crate) fn caller_at(&self, position: i64) -> Option<&str> {
        self.placed.get(&position).map(|command| command.caller.as_str())
    }

    /// The position of the newest version of a person.
    pub(crate) fn version(&self, member: i64) -> Option<i64> {
        self.persons.get(&member)?.last().map(|(position, ..)| *position)
    }

    /// The numbers that an employment was given later, in the order in which they were given.
    pub(crate) fn rekeys(&self, employment: i64) -> &[RekeyRow] {
        self.rekeys.get(&employment).map_or(&[], Vec::as_slice)
    }

    /// The number that an employment bears now.
    pub(crate) fn number_of<'a>(&'a self, employment: &'a EmploymentRow) -> &'a str {
        self.rekeys(employment.id).last().map_or(&employment.number, |rekey| &rekey.number)
    }

    /// What was said of an employer's month.
    pub(crate) fn no_payroll(&self, employer: i64, month: i32) -> Option<&NoPayrollRow> {
        self.no_payroll.get(&(employer, month))
    }

    /// Every employment that ever bore a number of an employer.
    pub(crate) fn employments(&self, employer: i64, number: &str) -> &[EmploymentRow] {
        self.employments.get(&(employer, number.to_owned())).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn person(&self, member: i64) -> Option<&Details> {
        self.person_at(member, Moment::MAX)
    }

    /// Who a member was as known at an instant, so that an answer that is given again names nobody otherwise.
    pub(crate) fn person_at(&self, member: i64, known: Moment) -> Option<&Details> {
        let versions = self.persons.get(&member)?.iter().rev();
        versions.into_iter().find(|(_, at, _)| *at <= known).map(|(.., details)| details)
    }

    /// The last position at which something was recorded of the members and employments that are needed.
    pub(crate) fn last_change(&self, needs: &Needs) -> i64 {
        let named = needs.employments.iter().flat_map(|(employer, number)| self.employments(*employer, number));
        let held = needs.hashes.iter().flat_map(|hash| self.holders(hash)).chain(&needs.members).copied();
        let of_employment = |row: &EmploymentRow| {
            let rekeyed = self.rekeys(row.id).last().map_or(0, |rekey| rekey.position);
            position_of(row.id).max(rekeyed).max(row.member.map_or(0, |member| self.last_change_of(member)))
        };
        named.map(of_employment).chain(held.map(|member| self.last_change_of(member))).max().unwrap_or(0)
    }

    fn last_change_of(&self, member: i64) -> i64 {
        let facts = self.timelines.get(&member).and_then(|timeline| timeline.facts().last());
        facts.map_or(0, |fact| position_of(fact.id.0)).max(self.version(member).unwrap_or(0))
    }

    /// The timeline of a member with those of the heads of its households; an empty one of somebody without facts.
    pub(crate) fn timeline(&self, member: i64) -> Timeline {
        self.timeline_with(member, Timeline::clone)
    }

    /// The same, of what had become known before an instant.
    pub(crate) fn timeline_before(&self, member: i64, known: Moment) -> Timeline {
        self.timeline_with(member, |timeline| {
            let facts = timeline.facts();
            Timeline::new(facts[..facts.partition_point(|recorded| recorded.known < known)].to_vec())
        })
    }

    fn timeline_with(&self, member: i64, taken: impl Fn(&Timeline) -> Timeline) -> Timeline {
        let Some(timeline) = self.timelines.get(&member) else { return Timeline::default() };
        let heads = heads_in(timeline).into_iter();
        let heads = heads.filter_map(|head| Some((MemberId(head), taken(self.timelines.get(&head)?))));
        taken(timeline).with_heads(heads.collect())
    }

    /// The days of an employment as known at an instant; none while nobody's.
    pub(crate) fn days_of(&self, employment: &EmploymentRow, known: Moment) -> Option<Employment> {
        let timeline = self.timelines.get(&employment.member?)?;
        timeline.employment(EmploymentId(employment.id), known)
    }
}

/// Everybody whose household a member was ever said to live in.
fn heads_in(timeline: &Timeline) -> BTreeSet<i64> {
    let head = |recorded: &Recorded| {
        if let Fact::Household { head, .. } = recorded.fact { Some(head.0) } else { None }
    };
    timeline.facts().iter().filter_map(head).collect()
}

/// The keys without repetition: a query names each once.
fn distinct<K: Ord>(mut keys: Vec<K>) -> Vec<K> {
    keys.sort_unstable();
    keys.dedup();
    keys
}
