//! Hires: who was hired, whether the ledger knows the person, and what the hire changes.
//!
//! A stranger is never reinstated by a typing error: a number alone is enough only when the fund issued it.

use krama_law::answer::Scheme;
use krama_law::calendar::Day;
use krama_law::change::StandingChange;
use krama_law::decision::{first_day_of_cover, has_lapsed};
use krama_law::fact::{EmploymentId, Fact, Recorded, Sector};
use krama_law::timeline::Employment;

use crate::operation::caller::Caller;
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage, position_of};
use crate::operation::employment::may_report;
use crate::operation::employment::named::{are_apart, days_held};
use crate::operation::failure::{Failure, IdentifierKind, Refusal};
use crate::operation::member::content_of;
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::{
    Identifier, Particulars, Sex, birth_of, identifier_hash, likeness_hashes, mask, rows_of_registration, same_name,
};
use crate::store::employment::{self, EmploymentRow};
use crate::store::seal::Vault;

/// A hire as payroll reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hire {
    /// The employer.
    pub employer: i64,
    /// The employer's number of the employment.
    pub number: String,
    /// The first day worked.
    pub first_day: Day,
    /// The last day worked, where it is known from the start.
    pub last_day: Option<Day>,
    /// Who was hired.
    pub worker: Worker,
}

/// How a worker is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Worker {
    /// By the fund's own number alone.
    MemberNumber(String),
    /// By a number and what else the employer knows.
    Details(Identifier, Particulars),
}

/// How the worker of a hire was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorkerMatch {
    /// A member the ledger knew.
    Matched = 1,
    /// Nobody the ledger knew: a member was registered.
    Created = 2,
    /// Perhaps a member the ledger knew: an officer decides.
    PendingReview = 3,
}

impl WorkerMatch {
    pub(super) fn of(number: i16) -> WorkerMatch {
        let all = [WorkerMatch::Matched, WorkerMatch::Created, WorkerMatch::PendingReview];
        all.into_iter().find(|found| *found as i16 == number).unwrap_or(WorkerMatch::PendingReview)
    }
}

/// What a hire answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hired {
    /// The ledger's id of the employment.
    pub employment: i64,
    /// How the worker was found.
    pub worker_match: WorkerMatch,
    /// Whether the hire ends a lapse that had taken effect.
    pub reinstated: bool,
    /// The first day of formal benefits if nothing more is reported.
    pub benefits_from: Option<Day>,
    /// What changed about the worker.
    pub changes: Vec<StandingChange>,
}

/// Whom a hire turned out to be about.
enum Found {
    Member(i64),
    Nobody,
    Perhaps,
}

impl Hire {
    /// Finds the worker. A number alone is enough when the fund issued it; otherwise what the employer tells of the
    /// person must agree with the register, so that a stranger is never reinstated by a typing error.
    fn find(&self, page: &Page, vault: &Vault) -> Result<Found, Refusal> {
        let (identifier, particulars) = match &self.worker {
            Worker::MemberNumber(number) => {
                let identifier = Identifier { kind: IdentifierKind::MemberNumber, value: number.clone() };
                return match page.holders(&identifier_hash(vault, &identifier)) {
                    [member] => Ok(Found::Member(*member)),
                    [] | [_, _, ..] => Err(Refusal::WorkerUnknown { field: "member_number" }),
                };
            }
            Worker::Details(identifier, particulars) => (identifier, particulars),
        };
        if let Some(&member) = page.holders(&identifier_hash(vault, identifier)).first() {
            let details = page.person(member).ok_or(Refusal::WorkerUnknown { field: "worker_details" })?;
            let born = birth_of(details).is_some_and(|held| held.agrees(particulars.birth));
            if !born || Sex::of(details.sex) != Some(particulars.sex) {
                return Err(Refusal::WorkerConflict { kind: identifier.kind });
            }
            return Ok(if same_name(details, particulars) { Found::Member(member) } else { Found::Perhaps });
        }
        // Numbers that the fund issues cannot belong to somebody of whom it has never heard.
        if matches!(identifier.kind, IdentifierKind::MemberNumber | IdentifierKind::NssfCard) {
            return Err(Refusal::WorkerUnknown { field: "worker_details.identifier.value" });
        }
        let likely = likeness_hashes(vault, particulars).iter().any(|hash| !page.holders(hash).is_empty());
        Ok(if likely { Found::Perhaps } else { Found::Nobody })
    }

