//! The catalogue: what is said to people, in English and in Khmer, made of a message's key and its values.
//!
//! The sentences stand in two files beside the code (`catalogue/en.ftl`, `catalogue/km.ftl`) that have the same messages
//! with the same values. Days, months and amounts are written as each language writes them. Absent: any decision on what
//! is said to whom.

mod clause;
mod notice;
mod refusal;
mod writing;

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::{Day, Month};
use krama_law::money::Riel;
use unic_langid::LanguageIdentifier;

pub use clause::{clause, name, values};
pub use notice::{Notice, Sms};
pub use refusal::refusal_key;

/// A language of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// English, which is the reviewed text.
    English,
    /// Khmer, which nobody who could has reviewed yet.
    Khmer,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 2] = [Language::English, Language::Khmer];

    /// The language of a tag such as `km` or `km-KH`; none for a language that the catalogue has not.
    pub fn of(tag: &str) -> Option<Language> {
        let tag: LanguageIdentifier = tag.parse().ok()?;
        Language::ALL.into_iter().find(|language| language.tag() == tag.language.as_str())
    }

    /// Its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Khmer => "km",
        }
    }

    /// Whether somebody who could has read and approved the text.
    pub fn is_reviewed(self) -> bool {
        match self {
            Language::English => true,
            Language::Khmer => false,
        }
    }

    fn texts(self) -> [&'static str; 2] {
        match self {
            Language::English => [include_str!("../catalogue/en.ftl"), include_str!("../catalogue/refusals.en.ftl")],
            Language::Khmer => [include_str!("../catalogue/km.ftl"), include_str!("../catalogue/refusals.km.ftl")],
        }
    }
}

/// Names each key once: in the code, and as it stands in the files. The compiler finds a key that nothing says, a test one
/// that a file lacks or has too many.
macro_rules! keys {
    ($($key:ident = $text:literal,)+) => {
        /// The key of a message.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[expect(missing_docs, reason = "each is told by its sentence in the catalogue")]
        pub enum Key { $($key,)+ }

        impl Key {
            /// Every key.
            pub const ALL: &'static [Key] = &[$(Key::$key,)+];

            /// The key as it stands in the files.
            pub fn text(self) -> &'static str {
                match self { $(Key::$key => $text,)+ }
            }
        }
    };
}

keys! {
    Enrolled = "enrolled",
    EnrolmentRefused = "enrolment-refused",
    PaymentAllocated = "payment-allocated",
    PaymentAllocatedWithCredit = "payment-allocated-with-credit",
    PaymentIsCredit = "payment-is-credit",
    ChargedForDelay = "charged-for-delay",
    PaymentSuspended = "payment-suspended",
    PaymentSavedUp = "payment-saved-up",
    SavedUpAllocated = "saved-up-allocated",
    SavedUpAllocatedWithCredit = "saved-up-allocated-with-credit",
    SavedUpIsCredit = "saved-up-is-credit",
    InstalmentsDropped = "instalments-dropped",
    PaymentReversed = "payment-reversed",
    PaymentReversedOffMonths = "payment-reversed-off-months",
    PaymentRefunded = "payment-refunded",
    PaymentRefundedOffMonths = "payment-refunded-off-months",
    CoverSuspended = "cover-suspended",
    SuspensionOver = "suspension-over",
    BarLiftedByLaw = "bar-lifted-by-law",
    MembershipOver = "membership-over",
    MonthsExcused = "months-excused",
    MonthsForgiven = "months-forgiven",
    NoticeServed = "notice-served",
    CoverWaits = "cover-waits",
    MonthOverdue = "month-overdue",
    LearntLate = "learnt-late",
    LapsePending = "lapse-pending",
    LapseWaived = "lapse-waived",
    LapseAverted = "lapse-averted",
    Lapsed = "lapsed",
    LapsedAfterRun = "lapsed-after-run",
    Employed = "employed",
    Reinstated = "reinstated",
    EmploymentEnded = "employment-ended",
    BarStandsAgain = "bar-stands-again",
    BarLifted = "bar-lifted",
    ReturnedByBackPayment = "returned-by-back-payment",
    CoverBegan = "cover-began",
    CoverEnded = "cover-ended",
    CoverRunsOn = "cover-runs-on",
    CoverRanOut = "cover-ran-out",
    Died = "died",
    SchemeVoluntary = "scheme-voluntary",
    SchemeFormal = "scheme-formal",
    SchemeRunOff = "scheme-run-off",
    SchemeAssistance = "scheme-assistance",
    SchemeDependant = "scheme-dependant",
    WhyDeceased = "why-deceased",
    WhyFormallyEmployed = "why-formally-employed",
    WhyBarred = "why-barred",
    WhyAlreadyEnrolled = "why-already-enrolled",
    WhyInsuredTooShort = "why-insured-too-short",
    WhyEntryClosed = "why-entry-closed",
    WhyNotEnrolled = "why-not-enrolled",
    WhyLapsed = "why-lapsed",
    StandingClosed = "standing-closed",
    StandingEmployed = "standing-employed",
    StandingAbandoned = "standing-abandoned",
    StandingNotEnrolled = "standing-not-enrolled",
    StandingLapsePending = "standing-lapse-pending",
    StandingInArrears = "standing-in-arrears",
    StandingCurrent = "standing-current",
    NoticeMissed = "notice-missed",
    NoticeLastSafeDay = "notice-last-safe-day",
    NoticeLapsePending = "notice-lapse-pending",
    NoticeLapsed = "notice-lapsed",
    NoticeReinstated = "notice-reinstated",
    PageTitle = "page-title",
    PageSince = "page-since",
    PageOn = "page-on",
    PageBy = "page-by",
    PageMonths = "page-months",
    PagePaid = "page-paid",
    PageExempt = "page-exempt",
    PageOverdue = "page-overdue",
    PageOpen = "page-open",
    PageNotOwed = "page-not-owed",
    PageContested = "page-contested",
    PageLost = "page-lost",
    PageBack = "page-back",
    PagePayments = "page-payments",
    PageJobs = "page-jobs",
    PageArrears = "page-arrears",
    PageCover = "page-cover",
    PageWhy = "page-why",
    PageSources = "page-sources",
    PageMore = "page-more",
    PageUnreviewed = "page-unreviewed",
    PageAppeal = "page-appeal",
}

