//! Commands: what one subject brings to the write path, and what it may use there.
//!
//! A subject says what its command's content is, what it needs to see, how it is decided and how it is answered;
//! everything else is the write path's.

use krama_law::calendar::{Day, Moment};
use krama_law::fact::FactId;
use krama_law::policy::Law;
use sha2::{Digest as _, Sha256};

use crate::clock::Dice;
use crate::operation::Limits;
use crate::operation::caller::Caller;
use crate::operation::failure::Failure;
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::policy::statute::Statute;
use crate::store::ledger::CommandRow;
use crate::store::seal::Vault;

/// How many facts one command can add: fact ids are made of the position and a number below this.
const FACTS_A_COMMAND: i64 = 16;

/// A command of one subject.
pub(crate) trait Act: Send + Sync + 'static {
    /// What it answers.
    type Reply: Send + 'static;
    /// The name of the RPC.
    const METHOD: Method;

    /// Adds the fields that make the content of the command: what a repeated request must say again.
    fn content(&self, content: &mut Content);

    /// Adds what the decision needs to see.
    fn needs(&self, caller: &Caller, vault: &Vault, needs: &mut Needs);

    /// Decides, from what the page shows.
    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure>;

    /// The answer to an accepted command, as of its known time: the same whenever it is asked again.
    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Self::Reply;

    /// Whether the answer says that something still waits for a person.
    fn warns(_reply: &Self::Reply) -> bool {
        false
    }
}

/// The RPCs that write, with their numbers in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Method {
    RegisterMember = 1,
    EnrollMember = 2,
    RecordPayment = 3,
    RegisterEmployer = 4,
    GrantEmployerAccess = 5,
    ReportHire = 6,
    ReportSeparation = 7,
    // The corrections begin at twenty.
    ReversePayment = 20,
    AssignPayment = 21,
    RecordRefund = 22,
    AmendEmployment = 23,
    RetractEmployment = 24,
    RekeyEmployment = 25,
    ReportNoPayroll = 26,
    ReportDeath = 27,
    RetractFact = 28,
    ExcuseMonths = 29,
    UpdateMember = 30,
    // The law itself, and what people decide about lapses, begin at sixty.
    ProposePolicy = 60,
    ApprovePolicy = 61,
    WithdrawProposal = 62,
    ConfirmLapse = 63,
    WaiveLapse = 64,
    // What the ledger does by itself, and the notices, begin at seventy.
    PassTime = 70,
    ServeNotice = 71,
    RecordNoticeDelivery = 72,
    SetHousehold = 73,
}

impl Method {
    const ALL: [Method; 27] = [
        Method::RegisterMember,
        Method::EnrollMember,
        Method::RecordPayment,
        Method::RegisterEmployer,
        Method::GrantEmployerAccess,
        Method::ReportHire,
        Method::ReportSeparation,
        Method::ReversePayment,
        Method::AssignPayment,
        Method::RecordRefund,
        Method::AmendEmployment,
        Method::RetractEmployment,
        Method::RekeyEmployment,
        Method::ReportNoPayroll,
        Method::ReportDeath,
        Method::RetractFact,
        Method::ExcuseMonths,
        Method::UpdateMember,
        Method::ProposePolicy,
        Method::ApprovePolicy,
        Method::WithdrawProposal,
        Method::ConfirmLapse,
        Method::WaiveLapse,
        Method::PassTime,
        Method::ServeNotice,
        Method::RecordNoticeDelivery,
        Method::SetHousehold,
    ];

