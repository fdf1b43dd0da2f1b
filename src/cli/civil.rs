//! Civil days and instants at the terminal: how a person types them, how the contract carries them.
//!
//! Days are those of Phnom Penh, as everywhere in the contract. Absent on purpose: any notion of what day it is; that
//! is for the server to say, whose clock a sandbox can move.

use prost_types::Timestamp;
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset};

use crate::proto::google_type;

/// Phnom Penh has had no daylight saving in the fund's lifetime.
const PHNOM_PENH: UtcOffset = offset!(+7);

/// Reads a day as people here write it: `2026-09-16`, or `16/09/2026` as some exports do.
pub(super) fn parse_day(text: &str) -> Result<Date, String> {
    let iso = format_description!("[year]-[month]-[day]");
    let slashed = format_description!("[day]/[month]/[year]");
    Date::parse(text, &iso)
        .or_else(|_| Date::parse(text, &slashed))
        .map_err(|_| format!("`{text}` is no day; write it like 2026-09-16"))
}

/// Reads an instant: a day, which stands for its last moment, or a full timestamp.
pub(super) fn parse_known_at(text: &str) -> Result<Timestamp, String> {
    if let Ok(day) = parse_day(text) {
        return Ok(end_of(day));
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .map(timestamp)
        .map_err(|_| format!("`{text}` is no instant; write 2026-09-16 or 2026-09-16T17:00:00Z"))
}

/// The day as the contract carries it.
pub(super) fn wire(day: Date) -> google_type::Date {
    google_type::Date { year: day.year(), month: i32::from(u8::from(day.month())), day: i32::from(day.day()) }
}

/// The day that the contract carried, where it is a whole one.
pub(super) fn day(wire: Option<google_type::Date>) -> Option<Date> {
    let wire = wire?;
    let month = Month::try_from(u8::try_from(wire.month).ok()?).ok()?;
    Date::from_calendar_date(wire.year, month, u8::try_from(wire.day).ok()?).ok()
}

/// The day in text; a birth date may be a year alone.
pub(super) fn day_text(wire: Option<google_type::Date>) -> String {
    match wire {
        None => "an unknown day".to_owned(),
        Some(date) if date.month == 0 => format!("{:04}", date.year),
        Some(date) if date.day == 0 => format!("{:04}-{:02}", date.year, date.month),
        Some(date) => format!("{:04}-{:02}-{:02}", date.year, date.month, date.day),
    }
}

/// An instant in text, on the clocks of Phnom Penh.
pub(super) fn moment_text(moment: Option<Timestamp>) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
    let local = moment.and_then(local);
    local.and_then(|local| local.format(&format).ok()).unwrap_or_else(|| "an unknown time".to_owned())
}

/// An hour of a day in Phnom Penh.
pub(super) fn at_hour(day: Date, hour: u8) -> Timestamp {
    let time = Time::from_hms(hour, 0, 0).unwrap_or(Time::MIDNIGHT);
    timestamp(day.with_time(time).assume_offset(PHNOM_PENH))
}

/// The last microsecond of a day in Phnom Penh: the ledger counts no finer.
pub(super) fn end_of(day: Date) -> Timestamp {
    let next = day.with_time(Time::MIDNIGHT).assume_offset(PHNOM_PENH) + Duration::DAY;
    timestamp(next - Duration::MICROSECOND)
}

/// An instant on the clocks of Phnom Penh.
pub(super) fn local(moment: Timestamp) -> Option<OffsetDateTime> {
    let nanos = i128::from(moment.seconds) * 1_000_000_000 + i128::from(moment.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().map(|utc| utc.to_offset(PHNOM_PENH))
}

/// An instant as the contract carries it.
pub(super) fn timestamp(moment: OffsetDateTime) -> Timestamp {
    // Nanoseconds within a second are below a billion, so they always fit.
    Timestamp { seconds: moment.unix_timestamp(), nanos: i32::try_from(moment.nanosecond()).unwrap_or(0) }
}

/// The same day some months later, or the last day of that month where it has no such day.
pub(super) fn plus_months(day: Date, months: u32) -> Option<Date> {
    let number = i64::from(day.year()) * 12 + i64::from(u8::from(day.month())) - 1 + i64::from(months);
    let year = i32::try_from(number.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(number.rem_euclid(12) + 1).ok()?).ok()?;
    Date::from_calendar_date(year, month, day.day().min(month.length(year))).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_day_is_read_in_both_usual_forms_and_no_other() {
        assert_eq!(parse_day("2026-09-16"), Ok(date!(2026 - 09 - 16)));
        assert_eq!(parse_day("16/09/2026"), Ok(date!(2026 - 09 - 16)));
        assert!(parse_day("2026-02-30").is_err());
        assert!(parse_day("16 September").is_err());
    }

    #[test]
    fn a_day_in_phnom_penh_ends_seven_hours_before_the_day_in_utc() {
        let end = end_of(date!(2026 - 09 - 21));
        assert_eq!(moment_text(Some(end)), "2026-09-21 23:59");
        assert_eq!(end.nanos, 999_999_000);
        assert_eq!(timestamp(time::macros::datetime!(2026-09-21 17:00 UTC)).seconds, end.seconds + 1);
    }

    #[test]
    fn a_day_that_stands_for_an_instant_means_its_end() {
        assert_eq!(parse_known_at("2026-09-21"), Ok(end_of(date!(2026 - 09 - 21))));
        assert_eq!(parse_known_at("2026-09-21T08:00:00+07:00"), Ok(at_hour(date!(2026 - 09 - 21), 8)));
        assert!(parse_known_at("yesterday").is_err());
    }

    #[test]
    fn months_are_added_by_the_calendar() {
        assert_eq!(plus_months(date!(2026 - 08 - 31), 6), Some(date!(2027 - 02 - 28)));
        assert_eq!(plus_months(date!(2026 - 09 - 16), 12), Some(date!(2027 - 09 - 16)));
    }

    #[test]
    fn a_birth_year_alone_is_told_as_a_year() {
        assert_eq!(day_text(Some(google_type::Date { year: 1962, month: 0, day: 0 })), "1962");
        assert_eq!(day(Some(google_type::Date { year: 1962, month: 0, day: 0 })), None);
        assert_eq!(day(Some(wire(date!(1962 - 04 - 21)))), Some(date!(1962 - 04 - 21)));
    }
}