impl Key {
    /// How a scheme is called.
    pub fn of_scheme(scheme: Scheme) -> Key {
        match scheme {
            Scheme::Voluntary => Key::SchemeVoluntary,
            Scheme::Formal => Key::SchemeFormal,
            Scheme::RunOff => Key::SchemeRunOff,
            Scheme::Assistance => Key::SchemeAssistance,
            Scheme::Dependant => Key::SchemeDependant,
        }
    }

    /// How a standing is called.
    pub fn of_standing(standing: Standing) -> Key {
        match standing {
            Standing::Closed => Key::StandingClosed,
            Standing::Employed => Key::StandingEmployed,
            Standing::Abandoned => Key::StandingAbandoned,
            Standing::NotEnrolled => Key::StandingNotEnrolled,
            Standing::LapsePending => Key::StandingLapsePending,
            Standing::InArrears => Key::StandingInArrears,
            Standing::Current => Key::StandingCurrent,
        }
    }
}

/// A value of a message, before it is written in a language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// An amount.
    Riel(Riel),
    /// A day.
    Day(Day),
    /// A month.
    Month(Month),
    /// Months, told from the first to the last.
    Months(Vec<Month>),
    /// A number of something.
    Count(u32),
    /// A message of the catalogue without values.
    Part(Key),
}

/// What is to be said: a message and its values by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Which message.
    pub key: Key,
    /// Its values.
    pub values: Vec<(&'static str, Value)>,
}

impl Message {
    /// A message with these values.
    pub fn of(key: Key, values: impl IntoIterator<Item = (&'static str, Value)>) -> Message {
        Message { key, values: values.into_iter().collect() }
    }
}

/// The catalogue in one language.
pub struct Catalogue {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Catalogue({})", self.language.tag())
    }
}

impl Catalogue {
    /// The catalogue of a language.
    pub fn new(language: Language) -> Catalogue {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // The marks that isolate values of another direction are noise here: both languages run from left to right.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match language {
            Language::English => |value, _| counted(value, Language::English),
            Language::Khmer => |value, _| counted(value, Language::Khmer),
        }));
        for text in language.texts() {
            // A file with a fault gives what is sound of it; a test finds the fault.
            let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(sound, _)| sound);
            bundle.add_resource_overriding(resource);
        }
        Catalogue { language, bundle }
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The sentence of a message.
    pub fn say(&self, message: &Message) -> String {
        self.told(message.key.text(), &message.values).0
    }

    /// A message without values.
    pub fn part(&self, key: Key) -> String {
        self.told(key.text(), &[]).0
    }

    /// Why a call was refused, by the name of the reason in the contract; none for a reason that is not known here.
    pub fn refusal(&self, reason: &str) -> Option<String> {
        let key = refusal_key(reason);
        self.bundle.has_message(&key).then(|| self.told(&key, &[]).0)
    }

    /// A day as the language writes it.
    pub fn day(&self, day: Day) -> String {
        writing::day(self.language, day)
    }

    /// A month as the language writes it.
    pub fn month(&self, month: Month) -> String {
        writing::month(self.language, month)
    }

    /// An amount as the language writes it.
    pub fn riel(&self, amount: Riel) -> String {
        writing::riel(self.language, amount)
    }

    /// A number as the language writes it.
    pub fn number(&self, number: i64) -> String {
        writing::number(self.language, number)
    }

    /// The text of a message, and whether it was told without a fault.
    fn told(&self, key: &str, values: &[(&'static str, Value)]) -> (String, bool) {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return (key.to_owned(), false);
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(*name, self.written(value));
        }
        let mut faults = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&arguments), &mut faults);
        (text.into_owned(), faults.is_empty())
    }

    fn written(&self, value: &Value) -> FluentValue<'static> {
        let text = |text: String| FluentValue::String(Cow::Owned(text));
        match value {
            Value::Riel(amount) => text(self.riel(*amount)),
            Value::Day(day) => text(self.day(*day)),
            Value::Month(month) => text(self.month(*month)),
            Value::Months(months) => text(writing::span(self.language, months)),
            // A number stays one, so that a language can choose its form by it.
            Value::Count(count) => FluentValue::from(*count),
            Value::Part(key) => text(self.part(*key)),
        }
    }
}

/// A number as the language writes it; everything else as it is.
fn counted(value: &FluentValue<'_>, language: Language) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    number.as_string().parse().ok().map(|number| writing::number(language, number))
}

#[cfg(test)]
mod tests;