    fn repeats(&self, held: &EmploymentRow, page: &Page) -> Result<(), Refusal> {
        if held.digest == Content::of(self) {
            return Ok(());
        }
        // The first day is part of the key, so that what differs is the last day or the worker.
        let timeline = held.member.map(|member| page.timeline(member)).unwrap_or_default();
        let hire = timeline.facts().iter().find(|recorded| recorded.id.0 == held.id);
        let last_day = hire.and_then(|hire| if let Fact::Hired { until, .. } = hire.fact { Some(until) } else { None });
        let field = if last_day.is_some_and(|last_day| last_day != self.last_day) { "last_day" } else { "worker" };
        Err(Refusal::EmploymentKeyReused { employment: held.id, field })
    }

    /// What the employer told of the worker, to be sealed and shown to the employer again: the kind and the value of
    /// the number and the name, its letters but the first hidden.
    fn told(&self) -> String {
        match &self.worker {
            Worker::MemberNumber(number) => format!("{}:{number}\n", IdentifierKind::MemberNumber.number()),
            Worker::Details(identifier, particulars) => {
                let (kind, value) = (identifier.kind.number(), &identifier.value);
                format!("{kind}:{value}\n{}", mask(&particulars.latin, &particulars.khmer))
            }
        }
    }
}

/// The number and the masked name that an employer told, as they were sealed.
pub(super) fn worker_told(text: &str) -> Option<(Identifier, String)> {
    let (number, name) = text.split_once('\n')?;
    let (kind, value) = number.split_once(':')?;
    let identifier = Identifier { kind: IdentifierKind::of(kind.parse().ok()?)?, value: value.to_owned() };
    Some((identifier, name.to_owned()))
}

impl Act for Hire {
    type Reply = Hired;
    const METHOD: Method = Method::ReportHire;

    fn content(&self, content: &mut Content) {
        content.number(self.employer);
        content.text(&self.number);
        content.number(i64::from(self.first_day.0));
        content.optional(self.last_day.map(|last| i64::from(last.0)));
        content.text(&self.told());
        if let Worker::Details(_, particulars) = &self.worker {
            content_of(particulars, content);
        }
    }

