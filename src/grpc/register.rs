//! An older register at the counter: messages in the shapes of the doors, each with the instant at which it became known.
//!
//! There is no call for it: a register is loaded where the ledger lies, while no server serves it.

use std::collections::HashMap;
use std::sync::Arc;

use krama_law::calendar::Moment;
use tokio::sync::watch;
use tonic::Status;

use crate::config::Config;
use crate::grpc::batch::{Coming, Door as _, Enlisted, Fate, Taken, coming};
use crate::grpc::contribution::Payments;
use crate::grpc::employment::{Transitions, new_employer};
use crate::grpc::member::{self, registration};
use crate::grpc::wire::id_text;
use crate::grpc::{Counter, server, ticket};
use crate::operation::Desk;
use crate::operation::batch::Slot;
use crate::operation::caller::Caller;
use crate::operation::failure::Failure;
use crate::operation::register::{Course, NamedEnrolment, caller};
use crate::operation::transact::Recorded;
use crate::proto::google_type::Date;
use crate::proto::v1;
use crate::proto::v1::transition_record::Transition;

/// A row of a register.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A person.
    Person(Box<v1::RegisterMemberRequest>),
    /// An employer.
    Employer(v1::RegisterEmployerRequest),
    /// An enrolment: the request id, the member's number and the day.
    Enrolment(String, String, Date),
    /// What payroll reported. The employer is told by its number at the fund.
    Report(Box<Transition>),
    /// A payment.
    Payment(Box<v1::RecordPaymentRequest>),
}

/// A register on its way into the ledger.
pub(crate) struct Intake {
    counter: Counter,
    caller: Caller,
    batch: [u8; 16],
    course: Course,
    /// The ledger's ids of the employers that were named so far, by their numbers.
    employers: HashMap<String, String>,
    /// The number of the last row that has had its turn.
    pub(crate) done: i64,
}

/// What becomes of a row that is under way: why it was refused, if it was.
pub(crate) type Loading = std::pin::Pin<Box<dyn Future<Output = Result<Option<Status>, Failure>> + Send>>;

impl Intake {
    /// A way in for a register, by the id of its batch; none where the ledger holds anything else.
    pub(crate) async fn begin(
        desk: Arc<Desk>,
        config: &Config,
        user: &str,
        batch: [u8; 16],
    ) -> Result<Option<Intake>, Failure> {
        let Some((course, done)) = desk.begin_register(batch).await? else { return Ok(None) };
        let counter = server::counter(desk, config, watch::channel(false).1);
        Ok(Some(Intake { counter, caller: caller(user), batch, course, employers: HashMap::new(), done }))
    }

