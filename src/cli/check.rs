//! `krama check`: the question of a clerk at a hospital counter, and the short answer.
//!
//! Ends with status 0 when the person is covered and with 1 when the answer is anything else, so that a script can go
//! by it; an error is 2, as everywhere. Absent on purpose: any reason why somebody is not covered; a hospital is not
//! told.

use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;
use time::Date;

use crate::proto::v1::check_coverage_request::SecondFact;
use crate::proto::v1::coverage_service_client::CoverageServiceClient;
use crate::proto::v1::{CheckCoverageRequest, CheckCoverageResponse, Identifier, IdentifierKind, Verdict, VisitType};

use super::client::{Refusal, ServerArgs};
use super::{civil, words};

/// Asks whether the person in front of you is covered.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    server: ServerArgs,
    /// A number of the person: member number, identity number, certificate.
    #[arg(long, value_name = "NUMBER")]
    number: String,
    /// Which kind of number it is, such as national-id; told by its shape when left out.
    #[arg(long, value_name = "KIND", value_parser = words::parse_kind)]
    kind: Option<IdentifierKind>,
    #[command(flatten)]
    second: SecondArgs,
    /// The day of the care; today when left out.
    #[arg(long, value_name = "DAY", value_parser = civil::parse_day)]
    on: Option<Date>,
}

/// One more thing that the person, or a card, says.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct SecondArgs {
    /// The birth date.
    #[arg(long, value_name = "DAY", value_parser = civil::parse_day)]
    birth_date: Option<Date>,
    /// The year of birth, where no more is known.
    #[arg(long, value_name = "YEAR")]
    birth_year: Option<i32>,
    /// The phone number.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
}

/// Asks the server and prints its answer.
///
/// # Errors
/// The server cannot be reached or refuses the question.
pub async fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let Some(kind) = args.kind.or_else(|| words::kind_of(&args.number)) else {
        bail!("`{}` has the shape of no number that is known here; say what it is with --kind", args.number);
    };
    let request = CheckCoverageRequest {
        identifier: Some(Identifier { kind: kind.into(), value: args.number.clone() }),
        second_fact: args.second.fact(),
        service_date: args.on.map(civil::wire),
        stay_started_on: None,
        visit_type: VisitType::Unspecified.into(),
        at_least_position: None,
    };
    let mut client = CoverageServiceClient::new(args.server.connect("FACILITY/terminal", "care").await?);
    let answer = client.check_coverage(request).await.map_err(Refusal::from)?.into_inner();
    out.write_all(text(&answer).as_bytes())?;
    Ok(if answer.covered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl SecondArgs {
    fn fact(&self) -> Option<SecondFact> {
        let date = self.birth_date.map(|day| SecondFact::BirthDate(civil::wire(day)));
        let year = self.birth_year.map(SecondFact::BirthYear);
        date.or(year).or_else(|| self.phone.clone().map(SecondFact::Phone))
    }
}

/// The answer as lines of text.
fn text(answer: &CheckCoverageResponse) -> String {
    // Who is nobody known is told no day either.
    let on = answer.as_of.as_ref().and_then(|as_of| as_of.valid_at);
    let on = on.map(|day| format!(" on {}", civil::day_text(Some(day)))).unwrap_or_default();
    let (verdict, reason) = match answer.verdict() {
        Verdict::Covered => ("COVERED", "At least one scheme covers this person on the day."),
        Verdict::NotCovered => ("NOT COVERED", "The person is on record, and no scheme covers them on the day."),
        Verdict::NoMatch => (
            "NO MATCH",
            "Number and second fact together name nobody; check both with the person. It says nothing about cover.",
        ),
        Verdict::CannotTell | Verdict::Unspecified => {
            ("CANNOT TELL", "A registry that bears on the answer is missing here; do not send the person away for it.")
        }
    };
    let mut lines = vec![format!("{verdict}{on}"), format!("  {reason}")];
    lines.extend(answer.covers.iter().map(|cover| format!("  cover      {}", words::cover(cover))));
    lines.extend(answer.co_payment.iter().map(|duty| format!("  pays       {}", words::co_payment(duty))));
    for source in answer.sources.iter().filter(|source| !source.loaded) {
        lines.push(format!("  not known  {}", words::registry(source.registry())));
    }
    if answer.fresh_until.is_some() {
        lines.push(format!("  holds      until {}", civil::moment_text(answer.fresh_until)));
    }
    if !answer.check_reference.is_empty() {
        lines.push(format!("  reference  {}", answer.check_reference));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::proto::v1::{AsOf, CoPayment, Cover, CoverBasis, Registry, Scheme, Source};

    fn answer(verdict: Verdict) -> CheckCoverageResponse {
        CheckCoverageResponse {
            covered: verdict == Verdict::Covered,
            verdict: verdict.into(),
            as_of: Some(AsOf { valid_at: Some(civil::wire(date!(2026 - 08 - 31))), known_at: None }),
            ..CheckCoverageResponse::default()
        }
    }

    #[test]
    fn a_covered_person_is_told_with_cover_freshness_and_reference() {
        let mut answer = answer(Verdict::Covered);
        answer.covers.push(Cover {
            scheme: Scheme::Voluntary.into(),
            from_day: Some(civil::wire(date!(2025 - 04 - 01))),
            until_day: Some(civil::wire(date!(2026 - 08 - 31))),
            basis: CoverBasis::PresentKnowledge.into(),
        });
        answer.co_payment = Some(CoPayment {
            rate: "0.05".to_owned(),
            months: 3,
            ceiling_riel: None,
            until_day: Some(civil::wire(date!(2026 - 12 - 31))),
        });
        answer.fresh_until = Some(civil::end_of(date!(2026 - 08 - 31)));
        answer.check_reference = "K7-QM2-9".to_owned();
        assert_eq!(
            text(&answer),
            "COVERED on 2026-08-31\n  \
             At least one scheme covers this person on the day.\n  \
             cover      voluntary, from 2025-04-01 to 2026-08-31\n  \
             pays       3 times 0.05 of the bill, until 2026-12-31\n  \
             holds      until 2026-08-31 23:59\n  \
             reference  K7-QM2-9\n"
        );
    }

    #[test]
    fn what_cannot_be_told_names_the_missing_registry_and_is_no_refusal() {
        let mut answer = answer(Verdict::CannotTell);
        answer.sources.push(Source { registry: Registry::Poverty.into(), loaded: false, as_of: None });
        let text = text(&answer);
        assert!(text.starts_with("CANNOT TELL on 2026-08-31\n"), "{text}");
        assert!(text.contains("  not known  poverty certificates\n"), "{text}");
    }

    #[test]
    fn one_second_fact_is_asked_for_and_no_more() {
        #[derive(Debug, clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        let parse =
            |words: &[&str]| <Line as clap::Parser>::try_parse_from([&["check", "--number", "1"], words].concat());
        assert!(parse(&[]).is_err());
        assert!(parse(&["--birth-year", "1962", "--phone", "012345678"]).is_err());
        let line = parse(&["--birth-year", "1962"]).unwrap();
        assert_eq!(line.args.second.fact(), Some(SecondFact::BirthYear(1962)));
    }
}