    /// The name of the RPC.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::RegisterMember => "RegisterMember",
            Method::EnrollMember => "EnrollMember",
            Method::RecordPayment => "RecordPayment",
            Method::RegisterEmployer => "RegisterEmployer",
            Method::GrantEmployerAccess => "GrantEmployerAccess",
            Method::ReportHire => "ReportHire",
            Method::ReportSeparation => "ReportSeparation",
            Method::ReversePayment => "ReversePayment",
            Method::AssignPayment => "AssignPayment",
            Method::RecordRefund => "RecordRefund",
            Method::AmendEmployment => "AmendEmployment",
            Method::RetractEmployment => "RetractEmployment",
            Method::RekeyEmployment => "RekeyEmployment",
            Method::ReportNoPayroll => "ReportNoPayroll",
            Method::ReportDeath => "ReportDeath",
            Method::RetractFact => "RetractFact",
            Method::ExcuseMonths => "ExcuseMonths",
            Method::UpdateMember => "UpdateMember",
            Method::ProposePolicy => "ProposePolicy",
            Method::ApprovePolicy => "ApprovePolicy",
            Method::WithdrawProposal => "WithdrawProposal",
            Method::ConfirmLapse => "ConfirmLapse",
            Method::WaiveLapse => "WaiveLapse",
            Method::PassTime => "PassTime",
            Method::ServeNotice => "ServeNotice",
            Method::RecordNoticeDelivery => "RecordNoticeDelivery",
            Method::SetHousehold => "SetHousehold",
        }
    }

    pub(crate) fn number(self) -> i16 {
        self as i16
    }

    pub(crate) fn name_of(number: i16) -> &'static str {
        Method::ALL.into_iter().find(|method| method.number() == number).map_or("", Method::name)
    }
}

/// The digest of a command's content.
pub(crate) struct Content(Sha256);

impl Content {
    /// The digest of a command: its method and what its subject adds.
    pub(crate) fn of<A: Act>(act: &A) -> [u8; 32] {
        let mut content = Content(Sha256::new());
        content.text(A::METHOD.name());
        act.content(&mut content);
        content.0.finalize().into()
    }

    /// Adds a text, with its length, so that two neighbours cannot be read as one.
    pub(crate) fn text(&mut self, text: &str) {
        self.number(i64::try_from(text.len()).unwrap_or(i64::MAX));
        self.0.update(text.as_bytes());
    }

    /// Adds a number.
    pub(crate) fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    /// Adds a number that may be absent.
    pub(crate) fn optional(&mut self, number: Option<i64>) {
        self.number(i64::from(number.is_some()));
        self.number(number.unwrap_or(0));
    }
}

/// What a decision may use besides the page.
pub(crate) struct Stage<'a> {
    pub(crate) law: &'a Law,
    /// The documents of the law, with what is proposed.
    pub(crate) statute: &'a Statute,
    pub(crate) vault: &'a Vault,
    pub(crate) limits: &'a Limits,
    /// The position that the command takes if it is accepted.
    pub(crate) position: i64,
    /// The known time that the command takes if it is accepted.
    pub(crate) known: Moment,
    pub(crate) dice: &'a mut Dice,
    /// Whether the fund's staff is answered, who may know where a member stands.
    pub(crate) for_staff: bool,
}

impl Stage<'_> {
    /// The civil day of the decision.
    pub(crate) fn today(&self) -> Day {
        self.known.day()
    }

    /// The id of the command's fact with a number below sixteen.
    pub(crate) fn fact(&self, ordinal: i64) -> FactId {
        debug_assert!((0..FACTS_A_COMMAND).contains(&ordinal));
        FactId(self.position * FACTS_A_COMMAND + ordinal)
    }

    /// A fresh id that cannot be guessed.
    pub(crate) fn fresh_id(&mut self) -> i64 {
        self.dice.id()
    }
}

/// The first id that a fact of the command at a position may have.
pub(crate) fn first_fact_of(position: i64) -> i64 {
    position.saturating_mul(FACTS_A_COMMAND)
}

/// The position of the command that recorded a fact.
pub(crate) fn position_of(fact: i64) -> i64 {
    fact.div_euclid(FACTS_A_COMMAND)
}

/// What was decided.
#[expect(clippy::large_enum_variant, reason = "a decision is looked at once, where it was made")]
pub(crate) enum Decided {
    /// Something new is to be recorded.
    New {
        /// What.
        rows: Rows,
        /// Whom it is about.
        subject: Option<i64>,
        /// The chief fact or record.
        fact: Option<i64>,
    },
    /// There is nothing to record.
    Nothing,
    /// The same was recorded before under another request id.
    Repeated {
        /// At which position.
        position: i64,
        /// As what.
        accepted: Accepted,
    },
}

/// A command that was accepted, now or earlier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    pub(crate) known: Moment,
    pub(crate) subject: Option<i64>,
    pub(crate) fact: Option<i64>,
}

impl Accepted {
    pub(crate) fn of(command: &CommandRow) -> Accepted {
        Accepted { known: Moment(command.known_at), subject: command.subject, fact: command.fact }
    }
}