    /// The number of the employer that a row names, unless it is known already. It is to be found before the row
    /// enters, when what stands before it has been loaded.
    pub(crate) fn unknown_employer<'a>(&self, entry: &'a mut Entry) -> Option<&'a str> {
        let Entry::Report(transition) = entry else { return None };
        let number = employer_of(transition);
        (!self.employers.contains_key(number.as_str())).then_some(number.as_str())
    }

    /// Looks an employer up by its number.
    pub(crate) async fn find_employer(&mut self, number: &str) -> Result<(), Failure> {
        if let Some(employer) = self.counter.desk.employer_numbered(number).await? {
            self.employers.insert(number.to_owned(), id_text(employer));
        }
        Ok(())
    }

    /// Hands a row to the writer, and answers what will become of it.
    pub(crate) async fn enter(&self, sequence: i64, known: Moment, entry: Entry) -> Result<Loading, Failure> {
        let slot = Slot { batch: self.batch, sequence };
        let desk = &self.counter.desk;
        let (entrant, fate) = match self.enlist(slot, entry) {
            Ok(enlisted) => enlisted,
            Err((method, status)) => {
                let reason = Counter::reason_of(&status);
                let (entrant, kept) = desk.enlist_refusal(&self.caller, method, reason, Some(slot));
                let fate: Coming<()> =
                    Box::pin(
                        async move { kept.await.map(|()| Fate::Rejected(status)).map_err(|_| Failure::Unavailable) },
                    );
                (entrant, fate)
            }
        };
        desk.enter(entrant.dated(&self.caller, &self.course, known)).await?;
        Ok(Box::pin(async move {
            Ok(match fate.await? {
                Fate::Taken(_) => None,
                Fate::Rejected(status) => Some(status),
            })
        }))
    }

    /// Whether something else was recorded meanwhile.
    pub(crate) fn has_strayed(&self) -> bool {
        self.course.has_strayed()
    }

    /// Notes that every row has had its turn.
    pub(crate) async fn finish(&self) -> Result<(), Failure> {
        self.counter.desk.finish_register(&self.caller).await
    }

    fn enlist(&self, slot: Slot, entry: Entry) -> Enlisted<()> {
        let (counter, caller, desk) = (&self.counter, &self.caller, &self.counter.desk);
        let client_sequence = slot.sequence;
        match entry {
            Entry::Person(message) => {
                let shaped = registration(counter.fields(), &message).map_err(|refused| ("RegisterMember", refused));
                let (ticket, registration) = shaped?;
                let (entrant, answer) = desk.enlist(caller, ticket.request_id, Some(slot), registration);
                Ok((entrant, coming(answer, taken)))
            }
            Entry::Employer(message) => {
                let shaped = new_employer(counter.fields(), &message).map_err(|refused| ("RegisterEmployer", refused));
                let (ticket, employer) = shaped?;
                let (entrant, answer) = desk.enlist(caller, ticket.request_id, Some(slot), employer);
                Ok((entrant, coming(answer, taken)))
            }
            Entry::Enrolment(request_id, number, on) => {
                let mut fields = counter.fields();
                let ticket = ticket(&mut fields, &request_id, false);
                fields.at_most("member_number", &number, member::NUMBER_MOST);
                let member_number = fields.text("member_number", &number);
                let on = fields.day("enrolled_on", Some(&on));
                let shaped = fields.finish(Some(NamedEnrolment { member_number, on }));
                let enrolment = shaped.map_err(|refused| ("EnrollMember", refused))?;
                let (entrant, answer) = desk.enlist(caller, ticket.request_id, Some(slot), enrolment);
                Ok((entrant, coming(answer, taken)))
            }
            Entry::Report(mut transition) => {
                let employer = employer_of(&mut transition);
                *employer = self.employers.get(employer.as_str()).cloned().unwrap_or_default();
                let record = v1::TransitionRecord { client_sequence, transition: Some(*transition) };
                let (entrant, fate) = Transitions::enlist(counter, caller, Some(slot), record)?;
                Ok((entrant, without_answer(fate)))
            }
            Entry::Payment(message) => {
                let record = v1::PaymentRecord { client_sequence, payment: Some(*message) };
                let (entrant, fate) = Payments::enlist(counter, caller, Some(slot), record)?;
                Ok((entrant, without_answer(fate)))
            }
        }
    }
}

/// What a row that was taken answers: nothing, as nobody waits for it.
fn taken<R>(recorded: &Recorded<R>) -> Taken<()> {
    Taken { outcome: v1::Outcome::Accepted.into(), fix_by: None, position: recorded.position, answer: () }
}

fn without_answer<A: Send + 'static>(fate: Coming<A>) -> Coming<()> {
    Box::pin(async move {
        Ok(match fate.await? {
            Fate::Taken(Taken { outcome, fix_by, position, .. }) => {
                Fate::Taken(Taken { outcome, fix_by, position, answer: () })
            }
            Fate::Rejected(status) => Fate::Rejected(status),
        })
    })
}

fn employer_of(transition: &mut Transition) -> &mut String {
    match transition {
        Transition::Hire(message) => &mut message.employer_id,
        Transition::Separation(message) => &mut message.employer_id,
        Transition::Amendment(message) => &mut message.employer_id,
        Transition::Retraction(message) => &mut message.employer_id,
        Transition::Rekey(message) => &mut message.employer_id,
        Transition::NoPayroll(message) => &mut message.employer_id,
    }
}
