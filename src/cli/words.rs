//! The contract's enums, numbers and amounts in short plain words, for people at a terminal.
//!
//! One word for one value, so that every subcommand says the same. Absent on purpose: sentences; those belong to the
//! subcommand that says them, and the reasons of a decision are the server's own.

use crate::proto::v1::{CoPayment, Cover, DoorKind, IdentifierKind, Registry, Scheme, Standing, SuspenseReason};

use super::civil;

/// A standing, fit to follow "is".
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Unspecified => "of a standing this program does not know",
        Standing::Closed => "dead",
        Standing::Employed => "employed",
        Standing::Abandoned => "abandoned",
        Standing::NotEnrolled => "not enrolled",
        Standing::LapsePending => "awaiting a decision on a lapse",
        Standing::InArrears => "in arrears",
        Standing::Current => "current",
    }
}

/// A scheme of cover.
pub(super) fn scheme(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Unspecified => "another scheme",
        Scheme::Voluntary => "voluntary",
        Scheme::Formal => "formal employment",
        Scheme::RunOff => "run-off",
        Scheme::Assistance => "social assistance",
        Scheme::Dependant => "dependant",
    }
}

/// A cover with its days.
pub(super) fn cover(cover: &Cover) -> String {
    let from = civil::day_text(cover.from_day);
    match cover.until_day {
        Some(until) => format!("{}, from {from} to {}", scheme(cover.scheme()), civil::day_text(Some(until))),
        None => format!("{}, from {from}, no end in sight", scheme(cover.scheme())),
    }
}

/// What a member pays of a bill after a return, fit to follow "pays".
pub(super) fn co_payment(duty: &CoPayment) -> String {
    let until = civil::day_text(duty.until_day);
    let most = duty.ceiling_riel.map(|amount| format!(", at most {}", riel(amount))).unwrap_or_default();
    format!("{} times {} of the bill{most}, until {until}", duty.months, duty.rate)
}

/// A way back after a lapse.
pub(super) fn door(kind: DoorKind) -> &'static str {
    match kind {
        DoorKind::Unspecified => "another way; ask the fund",
        DoorKind::FormalEmployment => "formal employment",
        DoorKind::BackPayment => "paying the missed months",
        DoorKind::ReEnrolment => "enrolling anew",
        DoorKind::Amnesty => "an amnesty",
        DoorKind::SocialAssistance => "social assistance, which another body decides",
    }
}

/// A body of records.
pub(super) fn registry(registry: Registry) -> &'static str {
    match registry {
        Registry::Unspecified => "another registry",
        Registry::Voluntary => "voluntary contributions",
        Registry::Employment => "employments",
        Registry::Poverty => "poverty certificates",
        Registry::Household => "households",
    }
}

/// Why money stands in suspense.
pub(super) fn suspense(reason: SuspenseReason) -> &'static str {
    match reason {
        SuspenseReason::Unspecified => "no reason told",
        SuspenseReason::UnknownPayer => "the payer is nobody on record",
        SuspenseReason::NotEnrolled => "the payer was not enrolled",
        SuspenseReason::Abandoned => "the payer had lapsed",
        SuspenseReason::Deceased => "the payer had died",
        SuspenseReason::BackdatedTooFar => "the value date is older than this caller may report",
        SuspenseReason::NotDisclosed => "the reason is not told to collectors",
    }
}

/// Which series a number belongs to, by its shape; none where the shape says nothing.
pub(super) fn kind_of(number: &str) -> Option<IdentifierKind> {
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    if number.split_once('-').is_some_and(|(first, second)| digits(first, 6) && digits(second, 6)) {
        Some(IdentifierKind::MemberNumber)
    } else if number.starts_with("IEC") {
        Some(IdentifierKind::RegistrationCertificate)
    } else if digits(number, 9) {
        Some(IdentifierKind::NationalId)
    } else {
        None
    }
}

/// Reads a kind of number as it is typed: `national-id`, `member-number`, `equity-card`.
pub(super) fn parse_kind(text: &str) -> Result<IdentifierKind, String> {
    let name = format!("IDENTIFIER_KIND_{}", text.to_ascii_uppercase().replace('-', "_"));
    let kind = IdentifierKind::from_str_name(&name).filter(|kind| *kind != IdentifierKind::Unspecified);
    kind.ok_or_else(|| {
        format!(
            "`{text}` is no kind of number; known are national-id, member-number, nssf-card, \
             registration-certificate, equity-card, passport, birth-certificate and family-book"
        )
    })
}

/// A whole number with its thousands set apart: `1,271,400`.
pub(super) fn count(number: impl TryInto<i128>) -> String {
    // Every count and amount fits; the type of a length in memory alone does not say so.
    let number = number.try_into().unwrap_or(i128::MAX);
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many of a thing there are.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// An amount of money.
pub(super) fn riel(amount: i64) -> String {
    format!("{} riel", count(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_by_its_shape() {
        assert_eq!(kind_of("000251-004521"), Some(IdentifierKind::MemberNumber));
        assert_eq!(kind_of("IEC25-0060417"), Some(IdentifierKind::RegistrationCertificate));
        assert_eq!(kind_of("007966609"), Some(IdentifierKind::NationalId));
        assert_eq!(kind_of("000251-00452"), None);
        assert_eq!(kind_of("my sister"), None);
    }

    #[test]
    fn a_kind_is_read_by_its_name_in_the_contract() {
        assert_eq!(parse_kind("equity-card"), Ok(IdentifierKind::EquityCard));
        assert!(parse_kind("unspecified").is_err());
        assert!(parse_kind("driving-licence").is_err());
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(15_600), "15,600");
        assert_eq!(count(-1_271_400), "-1,271,400");
        assert_eq!(counted(1, "person", "people"), "1 person");
    }
}