    fn needs(&self, _caller: &Caller, vault: &Vault, needs: &mut Needs) {
        needs.employers.push(self.employer);
        needs.employments.push((self.employer, self.number.clone()));
        match &self.worker {
            Worker::MemberNumber(number) => {
                let identifier = Identifier { kind: IdentifierKind::MemberNumber, value: number.clone() };
                needs.hashes.push(identifier_hash(vault, &identifier));
            }
            Worker::Details(identifier, particulars) => {
                needs.hashes.push(identifier_hash(vault, identifier));
                needs.hashes.extend(likeness_hashes(vault, particulars));
            }
        }
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let today = stage.today();
        may_report(caller, self.employer, page, today)?;
        let latest = today.plus(stage.limits.hire_ahead_days);
        if self.first_day > latest {
            return Err(Refusal::DayInFuture { field: "first_day", day: self.first_day, latest }.into());
        }
        if let Some(day) = self.last_day.filter(|&last| last < self.first_day) {
            return Err(Refusal::DayBeforeStart { field: "last_day", day, first_day: self.first_day }.into());
        }
        let held = page.employments(self.employer, &self.number);
        let reported = held.iter().filter(|held| held.number == self.number && held.first_day == self.first_day.0);
        let bears = |held: &&EmploymentRow| page.number_of(held) == self.number;
        // What was retracted, or bears another number by now, keeps its report from being taken twice, and nothing else.
        let is_gone = |held: &&EmploymentRow| held.member.is_some() && page.days_of(held, stage.known).is_none();
        let digest = Content::of(self);
        let same = reported.clone().find(|held| held.digest == digest);
        let same = same.or_else(|| reported.clone().filter(bears).find(|held| !is_gone(held)));
        if let Some(same) = same {
            self.repeats(same, page)?;
            let position = position_of(same.id);
            let known = page.accepted(position).map_or(stage.known, |accepted| accepted.known);
            let accepted = Accepted { known, subject: same.member, fact: Some(same.id) };
            return Ok(Decided::Repeated { position, accepted });
        }
        // Under one number one employment at a time: until the other has ended this one cannot be told apart.
        let own = Employment { from: self.first_day, until: self.last_day };
        for other in held.iter().filter(bears) {
            if days_held(other, page, stage.known).is_some_and(|days| !are_apart(days, own)) {
                let (employment, first_day) = (other.id, Day(other.first_day));
                return Err(Refusal::EmploymentAlreadyOpen { employment, first_day }.into());
            }
        }
        if let Worker::Details(_, particulars) = &self.worker {
            particulars.birth.must_not_follow(today, "worker_details.birth_date")?;
        }
        let found = self.find(page, stage.vault)?;
        self.record(&found, page, stage)
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Hired {
        let employment = accepted.fact.unwrap_or_default();
        let held = page.employments(self.employer, &self.number).iter().find(|row| row.id == employment);
        let worker_match = WorkerMatch::of(held.map_or(0, |row| row.match_state));
        let changes = Vec::new();
        let mut hired = Hired { employment, worker_match, reinstated: false, benefits_from: None, changes };
        if let Some(member) = accepted.subject {
            let (timeline, law, known) = (page.timeline(member), stage.law, accepted.known);
            hired.reinstated = has_lapsed(&timeline, law, self.first_day, known);
            hired.benefits_from = first_day_of_cover(&timeline, law, Scheme::Formal, self.first_day, known);
            hired.changes = changes_of(page, member, accepted, stage);
        }
        hired
    }

    fn warns(hired: &Hired) -> bool {
        hired.worker_match == WorkerMatch::PendingReview
    }
}

impl Hire {
    /// The rows of a hire whose worker was looked for.
    fn record(&self, found: &Found, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let id = stage.fact(0);
        let mut rows = Rows::default();
        let (member, worker_match) = match (found, &self.worker) {
            (Found::Member(member), _) => (Some(*member), WorkerMatch::Matched),
            (Found::Nobody, Worker::Details(identifier, particulars)) => {
                let member = stage.fresh_id();
                let identifiers = [identifier.clone()];
                let (person, found_by) = rows_of_registration(stage, member, particulars, &identifiers, None, None)?;
                rows.persons.push(person);
                rows.identifiers = found_by;
                (Some(member), WorkerMatch::Created)
            }
            (Found::Nobody | Found::Perhaps, _) => (None, WorkerMatch::PendingReview),
        };
        if let Some(member) = member {
            let sector = page.employer(self.employer).map_or(Sector::Private, |employer| employer.sector);
            let employment = EmploymentId(id.0);
            let fact = Fact::Hired { employment, sector, from: self.first_day, until: self.last_day };
            rows.facts.push((member, Recorded { id, known: stage.known, fact }));
        }
        rows.employments.push(EmploymentRow {
            id: id.0,
            member,
            employer: self.employer,
            number: self.number.clone(),
            first_day: self.first_day.0,
            match_state: worker_match as i16,
            digest: Content::of(self),
            worker: Some(employment::seal_worker(stage.vault, id.0, &self.told())?),
        });
        Ok(Decided::New { rows, subject: member, fact: Some(id.0) })
    }
}
